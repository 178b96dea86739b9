//! Launchpad 1887124 from its own facts, and what changes its outcome.

use regdiff_observation::{End, TrapKind};

use crate::rig::both;

const SEED: &str = include_str!("../../../../corpus/registration/lp1887124.toml");

#[test]
fn eager_crashes_at_the_first_inquiry_and_deferred_is_clean() {
    let [eager, deferred] = both(SEED);
    assert_eq!(eager.trap(), (TrapKind::NullAccess, "scsi_queue_rq", "prot_sdb"));
    let End::Trap(trap) = &eager.0.end else { unreachable!() };
    assert_eq!((trap.address, trap.bytes), (Some(0), 24));
    assert_eq!(trap.command, Some(regdiff_scenario::Command::Inquiry));
    assert_eq!(trap.trace.last().map(|f| &**f), Some("fc_scsi_scan_rport"));
    assert_eq!(deferred.rested().0.violations, []);
}

#[test]
fn with_the_elevator_attached_early_the_overrun_is_silent() {
    let [eager, deferred] = both(&SEED.replace("at_add_disk", "at_queue_alloc"));
    assert_ne!(eager.0.violations, []);
    assert_eq!(deferred.rested().0.violations, []);
}

#[test]
fn without_dif_and_dix_nothing_happens() {
    for run in both(&SEED.replace("dif = true", "dif = false").replace("dix = true", "dix = false")) {
        assert_eq!(run.rested().0.violations, []);
    }
    // Nor if the adapter cannot do it.
    for run in both(&SEED.replace(", \"dif_prot_type1\", \"dix_prot_tcpip\"", "")) {
        assert_eq!(run.rested().0.violations, []);
    }
    // DIF alone is enough.
    let [eager, deferred] = both(&SEED.replace("dix = true", "dix = false"));
    assert_eq!(eager.trap().2, "prot_sdb");
    deferred.rested();
}
