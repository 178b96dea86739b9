//! Defects of 5.7 in both variants that have nothing to do with registration. 6.1 repairs them; a behaviour switch takes each away.

use regdiff_observation::TrapKind;
use regdiff_scenario::{Behaviours, FailPoint, Scalar, Trigger};

use crate::contract::context::Context;
use crate::contract::{Allowance, Reach};
use crate::finding::{Evidence, Finding};

/// The entries.
pub(super) const LIST: &[Allowance] = &[
    Allowance {
        id: "gid-pn-pool-leak",
        allows: "the pool of GID_PN requests is not given back when an adapter goes, in both variants",
        why: "5.7 forgets it among eight pools; a later version frees it",
        evidence: "FINDINGS.md 14; driver.md 1.2, 25",
        review: "2027-03-01",
        scenario: "registration/device-goes",
        signatures: &["lifetime/*/leftover/zfcp_free_low_mem_buffers/gid_pn_req-pool"],
        reach: Reach::Difference,
        covers: gid_pn_pool_leak,
    },
    Allowance {
        id: "port-sysfs-drops-adapter",
        allows: "an adapter is freed while it is used, in both variants, after a port could not be registered in sysfs",
        why: "5.7 drops the port's reference to the adapter twice then; a later version drops it once",
        evidence: "FINDINGS.md 15; driver.md 25",
        review: "2027-03-01",
        scenario: "registration/port-sysfs-fails",
        signatures: &[
            "lifetime/*/freed-read/*",
            "lifetime/*/freed-write/*",
            "lifetime/*/leftover/scsi_host_put/Scsi_Host",
        ],
        reach: Reach::Difference,
        covers: port_sysfs_drops_adapter,
    },
];

fn lacks(context: &Context<'_>, behaviour: Behaviours) -> bool {
    !context.scenario.kernel.behaviours.has(behaviour)
}

fn gid_pn_pool_leak(context: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Leftover(leftover) = &finding.evidence else { return false };
    lacks(context, Behaviours::GID_PN_POOL_FREED) && leftover.what == "gid_pn_req pool"
}

fn port_sysfs_drops_adapter(context: &Context<'_>, finding: &Finding) -> bool {
    let fails = |device: Option<u8>| {
        context.scenario.steps.iter().any(|step| {
            step.trigger == Trigger::Fail
                && u64::from(step.a) == FailPoint::PortSysfs.to_raw()
                && device.is_none_or(|device| device == step.device)
        })
    };
    let freed = match &finding.evidence {
        Evidence::Trap(trap) => {
            trap.kind == TrapKind::UseAfterFree && trap.object == "zfcp_adapter" && fails(trap.device)
        }
        // With nothing left to do nobody runs into it, but nobody finds the host any more either.
        Evidence::Leftover(leftover) => leftover.what == "Scsi_Host" && fails(None),
        _ => false,
    };
    freed && lacks(context, Behaviours::PORT_SYSFS_REF_ONCE)
}
