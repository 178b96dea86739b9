//! Scenario to text.

use std::fmt::Write;

use super::VERSION;
use super::moment::KINDS;
use crate::Scenario;
use crate::firmware::Content;
use crate::scalar::{Domain, Record};
use crate::step::{Moment, Step};

/// The canonical text of `scenario`; [`super::parse`] gives the scenario back.
///
/// Of a scenario that is not canonical, it is the text of what [`crate::repair`] makes of it.
pub fn print(scenario: &Scenario) -> String {
    let mut repaired = scenario.clone();
    crate::repair(&mut repaired);
    print_canonical(&repaired)
}

fn print_canonical(scenario: &Scenario) -> String {
    let mut out = format!("version = {VERSION}\n");
    settings(&mut out, "module", &scenario.module);
    settings(&mut out, "kernel", &scenario.kernel);
    for device in &scenario.devices {
        out.push_str("\n[[device]]\n");
        record(&mut out, device, &[]);
        for port in &device.ports {
            out.push_str("[[device.port]]\n");
            record(&mut out, port, &[]);
            for lun in &port.luns {
                out.push_str("[[device.port.lun]]\n");
                record(&mut out, lun, &[]);
            }
        }
    }
    for answer in &scenario.firmware {
        out.push_str("\n[[answer]]\n");
        record(&mut out, answer, &["device", "command", "nth"]);
        if !answer.contents.is_empty() {
            let contents: Vec<String> = answer.contents.iter().map(content).collect();
            line(&mut out, "content", format_args!("{{ {} }}", contents.join(", ")));
        }
    }
    for one in &scenario.steps {
        out.push_str("\n[[step]]\n");
        step(&mut out, one);
    }
    for choice in &scenario.schedule {
        out.push_str("\n[[choice]]\n");
        record(&mut out, choice, &["device", "context", "point", "nth", "turn"]);
    }
    out
}

/// A section that is left out when everything in it is as usual.
fn settings<R: Record>(out: &mut String, name: &str, settings: &R) {
    let mut fields = String::new();
    record(&mut fields, settings, &[]);
    if !fields.is_empty() {
        let _ = write!(out, "\n[{name}]\n{fields}");
    }
}

/// The fields that differ from their defaults, and those that are always written.
fn record<R: Record>(out: &mut String, record: &R, always: &[&str]) {
    for field in R::FIELDS {
        let raw = (field.get)(record);
        if raw != (field.default)() || always.contains(&field.name) {
            line(out, field.name, format_args!("{}", value(&field.domain, raw)));
        }
    }
}

fn line(out: &mut String, key: &str, value: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{key} = {value}");
}

/// A raw value of `domain` as the text form writes it.
pub fn value(domain: &Domain, raw: u64) -> String {
    match domain {
        Domain::Flag => (raw == 1).to_string(),
        Domain::Range { hex: true, .. } => format!("\"{raw:#x}\""),
        Domain::Range { hex: false, .. } => raw.to_string(),
        Domain::Optional { .. } => raw.checked_sub(1).map_or("\"any\"".into(), |index| index.to_string()),
        Domain::Names(names) => {
            let name = names.iter().find(|name| name.value == raw).map_or("", |name| name.text);
            format!("\"{name}\"")
        }
        Domain::Flags(names) => {
            let set: Vec<&str> = names.iter().filter(|name| raw & name.value != 0).map(|name| name.text).collect();
            format!("[{}]", super::names::list(&set))
        }
    }
}

fn content(content: &Content) -> String {
    format!("{} = \"{:#x}\"", content.field.text(), content.value)
}

fn step(out: &mut String, step: &Step) {
    line(out, "do", format_args!("\"{}\"", step.trigger.text()));
    for operand in step.trigger.operands() {
        let raw = step.operand(operand.slot);
        if raw != operand.default || operand.name == "device" {
            line(out, operand.name, format_args!("{}", value(&operand.domain, raw)));
        }
    }
    if let Some(moment) = moment(&step.moment) {
        line(out, "when", format_args!("{moment}"));
    }
}

fn moment(moment: &Moment) -> Option<String> {
    let (_, key, field, others) = KINDS.iter().find(|kind| kind.0 == moment.when)?;
    let text_of = |name: &str| {
        let field = Moment::FIELDS.iter().find(|f| f.name == name)?;
        Some(value(&field.domain, (field.get)(moment)))
    };
    let mut entries = vec![format!("{key} = {}", text_of(field)?)];
    for other in *others {
        entries.push(format!("{other} = {}", text_of(other)?));
    }
    Some(format!("{{ {} }}", entries.join(", ")))
}
