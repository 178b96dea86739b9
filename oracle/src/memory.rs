//! Memory: no access to protection data outside what was preallocated for it (midlayer.md 11).
//!
//! Property: every load and store of a protection header and its list stays inside the payload of its own request, and the
//! kernel's own assertions about protection limits hold. Each side is judged alone.

use regdiff_observation::{Access, MemoryOp, Observation, Region, Trap, TrapKind, Violation};

use crate::finding::{Evidence, Finding, Kind};
use crate::pair::Side;
use crate::signature::Signature;

/// Structures that live in a request's preallocated memory, or that a command finds through it.
const REQUEST_MEMORY: &[&str] = &["scsi_cmnd", "request", "scsi_data_buffer", "scatterlist"];

/// Whether a trap is this oracle's; the other ones are the lifetime oracle's.
pub(crate) fn owns(trap: &Trap) -> bool {
    match trap.kind {
        TrapKind::NullAccess => REQUEST_MEMORY.contains(&trap.object.as_ref()),
        TrapKind::Bug | TrapKind::OutOfBounds => true,
        TrapKind::UseAfterFree | TrapKind::ForeignFree | TrapKind::Panic => false,
    }
}

/// What one side did wrong, silent accesses first: they happened before the trap.
pub(crate) fn judge(side: Side, seen: &Observation, findings: &mut Vec<Finding>) {
    let mut known: Vec<&Violation> = Vec::new();
    for violation in &seen.violations {
        // A slot that is used a thousand times is one finding; this keeps the names of the others from being made.
        if known.iter().any(|other| alike(other, violation)) {
            continue;
        }
        known.push(violation);
        let evidence = Evidence::Violation(Box::new(violation.clone()));
        findings.push(Finding::new(Kind::Memory, side, silent(side, violation), evidence));
    }
    if let Some(trap) = crate::lifetime::trap(seen).filter(|trap| owns(trap)) {
        findings.push(Finding::trap(Kind::Memory, side, trap, seen));
    }
}

/// Whether no predicate of the contract needs to see both.
fn alike(a: &Violation, b: &Violation) -> bool {
    (a.op, a.access, a.region, a.object, a.device, a.command, &a.function)
        == (b.op, b.access, b.region, b.object, b.device, b.command, &b.function)
}

fn silent(side: Side, violation: &Violation) -> Signature {
    let what = match violation.access {
        Access::Write => "overrun",
        Access::Read => "overread",
    };
    let parts = [what, op_text(violation.op), region_text(violation.region), &violation.function];
    Signature::sided(Kind::Memory.text(), side, &parts)
}

pub(crate) const fn op_text(op: MemoryOp) -> &'static str {
    match op {
        MemoryOp::W1 => "W1",
        MemoryOp::W2 => "W2",
        MemoryOp::W3 => "W3",
        MemoryOp::R1 => "R1",
        MemoryOp::R2 => "R2",
        MemoryOp::R3 => "R3",
        MemoryOp::Allocation => "allocation",
    }
}

pub(crate) const fn region_text(region: Region) -> &'static str {
    match region {
        Region::Slack => "slack",
        Region::Neighbour => "neighbour",
        Region::BlockTail => "block-tail",
        Region::BucketRest => "bucket-rest",
        Region::Beyond => "beyond",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{signatures, trap, violation};

    fn judged(seen: &Observation) -> Vec<String> {
        let mut findings = Vec::new();
        judge(Side::Eager, seen, &mut findings);
        signatures(&findings)
    }

    #[test]
    fn a_run_inside_its_payload_is_clean() {
        assert_eq!(judged(&Observation::default()), [""; 0]);
    }

    #[test]
    fn a_null_header_is_found() {
        let seen = trap(TrapKind::NullAccess, "scsi_queue_rq", "scsi_cmnd", "prot_sdb");
        assert_eq!(judged(&seen), ["memory/eager/null-write/scsi_queue_rq/prot_sdb"]);
    }

    #[test]
    fn an_assertion_of_the_kernel_is_found() {
        let seen = trap(TrapKind::Bug, "__scsi_init_queue", "Scsi_Host", "sg_prot_tablesize");
        assert_eq!(judged(&seen), ["memory/eager/bug/__scsi_init_queue/sg_prot_tablesize"]);
    }

    #[test]
    fn a_host_that_does_not_exist_is_another_oracles() {
        assert_eq!(judged(&trap(TrapKind::NullAccess, "zfcp_fc_scan_ports", "fc_host_attrs", "port_type")), [""; 0]);
        assert_eq!(judged(&trap(TrapKind::UseAfterFree, "scsi_queue_rq", "request", "q")), [""; 0]);
    }

    #[test]
    fn silent_accesses_are_told_apart_by_operation_and_region_only() {
        let mut far = violation(MemoryOp::W1, Region::Slack);
        (far.slot, far.offset, far.bytes) = (7, 9000, 3);
        let mut read = violation(MemoryOp::R2, Region::Neighbour);
        read.access = Access::Read;
        let violations = vec![violation(MemoryOp::W1, Region::Slack), far, read];
        let seen = Observation { violations, ..Observation::default() };
        let expected =
            ["memory/eager/overrun/W1/slack/scsi_queue_rq", "memory/eager/overread/R2/neighbour/scsi_queue_rq"];
        assert_eq!(judged(&seen), expected);
    }
}
