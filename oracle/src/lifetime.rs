//! Lifetime: nobody uses a host that does not exist yet or any more, and teardown gives everything back.
//!
//! Property: no access to a null or freed object, no free of memory that belongs to somebody else, and nothing is left over
//! when the machine is at rest. Each side is judged alone.

use regdiff_observation::{Access, End, Leftover, Observation, Trap, TrapKind};

use crate::finding::{Evidence, Finding, Kind};
use crate::memory;
use crate::pair::Side;
use crate::signature::Signature;

/// The trap that ended a run.
pub(crate) fn trap(seen: &Observation) -> Option<&Trap> {
    match &seen.end {
        End::Trap(trap) => Some(trap),
        _ => None,
    }
}

/// Whether what is left over belongs to recovery: then it is the liveness oracle's.
pub(crate) fn is_recovery(leftover: &Leftover) -> bool {
    leftover.function.starts_with("zfcp_erp_")
}

/// What one side did wrong. A deliberate panic of the driver is nobody's defect: only the comparison judges it.
pub(crate) fn judge(side: Side, seen: &Observation, findings: &mut Vec<Finding>) {
    if let Some(trap) = trap(seen).filter(|trap| !memory::owns(trap) && trap.kind != TrapKind::Panic) {
        findings.push(Finding::trap(Kind::Lifetime, side, trap, seen));
    }
    // A machine that stopped early has had no chance to give anything back.
    if seen.end == End::Rest {
        for leftover in seen.leftovers.iter().filter(|leftover| !is_recovery(leftover)) {
            findings.push(left_over(Kind::Lifetime, side, leftover));
        }
    }
}

pub(crate) fn left_over(kind: Kind, side: Side, leftover: &Leftover) -> Finding {
    let signature = Signature::sided(kind.text(), side, &["leftover", leftover.function, leftover.what]);
    Finding::new(kind, side, signature, Evidence::Leftover(leftover.clone()))
}

/// The kind of a trap as in signatures.
pub(crate) const fn trap_text(kind: TrapKind, access: Access) -> &'static str {
    match (kind, access) {
        (TrapKind::NullAccess, Access::Read) => "null-read",
        (TrapKind::NullAccess, Access::Write) => "null-write",
        (TrapKind::UseAfterFree, Access::Read) => "freed-read",
        (TrapKind::UseAfterFree, Access::Write) => "freed-write",
        (TrapKind::OutOfBounds, Access::Read) => "read-outside",
        (TrapKind::OutOfBounds, Access::Write) => "write-outside",
        (TrapKind::ForeignFree, _) => "foreign-free",
        (TrapKind::Bug, _) => "bug",
        (TrapKind::Panic, _) => "panic",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{left, signatures, trap};

    fn judged(seen: &Observation) -> Vec<String> {
        let mut findings = Vec::new();
        judge(Side::Deferred, seen, &mut findings);
        signatures(&findings)
    }

    #[test]
    fn a_run_that_gives_everything_back_is_clean() {
        assert_eq!(judged(&Observation::default()), [""; 0]);
    }

    #[test]
    fn a_host_that_does_not_exist_yet_is_found() {
        let mut seen = trap(TrapKind::NullAccess, "zfcp_fc_scan_ports", "fc_host_attrs", "port_type");
        if let End::Trap(trap) = &mut seen.end {
            trap.access = Access::Read;
        }
        assert_eq!(judged(&seen), ["lifetime/deferred/null-read/zfcp_fc_scan_ports/port_type"]);
    }

    #[test]
    fn freed_objects_and_foreign_memory_are_found() {
        let seen = trap(TrapKind::UseAfterFree, "fc_remove_host", "Scsi_Host", "");
        assert_eq!(judged(&seen), ["lifetime/deferred/freed-write/fc_remove_host/Scsi_Host"]);
        let seen = trap(TrapKind::ForeignFree, "scsi_mq_free_sgtables", "scatterlist", "");
        assert_eq!(judged(&seen), ["lifetime/deferred/foreign-free/scsi_mq_free_sgtables/scatterlist"]);
    }

    #[test]
    fn a_deliberate_panic_and_a_null_header_are_not_found() {
        assert_eq!(judged(&trap(TrapKind::Panic, "zfcp_fsf_reqid_check", "", "")), [""; 0]);
        assert_eq!(judged(&trap(TrapKind::NullAccess, "scsi_queue_rq", "scsi_cmnd", "prot_sdb")), [""; 0]);
    }

    #[test]
    fn leftovers_count_only_at_rest_and_outside_recovery() {
        let mut seen = left("scsi host", "zfcp_scsi_adapter_unregister");
        assert_eq!(judged(&seen), ["lifetime/deferred/leftover/zfcp_scsi_adapter_unregister/scsi-host"]);
        seen.end = End::Unmodelled("x");
        assert_eq!(judged(&seen), [""; 0]);
        assert_eq!(judged(&left("actions", "zfcp_erp_thread_kill")), [""; 0]);
    }
}
