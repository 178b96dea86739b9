//! The lane with a "kernel" that is a shell script: everything but the kernel itself.

mod kernel;
mod parity;

use std::time::{Duration, Instant};

use regdiff_linux::{Error, Registration};
use regdiff_observation::{Access, Attribute, End, Event, Limit, LogId, StepOutcome, TrapKind};
use regdiff_scenario::{Scenario, Step, Trigger};

use kernel::{Fake, HELLO};

fn scenario() -> Scenario {
    Scenario { steps: vec![Step::new(Trigger::SetOnline), Step::new(Trigger::SetOffline)], ..Scenario::generate(1) }
}

const END: &str = r#"{"end":{"time_us":9,"busy":0,"timed_out":false,"scsi_commands":3}}"#;

#[test]
fn facts_become_an_observation() {
    let facts = [
        HELLO,
        r#"{"step_begun":{"step":0,"time_us":1}}"#,
        r#"{"happened":{"time_us":2,"context":"erp","what":{"trace":{"device":0,"tag":"ccsonl1","wanted":4,"needed":4}}}}"#,
        r#"{"happened":{"time_us":2,"context":null,"what":{"log":{"level":6,"text":"zfcp 0.0.1900: up and running"}}}}"#,
        r#"{"happened":{"time_us":2,"context":null,"what":{"log":{"level":6,"text":"something else"}}}}"#,
        r#"{"happened":{"time_us":3,"context":null,"what":{"uevent":{"action":"add","object":{"host":0}}}}}"#,
        r#"{"step_done":{"step":0,"code":0}}"#,
        r#"{"rest":{"time_us":5,"steps_begun":1,"readings":[{"object":{"host":0},"attribute":"can_queue","value":4096},{"object":{"adapter":0},"attribute":"online","value":1}]}}"#,
        "garbage",
        r#"{"step_begun":{"step":1,"time_us":6}}"#,
        r#"{"failure_hit":{"step":1}}"#,
        END,
    ];
    let run = Fake::telling(&facts).linux().try_run(&scenario(), Registration::Early).expect("it runs");
    let seen = &run.seen;
    assert_eq!(seen.end, End::Rest);
    assert_eq!(seen.steps, [StepOutcome::Done(0), StepOutcome::Blocked]);
    assert_eq!((seen.failures_hit.as_slice(), seen.scsi_commands, seen.hosts_added), (&[1][..], 3, 1));
    let rest = &seen.rests[0];
    assert_eq!((seen.rests.len(), rest.steps_begun, rest.events_end), (1, 1, 3));
    assert_eq!(rest.readings.iter().map(|r| r.attribute).collect::<Vec<_>>(), [Attribute::Online, Attribute::CanQueue]);
    assert!(matches!(seen.events[0].event, Event::Trace(record) if record.tag == "ccsonl1"));
    assert!(matches!(seen.events[1].event, Event::Log(line) if line.id == LogId::Oper));
    assert_eq!((run.beside.unknown_lines.len(), run.garbage), (1, 1));
}

#[test]
fn a_panic_is_a_trap_and_what_was_told_before_stays() {
    let console = "\
[    0.100000] Modules linked in: zfcp(O)
[    0.100000] RIP: 0033:scsi_queue_rq+0x1f2/0x8a0
[    0.100000] RSP: 0000000061b3fc80  EFLAGS: 00010246
[    0.100000] Kernel panic - not syncing: Kernel mode fault at addr 0x0, ip 0x60123456
[    0.100000] CPU: 0 PID: 9 Comm: kworker/0:1 Tainted: G           O       6.1.192 #1
[    0.100000] Stack:
[    0.100000]  61b3fd00 00000000 60047b8c
[    0.100000] Call Trace:
[    0.100000]  [<60047b8c>] ? printk+0x0/0x94
[    0.100000]  [<60123456>] scsi_queue_rq+0x1f2/0x8a0
[    0.100000]  [<60123999>] blk_mq_dispatch_rq_list+0x100/0x200
";
    let fake = Fake::new(&format!("echo '{HELLO}' >&0; cat <<'X'\n{console}X\nkill -ABRT $$"));
    let run = fake.linux().try_run(&scenario(), Registration::Early).expect("it runs");
    let End::Trap(trap) = &run.seen.end else { panic!("{:?}", run.seen.end) };
    // Which instruction it was cannot be told of a script: the careful guess.
    assert_eq!((trap.kind, trap.access, trap.address), (TrapKind::NullAccess, Access::Read, Some(0)));
    assert_eq!(
        (trap.function.as_ref(), trap.object.as_ref(), trap.field.as_ref()),
        ("scsi_queue_rq", "scsi_cmnd", "prot_sdb")
    );
    assert_eq!(trap.trace, ["scsi_queue_rq", "blk_mq_dispatch_rq_list"]);
}

