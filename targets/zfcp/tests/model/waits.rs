//! Who waits for what: free request buffers, well-known ports, users inside attributes (driver.md 4.3, 7.4, 13.1).

use regdiff_observation::{Attribute, Event, Object, StepOutcome, UeventAction};
use regdiff_scenario::Command;
use regdiff_zfcp::Fences;

use crate::rig::{ADAPTER, HOST, ONLINE, PORT, Run, WWPN, answer, both, machine, online, run, step};

/// Fails the `nth` search for a free buffer from now on.
fn full(nth: u32) -> String {
    step("fail", &format!("point = \"sbal_get\"\nnth = {nth}"))
}

/// When a trigger was traced, in ms.
fn traced_ms(run: &Run, wanted: &str) -> Vec<u64> {
    let of_tag = run.0.events.iter().filter(|e| matches!(e.event, Event::Trace(t) if t.tag == wanted));
    of_tag.map(|e| e.time_us / 1000).collect()
}

#[test]
fn a_full_request_queue_is_waited_for_five_seconds() {
    for run in both(&machine("", &format!("{}{ONLINE}", full(1)))) {
        assert_eq!(traced_ms(run.rested(), "qdsbg_1"), [5000]);
        // The open fails, and its 8 s pass.
        assert_eq!(run.sent(Command::ExchangeConfigData), [13_000]);
        assert_eq!(run.at(HOST, Attribute::QueueFull), Some(1));
        assert_eq!(run.at(ADAPTER, Attribute::Failed), Some(0));
    }
}

#[test]
fn the_loss_of_the_queues_ends_the_wait() {
    // The link test waits for a buffer; after 10 ms the queues are closed.
    let rscn = step("rscn", "port = 0\nrange = \"port\"");
    let offline = step("set_offline", "when = { after_ms = 10 }");
    for run in both(&online("", &format!("{}{rscn}{offline}", full(1)))) {
        assert_eq!(traced_ms(run.rested(), "qdsbg_1"), [0u64; 0]);
        assert_eq!(traced_ms(&run, "fcltwk1").len(), 1);
        assert_eq!(run.sent(Command::Adisc), [0u64; 0]);
        assert_eq!(run.at(HOST, Attribute::QueueFull), Some(0));
    }
}

#[test]
fn a_scsi_command_does_not_wait_for_a_buffer() {
    for run in both(&online("", &format!("{}{}", full(1), step("read", "port = 0\nlun = 0\nlba = 0\nblocks = 8")))) {
        assert_eq!(traced_ms(run.rested(), "qdsbg_1"), [0u64; 0]);
        assert!(matches!(run.outcome(2), StepOutcome::Done(code) if code >= 0), "{:?}", run.outcome(2));
        assert_eq!(run.at(HOST, Attribute::QueueFull), Some(1));
    }
}

#[test]
fn a_status_read_waits_for_a_buffer_too() {
    // The event's buffer is posted again.
    for run in both(&online("", &format!("{}{}", full(1), step("sense_data", "")))) {
        let [at] = traced_ms(run.rested(), "qdsbg_1")[..] else { panic!("{:?}", run.tags()) };
        assert!(at >= 5000);
    }
}

/// A scan by hand, and another one `ms` later.
fn two_scans(ms: u32) -> String {
    format!("{}{}", step("port_rescan", ""), step("port_rescan", &format!("when = {{ after_ms = {ms} }}")))
}

#[test]
fn nobody_opens_a_directory_while_somebody_closes_it() {
    // Open, GPN_FT, and after 10 ms the close, which finds no buffer and waits with the mutex held.
    let run = run(&online("", &format!("{}{}", full(3), two_scans(20))), Fences::DEFERRED);
    let opened = run.rested().sent(Command::OpenWka);
    let (second, third) = (opened[1], opened[2]);
    assert!(third >= second + 5000, "{opened:?}");
    assert_eq!(traced_ms(&run, "qdsbg_1").len(), 1);
}

#[test]
fn a_directory_that_is_being_closed_can_be_had_from_6_1_on() {
    let slow =
        format!("{}{}", answer("close_wka", "nth = 2\ndelay_ms = 100"), answer("open_wka", "nth = 3\ndelay_ms = 100"));
    for (behaviours, scans) in [("", 2), ("[kernel]\nbehaviours = [\"wka_mutex_held\"]\n", 3)] {
        for run in both(&format!("{}{behaviours}", online("", &format!("{slow}{}", two_scans(50))))) {
            // Before, the answer to the close is taken for a refusal of the open.
            assert_eq!(run.rested().sent(Command::GpnFt).len(), scans, "{behaviours}");
        }
    }
}

