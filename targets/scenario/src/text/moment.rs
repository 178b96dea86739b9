//! The moment of a step: `when = { … }`.

use super::error::TextErrorKind;
use super::section::{Entry, Read, Section};
use crate::Scenario;
use crate::scalar::Record;
use crate::step::{Moment, When};

/// How the text says each kind of moment: the key that tells it, the field it fills, and the other keys it takes.
pub(super) const KINDS: &[(When, &str, &str, &[&str])] = &[
    (When::Outstanding, "outstanding", "command", &["device", "nth"]),
    (When::AtPoint, "point", "point", &["device", "nth"]),
    (When::After, "after_ms", "ms", &[]),
];

const WRITTEN: &str =
    "when = { outstanding = COMMAND }, when = { point = POINT } or when = { after_ms = MS }, or nothing for at rest";

/// Reads the value of a step's `when`.
pub(super) fn read(step: &Section<'_>, when: &Entry<'_>, scenario: &Scenario) -> Read<Moment> {
    let section = Section::of(step.source, step.place_of("when"), when.value, WRITTEN)?;
    let mut kinds = section.entries.iter().filter_map(|e| KINDS.iter().find(|k| k.1 == e.key).map(|kind| (e, kind)));
    let Some((_, &(kind, key, field, others))) = kinds.next() else {
        if let Some(entry) = section.entries.iter().find(|entry| !["device", "nth"].contains(&entry.key)) {
            return Err(section.unknown_key(entry, &["outstanding", "point", "after_ms", "device", "nth"]));
        }
        let cure = format!("write {WRITTEN}");
        let (problem, span) = ("the moment does not say when", &section.span);
        return Err(section.source.error(TextErrorKind::MissingKey, span, &section.place, problem, cure));
    };
    if let Some((entry, other)) = kinds.next() {
        let problem = format!("a moment is either \"{key}\" or \"{}\"", other.1);
        return Err(section.key_error(TextErrorKind::ConflictingKey, entry, problem, "keep one of them"));
    }
    let mut moment = Moment { when: kind, ..Moment::default() };
    for entry in &section.entries {
        let name = if entry.key == key { field } else { entry.key };
        let field = Moment::FIELDS.iter().find(|f| f.name == name && (entry.key == key || others.contains(&name)));
        let Some(field) = field else {
            let known: Vec<&str> = others.iter().copied().chain([key]).collect();
            return Err(section.unknown_key(entry, &known));
        };
        let raw = section.value(entry, &field.domain)?;
        (field.set)(&mut moment, raw);
    }
    if kind != When::After {
        section.check_index("device", moment.device, scenario.devices.len(), "device", false)?;
    }
    Ok(moment)
}
