//! The sections of the drill: how soon each planted fault is found, by whom.

use regdiff_oracle::FAULTS;

use super::{Section, figure};
use crate::drill::{Drill, LIMIT, Row};
use crate::error::Error;
use crate::plots::{finds, shares};
use crate::statistics::{Ranks, compare, holm, median, median_interval};

/// Differences at least so large are called large.
const LARGE: f64 = 0.71;
/// How improbable chance must be.
const LEVEL: f64 = 0.05;

fn ours() -> Row {
    Row::new("libfuzzer", "registration", "empty")
}

fn plain() -> Row {
    Row::new("plain", "registration", "empty")
}

/// Ours beside the baseline, then the engines beside each other.
pub(super) fn sections(drill: &Drill) -> Result<Vec<Section>, Error> {
    let visible = FAULTS.iter().filter(|fault| fault.signature.is_some()).map(|fault| fault.name);
    let faults: Vec<&str> = visible.collect();
    let mut sections = Vec::new();
    let pair =
        [(ours(), "libFuzzer with our mutator and feedback".to_owned()), (plain(), "plain libFuzzer".to_owned())];
    let compared: Vec<(&str, Ranks)> = faults.iter().filter_map(|fault| Some((*fault, ranks(drill, fault)?))).collect();
    if !compared.is_empty() {
        sections.push(against_the_baseline(drill, &pair, &faults, &compared)?);
    }
    let engines = [("libfuzzer", "libFuzzer"), ("afl", "AFL++"), ("honggfuzz", "honggfuzz")];
    let rows: Vec<(Row, String)> = engines
        .iter()
        .map(|(engine, name)| (Row::new(engine, "registration", "curated"), (*name).to_owned()))
        .filter(|(row, _)| drill.depth(row).is_some())
        .collect();
    if !rows.is_empty() {
        sections.push(by_engine(drill, &rows, &faults)?);
        sections.push(by_time(drill, &rows, &pair, &faults)?);
    }
    Ok(sections)
}

fn ranks(drill: &Drill, fault: &str) -> Option<Ranks> {
    compare(&drill.get(fault, &ours())?.seconds, &drill.get(fault, &plain())?.seconds)
}

/// How many trials a fault has, in words.
fn depth(drill: &Drill, rows: &[(Row, String)]) -> String {
    let of = |(row, name): &(Row, String)| {
        let (least, most) = drill.depth(row)?;
        let trials = if least == most { format!("{most}") } else { format!("{least} to {most}") };
        Some(format!("{name}: {trials}"))
    };
    format!("Trials of each fault: {}.", rows.iter().filter_map(of).collect::<Vec<_>>().join("; "))
}

fn against_the_baseline(
    drill: &Drill,
    pair: &[(Row, String)],
    faults: &[&str],
    compared: &[(&str, Ranks)],
) -> Result<Section, Error> {
    let raised = holm(&compared.iter().map(|(_, ranks)| ranks.p).collect::<Vec<_>>());
    let seconds = |fault: &str, row: &Row| drill.get(fault, row).map_or(&[][..], |trials| &trials.seconds);
    let factor = |fault: &str| median(seconds(fault, &plain())) / median(seconds(fault, &ours()));
    let factors: Vec<f64> = compared.iter().map(|(fault, _)| factor(fault)).filter(|factor| !factor.is_nan()).collect();
    let large = compared.iter().filter(|(_, ranks)| ranks.a12() >= LARGE).count();
    let later = compared.iter().filter(|(_, ranks)| ranks.a12() <= 1.0 - LARGE).count();
    let sure = raised.iter().zip(compared).filter(|(p, (_, ranks))| **p < LEVEL && ranks.a12() > 0.5).count();
    let words = vec![
        format!(
            "CPU seconds until each planted fault is reported, from an empty corpus, on a logarithmic axis. A tick is a trial, a \
             line the 95 % interval of the median (with six trials or more), a mark the median; an open arrow at {LIMIT} seconds \
             stands for trials that missed, a heavy one for a median that did. Plain is #[derive(Arbitrary)] on the types of a scenario, the same libFuzzer, \
             pair and oracles."
        ),
        format!(
            "Over {} faults the median of ratios of medians is {}. Ours is sooner by a large effect (A12 of {LARGE} or more) for {large} \
             of them, later by as much for {later}; for {sure} the Mann-Whitney test says so at {LEVEL} after Holm's correction for all \
             of them.",
            compared.len(),
            times(median(&factors)),
        ),
        depth(drill, pair),
    ];
    let plot = finds("CPU seconds to the report of each planted fault, ours and plain libFuzzer", drill, pair, faults)?;
    let row = |((fault, ranks), raised): (&(&str, Ranks), &f64)| {
        let (us, them) = (seconds(fault, &ours()), seconds(fault, &plain()));
        vec![
            (*fault).to_owned(),
            told(us),
            told(them),
            times(factor(fault)),
            format!("{} of {}", ranks.u, ranks.pairs),
            format!("{:.2}", ranks.a12()),
            probability(ranks.p),
            probability(*raised),
        ]
    };
    let rows = compared.iter().zip(&raised).map(row).collect();
    Ok(Section::new("baseline", "Planted faults: ours and the plain baseline", words, plot)
        .table(&["fault", "ours: median (interval), misses", "plain", "sooner by", "U", "A12", "p", "p, Holm"], rows))
}

