//! The comparison of what happened.

use std::collections::BTreeMap;

use regdiff_observation::{Event, Stamped, UeventAction};

use super::Mismatch;
use super::compare::{NOTHING, union};

/// One line of events whose order counts, or of which only the number does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Command(u8, &'static str),
    Trace(u8, TraceKind),
    Log(&'static str),
    Uevent(regdiff_observation::Object),
    Fc(u8),
}

/// The recovery types, by the type wanted; each is one line of triggers.
type TraceKind = u8;

/// Compares line by line: the same entries, in the same order.
pub(super) fn compare(model: &[Stamped], kernel: &[Stamped], found: &mut Vec<Mismatch>) {
    let (ours, theirs) = (lines(model), lines(kernel));
    let empty = Vec::new();
    for key in union(ours.keys(), theirs.keys()) {
        let (ours, theirs) = (ours.get(&key).unwrap_or(&empty), theirs.get(&key).unwrap_or(&empty));
        if ours != theirs {
            differences(key, ours, theirs, found);
        }
    }
}

fn lines(events: &[Stamped]) -> BTreeMap<Key, Vec<String>> {
    let mut lines: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    for event in events {
        if let Some((key, entry)) = line(&event.event) {
            lines.entry(key).or_default().push(entry);
        }
    }
    lines
}

fn line(event: &Event) -> Option<(Key, String)> {
    Some(match event {
        // FCP commands depend on retries and readahead of what reads a disk.
        Event::Command(sent) if sent.command.is_scsi() => return None,
        Event::Command(sent) => {
            (Key::Command(sent.device, sent.command.text()), format!("port {:#x} LUN {:#x}", sent.port, sent.lun))
        }
        Event::Trace(record) => (
            Key::Trace(record.device, record.wanted),
            format!("{} want {:#x} need {:#x}", record.tag, record.wanted, record.needed),
        ),
        Event::Log(line) => (Key::Log(line.id.text()), line.id.text().to_owned()),
        Event::Uevent(uevent) => {
            let action = if uevent.action == UeventAction::Add { "add" } else { "remove" };
            (Key::Uevent(uevent.object), action.to_owned())
        }
        Event::Fc(event) => (Key::Fc(event.device), format!("{} {:#x}", event.code, event.data)),
    })
}

/// What one side has more often, entry by entry; if nothing, the first place where the order differs.
fn differences(key: Key, ours: &[String], theirs: &[String], found: &mut Vec<Mismatch>) {
    let mut entries: Vec<&String> = ours.iter().chain(theirs).collect();
    entries.sort();
    entries.dedup();
    let before = found.len();
    for entry in entries {
        let count = |list: &[String]| list.iter().filter(|other| *other == entry).count();
        let (a, b) = (count(ours), count(theirs));
        if a != b {
            found.push(Mismatch::new(class(key, entry), place(key, entry), times(a), times(b)));
        }
    }
    if found.len() > before {
        return;
    }
    let at = ours.iter().zip(theirs).position(|(a, b)| a != b).unwrap_or(0);
    let class = format!("order.{}", class(key, &ours[at]));
    found.push(Mismatch::new(class, format!("{}, entry {at}", place(key, "")), &ours[at], &theirs[at]));
}

fn times(count: usize) -> String {
    if count == 0 { NOTHING.to_owned() } else { format!("{count} times") }
}

fn class(key: Key, entry: &str) -> String {
    match key {
        Key::Command(_, name) => format!("command.{name}"),
        Key::Trace(..) => format!("trace.{}", entry.split(' ').next().unwrap_or_default()),
        Key::Log(id) => format!("log.{id}"),
        Key::Uevent(object) => format!("uevent.{entry}.{}", object.kind()),
        Key::Fc(_) => format!("fc.{}", entry.split(' ').next().unwrap_or_default()),
    }
}

fn place(key: Key, entry: &str) -> String {
    match key {
        Key::Command(device, _) | Key::Trace(device, _) | Key::Fc(device) => format!("[{device}] {entry}"),
        Key::Log(_) => entry.to_owned(),
        Key::Uevent(object) => object.to_string(),
    }
}
