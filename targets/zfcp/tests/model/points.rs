//! Every preemption point is a choice of the schedule that some scenario reaches (driver.md 24.2, midlayer.md 16).

use regdiff_observation::{Attribute, StepOutcome};
use regdiff_scenario::{Command, Point, Trigger, text};
use regdiff_zfcp::Fences;

use crate::rig::{ADAPTER, ONLINE, answer, both, machine, of, online, run, step};

/// Scenarios that pass the points between them; what is to happen at a point replaces the mark.
fn scenarios() -> Vec<String> {
    const MARK: &str = "MARK";
    let remote = |trigger: &str| step(trigger, "port = 0\nlun = 0");
    vec![
        format!("{ONLINE}{MARK}"),
        format!("{}{ONLINE}{MARK}", answer("exchange_config_data", "protocol_status = \"seq_numb_error\"")),
        format!("{}{ONLINE}{MARK}", answer("exchange_config_data", "fsf_status = \"exchange_data_incomplete\"")),
        format!("{ONLINE}{}{MARK}", step("adapter_failed", "value = 0")),
        format!("{ONLINE}{}{MARK}", step("remove", "")),
        format!("{ONLINE}{}{MARK}", step("link_up", "")),
        // The port is in use as long as it has a SCSI device.
        format!("{ONLINE}{}{}{MARK}", remote("sdev_delete"), step("port_remove", "port = 0")),
        // The read times out and cannot be aborted.
        format!(
            "{}{}{ONLINE}{}{MARK}",
            answer("read", "nth = 2\nreply = \"silence\""),
            answer("abort", "fsf_status = \"unknown\""),
            remote("read")
        ),
        format!("{ONLINE}{}{}{MARK}", remote("unit_add"), remote("unit_remove")),
    ]
}

#[test]
fn every_point_is_reached() {
    let missed = |point: &Point| {
        let when = format!("ms = 1\nwhen = {{ point = \"{}\", device = 0, nth = 1 }}", point.text());
        let happens = |scenario: &String| {
            let scenario = scenario.replace("MARK", &step("diag_max_age", &when));
            let parsed = text::parse(&machine("", &scenario)).unwrap_or_else(|error| panic!("{error}\n{scenario}"));
            let index = parsed.steps.iter().position(|s| s.trigger == Trigger::DiagMaxAge);
            let seen = of(&parsed, Fences::DEFERRED);
            matches!(seen.outcome(index.unwrap()), StepOutcome::Done(_))
        };
        !scenarios().iter().any(happens)
    };
    let waited: Vec<_> = Point::ALL.iter().filter(|point| !is_draw(**point)).filter(|point| missed(point)).collect();
    assert!(waited.is_empty(), "{waited:?}");
}

fn is_draw(point: Point) -> bool {
    matches!(point, Point::DrawOnlineBackoff | Point::DrawScanBackoff)
}

#[test]
fn every_draw_is_drawn() {
    let draw = |context: &str, point: &str, amount: u32| {
        format!("[[choice]]\ncontext = \"{context}\"\npoint = \"{point}\"\nturn = \"draw\"\namount = {amount}\n")
    };
    let lost = step("notification_lost", "subtype = \"0x1\"");
    for run in both(&online("", &format!("{}{lost}", draw("adapter_wq", "draw_scan_backoff", 300)))) {
        assert_eq!(run.rested().sent(Command::GpnFt), [0, 60_300]);
    }
    for run in both(&online("", &draw("user", "draw_online_backoff", 400))) {
        // A tick more than that: msleep.
        assert_eq!(run.rested().0.rests[1].time_us / 10_000, 41);
    }
}

#[test]
fn users_wait_for_each_other_and_never_for_nothing() {
    // The first open takes 5 s. Meanwhile a second writer of `online` is turned away, a user resets the adapter, and the
    // device is unbound: the reset waits for recovery, unbinding for the first writer.
    let slow = answer("exchange_config_data", "delay_ms = 5000");
    let at = |ms: u32| format!("when = {{ after_ms = {ms} }}");
    let steps = [
        ONLINE,
        &step("set_online", &at(100)),
        &step("adapter_failed", &format!("value = 0\n{}", at(100))),
        &step("remove", &at(100)),
    ];
    let text = machine("", &format!("{}{slow}", steps.concat()));
    let run = run(&text, Fences::DEFERRED);
    let [first, second, reset, remove] = run.rested().0.steps[..] else { panic!("four steps") };
    assert_eq!((first, second), (StepOutcome::Done(0), StepOutcome::Done(-11)));
    assert_eq!((reset, remove), (StepOutcome::Done(1), StepOutcome::Done(0)));
    assert_eq!(run.at(ADAPTER, Attribute::Status), None);
}
