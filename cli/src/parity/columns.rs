//! Both sides of a comparison next to each other, rest by rest.

use std::fmt::Write;

use regdiff_observation::{Observation, Stamped};
use regdiff_oracle::divergence::show;

/// Width of the left column.
const WIDTH: usize = 72;

/// The events of both, the model's left. Within a stretch between rests, rows have nothing to do with each other but their number.
pub(crate) fn columns(model: &Observation, kernel: &Observation) -> String {
    let (ours, theirs) = (stretches(model), stretches(kernel));
    let mut text = format!("{:<WIDTH$} | kernel\n", "model");
    let empty = (String::new(), Vec::new());
    for index in 0..ours.len().max(theirs.len()) {
        let (ours, theirs) = (ours.get(index).unwrap_or(&empty), theirs.get(index).unwrap_or(&empty));
        for row in 0..ours.1.len().max(theirs.1.len()) {
            let line = |lines: &[String]| lines.get(row).cloned().unwrap_or_default();
            let _ = writeln!(text, "{:<WIDTH$} | {}", line(&ours.1), line(&theirs.1));
        }
        let _ = writeln!(text, "{:-<WIDTH$} | {}", ours.0, theirs.0);
    }
    text
}

/// What happened up to each rest, and after the last one.
fn stretches(seen: &Observation) -> Vec<(String, Vec<String>)> {
    let mut all = Vec::new();
    let mut from = 0;
    let lines = |events: &[Stamped]| events.iter().map(line).collect::<Vec<_>>();
    for rest in &seen.rests {
        let title = format!("rest, {} steps begun, {} ms", rest.steps_begun, rest.time_us / 1000);
        all.push((title, lines(seen.events.get(from..rest.events_end).unwrap_or_default())));
        from = rest.events_end;
    }
    all.push((format!("end: {:?}", seen.end), lines(seen.events.get(from..).unwrap_or_default())));
    all
}

fn line(event: &Stamped) -> String {
    let context = format!("{:?}", event.context).to_lowercase();
    let (ms, us) = (event.time_us / 1000, event.time_us % 1000);
    format!("{ms:>8}.{us:03} {context:<9} {}", show(&event.event))
}
