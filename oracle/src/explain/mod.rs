//! Findings as text for people.
//!
//! What a kernel developer needs comes first: what happened in one sentence, then the call trace as an oops has it, then the
//! bytes; then why it may be known.

mod align;
mod columns;
mod export;
mod full;
mod item;
mod sentence;
mod setting;
mod slot;
mod story;
mod timeline;
mod words;

use std::fmt::Write;

use regdiff_observation::{Access, TrapKind, Violation};

pub use columns::{Told, draw, fold};
pub use export::{About, mail, oops, test};
pub use full::{Screen, full};
pub use sentence::sentence;
pub use setting::{in_words, setting};
pub use slot::{Hit, SlotPicture};
pub use story::{Mark, Row, RowKind, Story, story};
pub use timeline::timelines;

use crate::contract::{Status, by_id};
use crate::finding::{Evidence, Finding};
use crate::memory::{op_text, region_text};
use crate::verdict::{Report, Verdict};

/// A whole report: verdict, each finding in full, what is allowed and why, what depends on the schedule.
pub fn report(report: &Report) -> String {
    let mut text = String::new();
    let line = verdict(&report.verdict);
    let _ = writeln!(text, "verdict: {line}; {} rests compared", report.compared_rests);
    if let Some(masked) = &report.masked {
        let _ = writeln!(text, "with protection space always reserved: {}", verdict(masked));
    }
    for found in &report.findings {
        let _ = write!(text, "\n{}", finding(found));
    }
    for (index, allowed) in report.allowed.iter().enumerate() {
        let _ = writeln!(text, "{}allowed: {}", if index == 0 { "\n" } else { "" }, covered(allowed));
    }
    for (index, found) in report.schedule_dependent.iter().enumerate() {
        let start = if index == 0 { "\n" } else { "" };
        let _ = writeln!(text, "{start}depends on the schedule: {}\n  {}", found.signature, sentence(found));
    }
    text
}

/// One finding in full: signature, sentence, call trace, bytes and victim, notes, known allowance.
pub fn finding(finding: &Finding) -> String {
    let mut text = format!("{}\n  {}\n", finding.signature, sentence(finding));
    if let Evidence::Violation(violation) = &finding.evidence {
        text += &bytes(violation);
    }
    if !finding.trace().is_empty() {
        text += "  Call Trace:\n";
        finding.trace().iter().for_each(|function| {
            let _ = writeln!(text, "   {function}");
        });
    }
    if let Evidence::Difference(located) = &finding.evidence {
        let time = words::times(located.time_us);
        let _ = writeln!(text, "  seen at rest with {} steps begun, {time}", located.steps_begun);
    }
    for note in notes(finding) {
        let _ = writeln!(text, "  note: {note}");
    }
    text
}

fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Agree => "agree".to_owned(),
        Verdict::Findings => "findings".to_owned(),
        Verdict::Skipped { what } => format!("skipped: {what}"),
        Verdict::PartlyJudged { what } => format!("compared over the first {} steps: {what}", what.step()),
        Verdict::LimitHit { limit } => format!("limit hit: {}", crate::liveness::limit_text(*limit)),
        Verdict::CutShort => "cut short by a trap".to_owned(),
    }
}

fn covered(allowed: &crate::verdict::Allowed) -> String {
    let status = allowed.status.text();
    let times = if allowed.count > 1 { format!(", {} times", allowed.count) } else { String::new() };
    let what = by_id(allowed.id).map_or("", |(_, allowance)| allowance.allows);
    format!(
        "{} by {} ({status}{times})\n  {}\n  {what}",
        allowed.finding.signature,
        allowed.id,
        sentence(&allowed.finding)
    )
}

/// What a silent access hit.
fn bytes(violation: &Violation) -> String {
    let end = violation.offset + violation.bytes;
    let mut text = format!(
        "  {} of {}: bytes [{}, {end}) from the start of slot {}, in {}\n",
        op_text(violation.op),
        words::request(violation.object),
        violation.offset,
        violation.slot,
        region_text(violation.region),
    );
    if !violation.members.is_empty() {
        let _ = writeln!(text, "  members hit: {}", violation.members.join(", "));
    }
    if let Some(state) = violation.victim {
        let _ = writeln!(text, "  the request hit is {}", words::state(state));
    }
    text
}

fn notes(finding: &Finding) -> Vec<String> {
    let mut notes = Vec::new();
    if let Evidence::Trap(trap) = &finding.evidence
        && trap.kind == TrapKind::NullAccess
    {
        notes.push(match trap.access {
            Access::Write => "on s390x a store to the first page traps by low-address protection".to_owned(),
            Access::Read => "on s390x a load from the first page may return lowcore bytes instead of trapping; \
                             the model stops here"
                .to_owned(),
        });
    }
    if matches!(finding.evidence, Evidence::Violation(_)) {
        notes.push("no real kernel reports this: the run goes on".to_owned());
    }
    if finding.masked {
        notes.push("seen with protection space always reserved, behind an allowed crash".to_owned());
    }
    if let Some((status, allowance)) = finding.known.and_then(|known| by_id(known.id)) {
        let kind = match status {
            Status::Intended => "meant",
            Status::Historical => "a known defect of the eager driver",
            Status::Open => "a known open matter",
        };
        notes.push(format!(
            "{kind}: {} ({}); allowed with --allow {}",
            allowance.id,
            allowance.evidence,
            status.text()
        ));
    }
    notes
}

#[cfg(test)]
mod tests;
