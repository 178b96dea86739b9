//! A finding on one screen: what it is, the setting, both runs beside each other, the memory, the trace.

use std::fmt::Write;

use regdiff_scenario::Scenario;

use super::columns::{draw, fold, requests, wrap};
use super::finding as in_full;
use super::setting;
use super::story::Story;
use crate::finding::Evidence;

/// How much is shown.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Columns: 100 and more put both sides beside each other.
    pub width: usize,
    /// Lines of all: what is left of them by the rest is for the two stories.
    pub lines: usize,
}

impl Screen {
    /// Lines of a screen of 50, without the one that repeats and the one that is typed next.
    pub const LINES: usize = 48;
    /// Rows of the two stories that are told at least.
    const ROWS: usize = 12;
}

/// The three clocks, for who sees them for the first time.
const CLOCKS: &str =
    "SIZE: the host is added; POINTER: requests are made, prot_sdb is set; TOUCH: a command is prepared";

/// Everything about one finding, as text without colour.
pub fn full(scenario: &Scenario, story: &Story, screen: Screen) -> String {
    let before = head(scenario, story, screen.width);
    let behind = tail(story, screen.width);
    let room = screen.lines.saturating_sub(before.lines().count() + behind.lines().count());
    let told = |rows: usize| draw(&fold(&story.rows, rows), screen.width);
    // Where rows are left out, that is said, which takes lines too.
    let most = room.min(story.rows.len()).max(Screen::ROWS);
    let rows = (Screen::ROWS..=most).rev().find(|rows| told(*rows).lines().count() <= room).unwrap_or(Screen::ROWS);
    format!("{before}{}{behind}", told(rows))
}

/// What was found, and the setting.
fn head(scenario: &Scenario, story: &Story, width: usize) -> String {
    let mut text = String::new();
    match &story.finding {
        None => text.push_str("no finding, and no difference: both sides do the same\n"),
        Some(finding) => {
            let told = in_full(finding);
            // The trace has its place at the end.
            let head = told.split("  Call Trace:\n").next().unwrap_or(&told);
            for line in head.lines() {
                let indent = line.len() - line.trim_start().len();
                for (index, part) in wrap(line, width - indent - 2).into_iter().enumerate() {
                    let hang = if index == 0 { indent } else { indent + 2 };
                    let _ = writeln!(text, "{}{part}", " ".repeat(hang));
                }
            }
            if let Some(other) = story.other_end(finding) {
                let _ = writeln!(text, "  {other}");
            }
        }
    }
    text.push('\n');
    for (label, entries) in setting(scenario) {
        labelled(&mut text, &label, &entries, width);
    }
    text.push('\n');
    text
}

/// The memory, the trace, why it may be known.
fn tail(story: &Story, width: usize) -> String {
    let mut text = String::new();
    // Where it fits.
    let fits = CLOCKS.len() + 13 <= width;
    if fits && story.rows.iter().any(|row| requests(row, "TOUCH ").is_some()) {
        text.push('\n');
        labelled(&mut text, "clocks", CLOCKS, width);
    }
    if let Some(slot) = &story.slot {
        text.push('\n');
        text.push_str(&slot.draw(width));
    }
    if let Some(finding) = &story.finding {
        if !finding.trace().is_empty() {
            text.push('\n');
            labelled(&mut text, "Call Trace", &finding.trace().join(" <- "), width);
        }
        if matches!(finding.evidence, Evidence::Trap(_)) {
            let told = in_full(finding);
            let notes = told.lines().filter_map(|line| line.strip_prefix("  note: "));
            notes.for_each(|note| labelled(&mut text, "note", note, width));
        }
    }
    text
}

/// Words behind a label, which is said once.
fn labelled(text: &mut String, label: &str, words: &str, width: usize) {
    for (index, part) in wrap(words, width - 13).into_iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        let _ = writeln!(text, "{label:<12} {part}");
    }
}
