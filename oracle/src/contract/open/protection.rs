//! Protection capabilities that change, or that nobody else can use.

use regdiff_observation::{Attribute, Event, Object, TrapKind};
use regdiff_scenario::Command;

use super::fc_host_value;
use crate::contract::context::{Context, recovers_adapter};
use crate::contract::{Allowance, Reach};
use crate::divergence::Difference;
use crate::finding::{Evidence, Finding};
use crate::pair::Side;

/// The entries.
pub(super) const LIST: &[Allowance] = &[
    Allowance {
        id: "late-protection-features",
        allows: "deferred accesses protection data outside what was allocated, after the adapter gained features",
        why: "every configuration answer sets the protection mask of the registered host, whose requests were sized for the \
              mask of registration",
        evidence: "FINDINGS.md 1; driver.md 9.1, 17; midlayer.md 1",
        review: "2027-03-01",
        scenario: "registration/late-protection-features",
        signatures: &[
            "memory/deferred/null-write/scsi_queue_rq/prot_sdb",
            "memory/deferred/overread/*",
            "memory/deferred/overrun/*",
            "lifetime/deferred/foreign-free/*",
        ],
        reach: Reach::Difference,
        covers: late_protection_features,
    },
    Allowance {
        id: "integrity-on-old-queue",
        allows: "the kernel stops, in both variants, at a request with protection data on a queue that was made for none",
        why: "the adapter gained DIX after the queue's limits were taken; the disk driver looks at the mask of now",
        evidence: "FINDINGS.md 1; midlayer.md 5, 10.4",
        review: "2027-03-01",
        scenario: "registration/integrity-on-old-queue",
        signatures: &["memory/*/bug/scsi_alloc_sgtables/max_integrity_segments"],
        reach: Reach::Difference,
        covers: integrity_on_old_queue,
    },
    Allowance {
        id: "reopen-while-scanning",
        allows: "the kernel stops, in both variants, when a request queue is created while the adapter is reopened with DIX",
        why: "opening the queues raises sg_tablesize above sg_prot_tablesize until the next configuration answer",
        evidence: "FINDINGS.md 12; driver.md 7.3, 17; midlayer.md 5",
        review: "2027-03-01",
        scenario: "registration/reopen-while-scanning",
        signatures: &["memory/*/bug/__scsi_init_queue/sg_prot_tablesize"],
        reach: Reach::Difference,
        covers: reopen_while_scanning,
    },
    Allowance {
        id: "guard-of-lost-dix",
        allows: "guard type, protection limit, versions of an adapter that lost the feature before deferred registered its host",
        why: "nobody takes them back in eager; deferred never set them",
        evidence: "FINDINGS.md 13; driver.md 17",
        review: "2027-03-01",
        scenario: "registration/guard-of-lost-dix",
        signatures: &[
            "divergence/fc_host.hardware_version",
            "divergence/fc_host.serial_number",
            "divergence/scsi_host.prot_guard_type",
            "divergence/scsi_host.sg_prot_tablesize",
        ],
        reach: Reach::Difference,
        covers: guard_of_lost_dix,
    },
    Allowance {
        id: "dix-without-dif",
        allows: "users hang, in both variants, behind I/O to a disk whose protection data ends in the adapter",
        why: "zfcp does not know the operations insert-on-read and strip-on-write, and the midlayer repeats them without limit; they \
              are needed where an adapter offers DIX alone, or a disk has a profile and its adapter lost DIF",
        evidence: "FINDINGS.md 10; midlayer.md 10.5; driver.md 15, 17",
        review: "2027-03-01",
        scenario: "registration/dix-without-dif",
        signatures: &["liveness/*/blocked/*"],
        reach: Reach::Difference,
        covers: dix_without_dif,
    },
];

