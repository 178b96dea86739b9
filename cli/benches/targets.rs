//! What each target of the registry that judges scenarios does a second, next to bare runs of the same inputs.
//!
//! Inputs are generated scenarios of the target's own part of the language, less those that are findings for it: a finding
//! ends a process. Targets and bare runs take turns in every round, in CPU time of the thread.

mod healthy;
mod processor;

use std::hint::black_box;

use regdiff_bench::lines::{self, Group, Line};
use regdiff_observation::{Lane, Watch};
use regdiff_oracle::target::Asked;
use regdiff_oracle::{Model, TARGETS, Target, Variant};
use regdiff_scenario::bytes;

/// Generated scenarios of a target.
const SCENARIOS: u64 = 300;
/// Rounds that count, after one that does not.
const ROUNDS: usize = 10;

fn main() {
    let (scenarios, rounds) = if processor::measures() { (SCENARIOS, ROUNDS) } else { (10, 1) };
    let judging = TARGETS.iter().filter_map(|target| Some((target, target.language()?)));
    let (mut rates, mut ratios) = (Vec::new(), Vec::new());
    for (target, language) in judging {
        let all = (0..scenarios).map(|seed| bytes::encode(&language.generate(seed)));
        let inputs = healthy::inputs(all, |input| check(target, input));
        let (mut rate, mut ratio) = (Vec::new(), Vec::new());
        for round in 0..=rounds {
            let checked = processor::time(|| inputs.iter().for_each(|input| check(target, input))).as_secs_f64();
            let bare = processor::time(|| inputs.iter().for_each(|input| run_bare(input))).as_secs_f64();
            if round > 0 {
                rate.push(inputs.len() as f64 / checked.max(1e-9));
                ratio.push(checked / bare.max(1e-9));
            }
        }
        rates.push(Line::new(Group::Target, target.name, "/s", &rate));
        ratios.push(Line::new(Group::TargetRatio, target.name, "times", &ratio));
    }
    lines::print(&[rates, ratios].concat());
}

fn check(target: &Target, input: &[u8]) {
    black_box(target.check(input, Asked::default()));
}

fn run_bare(input: &[u8]) {
    let scenario = bytes::decode(input);
    for variant in [Variant::EAGER, Variant::DEFERRED] {
        drop(black_box(Model.run(&scenario, &variant, Watch::Nothing)));
    }
}
