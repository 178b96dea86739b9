//! Historical: defects of the eager driver that the series repairs.
//!
//! All but one come from the same cause: eager adds its host before it knows that there will be protection data, so that SIZE is
//! taken with a mask of 0 (midlayer.md 1, 11). With protection space always reserved none of them can happen, so that none
//! is allowed in the masked pair.

use regdiff_observation::{Event, LogId, MemoryOp, Region, TrapKind, Violation};
use regdiff_scenario::Command;

use super::context::{Context, surplus};
use super::{Allowance, Reach};
use crate::finding::{Evidence, Finding};
use crate::lifetime::trap_text;
use crate::pair::Side;

/// The entries.
pub(super) const LIST: &[Allowance] = &[
    Allowance {
        id: "eager-null-prot-sdb",
        allows: "eager stores through a null prot_sdb when it prepares a command",
        why: "the host was added with a protection mask of 0, so that its requests have no protection header; by the first \
              command the mask is set",
        evidence: "Launchpad 1887124; midlayer.md 11.3, 12",
        review: "2027-06-01",
        scenario: "registration/lp1887124",
        signatures: &["memory/eager/null-write/scsi_queue_rq/prot_sdb"],
        reach: Reach::Difference,
        covers: eager_null_prot_sdb,
    },
    Allowance {
        id: "eager-silent-overrun",
        allows: "eager accesses protection data past the payload of a request",
        why: "an elevator's or flush request got its pointer when the mask was set, but its size when it was 0",
        evidence: "Launchpad 1887124; midlayer.md 11.3, 11.4",
        review: "2027-06-01",
        scenario: "registration/lp1887124-elevator",
        signatures: &["memory/eager/overread/*", "memory/eager/overrun/*"],
        reach: Reach::Difference,
        covers: eager_silent_overrun,
    },
    Allowance {
        id: "eager-overrun-victim",
        allows: "eager uses a request or list that a protection header of the request before has overwritten",
        why: "the overrun reached the next request",
        evidence: "Launchpad 1887124; midlayer.md 11.2 rules 3 and 4",
        review: "2027-06-01",
        scenario: "registration/lp1887124-neighbour",
        signatures: &["lifetime/eager/foreign-free/*", "memory/eager/null-read/*"],
        reach: Reach::Difference,
        covers: eager_overrun_victim,
    },
    Allowance {
        id: "eager-missing-prot-sdb",
        allows: "eager fails I/O with protection data for want of a protection header, and warns of it once; all that follows",
        why: "the host was added with a protection mask of 0, so that its requests have no protection header; the mask is 0 again \
              when the command is prepared, so that nothing is stored there, but the disk still has its profile. \
              Deferred sends that I/O, or hangs in it (dix-without-dif)",
        evidence: "Launchpad 1887124; midlayer.md 8.2, 8.3, 11.3",
        review: "2027-06-01",
        scenario: "registration/eager-missing-prot-sdb",
        signatures: &["divergence/event.log.PROT_SDB_MISSING"],
        reach: Reach::Onward,
        covers: eager_missing_prot_sdb,
    },
    Allowance {
        id: "eager-counts-a-neighbour",
        allows: "eager does not send a read or write of a disk, and all that waits for it stays away",
        why: "the host was added with a protection mask of 0, so that a protection header lies in the next request, whose pointers are \
              taken for a count of segments; the mask is 0 again when the command is prepared, and the driver refuses protection data \
              that the disk does not take, over and over",
        evidence: "Launchpad 1887124; midlayer.md 10.5, 10.6, 11.2 rule 4",
        review: "2027-06-01",
        scenario: "registration/eager-counts-a-neighbour",
        signatures: &["divergence/event.command.read", "divergence/event.command.write"],
        reach: Reach::Onward,
        covers: eager_counts_a_neighbour,
    },
    Allowance {
        id: "eager-stale-host",
        allows: "eager removes a host that was freed when adding it failed",
        why: "a failed scsi_add_host leaves the pointer behind, and undoing the enqueue follows it",
        evidence: "driver.md 5.2, 20 F15; patch 8/8, d0dff2ac98dd",
        review: "2027-06-01",
        scenario: "registration/registration-fails",
        signatures: &["lifetime/eager/freed-read/zfcp_scsi_adapter_unregister/shost_data"],
        reach: Reach::Difference,
        covers: eager_stale_host,
    },
    Allowance {
        id: "eager-null-host",
        allows: "eager follows the null pointer of a host that is not registered yet, or not any more",
        why: "the adapter's files are visible before its host is added, and recovery may still run when the host is removed",
        evidence: "driver.md 20 F2 to F10; patches 2 to 7",
        review: "2027-06-01",
        scenario: "registration/eager-null-host",
        signatures: &["lifetime/eager/null-write/zfcp_erp_set_adapter_status/host_lock"],
        reach: Reach::Difference,
        covers: eager_null_host,
    },
];

