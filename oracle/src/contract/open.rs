//! Open: defects or doubts that regdiff found and that still stand. Each is described in FINDINGS.md.

use regdiff_observation::{Attribute, Event, LogId, LogLine, Object, TrapKind};
use regdiff_scenario::{Command, ContentField, FailPoint, FsfStatus, Scalar, Trigger};

use super::context::{Context, surplus};
use super::{Allowance, Reach};
use crate::divergence::Difference;
use crate::finding::{Evidence, Finding, Kind};
use crate::pair::{Pair, Side};

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
        reach: Reach::Difference,
        covers: integrity_on_old_queue,
    },
    Allowance {
        id: "port-scan-without-host",
        allows: "deferred's port scan reads the port type through a null host",
        why: "with no_auto_port_rescan, set_online queues a scan whatever became of recovery",
        evidence: "FINDINGS.md 2; driver.md 3 set_online step 5, 13.2, 21",
        review: "2027-03-01",
        scenario: "registration/port-scan-without-host",
        reach: Reach::Difference,
        covers: port_scan_without_host,
    },
    Allowance {
        id: "redo-forgets-link-down",
        allows: "deferred's FC host shows a link that is down as it was when it was up",
        why: "the redo repeats link-down only if the configuration data said so, not if port data did",
        evidence: "FINDINGS.md 3; driver.md 10, 19 step 4",
        review: "2027-03-01",
        scenario: "registration/link-down-in-port-data",
        reach: Reach::Difference,
        covers: redo_forgets_link_down,
    },
    Allowance {
        id: "scan-while-link-is-down",
        allows: "deferred scans for ports while it shows such a link as up, with all that follows",
        why: "the scan asks the FC host's port type, which is stale",
        evidence: "FINDINGS.md 3; driver.md 13.2",
        review: "2027-03-01",
        scenario: "registration/link-down-in-port-data",
        reach: Reach::Onward,
        covers: scan_while_link_is_down,
    },
    Allowance {
        id: "ptp-port-without-name",
        allows: "deferred makes a port of a point-to-point peer that link-down has forgotten",
        why: "the port type is stale, and the port is made after link-down cleared the peer; the port stays",
        evidence: "FINDINGS.md 3; driver.md 6.5.3, 11, 19",
        review: "2027-03-01",
        scenario: "registration/link-down-in-port-data-ptp",
        reach: Reach::Onward,
        covers: ptp_port_without_name,
    },
    Allowance {
        id: "redo-of-empty-port-data",
        allows: "deferred shows zeros where port data never came, eager shows the transport's defaults",
        why: "the redo copies a diagnostics buffer that was never filled",
        evidence: "FINDINGS.md 4; driver.md 10, 18, 19 step 3",
        review: "2027-03-01",
        scenario: "registration/port-data-refused",
        reach: Reach::Difference,
        covers: redo_of_empty_port_data,
    },
    Allowance {
        id: "active-fc4s-of-a-dead-link",
        allows: "active FC-4 types of a link that is down: none in deferred after registration, those of the port in eager",
        why: "the redo applies link-down after port data, the handlers of eager the other way round",
        evidence: "FINDINGS.md 5; driver.md 10, 11, 19, 20 F14",
        review: "2027-03-01",
        scenario: "registration/incomplete-first-open",
        reach: Reach::Difference,
        covers: active_fc4s_of_a_dead_link,
    },
    Allowance {
        id: "refused-configuration",
        allows: "versions and serial number of the FC host after a configuration answer that was refused: new on one side only",
        why: "the series gathered what was written to the host at several places, so that it comes before or after a refusal",
        evidence: "FINDINGS.md 7; driver.md 9.1 rows 1, 3b, 3c, 6",
        review: "2027-03-01",
        scenario: "registration/refused-configuration",
        reach: Reach::Difference,
        covers: refused_configuration,
    },
    Allowance {
        id: "ptp-port-misses-first-open",
        allows: "a point-to-point port of deferred lacks what a link-down or shutdown of the first open did to ports",
        why: "it is made after registration, when that is over",
        evidence: "FINDINGS.md 8; driver.md 6.2, 6.5.1 rows 3 and 6",
        review: "2027-03-01",
        scenario: "registration/ptp-port-misses-first-open",
        reach: Reach::Difference,
        covers: ptp_port_misses_first_open,
    },
    Allowance {
        id: "ptp-port-between-exchanges",
        allows: "a point-to-point port is made in eager and not in deferred when the link goes down between the exchanges",
        why: "deferred makes it after Exchange Port Data, whose link-down has cleared port type and peer by then",
        evidence: "FINDINGS.md 8; driver.md 6.5.1 rows 3 and 6, 11",
        review: "2027-03-01",
        scenario: "registration/ptp-port-between-exchanges",
        reach: Reach::Onward,
        covers: ptp_port_between_exchanges,
    },
    Allowance {
        id: "half-registered-host",
        allows: "the null FC data of a host is followed while the host is being added",
        why: "the pointer is stored right after the allocation, so that every fence of deferred lets other contexts through, and \
              the files of the host are there before its FC data",
        evidence: "FINDINGS.md 9; driver.md 5.2, 19 last paragraph, R3; midlayer.md 2.2 visibility window",
        review: "2027-03-01",
        scenario: "registration/half-registered-host",
        reach: Reach::Difference,
        covers: half_registered_host,
    },
    Allowance {
        id: "reopen-while-scanning",
        allows: "the kernel stops, in both variants, when a request queue is created while the adapter is reopened with DIX",
        why: "opening the queues raises sg_tablesize above sg_prot_tablesize until the next configuration answer",
        evidence: "FINDINGS.md 12; driver.md 7.3, 17; midlayer.md 5",
        review: "2027-03-01",
        scenario: "registration/reopen-while-scanning",
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
        reach: Reach::Difference,
        covers: guard_of_lost_dix,
    },
    Allowance {
        id: "dix-without-dif",
        allows: "users hang, in both variants, behind I/O to a disk whose protection data ends in the adapter",
        why: "zfcp does not know the operations insert-on-read and strip-on-write, and the midlayer repeats them without limit",
        evidence: "FINDINGS.md 10; midlayer.md 10.5; driver.md 15, 17",
        review: "2027-03-01",
        scenario: "registration/dix-without-dif",
        reach: Reach::Difference,
        covers: dix_without_dif,
    },
    Allowance {
        id: "fc-host-without-queues",
        allows: "a host is left over or its removal hangs, in both variants, when the FC transport could not make its work queues",
        why: "nobody looks at that failure, and without the queues remote ports are never deleted",
        evidence: "FINDINGS.md 11; midlayer.md 3.2, 3.7",
        review: "2027-03-01",
        scenario: "registration/fc-host-without-queues",
        reach: Reach::Difference,
        covers: fc_host_without_queues,
    },
    Allowance {
        id: "well-known-port-stays-opening",
        allows: "users hang, in both variants, after a well-known port was opened with an unexpected status",
        why: "the handler leaves it OPENING, and nobody else ends the wait",
        evidence: "FINDINGS.md 6; driver.md 12 open WKA, 13.1",
        review: "2027-03-01",
        scenario: "registration/wka-open-unexpected-status",
        reach: Reach::Difference,
        covers: well_known_port_stays_opening,
    },
];

