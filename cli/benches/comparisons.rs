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

use regdiff_bench::lines::{self, Group, Line};
use regdiff_observation::{Lane, Watch};
use regdiff_oracle::{Allow, Maskable, Model, Options, Variant, judge};
use regdiff_scenario::{Scenario, bytes};

/// The fixed set: seeds from 0.
const SCENARIOS: u64 = 1000;
/// Rounds that count, after one that does not.
const ROUNDS: usize = 12;

fn main() {
    // `cargo test --benches` wants to know that it runs; only `cargo bench` measures.
    let (scenarios, rounds) = if processor::measures() { (SCENARIOS, ROUNDS) } else { (20, 1) };
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
        generated: measure(&seeds, |seed| drop(black_box(judge(&Scenario::generate(*seed), &options)))),
    };
    once();
    let rounds: Vec<Round> = (0..rounds).map(|_| once()).collect();
    let line = |group, name, unit, value: &dyn Fn(&Round) -> f64| {
        Line::new(group, name, unit, &rounds.iter().map(value).collect::<Vec<_>>())
    };
    let rate = |time: Duration| scenarios as f64 / time.as_secs_f64().max(1e-9);
    let times = |part: Duration, bare: Duration| part.as_secs_f64() / bare.as_secs_f64();
    let beyond = |part: Duration, whole: Duration| 100.0 * (times(whole, part) - 1.0);
    lines::print(&[
        line(Group::Comparison, "two bare runs", "times", &|_| 1.0),
        line(Group::Comparison, "the same runs bare", "times", &|round| times(round.same, round.bare)),
        line(Group::Comparison, "a comparison", "times", &|round| times(round.compare, round.bare)),
        line(Group::Comparison, "comparisons", "/s", &|round| rate(round.compare)),
        line(Group::Comparison, "bare pairs", "/s", &|round| rate(round.bare)),
        line(Group::Comparison, "the same runs bare", "/s", &|round| rate(round.same)),
        line(Group::Comparison, "cost over bare pairs", "%", &|round| beyond(round.bare, round.compare)),
        line(Group::Comparison, "cost over the same runs", "%", &|round| beyond(round.same, round.compare)),
        line(Group::Comparison, "decoding a scenario", "µs", &|round| 1e6 / rate(round.decode)),
        line(Group::Comparison, "generating a scenario", "µs", &|round| 1e6 / rate(round.generate)),
        line(Group::Engine, "generate", "/s", &|round| rate(round.generated)),
    ]);
}

/// CPU time of each kind of work over all scenarios.
struct Round {
    compare: Duration,
    bare: Duration,
    same: Duration,
    decode: Duration,
    generate: Duration,
    generated: Duration,
}

fn measure<T>(inputs: &[T], work: impl Fn(&T)) -> Duration {
    processor::time(|| inputs.iter().for_each(work))
}