/// Where the series asks for the host, and eager does not.
const FENCED: &[&str] = &[
    "zfcp_erp_set_adapter_status",
    "zfcp_erp_clear_adapter_status",
    "zfcp_fsf_exchange_config_data_handler",
    "zfcp_fsf_exchange_config_evaluate",
    "zfcp_fsf_exchange_port_evaluate",
    "zfcp_fsf_fc_host_link_down",
    "zfcp_scsi_set_prot",
    "zfcp_erp_adapter_strategy_open_ptp_port",
    "zfcp_fc_scan_ports",
];

/// Whether the cause of this file can be at work.
fn size_without_protection(context: &Context<'_>, finding: &Finding) -> bool {
    finding.side == Side::Eager && !context.masked && context.protection_is_asked_for()
}

fn eager_null_prot_sdb(context: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Trap(trap) = &finding.evidence else { return false };
    size_without_protection(context, finding)
        && trap_text(trap.kind, trap.access) == "null-write"
        && trap.object == "scsi_cmnd"
        && trap.field == "prot_sdb"
}

fn eager_silent_overrun(context: &Context<'_>, finding: &Finding) -> bool {
    matches!(finding.evidence, Evidence::Violation(_)) && size_without_protection(context, finding)
}

fn eager_overrun_victim(context: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Trap(trap) = &finding.evidence else { return false };
    let victim = match trap.kind {
        TrapKind::NullAccess => trap.object == "request",
        TrapKind::ForeignFree => trap.object == "scatterlist",
        _ => false,
    };
    // Either direction of the overlap: the header overwrote the neighbour, or the neighbour the header.
    let overlap = context.seen.eager.violations.iter().any(|violation| violation.region == Region::Neighbour);
    size_without_protection(context, finding) && victim && overlap
}

fn eager_missing_prot_sdb(context: &Context<'_>, finding: &Finding) -> bool {
    let Some((Side::Eager, Event::Log(line), _)) = surplus(finding) else { return false };
    line.id == LogId::ProtSdbMissing
        && !context.masked
        && context.protection_is_asked_for()
        && context.features_change()
}

fn eager_counts_a_neighbour(context: &Context<'_>, finding: &Finding) -> bool {
    let Some((Side::Deferred, Event::Command(sent), _)) = surplus(finding) else { return false };
    let counted = |violation: &Violation| {
        violation.op == MemoryOp::R1
            && violation.region == Region::Neighbour
            && violation.device == Some(sent.device)
            && violation.command == Some(sent.command)
    };
    matches!(sent.command, Command::Read | Command::Write)
        && !context.masked
        && context.protection_is_asked_for()
        && context.features_change()
        && context.seen.eager.violations.iter().any(counted)
}

fn eager_stale_host(context: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Trap(trap) = &finding.evidence else { return false };
    finding.side == Side::Eager
        && trap.kind == TrapKind::UseAfterFree
        && trap.object == "Scsi_Host"
        && trap.device.is_some_and(|device| context.registration_may_fail(device, usize::MAX))
}

fn eager_null_host(_: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Trap(trap) = &finding.evidence else { return false };
    finding.side == Side::Eager
        && trap.kind == TrapKind::NullAccess
        && trap.object == "Scsi_Host"
        && FENCED.contains(&&*trap.function)
}