/// What the FC host keeps of a link that is down if nobody clears it.
const LINK: &[Attribute] = &[
    Attribute::PortId,
    Attribute::FabricName,
    Attribute::Speed,
    Attribute::PortType,
    Attribute::Model,
    Attribute::ActiveFc4s,
];
/// What a port scan sends.
const SCAN: &[Command] = &[Command::OpenWka, Command::CloseWka, Command::GpnFt];
/// Recovery records of a port scan.
const SCAN_TAGS: &[&str] = &["fcegpf1", "fcegpf2"];

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
        && features_change(context)
        && wrong
}

fn integrity_on_old_queue(context: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Trap(trap) = &finding.evidence else { return false };
    trap.kind == TrapKind::Bug && trap.field == "max_integrity_segments" && features_change(context)
}

/// Whether the adapter's features are not always the same in this scenario.
fn features_change(context: &Context<'_>) -> bool {
    let announced = context.scenario.steps.iter().any(|step| step.trigger == Trigger::FeatureUpdate);
    let answered = context.scenario.firmware.iter().any(|answer| {
        answer.command == Command::ExchangeConfigData
            && answer.contents.iter().any(|content| content.field == ContentField::AdapterFeatures)
    });
    announced || answered
}

fn port_scan_without_host(context: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Trap(trap) = &finding.evidence else { return false };
    let asked = context.scenario.module.no_auto_port_rescan
        || context.scenario.steps.iter().any(|step| step.trigger == Trigger::SetParameter);
    finding.side == Side::Deferred
        && trap.kind == TrapKind::NullAccess
        && trap.function == "zfcp_fc_scan_ports"
        && trap.object == "Scsi_Host"
        && asked
}

