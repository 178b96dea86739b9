//! What each oracle costs, and the contract, and observing: each left out in turn, in percent of two bare runs.
//!
//! A part that finds something may ask for more runs, which must not count as its cost. So a part is measured over the
//! scenarios that take as many runs without it. With and without take turns at every scenario, in CPU time of the thread.

mod processor;

use std::hint::black_box;
use std::time::Duration;

use regdiff_bench::lines::{self, Group, Line};
use regdiff_observation::{Lane, Watch};
use regdiff_oracle::judge::Part;
use regdiff_oracle::{Allow, Model, Options, Variant, judge, judge_leaving_out};
use regdiff_scenario::Scenario;

/// The fixed set of `comparisons`: seeds from 0.
const SCENARIOS: u64 = 1000;
/// Rounds that count, after one that does not.
const ROUNDS: usize = 10;

fn main() {
    let (scenarios, rounds) = if processor::measures() { (SCENARIOS, ROUNDS) } else { (20, 1) };
    let scenarios: Vec<Scenario> = (0..scenarios).map(Scenario::generate).collect();
    let options = Options::allowing(Allow::Open);
    let mut measured = vec![Line::new(
        Group::Oracle,
        "observing",
        "%",
        &cost(rounds, &scenarios, &bare(Watch::Everything), &bare(Watch::Nothing)),
    )];
    for part in Part::ALL {
        let alike =
            |scenario: &&Scenario| judge(scenario, &options).runs == judge_leaving_out(scenario, &options, part).runs;
        let kept: Vec<Scenario> = scenarios.iter().filter(alike).cloned().collect();
        let name = format!("{}, {} of {}", part.text(), kept.len(), scenarios.len());
        let all = |scenario: &Scenario| drop(black_box(judge(scenario, &options)));
        let without = |scenario: &Scenario| drop(black_box(judge_leaving_out(scenario, &options, part)));
        measured.push(Line::new(Group::Oracle, &name, "%", &cost(rounds, &kept, &all, &without)));
    }
    lines::print(&measured);
}

/// Both sides, watched so closely.
fn bare(watch: Watch) -> impl Fn(&Scenario) {
    move |scenario| {
        for variant in [Variant::EAGER, Variant::DEFERRED] {
            drop(black_box(Model.run(scenario, &variant, watch)));
        }
    }
}

/// What `all` takes beyond `without`, in percent of two bare runs, by round.
fn cost(rounds: usize, scenarios: &[Scenario], all: &dyn Fn(&Scenario), without: &dyn Fn(&Scenario)) -> Vec<f64> {
    let run = bare(Watch::Nothing);
    let once = |round: usize| {
        let mut times = [Duration::ZERO; 3];
        for (index, scenario) in scenarios.iter().enumerate() {
            // Who comes second finds warm caches.
            let order = if (index + round).is_multiple_of(2) { [0, 1, 2] } else { [1, 0, 2] };
            for which in order {
                times[which] += processor::time(|| [all, without, &run][which](scenario));
            }
        }
        let [all, without, bare] = times.map(|time| time.as_secs_f64());
        100.0 * (all - without) / bare.max(1e-9)
    };
    (0..=rounds).map(once).skip(1).collect()
}
