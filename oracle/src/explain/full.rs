//! A finding on one screen: what it is, the setting, both runs beside each other, the memory, the trace.

use std::fmt::Write;

use regdiff_scenario::Scenario;

use super::columns::{draw, fold, wrap};
use super::finding as in_full;
use super::setting;
use super::story::Story;
use crate::finding::Evidence;

/// How much is shown.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Columns: 100 and more put both sides beside each other.
    pub width: usize,
    /// Lines of the two stories; the others are left out.
    pub rows: usize,
}

impl Screen {
    /// Lines of the two stories that fit one screen with the rest.
    pub const ROWS: usize = 16;
}

/// Everything about one finding, as text without colour.
pub fn full(scenario: &Scenario, story: &Story, screen: Screen) -> String {
    let mut text = String::new();
    match &story.finding {
        None => text.push_str("no finding, and no difference: both sides do the same\n"),
        Some(finding) => {
            let told = in_full(finding);
            // The trace has its place at the end.
            let head = told.split("  Call Trace:\n").next().unwrap_or(&told);
            for line in head.lines() {
                let indent = line.len() - line.trim_start().len();
                for (index, part) in wrap(line, screen.width - indent - 2).into_iter().enumerate() {
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
        for (index, part) in wrap(&entries, screen.width - 13).into_iter().enumerate() {
            let label = if index == 0 { label.as_str() } else { "" };
            let _ = writeln!(text, "{label:<12} {part}");
        }
    }
    text.push('\n');
    let told = fold(&story.rows, screen.rows);
    text.push_str(&draw(&told, screen.width));
    if let Some(slot) = &story.slot {
        text.push('\n');
        text.push_str(&slot.draw(screen.width));
    }
    if let Some(finding) = &story.finding {
        if !finding.trace().is_empty() {
            text.push('\n');
            let trace = finding.trace().join(" <- ");
            for (index, part) in wrap(&trace, screen.width - 13).into_iter().enumerate() {
                let label = if index == 0 { "Call Trace" } else { "" };
                let _ = writeln!(text, "{label:<12} {part}");
            }
        }
        if matches!(finding.evidence, Evidence::Trap(_)) {
            let told = in_full(finding);
            told.lines()
                .filter(|line| line.starts_with("  note: "))
                .flat_map(|line| {
                    wrap(line.trim_start().trim_start_matches("note: "), screen.width - 13).into_iter().enumerate()
                })
                .for_each(|(index, part)| {
                    let label = if index == 0 { "note" } else { "" };
                    let _ = writeln!(text, "{label:<12} {part}");
                });
        }
    }
    text
}