/// An attribute of an FC host with two values: device, attribute, values, rest.
fn fc_host_value(finding: &Finding) -> Option<(u8, Attribute, Pair<u64>, u32)> {
    let located = finding.difference()?;
    match located.difference {
        Difference::Value { object: Object::FcHost(device), attribute, values } => {
            Some((device, attribute, values, located.steps_begun))
        }
        _ => None,
    }
}

/// Whether deferred shows a port type, at that rest, for a link that it logged as down, and eager does not.
fn shows_dead_link(context: &Context<'_>, device: u8, at: u32) -> bool {
    let port_type = |side| context.reading(side, Object::FcHost(device), Attribute::PortType, at);
    port_type(Side::Deferred).is_some_and(|kind| kind != 0)
        && port_type(Side::Eager) == Some(0)
        && link_went_down(context, device, at)
}

/// Whether deferred logged a link-down of the device until that rest.
fn link_went_down(context: &Context<'_>, device: u8, at: u32) -> bool {
    context.until(Side::Deferred, at).iter().any(|stamped| {
        matches!(stamped.event, Event::Log(line) if line.device == Some(device) && line.id.text().starts_with("LD_"))
    })
}

fn redo_forgets_link_down(context: &Context<'_>, finding: &Finding) -> bool {
    fc_host_value(finding).is_some_and(|(device, attribute, values, at)| {
        LINK.contains(&attribute) && values.deferred != 0 && values.eager == 0 && shows_dead_link(context, device, at)
    })
}

fn scan_while_link_is_down(context: &Context<'_>, finding: &Finding) -> bool {
    let Some((Side::Deferred, event, at)) = surplus(finding) else { return false };
    let device = match event {
        Event::Command(sent) if SCAN.contains(&sent.command) => sent.device,
        Event::Trace(record) if SCAN_TAGS.contains(&record.tag) => record.device,
        // Ports that a scan finds and cannot open go again within it.
        Event::Uevent(uevent) => match uevent.object {
            Object::Port(device, wwpn) if !context.has(Side::Deferred, Object::Port(device, wwpn), at) => device,
            _ => return false,
        },
        _ => return false,
    };
    // Between two rests the host may be removed, or the link come back: then only the log tells.
    let gone = !context.has(Side::Deferred, Object::FcHost(device), at);
    let first_open = at > 0 && context.registrations(Side::Deferred, device, at - 1) == 0;
    let at_start = at > 0 && shows_dead_link(context, device, at - 1);
    at_start || shows_dead_link(context, device, at) || (gone || first_open) && link_went_down(context, device, at)
}

fn ptp_port_without_name(context: &Context<'_>, finding: &Finding) -> bool {
    let Some((Side::Deferred, Event::Uevent(uevent), at)) = surplus(finding) else { return false };
    let Object::Port(device, wwpn) = uevent.object else { return false };
    wwpn == 0 && context.is_ptp(device) && link_went_down(context, device, at)
}

fn redo_of_empty_port_data(_: &Context<'_>, finding: &Finding) -> bool {
    fc_host_value(finding).is_some_and(|(_, attribute, values, _)| {
        let default = match attribute {
            Attribute::PermanentPortName => u64::MAX,
            Attribute::MaxframeSize => u64::from(u32::MAX),
            _ => return false,
        };
        values.eager == default && values.deferred == 0
    })
}

fn active_fc4s_of_a_dead_link(context: &Context<'_>, finding: &Finding) -> bool {
    fc_host_value(finding).is_some_and(|(device, attribute, values, at)| {
        attribute == Attribute::ActiveFc4s
            && values.deferred == 0
            && values.eager != 0
            && link_went_down(context, device, at)
    })
}