fn by_engine(drill: &Drill, rows: &[(Row, String)], faults: &[&str]) -> Result<Section, Error> {
    let words = vec![
        "CPU seconds until each planted fault is reported, all processes of an engine together, from the curated corpus without the \
         witnesses of faults. Marks as above."
            .to_owned(),
        depth(drill, rows),
    ];
    let plot = finds("CPU seconds to the report of each planted fault, by engine", drill, rows, faults)?;
    let cell =
        |fault: &str, row: &Row| drill.get(fault, row).map_or_else(|| "not tried".to_owned(), |one| told(&one.seconds));
    let line = |fault: &&str| {
        let cells = rows.iter().map(|(row, _)| cell(fault, row));
        std::iter::once((*fault).to_owned()).chain(cells).collect::<Vec<_>>()
    };
    let tried = faults.iter().filter(|fault| rows.iter().any(|(row, _)| drill.get(fault, row).is_some()));
    let head: Vec<&str> = std::iter::once("fault").chain(rows.iter().map(|(_, name)| name.as_str())).collect();
    Ok(Section::new("engines-finds", "Planted faults by engine", words, plot).table(&head, tried.map(line).collect()))
}

fn by_time(drill: &Drill, rows: &[(Row, String)], pair: &[(Row, String)], faults: &[&str]) -> Result<Section, Error> {
    let mut all: Vec<(Row, String)> = rows.iter().filter(|(row, _)| row.engine != "libfuzzer").cloned().collect();
    all.extend(pair.iter().filter(|(row, _)| drill.depth(row).is_some()).cloned());
    let tried = faults.iter().filter(|fault| all.iter().all(|(row, _)| drill.get(fault, row).is_some())).count();
    let words = vec![format!(
        "The share of trials that had reported their fault by a CPU second, over the {tried} faults that all of these tried, each \
         with the same weight. AFL++ and honggfuzz start from the curated corpus, both libFuzzers from an empty one. What never \
         reaches 100 % is what {LIMIT} seconds were not enough for."
    )];
    let plot = shares("Share of trials that reported, by CPU second", drill, &all, faults)?;
    Ok(Section::new("shares", "How many by when", words, plot))
}

/// A row's trials in a cell: median, interval, misses.
fn told(seconds: &[f64]) -> String {
    let one = |value: f64| if value.is_finite() { figure(value) } else { format!(">{LIMIT}") };
    let misses = seconds.iter().filter(|at| at.is_infinite()).count();
    let interval =
        median_interval(seconds).map_or_else(String::new, |(low, high)| format!(" ({} to {})", one(low), one(high)));
    format!("{}{interval}, {misses} of {}", one(median(seconds)), seconds.len())
}

fn times(factor: f64) -> String {
    match factor {
        none if none.is_nan() => "neither".to_owned(),
        none if none.is_infinite() => "no end".to_owned(),
        factor => figure(factor),
    }
}

fn probability(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}