#[test]
fn recovery_that_is_pending_at_the_end_never_ends() {
    let rest = |status: u64| {
        format!(
            r#"{{"rest":{{"time_us":7,"steps_begun":1,"readings":[{{"object":{{"adapter":0}},"attribute":"status","value":{status}}}]}}}}"#
        )
    };
    let end = |busy: u32| format!(r#"{{"end":{{"time_us":9,"busy":{busy},"timed_out":false,"scsi_commands":0}}}}"#);
    for (status, busy, left) in [(0x5400_010b, 11, 1), (0x5400_000b, 11, 0), (0x5400_010b, 0, 0)] {
        let run = Fake::telling(&[HELLO, &rest(status), &end(busy)]).linux().try_run(&scenario(), Registration::Early);
        let leftovers = run.expect("it runs").seen.leftovers;
        assert_eq!(leftovers.len(), left, "{leftovers:?}");
        assert!(leftovers.iter().all(|left| (left.device, left.function) == (0, "zfcp_erp_thread")), "{leftovers:?}");
    }
}

#[test]
fn limits_are_ends_of_their_own() {
    let mut linux = Fake::new(&format!("echo '{HELLO}' >&0; trap '' TERM; while :; do sleep 50; done")).linux();
    linux.limits.real = Duration::from_millis(300);
    let began = Instant::now();
    let run = linux.try_run(&scenario(), Registration::Early).expect("it runs");
    assert_eq!(run.seen.end, End::Limit(Limit::RealTime));
    assert!(began.elapsed() < Duration::from_secs(20));
    let flood = Fake::new(&format!("echo '{HELLO}' >&0; yes")).linux();
    assert_eq!(flood.try_run(&scenario(), Registration::Early).expect("it runs").seen.end, End::Limit(Limit::Output));
    let timed_out = END.replace("false", "true");
    let tired = Fake::telling(&[HELLO, &timed_out]).linux();
    assert_eq!(tired.try_run(&scenario(), Registration::Early).expect("it runs").seen.end, End::Limit(Limit::Time));
}

#[test]
fn what_says_nothing_or_something_else_is_an_error() {
    for script in ["", "echo boo", "echo '{}' >&0", "exec false"] {
        let failed = Fake::new(script).linux().try_run(&scenario(), Registration::Early);
        assert!(matches!(failed, Err(Error::Garbage { .. })), "{script}: {failed:?}");
    }
    let silent = Fake::telling(&[HELLO]).linux().try_run(&scenario(), Registration::Early);
    assert!(matches!(silent, Err(Error::Garbage { ref why, .. }) if why.contains("last word")), "{silent:?}");
    let other = Fake::telling(&[HELLO, END]).linux().try_run(&scenario(), Registration::Deferred);
    assert!(matches!(other, Err(Error::Garbage { ref why, .. }) if why.contains("early true")), "{other:?}");
}

#[test]
fn nothing_is_left_behind() {
    let stray = Fake::new(&format!("echo '{HELLO}' >&0; sleep 600 & echo $!; echo '{END}' >&0; exit 0")).linux();
    let run = stray.try_run(&scenario(), Registration::Early).expect("it runs");
    let pid = String::from_utf8_lossy(&run.console).trim().to_owned();
    let until = Instant::now() + Duration::from_secs(10);
    while std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z")) {
        assert!(Instant::now() < until, "{pid} lives on");
        std::thread::yield_now();
    }
}