fn refused_configuration(context: &Context<'_>, finding: &Finding) -> bool {
    fc_host_value(finding).is_some_and(|(device, attribute, values, at)| match attribute {
        // The adapter's own attribute shows in both variants what eager's FC host shows.
        Attribute::FirmwareVersion => {
            context.reading(Side::Deferred, Object::Adapter(device), Attribute::LicVersion, at) == Some(values.eager)
        }
        // Deferred writes them before it looks at topology and QTCB size, eager after.
        Attribute::HardwareVersion | Attribute::SerialNumber => {
            let refused =
                |line: &LogLine| line.device == Some(device) && matches!(line.id, LogId::Topology | LogId::QtcbSmall);
            context.until(Side::Eager, at).iter().any(|s| matches!(&s.event, Event::Log(line) if refused(line)))
        }
        _ => false,
    })
}

fn half_registered_host(_: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Trap(trap) = &finding.evidence else { return false };
    trap.kind == TrapKind::NullAccess && trap.object == "fc_host_attrs"
}

fn ptp_port_between_exchanges(context: &Context<'_>, finding: &Finding) -> bool {
    let Some((Side::Eager, event, at)) = surplus(finding) else { return false };
    let device = match event {
        Event::Uevent(uevent) => match uevent.object {
            Object::Port(device, _) => device,
            _ => return false,
        },
        Event::Trace(record) if record.tag == "ereptp1" => record.device,
        _ => return false,
    };
    context.is_ptp(device) && link_went_down(context, device, at)
}

fn ptp_port_misses_first_open(context: &Context<'_>, finding: &Finding) -> bool {
    let Some(located) = finding.difference() else { return false };
    let Difference::Value { object: Object::Port(device, _), attribute, values } = located.difference else {
        return false;
    };
    // RUNNING and ERP_FAILED, which shutdown and link-down hand down to the ports there are.
    const HANDED_DOWN: u64 = 0x4000_0000 | 0x2000_0000;
    context.is_ptp(device)
        && match attribute {
            Attribute::Status => (values.eager ^ values.deferred) & !HANDED_DOWN == 0,
            Attribute::Failed => values.eager != 0,
            _ => false,
        }
}

fn well_known_port_stays_opening(context: &Context<'_>, finding: &Finding) -> bool {
    let named = |status| {
        matches!(
            status,
            FsfStatus::Good
                | FsfStatus::PortAlreadyOpen
                | FsfStatus::MaximumNumberOfPorts
                | FsfStatus::AdapterStatusAvailable
        )
    };
    let answered = context.scenario.firmware.iter().any(|a| a.command == Command::OpenWka && !named(a.fsf_status));
    finding.kind == Kind::Liveness && matches!(finding.evidence, Evidence::Blocked { .. }) && answered
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
    matches!(finding.evidence, Evidence::Blocked { .. }) && (alone || untyped)
}

fn fc_host_without_queues(context: &Context<'_>, finding: &Finding) -> bool {
    let failed = context
        .scenario
        .steps
        .iter()
        .any(|step| step.trigger == Trigger::Fail && u64::from(step.a) == FailPoint::FcHostWorkQueues.to_raw());
    failed
        && match &finding.evidence {
            Evidence::Leftover(leftover) => leftover.what == "Scsi_Host",
            // Removal waits for remote ports that nobody deletes.
            Evidence::Blocked { .. } => context.scenario.steps.iter().any(|step| step.trigger == Trigger::Remove),
            _ => false,
        }
}

fn reopen_while_scanning(_: &Context<'_>, finding: &Finding) -> bool {
    let Evidence::Trap(trap) = &finding.evidence else { return false };
    // The function's name depends on the version.
    trap.kind == TrapKind::Bug && trap.object == "Scsi_Host" && trap.field == "sg_prot_tablesize"
}

fn guard_of_lost_dix(context: &Context<'_>, finding: &Finding) -> bool {
    const DIX: u64 = 0x10;
    // Versions of an adapter that could tell them once, and not any more when deferred registered.
    if let Some((_, Attribute::HardwareVersion | Attribute::SerialNumber, values, _)) = fc_host_value(finding) {
        return [0, u64::MAX].contains(&values.deferred) && features_change(context);
    }
    let Some(located) = finding.difference() else { return false };
    let Difference::Value { object: object @ Object::Host(_), attribute, values } = located.difference else {
        return false;
    };
    let mask = context.reading(Side::Deferred, object, Attribute::ProtCapabilities, located.steps_begun);
    let kept = [Attribute::ProtGuardType, Attribute::SgProtTablesize].contains(&attribute);
    kept && values.deferred == 0 && mask.is_some_and(|mask| mask & DIX == 0)
}
