//! What is worth a line of a story, in the few words that fit a column.

use regdiff_observation::{Access, Event, Note, Object, Observation, RequestObject, Violation};
use regdiff_scenario::{AdapterFeatures, Command, Context, FsfStatus, ProtocolStatus};

use super::words;
use crate::divergence::{event_name, show};
use crate::memory::{op_text, region_text};

/// One item of one side's story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Virtual time, in µs.
    pub(super) time_us: u64,
    /// In which context.
    pub(super) context: Context,
    /// Of which FCP device, where that is known.
    pub(super) device: Option<u8>,
    /// What happened.
    pub(super) text: String,
    /// Whether it is no event but a note.
    pub(super) is_note: bool,
    /// Index into the violations, if it is one.
    pub(super) violation: Option<usize>,
}

/// Events and notes in order until a number of events; `note` is the first note that was not told yet.
pub(super) fn items(seen: &Observation, events: std::ops::Range<usize>, time_us: u64, note: &mut Notes) -> Vec<Item> {
    let mut items = Vec::new();
    for index in events.clone() {
        let Some(stamped) = seen.events.get(index) else { break };
        note.tell(seen, |noted| noted.0 <= index, &mut items);
        let device = crate::divergence::event_device(&stamped.event);
        let (time_us, context, text) = (stamped.time_us, stamped.context, event(&stamped.event));
        items.push(Item { time_us, context, device, text, is_note: false, violation: None });
    }
    note.tell(seen, |noted| noted.0 <= events.end && noted.1 <= time_us, &mut items);
    items
}

/// How far the notes of one side are told, and what need not be said again.
#[derive(Default)]
pub(super) struct Notes {
    next: usize,
    said: Vec<Note>,
}

impl Notes {
    fn tell(&mut self, seen: &Observation, is_due: impl Fn((usize, u64)) -> bool, items: &mut Vec<Item>) {
        while let Some(noted) = seen.notes.get(self.next).filter(|n| is_due((n.events_before, n.time_us))) {
            self.next += 1;
            if !self.is_news(noted.note) {
                continue;
            }
            let (violation, device) = match noted.note {
                Note::Violation(index) => (Some(index), seen.violations.get(index).and_then(|v| v.device)),
                other => (None, device(other)),
            };
            let text = note_text(seen, noted.note);
            items.push(Item { time_us: noted.time_us, context: noted.context, device, text, is_note: true, violation });
        }
    }

    /// A thousand commands are prepared alike, and most answers are good: what tells nothing new is left out.
    fn is_news(&mut self, note: Note) -> bool {
        let key = match note {
            Note::Answer { command, protocol, fsf, .. } => {
                let is_exchange = matches!(command, Command::ExchangeConfigData | Command::ExchangePortData);
                let is_good = matches!(protocol, ProtocolStatus::Good | ProtocolStatus::FsfStatusPresented)
                    && fsf == FsfStatus::Good;
                return is_exchange || !is_good;
            }
            Note::Size { .. } | Note::Violation(_) => return true,
            Note::Touch { device, object, mask, header, .. } => {
                Note::Touch { device, object, mask, header, command: Command::Inquiry }
            }
            Note::Mask { device, mask } => {
                let last = self.said.iter().rev().find(|n| matches!(n, Note::Mask { device: d, .. } if *d == device));
                let is_new = last != Some(&note);
                if is_new {
                    self.said.push(Note::Mask { device, mask });
                }
                return is_new;
            }
            Note::Pointer { .. } => note,
        };
        let is_new = !self.said.contains(&key);
        if is_new {
            self.said.push(key);
        }
        is_new
    }
}

fn device(note: Note) -> Option<u8> {
    match note {
        Note::Answer { device, .. }
        | Note::Mask { device, .. }
        | Note::Size { device, .. }
        | Note::Pointer { device, .. }
        | Note::Touch { device, .. } => Some(device),
        Note::Violation(_) => None,
    }
}

