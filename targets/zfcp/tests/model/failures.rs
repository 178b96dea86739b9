//! Every step that can be made to fail does so in some scenario, and the driver lives on (driver.md 4.1, 5.2, 6.5.1; midlayer.md 2).

use regdiff_observation::{End, StepOutcome, TrapKind};
use regdiff_scenario::{FailPoint, text};
use regdiff_zfcp::Fences;

use crate::rig::{ONLINE, Run, both, machine, of, online, step};

/// What follows an armed failure.
fn scenarios() -> Vec<String> {
    let remote = |trigger: &str| step(trigger, "port = 0\nlun = 0");
    vec![
        ONLINE.to_owned(),
        format!("{ONLINE}{}", step("rscn", "port = 0\nrange = \"port\"")),
        format!("{ONLINE}{}", remote("unit_add")),
        format!("{ONLINE}{}", step("read_attribute", "attribute = \"statistics\"")),
        // A port that lost its id is looked up by name when the fabric says something.
        format!("{ONLINE}{}{}", step("port_failed", "port = 0"), step("rscn", "port = 0\nrange = \"fabric\"")),
    ]
}

/// A port's second opening says that it has another name.
const LOST: &str = "[[answer]]\ndevice = 0\ncommand = \"open_port\"\nnth = 2\ncontent = { login_wwpn = \"0x1\" }\n";

fn with_failure(point: FailPoint, rest: &str) -> String {
    let fail = step("fail", &format!("point = \"{}\"", point.text()));
    machine("", &format!("{fail}{rest}{LOST}"))
}

fn ran(scenario: &str, fences: Fences) -> Run {
    of(&text::parse(scenario).unwrap_or_else(|error| panic!("{error}\n{scenario}")), fences)
}

#[test]
fn every_failure_can_be_met() {
    for fences in [Fences::EAGER, Fences::DEFERRED] {
        let unmet = |point: &&FailPoint| {
            !scenarios().iter().any(|rest| ran(&with_failure(**point, rest), fences).0.failures_hit == [0])
        };
        let unmet: Vec<_> = FailPoint::ALL.iter().filter(unmet).collect();
        assert!(unmet.is_empty(), "{unmet:?}");
    }
}

#[test]
fn deferred_survives_every_failure() {
    for point in FailPoint::ALL {
        for rest in scenarios() {
            match ran(&with_failure(*point, &rest), Fences::DEFERRED).0.end {
                End::Rest => {}
                // Undo stops a thread that was never started.
                End::Trap(trap) if trap.function == "kthread_stop" => {}
                // 5.7 drops a reference too many.
                End::Trap(trap) => assert_eq!((point, trap.kind), (&FailPoint::PortSysfs, TrapKind::UseAfterFree)),
                end => panic!("{point:?}: {end:?}"),
            }
        }
    }
}

#[test]
fn what_users_are_told() {
    let told = |point: &str, then: &str| {
        let fail = step("fail", &format!("point = \"{point}\""));
        both(&online("", &format!("{fail}{then}"))).map(|run| run.rested().outcome(2))
    };
    let unit = step("unit_add", "port = 0\nlun = 0");
    assert_eq!(told("unit_alloc", &unit), [StepOutcome::Done(-12); 2]);
    assert_eq!(told("unit_sysfs", &unit), [StepOutcome::Done(-12); 2]);
    let read = |attribute: &str| step("read_attribute", &format!("attribute = \"{attribute}\""));
    assert_eq!(told("sync_request", &read("requests")), [StepOutcome::Done(-12); 2]);
    assert_eq!(told("fc_stats", &read("statistics")), [StepOutcome::Done(-2); 2]);
}

#[test]
fn a_link_test_that_cannot_be_made_reopens_the_port() {
    let fail = step("fail", "point = \"link_test_request\"");
    for run in both(&online("", &format!("{fail}{}", step("rscn", "port = 0\nrange = \"port\"")))) {
        assert!(run.rested().tagged("fcltwk1"));
    }
}

#[test]
fn an_event_without_memory_is_lost() {
    let fail = step("fail", "point = \"event_alloc\"");
    for run in both(&online("", &format!("{fail}{}", step("link_up", "")))) {
        assert!(!run.rested().story().iter().any(|word| word.starts_with("event")));
    }
}
