//! Texts of findings made by hand.

use regdiff_observation::{LogId, MemoryOp, Observation, Region, SlotState, TrapKind};

use super::*;
use crate::contract::Context;
use crate::finding::{Kind, Known};
use crate::pair::{Pair, Side};
use crate::testing::{log, rest, trap, violation};

fn memory(seen: &Observation) -> Finding {
    let mut found = Vec::new();
    crate::memory::judge(Side::Eager, seen, &mut found);
    crate::lifetime::judge(Side::Eager, seen, &mut found);
    found.remove(0)
}

#[test]
fn the_seeds_crash_reads_like_its_oops() {
    let mut found = memory(&trap(TrapKind::NullAccess, "scsi_queue_rq", "scsi_cmnd", "prot_sdb"));
    found.known = Some(Known { id: "eager-null-prot-sdb", status: Status::Historical });
    let text = finding(&found);
    let expected = "memory/eager/null-write/scsi_queue_rq/prot_sdb
  eager: scsi_queue_rq stores 24 bytes at address 0 through a null prot_sdb, preparing the first INQUIRY, in the \
        remote-port scan worker (scsi_wq)
  Call Trace:
   scsi_queue_rq
   blk_execute_rq
   fc_scsi_scan_rport
  note: on s390x a store to the first page traps by low-address protection
  note: a known defect of the eager driver: eager-null-prot-sdb (Launchpad 1887124; midlayer.md 11.3, 12); allowed with \
        --allow historical
";
    assert_eq!(text, expected);
}

#[test]
fn a_silent_overrun_names_bytes_and_victim() {
    let mut hit = violation(MemoryOp::W2, Region::Neighbour);
    (hit.members, hit.victim) = (vec!["q".into(), "mq_ctx".into()], Some(SlotState::InFlight));
    let text = finding(&memory(&Observation { violations: vec![hit], ..Observation::default() }));
    assert!(
        text.contains("stores 24 bytes past the payload of a scheduler's request, in the next request (q, mq_ctx)")
    );
    assert!(text.contains("W2 of a scheduler's request: bytes [856, 880) from the start of slot 0, in neighbour"));
    assert!(text.contains("members hit: q, mq_ctx\n  the request hit is in flight\n"));
}

#[test]
fn a_missing_host_is_told_apart_from_a_freed_one() {
    let missing = memory(&trap(TrapKind::NullAccess, "zfcp_fc_scan_ports", "fc_host_attrs", "port_type"));
    assert_eq!(missing.kind, Kind::Lifetime);
    assert!(sentence(&missing).contains("writes fc_host_attrs.port_type, but there is no fc_host_attrs"));
    let freed = memory(&trap(TrapKind::UseAfterFree, "fc_remove_host", "Scsi_Host", "shost_data"));
    assert!(sentence(&freed).contains("writes Scsi_Host.shost_data after the Scsi_Host was freed"));
}

#[test]
fn timelines_mark_where_an_event_happens() {
    let (mut eager, mut deferred) = (Observation::default(), Observation::default());
    let (added, oper, up) = (log(LogId::HostAdded), log(LogId::Oper), log(LogId::LinkUp));
    rest(&mut eager, 1, &[added, oper, up], &[]);
    rest(&mut deferred, 1, &[oper, added, up], &[]);
    rest(&mut eager, 2, &[up], &[]);
    rest(&mut deferred, 2, &[], &[]);
    let seen = Pair { eager: &eager, deferred: &deferred };
    let marks =
        |until| -> String { timeline::draw(seen, until).lines().skip(1).filter_map(|l| l.chars().next()).collect() };
    assert_eq!(marks(1), "<=>= ");
    assert_eq!(marks(2), "<=>= < ");
}

#[test]
fn ordinals_are_regular() {
    let words: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 112].into_iter().map(words::ordinal).collect();
    assert_eq!(words, ["first", "second", "third", "4th", "11th", "12th", "13th", "21st", "112th"]);
}

#[test]
fn every_allowance_that_a_report_names_exists() {
    let scenario = regdiff_scenario::Scenario::default();
    let seen = Observation::default();
    let context = Context { scenario: &scenario, seen: Pair { eager: &seen, deferred: &seen }, masked: false };
    let found = memory(&trap(TrapKind::UseAfterFree, "a", "b", "c"));
    assert!(crate::contract::covering(&context, &found, None).is_none());
}
