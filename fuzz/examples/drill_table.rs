// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes the tables of docs/drill.md from the lines of `scripts/drill`: `drill_table FILE`.
//!
//! A trial that reported nothing counts with all of its CPU time, as *more than* that: it is censored, never left out.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;

use regdiff_bench::drill::{Drill, LIMIT, Row, Trials};
use regdiff_bench::statistics::{compare, median};
use regdiff_oracle::FAULTS;

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: drill_table FILE")?;
    let drill = Drill::read(Path::new(&file))?;
    faults(&drill, &drill.rows());
    against_the_baseline(&drill);
    println!("\nTrials that compared nothing: {}.", drill.idle);
    Ok(())
}

/// A line a fault: in how many trials it was reached, triggered and reported, and the median of CPU seconds.
fn faults(drill: &Drill, rows: &BTreeSet<Row>) {
    let heads = rows.iter().map(Row::to_string);
    println!("| fault | {} |", heads.collect::<Vec<_>>().join(" | "));
    println!("|---|{}", "---|".repeat(rows.len()));
    for fault in FAULTS {
        let cell = |row: &Row| match drill.get(fault.name, row) {
            Some(trials) => {
                let all = trials.seconds.len();
                let Trials { reached, triggered, missed, .. } = trials;
                format!("{reached}/{triggered}/{} of {all}, {}", all - missed, seconds(median(&trials.seconds)))
            }
            None => "not tried".to_owned(),
        };
        let note = if fault.signature.is_none() { " (must stay silent)" } else { "" };
        println!("| `{}`{note} | {} |", fault.name, rows.iter().map(cell).collect::<Vec<_>>().join(" | "));
    }
}

/// libFuzzer with our mutator next to plain libFuzzer with derived `Arbitrary`, both from nothing.
fn against_the_baseline(drill: &Drill) {
    let mut factors = Vec::new();
    println!("\n| fault | ours | plain | sooner by | ours sooner in | U |\n|---|---|---|---|---|---|");
    for fault in FAULTS.iter().filter(|fault| fault.signature.is_some()) {
        let get = |engine| drill.get(fault.name, &Row::new(engine, "registration", "empty"));
        let (Some(ours), Some(plain)) = (get("libfuzzer"), get("plain")) else { continue };
        let (us, them) = (median(&ours.seconds), median(&plain.seconds));
        let factor = them / us;
        if !factor.is_nan() {
            factors.push(factor);
        }
        let Some(ranks) = compare(&ours.seconds, &plain.seconds) else { continue };
        let share = 100.0 * ranks.a12();
        let factor = if factor.is_finite() { format!("{factor:.1}") } else { "no end".to_owned() };
        println!(
            "| `{}` | {} | {} | {factor} | {share:.0} % | {} of {} |",
            fault.name,
            seconds(us),
            seconds(them),
            ranks.u,
            ranks.pairs,
        );
    }
    println!("\nMedian over {} faults: {:.1} times sooner.", factors.len(), median(&factors));
}

fn seconds(value: f64) -> String {
    if value.is_finite() { format!("{value:.1} s") } else { format!("not in {LIMIT} s") }
}
