//! Comparisons a second on one core, next to the same scenarios run bare.
//!
//! A comparison is a scenario decoded from its byte form, run on both sides and judged, as a fuzz target does it. A bare pair
//! is the same scenario, decoded, run on both sides with a null observer and no oracle. After an allowed crash a comparison takes
//! a third run, behind the crash; *the same runs* bare have it too, so that what is left is what observing and judging cost.
//! All are measured in every round, one after the other, over the same 1,000 generated scenarios, in CPU time of the thread:
//! a busy machine changes little.

mod processor;

use std::hint::black_box;
use std::time::Duration;

use regdiff_observation::{Lane, Watch};
use regdiff_oracle::{Allow, Maskable, Model, Options, Variant, judge};
use regdiff_scenario::{Scenario, bytes};

/// The fixed set: seeds from 0.
const SCENARIOS: u64 = 1000;
/// Rounds that count, after one that does not.
const ROUNDS: usize = 12;

fn main() {
    // `cargo test --benches` wants to know that it runs; only `cargo bench` measures.
    let measures = std::env::args().any(|argument| argument == "--bench");
    let (scenarios, rounds) = if measures { (SCENARIOS, ROUNDS) } else { (20, 1) };
    let inputs: Vec<Vec<u8>> = (0..scenarios).map(|seed| bytes::encode(&Scenario::generate(seed))).collect();
    let options = Options::allowing(Allow::Open);
    let seeds: Vec<u64> = (0..scenarios).collect();
    let masked = |input: &Vec<u8>| {
        let ran = judge(&bytes::decode(input), &options).masked.is_some();
        (input.clone(), Variant::EAGER.masked().filter(|_| ran))
    };
    let with_masked: Vec<(Vec<u8>, Option<Variant>)> = inputs.iter().map(masked).collect();
    let once = || Round {
        compare: measure(&inputs, |input| drop(black_box(judge(&bytes::decode(input), &options)))),
        bare: measure(&inputs, |input| {
            let scenario = bytes::decode(input);
            for variant in [Variant::EAGER, Variant::DEFERRED] {
                drop(black_box(Model.run(&scenario, &variant, Watch::Nothing)));
            }
        }),
        same: measure(&with_masked, |(input, masked)| {
            let scenario = bytes::decode(input);
            for variant in [Some(Variant::EAGER), Some(Variant::DEFERRED), *masked].into_iter().flatten() {
                drop(black_box(Model.run(&scenario, &variant, Watch::Nothing)));
            }
        }),
        decode: measure(&inputs, |input| drop(black_box(bytes::decode(input)))),
        generate: measure(&seeds, |seed| drop(black_box(Scenario::generate(*seed)))),
    };
    once();
    let rounds: Vec<Round> = (0..rounds).map(|_| once()).collect();
    println!(
        "{} generated scenarios, {} rounds, one thread, CPU time; median (smallest to largest)",
        scenarios,
        rounds.len()
    );
    row("comparisons/s per core", &rounds, |round| rate(scenarios, round.compare));
    row("bare pairs/s per core", &rounds, |round| rate(scenarios, round.bare));
    row("the same runs bare/s", &rounds, |round| rate(scenarios, round.same));
    let beyond = |part: Duration, whole: Duration| 100.0 * (whole.as_secs_f64() / part.as_secs_f64() - 1.0);
    row("cost over bare pairs, %", &rounds, |round| beyond(round.bare, round.compare));
    row("over the same runs, %", &rounds, |round| beyond(round.same, round.compare));
    row("decode, µs a scenario", &rounds, |round| 1e6 / rate(scenarios, round.decode));
    row("generate, µs a scenario", &rounds, |round| 1e6 / rate(scenarios, round.generate));
}

/// CPU time of each kind of work over all scenarios.
struct Round {
    compare: Duration,
    bare: Duration,
    same: Duration,
    decode: Duration,
    generate: Duration,
}

fn measure<T>(inputs: &[T], work: impl Fn(&T)) -> Duration {
    processor::time(|| inputs.iter().for_each(work))
}

fn rate(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(1e-9)
}

fn row(what: &str, rounds: &[Round], value: impl Fn(&Round) -> f64) {
    let mut values: Vec<f64> = rounds.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    let (low, high) = (values[0], values[values.len() - 1]);
    let middle = values.len() / 2;
    let median = if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 };
    let digits = if median < 100.0 { 2 } else { 0 };
    println!("{what:<24} {median:>9.digits$}  ({low:.digits$} to {high:.digits$})");
}