/// An event, without the device: the column beside it says that.
pub(super) fn event(event: &Event) -> String {
    match event {
        Event::Uevent(uevent) => {
            format!("uevent {} {}", crate::divergence::action(uevent.action), object(uevent.object))
        }
        Event::Command(sent) if sent.lun != 0 || sent.command.is_scsi() => {
            format!("send {} {:#x}:{:#x}", words::command(sent.command), sent.port, sent.lun)
        }
        Event::Command(sent) if sent.port != 0 => format!("send {} {:#x}", sent.command.text(), sent.port),
        Event::Command(sent) => format!("send {}", sent.command.text()),
        Event::Log(line) if line.argument != 0 => format!("log {} {:#x}", line.id.text(), line.argument),
        Event::Log(line) => format!("log {}", line.id.text()),
        Event::Trace(record) => {
            format!("trace {} want {:#x} need {:#x}", record.tag, record.wanted, record.needed)
        }
        Event::Fc(fc) if fc.data == 0 => event_name(event),
        Event::Fc(_) => show(event),
    }
}

fn object(object: Object) -> String {
    match object {
        Object::Adapter(_) | Object::Host(_) | Object::FcHost(_) => object.kind().to_owned(),
        Object::Port(_, wwpn) | Object::Rport(_, wwpn) | Object::Target(_, wwpn) => {
            format!("{} {wwpn:#x}", object.kind())
        }
        Object::Unit(_, wwpn, lun) | Object::Sdev(_, wwpn, lun) | Object::Disk(_, wwpn, lun) => {
            format!("{} {wwpn:#x}:{lun:#x}", object.kind())
        }
    }
}

fn note_text(seen: &Observation, note: Note) -> String {
    match note {
        Note::Answer { command, protocol, fsf, features, .. } => {
            let status = match (protocol, fsf) {
                (ProtocolStatus::Good | ProtocolStatus::FsfStatusPresented, fsf) => fsf.text(),
                (protocol, _) => protocol.text(),
            };
            format!("answer {}: {status}{}", command.text(), features.map_or("", offers))
        }
        Note::Mask { mask, .. } => format!("MASK prot_capabilities = {mask:#x}"),
        Note::Size { mask, payload, slot, .. } => format!("SIZE mask {mask:#x}: payload {payload}, slot {slot}"),
        Note::Pointer { object, mask, header, payload, .. } => {
            let place = match header {
                Some(header) if header >= payload => "prot_sdb past payload".to_owned(),
                header => pointer(header),
            };
            format!("POINTER {} mask {mask:#x}: {place}", pool(object))
        }
        Note::Touch { object, mask, header, command, .. } => {
            format!("TOUCH {} {} mask {mask:#x}: {}", words::command(command), pool(object), pointer(header))
        }
        Note::Violation(index) => seen.violations.get(index).map_or_else(String::new, violation),
    }
}

/// A silent access, as short as it can be said.
pub(super) fn violation(violation: &Violation) -> String {
    let does = if violation.access == Access::Read { "loads" } else { "stores" };
    let (from, until) = (violation.offset, violation.offset + violation.bytes);
    format!("{} {does} [{from}, {until}) in {}", op_text(violation.op), region_text(violation.region))
}

fn offers(features: u32) -> &'static str {
    let has = |feature: AdapterFeatures| features & feature.0 != 0;
    match (has(AdapterFeatures::DIF_PROT_TYPE1), has(AdapterFeatures::DIX_PROT_TCPIP)) {
        (true, true) => ", DIF+DIX",
        (true, false) => ", DIF",
        (false, true) => ", DIX",
        (false, false) => ", no protection",
    }
}

fn pointer(header: Option<u32>) -> String {
    header.map_or_else(|| "prot_sdb null".to_owned(), |offset| format!("prot_sdb at {offset}"))
}

/// Which requests, in a word.
pub(super) const fn pool(object: RequestObject) -> &'static str {
    match object {
        RequestObject::DriverTag => "tags",
        RequestObject::SchedulerTag => "scheduler",
        RequestObject::Flush => "flush",
    }
}