fn late_protection_features(context: &Context<'_>, finding: &Finding) -> bool {
    let wrong = match &finding.evidence {
        Evidence::Violation(_) => true,
        Evidence::Trap(trap) => match trap.kind {
            TrapKind::NullAccess => trap.object == "scsi_cmnd" && trap.field == "prot_sdb" || trap.object == "request",
            TrapKind::ForeignFree => trap.object == "scatterlist",
            _ => false,
        },
        _ => false,
    };
    finding.side == Side::Deferred
        && !context.masked
        && context.protection_is_asked_for()
        && context.features_change()
        && wrong
}

fn integrity_on_old_queue(context: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Trap(trap) = &finding.evidence else { return false };
    trap.kind == TrapKind::Bug && trap.field == "max_integrity_segments" && context.features_change()
}

fn dix_without_dif(context: &Context<'_>, finding: &Finding) -> bool {
    const DIF: u64 = 0x1;
    const DIX: u64 = 0x10;
    let seen = context.side(finding.side);
    let values = |attribute| {
        let all = seen.rests.iter().flat_map(|rest| &rest.readings);
        all.filter(move |reading| reading.attribute == attribute).map(|reading| reading.value)
    };
    // Either the adapter offers DIX alone, or somebody took the type from a disk that has a profile.
    let alone = values(Attribute::ProtCapabilities).any(|mask| mask & DIX != 0 && mask & DIF == 0);
    let untyped = values(Attribute::IntegrityFormat).any(|profile| profile != 0)
        && values(Attribute::ProtectionType).any(|kind| kind != 1);
    let Evidence::Blocked { step, .. } = finding.evidence else { return false };
    // At one rest, of one device: a disk with a profile, and a host without DIF.
    let lost = context.step(step).is_some_and(|step| {
        seen.rests.iter().any(|rest| {
            let of = |attribute| {
                let own = rest.readings.iter().filter(move |r| r.object.device() == step.device);
                own.filter(move |reading| reading.attribute == attribute).map(|reading| reading.value)
            };
            of(Attribute::IntegrityFormat).any(|profile| profile != 0)
                && of(Attribute::ProtCapabilities).any(|mask| mask & DIF == 0)
        })
    });
    alone || untyped || lost
}

fn reopen_while_scanning(context: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Trap(trap) = &finding.evidence else { return false };
    // The function's name depends on the version.
    trap.kind == TrapKind::Bug
        && trap.object == "Scsi_Host"
        && trap.field == "sg_prot_tablesize"
        && context.scenario.module.dix
        && trap.device.is_some_and(|device| is_reopened(context, finding.side, device))
}

/// Whether an adapter was on its way to be opened again when its side stopped: it had opened ports, then the adapter itself was
/// to be recovered or asked for its configuration, and no port was opened since.
fn is_reopened(context: &Context<'_>, side: Side, device: u8) -> bool {
    let opens_port = |event: &Event| match event {
        Event::Command(sent) if sent.device == device => match sent.command {
            Command::OpenPort => Some(true),
            Command::ExchangeConfigData => Some(false),
            _ => None,
        },
        event => recovers_adapter(event, device).then_some(false),
    };
    let mut story = context.side(side).events.iter().rev().filter_map(|stamped| opens_port(&stamped.event));
    story.next() == Some(false) && story.any(|opens| opens)
}

fn guard_of_lost_dix(context: &Context<'_>, finding: &Finding) -> bool {
    const DIX: u64 = 0x10;
    // Versions of an adapter that could tell them once, and not any more when deferred registered.
    if let Some((_, Attribute::HardwareVersion | Attribute::SerialNumber, values, _)) = fc_host_value(finding) {
        return [0, u64::MAX].contains(&values.deferred) && context.features_change();
    }
    let Some(located) = finding.difference() else { return false };
    let Difference::Value { object: object @ Object::Host(_), attribute, values } = located.difference else {
        return false;
    };
    let mask = context.reading(Side::Deferred, object, Attribute::ProtCapabilities, located.steps_begun);
    let kept = [Attribute::ProtGuardType, Attribute::SgProtTablesize].contains(&attribute);
    kept && values.deferred == 0 && mask.is_some_and(|mask| mask & DIX == 0)
}