/// Removes a disk whose last flush takes a second, and does `then` meanwhile.
fn dying_disk(then: &str) -> String {
    let cached = "version = 1\n[[device]]\n[[device.port]]\n[[device.port.lun]]\nwrite_cache = true\n";
    let slow = answer("synchronize_cache", "delay_ms = 1000");
    let delete = step("sdev_delete", "port = 0\nlun = 0");
    format!("{cached}{ONLINE}{slow}{delete}{}", step(then, "port = 0\nwhen = { after_ms = 100 }"))
}

#[test]
fn a_device_that_goes_is_not_reopened() {
    for run in both(&dying_disk("port_failed")) {
        assert_eq!(run.rested().sent(Command::SynchronizeCache).len(), 1);
        // Wanted and needed a LUN reopen, and refused: 0xC0 marks it.
        let refused = |e: &regdiff_observation::Stamped| matches!(e.event, Event::Trace(t) if t.tag == "ersfs_3" && t.needed == 0xc1);
        assert!(run.0.events.iter().any(refused), "{:?}", run.tags());
    }
}

#[test]
fn a_device_that_goes_keeps_no_port_blocked() {
    for run in both(&dying_disk("port_failed")) {
        let rport = Object::Rport(0, WWPN);
        assert_eq!(run.rested().at(rport, Attribute::PortState), Some(2), "online");
    }
}

#[test]
fn a_device_that_goes_keeps_no_port_from_being_removed() {
    for run in both(&dying_disk("port_remove")) {
        assert_eq!(run.rested().outcome(2), StepOutcome::Done(1));
    }
}

/// When an object went, in ms.
fn removed_ms(run: &Run, object: Object) -> Vec<u64> {
    let of_object = run
        .0
        .events
        .iter()
        .filter(|e| matches!(e.event, Event::Uevent(u) if u.action == UeventAction::Remove && u.object == object));
    of_object.map(|e| e.time_us / 1000).collect()
}

#[test]
fn a_user_inside_a_port_and_its_removal_both_end() {
    // No LUN: nothing else keeps the port. Its second opening takes a second, which the first user waits for.
    let bare = "version = 1\n[[device]]\n[[device.port]]\n";
    let slow = answer("open_port", "nth = 2\ndelay_ms = 1000");
    let failed = step("port_failed", "port = 0");
    let remove = step("port_remove", "port = 0\nwhen = { after_ms = 100 }");
    for run in both(&format!("{bare}{ONLINE}{slow}{failed}{remove}")) {
        assert_eq!(run.rested().at(PORT, Attribute::Status), None);
        assert_eq!((run.outcome(1), run.outcome(2)), (StepOutcome::Done(1), StepOutcome::Done(1)));
    }
}

#[test]
fn a_user_inside_a_unit_and_its_removal_both_end() {
    let unit = step("unit_add", "port = 0\nlun = 0");
    let slow = answer("open_lun", "nth = 2\ndelay_ms = 1000");
    let failed = step("unit_failed", "port = 0\nlun = 0");
    let remove = step("unit_remove", "port = 0\nlun = 0\nwhen = { after_ms = 100 }");
    for run in both(&online("", &format!("{unit}{slow}{failed}{remove}"))) {
        assert_eq!(run.rested().at(Object::Unit(0, WWPN, 0), Attribute::Status), None);
        assert_eq!(
            (run.outcome(1), run.outcome(2), run.outcome(3)),
            (StepOutcome::Done(1), StepOutcome::Done(1), StepOutcome::Done(1))
        );
    }
}

#[test]
fn a_user_inside_a_device_holds_up_its_removal() {
    let slow = answer("open_lun", "nth = 2\ndelay_ms = 1000");
    let failed = step("sdev_failed", "port = 0\nlun = 0");
    let delete = step("sdev_delete", "port = 0\nlun = 0\nwhen = { after_ms = 100 }");
    for run in both(&online("", &format!("{slow}{failed}{delete}"))) {
        let [disk] = removed_ms(run.rested(), Object::Disk(0, WWPN, 0))[..] else { panic!("{:?}", run.story()) };
        assert!(disk >= 1000, "{disk}");
    }
}

#[test]
fn a_user_inside_a_host_holds_up_its_removal() {
    // The writer of `scan` is held up before it takes the scan mutex, while the device is unbound.
    let held_up = "[[choice]]\ncontext = \"user\"\npoint = \"lun_scan\"\nturn = \"sleep\"\namount = 5000\n";
    let remove = step("remove", "when = { after_ms = 100 }");
    for run in both(&format!("{}{held_up}", online("", &format!("{}{remove}", step("scan", ""))))) {
        let [at] = removed_ms(run.rested(), HOST)[..] else { panic!("{:?}", run.story()) };
        assert!(at >= 5000, "{at}");
        assert!(run.0.steps.iter().all(|s| matches!(s, StepOutcome::Done(_))), "{:?}", run.0.steps);
    }
}
