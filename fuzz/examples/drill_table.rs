// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes the tables of docs/drill.md from the lines of `scripts/drill`: `drill_table FILE`.
//!
//! A trial that reported nothing counts with all of its CPU time, as *more than* that: it is censored, never left out.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use regdiff_oracle::FAULTS;
use serde::Deserialize;

/// One trial.
#[derive(Debug, Deserialize)]
struct Trial {
    fault: String,
    engine: String,
    target: String,
    start: String,
    trial: u32,
    comparisons: u64,
    cpu_seconds: f64,
    reached: bool,
    triggered: bool,
    signature: String,
}

/// Who searched, where, from what.
type Row = (String, String, String);

/// The trials of one row for one fault.
#[derive(Debug, Default)]
struct Trials {
    seconds: Vec<f64>,
    reached: usize,
    triggered: usize,
    missed: usize,
}

/// CPU seconds of a trial that reported nothing, for ranking: later than every report.
const NEVER: f64 = f64::INFINITY;

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: drill_table FILE")?;
    let mut table: BTreeMap<(String, Row), Trials> = BTreeMap::new();
    let mut idle = 0;
    let mut seen = BTreeSet::new();
    for (number, line) in std::fs::read_to_string(&file)?.lines().enumerate() {
        let trial: Trial = serde_json::from_str(line).map_err(|error| format!("{file}:{}: {error}", number + 1))?;
        let row = (trial.engine, trial.target, trial.start);
        if !seen.insert((trial.fault.clone(), row.clone(), trial.trial)) {
            return Err(format!("{file}:{}: this trial is there already", number + 1).into());
        }
        idle += usize::from(trial.comparisons == 0);
        let trials = table.entry((trial.fault, row)).or_default();
        let missed = trial.signature.is_empty();
        trials.reached += usize::from(trial.reached);
        trials.triggered += usize::from(trial.triggered);
        trials.missed += usize::from(missed);
        trials.seconds.push(if missed { NEVER } else { trial.cpu_seconds });
    }
    let rows: BTreeSet<Row> = table.keys().map(|(_, row)| row.clone()).collect();
    faults(&table, &rows);
    against_the_baseline(&table);
    println!("\nTrials that compared nothing: {idle}.");
    Ok(())
}

/// A line a fault: in how many trials it was reached, triggered and reported, and the median of CPU seconds.
fn faults(table: &BTreeMap<(String, Row), Trials>, rows: &BTreeSet<Row>) {
    let heads = rows.iter().map(|(engine, target, start)| format!("{engine} {target}, {start}"));
    println!("| fault | {} |", heads.collect::<Vec<_>>().join(" | "));
    println!("|---|{}", "---|".repeat(rows.len()));
    for fault in FAULTS {
        let cell = |row: &Row| match table.get(&(fault.name.to_owned(), row.clone())) {
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
fn against_the_baseline(table: &BTreeMap<(String, Row), Trials>) {
    let row = |engine: &str| (engine.to_owned(), "registration".to_owned(), "empty".to_owned());
    let mut factors = Vec::new();
    println!("\n| fault | ours | plain | sooner by | ours sooner in | U |\n|---|---|---|---|---|---|");
    for fault in FAULTS.iter().filter(|fault| fault.signature.is_some()) {
        let get = |engine| table.get(&(fault.name.to_owned(), row(engine)));
        let (Some(ours), Some(plain)) = (get("libfuzzer"), get("plain")) else { continue };
        let (us, them) = (median(&ours.seconds), median(&plain.seconds));
        let factor = them / us;
        if !factor.is_nan() {
            factors.push(factor);
        }
        let (u, pairs) = (mann_whitney(&ours.seconds, &plain.seconds), ours.seconds.len() * plain.seconds.len());
        let share = 100.0 * (1.0 - u / pairs as f64);
        let factor = if factor.is_finite() { format!("{factor:.1}") } else { "no end".to_owned() };
        println!(
            "| `{}` | {} | {} | {factor} | {share:.0} % | {u} of {pairs} |",
            fault.name,
            seconds(us),
            seconds(them)
        );
    }
    println!("\nMedian over {} faults: {:.1} times sooner.", factors.len(), median(&factors));
}

/// The middle; of an even number the lower of both, so that a miss is never halved.
fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

/// Mann-Whitney's U of the first: in how many pairs it is later; ties count half.
fn mann_whitney(first: &[f64], second: &[f64]) -> f64 {
    let pair = |a: &f64, b: &f64| if a > b { 1.0 } else { f64::from(u8::from(a == b)) / 2.0 };
    first.iter().flat_map(|a| second.iter().map(move |b| pair(a, b))).sum()
}

fn seconds(value: f64) -> String {
    if value.is_finite() { format!("{value:.1} s") } else { "not in 60 s".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{NEVER, mann_whitney, median};

    #[test]
    fn a_miss_is_later_than_everything() {
        assert_eq!(median(&[3.0, 1.0, NEVER]), 3.0);
        assert_eq!(median(&[1.0, 3.0, NEVER, NEVER]), 3.0);
        assert_eq!(median(&[NEVER, NEVER, 1.0]), NEVER);
        assert_eq!(mann_whitney(&[1.0, 2.0], &[3.0, NEVER]), 0.0);
        assert_eq!(mann_whitney(&[NEVER], &[NEVER, 1.0]), 1.5);
    }
}
