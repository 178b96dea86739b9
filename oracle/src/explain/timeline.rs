//! Two timelines side by side, up to the first difference that no allowance covers.

use std::fmt::Write;

use regdiff_observation::{Observation, Stamped, Trap};
use regdiff_scenario::Scenario;

use super::align::align;
use super::words;
use crate::divergence::show;
use crate::finding::Finding;
use crate::judge::{Options, judge};
use crate::lane::{Maskable, Model};
use crate::lifetime::trap;
use crate::pair::{self, Pair, Side};

/// Lines that are kept of a longer story: its end is what matters.
const MAX_LINES: usize = 120;

/// Lines of the other side that are shown after one side has stopped.
const GLIMPSE: usize = 3;

/// Both runs side by side, event by event, up to the rest where the first finding shows, or to the end if everything is
/// allowed. A mark says where an event happens: `=` on both sides, `<` in eager only, `>` in deferred only.
pub fn timelines(scenario: &Scenario, options: &Options) -> String {
    let report = judge(scenario, options);
    let finding = report.findings.first();
    let until = finding.and_then(Finding::difference).map_or(u32::MAX, |located| located.steps_begun);
    let mut variants = Pair { eager: options.left, deferred: options.right };
    if finding.is_some_and(|finding| finding.masked) {
        variants = variants.map(|variant| variant.masked().unwrap_or(variant));
    }
    let seen = pair::run(&Model, scenario, variants.as_ref());
    draw(seen.as_ref(), until)
}

/// The stories of two observations until a number of steps begun.
pub(super) fn draw(seen: Pair<&Observation>, until: u32) -> String {
    let mut lines = Vec::new();
    let mut start = Pair::<usize>::default();
    let rests = |seen: &Observation| {
        let mut ends: Vec<(u32, usize)> = Vec::new();
        for rest in seen.rests.iter().filter(|rest| rest.steps_begun <= until) {
            match ends.last_mut() {
                Some(last) if last.0 == rest.steps_begun => last.1 = rest.events_end,
                _ => ends.push((rest.steps_begun, rest.events_end)),
            }
        }
        // What came after the last rest belongs to the story only if it ends the run.
        if until == u32::MAX {
            ends.push((u32::MAX, seen.events.len()));
        }
        ends
    };
    let (eager, deferred) = (rests(seen.eager), rests(seen.deferred));
    for (steps, end) in &eager {
        let Some((_, other)) = deferred.iter().find(|(other, _)| other == steps) else { continue };
        let ours = seen.eager.events.get(start.eager..*end).unwrap_or_default();
        let theirs = seen.deferred.events.get(start.deferred..*other).unwrap_or_default();
        matched(ours, theirs, &mut lines);
        start = Pair { eager: *end, deferred: *other };
        if *steps != u32::MAX {
            lines.push(format!("  -- at rest, {steps} steps begun"));
        }
    }
    for (side, seen) in seen.sides() {
        if let Some(trap) = trap(seen).filter(|_| until == u32::MAX) {
            stop(side, trap, &mut lines);
        }
    }
    let mut text = String::from("= both   < eager   > deferred\n");
    if lines.len() > MAX_LINES {
        let _ = writeln!(text, "  ({} lines before this)", lines.len() - MAX_LINES);
    }
    for line in lines.iter().skip(lines.len().saturating_sub(MAX_LINES)) {
        let _ = writeln!(text, "{line}");
    }
    text
}

/// Marks where a side stops, and leaves a glimpse of how the other side goes on.
fn stop(side: Side, trap: &Trap, lines: &mut Vec<String>) {
    let mark = if side == Side::Eager { '<' } else { '>' };
    let here = lines.iter().rposition(|line| !line.starts_with(if mark == '<' { '>' } else { '<' }));
    let at = here.map_or(0, |last| last + 1);
    let beyond = lines.len().saturating_sub(at + GLIMPSE);
    lines.truncate(at + GLIMPSE);
    lines.insert(at, format!("{mark} {:>16}  stops in {}", words::time(trap.time_us), trap.function));
    if beyond > 0 {
        lines.push(format!("  ({} goes on for {beyond} more)", side.other()));
    }
}

/// The longest common story of a stretch, with what only one side has in between.
fn matched(eager: &[Stamped], deferred: &[Stamped], lines: &mut Vec<String>) {
    for line in align(eager.len(), deferred.len(), |e, d| eager[e].event == deferred[d].event) {
        let (mark, stamped) = match line {
            (Some(e), Some(_)) => ('=', &eager[e]),
            (Some(e), None) => ('<', &eager[e]),
            (None, Some(d)) => ('>', &deferred[d]),
            (None, None) => continue,
        };
        lines.push(format!("{mark} {:>16}  {}", words::time(stamped.time_us), show(&stamped.event)));
    }
}
