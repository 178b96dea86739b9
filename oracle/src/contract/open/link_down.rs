//! Links that go down while an adapter is opened for the first time, and ports made too late for it.

use regdiff_observation::{Attribute, Event, Object, Stamped};
use regdiff_scenario::{Answer, Command, ContentField, FsfStatus, ProtocolStatus, Reply, Scalar};

use super::fc_host_value;
use crate::contract::context::{Context, object_of_eager, recovers_adapter, surplus};
use crate::contract::intended::ptp_port_is_due;
use crate::contract::{Allowance, Reach};
use crate::divergence::{Difference, Located};
use crate::finding::Finding;
use crate::pair::Side;

/// The entries.
pub(super) const LIST: &[Allowance] = &[
    Allowance {
        id: "redo-forgets-link-down",
        allows: "deferred's FC host shows a link that is down as it was when it was up",
        why: "the redo repeats link-down only if the configuration data said so, not if port data did",
        evidence: "FINDINGS.md 3; driver.md 10, 19 step 4",
        review: "2027-03-01",
        scenario: "registration/link-down-in-port-data",
        signatures: &["divergence/fc_host.*"],
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
        signatures: &[
            "divergence/adapter.service_level",
            "divergence/event.command.*",
            "divergence/event.fc.linkup",
            "divergence/event.trace.*",
            "divergence/fc_host.active_fc4s",
        ],
        reach: Reach::Onward,
        covers: scan_while_link_is_down,
    },
    Allowance {
        id: "ptp-port-without-name",
        allows: "deferred makes a port of a point-to-point peer that link-down has forgotten",
        why: "the port type is stale, and the port is made after link-down cleared the peer; the port stays",
        evidence: "FINDINGS.md 3; driver.md 6.5.3, 11, 19",
        review: "2027-03-01",
        scenario: "registration/nameless-port-ptp",
        signatures: &[
            "divergence/event.command.open_port",
            "divergence/event.trace.ereptp1",
            "divergence/event.trace.fcrscn1",
            "divergence/event.trace.fssrpc1",
            "divergence/port/absent-in-deferred",
            "divergence/port/absent-in-eager",
        ],
        reach: Reach::Onward,
        covers: ptp_port_without_name,
    },
    Allowance {
        id: "active-fc4s-of-a-dead-link",
        allows: "active FC-4 types of a link that is down: none in deferred after registration, those of the port in eager",
        why: "the redo applies link-down after port data, the handlers of eager the other way round",
        evidence: "FINDINGS.md 5; driver.md 10, 11, 19, 20 F14",
        review: "2027-03-01",
        scenario: "registration/incomplete-first-open",
        signatures: &["divergence/fc_host.active_fc4s"],
        reach: Reach::Difference,
        covers: active_fc4s_of_a_dead_link,
    },
    Allowance {
        id: "ptp-port-misses-first-open",
        allows: "a point-to-point port of deferred lacks what a link-down or shutdown of the first open did to ports",
        why: "it is made after registration, when that is over",
        evidence: "FINDINGS.md 8; driver.md 6.2, 6.5.1 rows 3 and 6",
        review: "2027-03-01",
        scenario: "registration/ptp-port-misses-first-open",
        signatures: &["divergence/port.failed", "divergence/port.status"],
        reach: Reach::Difference,
        covers: ptp_port_misses_first_open,
    },
    Allowance {
        id: "ptp-port-between-exchanges",
        allows: "a point-to-point port is made in eager and not in deferred when the link goes down, or turns out to be another, between \
                 the exchanges, or when its peer is another at the next attempt",
        why: "deferred makes it after Exchange Port Data; by then link-down has cleared port type and peer, or a repeated Exchange \
              Config Data told of a fabric or of another peer",
        evidence: "FINDINGS.md 8; driver.md 6.5.1 rows 3 and 6, 11",
        review: "2027-03-01",
        scenario: "registration/ptp-port-between-exchanges",
        signatures: &["divergence/event.trace.*", "divergence/port/absent-in-deferred"],
        reach: Reach::Onward,
        covers: ptp_port_between_exchanges,
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

/// The event of a link that came up (driver.md 13.6).
const LINKUP: u8 = 2;

/// Recovery records of a port scan, also of one that could not be sent.
const SCAN_TAGS: &[&str] = &["fcegpf1", "fcegpf2", "fsrs__1", "qdsbg_1"];

/// Whether deferred shows a port type, at that rest, for a link that it logged as down, and eager does not.
fn shows_dead_link(context: &Context<'_>, device: u8, at: u32) -> bool {
    let port_type = |side| context.reading(side, Object::FcHost(device), Attribute::PortType, at);
    port_type(Side::Deferred).is_some_and(|kind| kind != 0)
        && port_type(Side::Eager) == Some(0)
        && link_went_down(context, device, at)
}

/// Whether deferred logged a link-down of the device until that rest.
fn link_went_down(context: &Context<'_>, device: u8, at: u32) -> bool {
    context.until(Side::Deferred, at).iter().any(|stamped| is_link_down(stamped, device))
}

/// Whether an event is the log line of a link-down of the device.
fn is_link_down(stamped: &Stamped, device: u8) -> bool {
    matches!(stamped.event, Event::Log(line) if line.device == Some(device) && line.id.text().starts_with("LD_"))
}

fn redo_forgets_link_down(context: &Context<'_>, finding: &Finding) -> bool {
    fc_host_value(finding).is_some_and(|(device, attribute, values, at)| {
        LINK.contains(&attribute) && values.deferred != 0 && values.eager == 0 && shows_dead_link(context, device, at)
    })
}

fn scan_while_link_is_down(context: &Context<'_>, finding: &Finding) -> bool {
    // Both sides scan, but of an answer that brings the link down deferred learns before port data, eager after it.
    if let Some(Located { difference: Difference::Value { object, attribute, .. }, steps_begun, .. }) =
        finding.difference()
    {
        let (Object::Adapter(device) | Object::FcHost(device), at) = (*object, *steps_begun) else { return false };
        let earlier = |side| scans_before_port_data(context, side, device, at, true);
        return matches!(attribute, Attribute::ServiceLevel | Attribute::ActiveFc4s)
            && at > 0
            && shows_dead_link(context, device, at - 1)
            && earlier(Side::Deferred)
            && !earlier(Side::Eager);
    }
    let Some((side, event, at)) = surplus(finding) else { return false };
    let (device, is_scan) = match event {
        Event::Command(sent) => (sent.device, SCAN.contains(&sent.command)),
        Event::Trace(record) => (record.device, SCAN_TAGS.contains(&record.tag.text())),
        Event::Fc(told) if told.code == LINKUP => (told.device, false),
        _ => return false,
    };
    let at_start = at > 0 && shows_dead_link(context, device, at - 1);
    let first_open = at > 0 && context.registrations(Side::Deferred, device, at - 1) == 0;
    // Of two scans only the later one is eager's: what met the earlier one in deferred meets it, or deferred hangs in that one.
    let early = |side| scans_before_port_data(context, side, device, at, at_start);
    if (at_start || first_open) && early(Side::Deferred) && !early(Side::Eager) {
        return true;
    }
    if side == Side::Eager || !is_scan {
        return false;
    }
    // Between two rests the host may be removed, or the link come back: then only the log tells.
    let gone = !context.has(Side::Deferred, Object::FcHost(device), at);
    at_start || shows_dead_link(context, device, at) || (gone || first_open) && link_went_down(context, device, at)
}

/// Whether a side sent a command of a port scan in this stretch between a link-down and the next port data; `down` if the link was
/// down when it began.
fn scans_before_port_data(context: &Context<'_>, side: Side, device: u8, at: u32, mut down: bool) -> bool {
    context.stretch(side, at).iter().any(|stamped| {
        down |= is_link_down(stamped, device);
        match stamped.event {
            Event::Command(sent) if sent.device == device && sent.command == Command::ExchangePortData => down = false,
            Event::Command(sent) if sent.device == device && SCAN.contains(&sent.command) => return down,
            _ => {}
        }
        false
    })
}

fn ptp_port_without_name(context: &Context<'_>, finding: &Finding) -> bool {
    // A peer whose name is zero has the same port on both sides, but in deferred one without an address: a port that closed is not
    // found by it, and a state change asks for its recovery.
    if let Some((side, Event::Trace(record), at)) = surplus(finding) {
        // It is made at registration, and may be gone again at the rest.
        if record.tag == "ereptp1" {
            let registered = |at| context.registrations(Side::Deferred, record.device, at);
            return side == Side::Deferred
                && context.is_ptp(record.device)
                && link_went_down(context, record.device, at)
                && registered(at) > at.checked_sub(1).map_or(0, registered);
        }
        return record.tag == if side == Side::Eager { "fssrpc1" } else { "fcrscn1" }
            && context.is_ptp(record.device)
            && context.has(Side::Deferred, Object::Port(record.device, 0), at)
            && link_went_down(context, record.device, at);
    }
    // When recovery opens it, eager does so by its address; deferred has to ask the name server for that, in vain.
    if let Some((Side::Eager, Event::Command(sent), at)) = surplus(finding) {
        return sent.command == Command::OpenPort
            && context.is_ptp(sent.device)
            && context.has(Side::Eager, Object::Port(sent.device, 0), at)
            && context.has(Side::Deferred, Object::Port(sent.device, 0), at)
            && link_went_down(context, sent.device, at);
    }
    let Some(located) = finding.difference() else { return false };
    let Difference::Object { object: Object::Port(device, wwpn), present } = located.difference else { return false };
    // The nameless port of deferred stands for the peer's own, which eager has.
    (wwpn == 0) == (present == Side::Deferred)
        && context.is_ptp(device)
        && link_went_down(context, device, located.steps_begun)
}

fn active_fc4s_of_a_dead_link(context: &Context<'_>, finding: &Finding) -> bool {
    fc_host_value(finding).is_some_and(|(device, attribute, values, at)| {
        attribute == Attribute::ActiveFc4s
            && values.deferred == 0
            && values.eager != 0
            && link_went_down(context, device, at)
            && !port_data_came_again(context, device, at)
    })
}

/// Whether deferred was told port data with its host there: the handler fills it in from then on as eager's does.
fn port_data_came_again(context: &Context<'_>, device: u8, at: u32) -> bool {
    /// The timer of a request of recovery (driver.md 8.4): nobody waits for an answer that comes later.
    const PATIENCE_MS: u32 = 30_000;
    let is_told = |answer: &Answer| {
        answer.reply == Reply::Answer
            && answer.delay_ms < PATIENCE_MS
            && matches!(answer.protocol_status, ProtocolStatus::Good | ProtocolStatus::FsfStatusPresented)
            && matches!(answer.fsf_status, FsfStatus::Good | FsfStatus::ExchangeDataIncomplete)
    };
    // Which of them a script refuses, nobody outside can tell; nor, without records, which of them a recovery threw back.
    let refused =
        |answer: &Answer| answer.device == device && answer.command == Command::ExchangePortData && !is_told(answer);
    if context.scenario.firmware.iter().any(refused) || context.scenario.module.dbflevel == 0 {
        return false;
    }
    context.since_registration(Side::Deferred, device, at).any(|(at, stretch)| {
        let asks = |event: &Event| {
            matches!(event, Event::Command(sent)
                if sent.device == device && sent.command == Command::ExchangePortData)
        };
        let asked = stretch.iter().rposition(|stamped| asks(&stamped.event));
        let thrown_back =
            |asked: usize| stretch[asked..].iter().any(|stamped| recovers_adapter(&stamped.event, device));
        // A user can ask while the adapter is being closed, too: then its queues throw the request back.
        let closes = || {
            context.is_open(Side::Deferred, device, at) == Some(false)
                && stretch.iter().any(|stamped| recovers_adapter(&stamped.event, device))
        };
        asked.is_some_and(|asked| !thrown_back(asked) && !closes())
    })
}

fn ptp_port_between_exchanges(context: &Context<'_>, finding: &Finding) -> bool {
    let is_another = |device, at| {
        context.is_ptp(device)
            && (link_went_down(context, device, at)
                || topology_changes(context, device)
                || peer_changes(context, device, at))
    };
    if let Some((Side::Eager, Event::Trace(record), at)) = surplus(finding) {
        return record.tag == "ereptp1" && is_another(record.device, at);
    }
    // Without records the port itself tells, or where it was due at first, so that its record came later for another reason.
    let Some((object @ Object::Port(device, _), located)) = object_of_eager(finding) else { return false };
    let at = located.steps_begun;
    let was_due =
        || (0..at).any(|rest| context.has(Side::Eager, object, rest) && ptp_port_is_due(context, device, rest));
    is_another(device, at) && (context.scenario.module.dbflevel == 0 || was_due())
}

/// Whether a script tells of another peer than a device has, and deferred asked more than once until that rest.
fn peer_changes(context: &Context<'_>, device: u8, at: u32) -> bool {
    let own = context.scenario.devices.get(usize::from(device)).and_then(|device| device.ports.first());
    let own = own.map(|port| port.wwpn);
    let asks = |stamped: &&Stamped| {
        matches!(stamped.event, Event::Command(sent)
            if sent.device == device && sent.command == Command::ExchangeConfigData)
    };
    told(context, device, ContentField::PeerWwpn).any(|value| Some(value) != own)
        && context.until(Side::Deferred, at).iter().filter(asks).count() > 1
}

/// The values that scripts give a field of a device's configuration data.
fn told<'a>(context: &Context<'a>, device: u8, field: ContentField) -> impl Iterator<Item = u64> + use<'a> {
    let contents = context.scenario.firmware.iter().filter(move |a| a.device == device).flat_map(|a| &a.contents);
    contents.filter(move |content| content.field == field).map(|content| content.value)
}

/// Whether a script says point-to-point of a device that is not connected so, or the reverse.
fn topology_changes(context: &Context<'_>, device: u8) -> bool {
    let own = context.scenario.devices.get(usize::from(device)).map(|device| device.topology.to_raw());
    told(context, device, ContentField::FcTopology).any(|value| Some(value) != own)
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
