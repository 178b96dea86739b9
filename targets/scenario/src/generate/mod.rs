//! The generator: useful scenarios from entropy.
//!
//! Most of what it draws is a healthy machine that comes online and is then disturbed: a scenario that fails at its first
//! command compares nothing. What it draws how often is in three tables, [`weights`], `answers` and `moments`.
//!
//! *Swarm*: each scenario leaves a random part of the triggers out, so that the others meet more often. [`Language::without_swarm`]
//! does not, to measure what that is worth.
//!
//! Without entropy it draws the plainest choice everywhere, so every input ends.

mod answers;
mod draw;
mod hardware;
mod moments;
mod schedule;
mod settings;
mod steps;
pub mod weights;

pub(crate) use answers::LINK_DOWN_CODES;
pub(crate) use draw::Draw;

use arbitrary::{Arbitrary, Result, Unstructured};

use crate::language::Language;
use crate::random::Random;
use crate::{Answer, Choice, Device, Domain, Scenario, Step, Trigger};

/// Entropy of one generated scenario, in bytes; more than the largest one draws.
const ENTROPY: usize = 4096;

impl<'a> Arbitrary<'a> for Scenario {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(scenario(&mut Draw::new(u), &Language::WHOLE))
    }

    fn size_hint(_depth: usize) -> (usize, Option<usize>) {
        (0, None)
    }
}

impl Scenario {
    /// The scenario of `seed`. The same seed gives the same scenario on every machine.
    pub fn generate(seed: u64) -> Self {
        of_language(seed, &Language::WHOLE)
    }
}

/// The scenario of `seed`, with the triggers of a part of the language drawn as often as it says.
pub(crate) fn of_language(seed: u64, language: &Language) -> Scenario {
    let entropy = Random::new(seed).bytes(ENTROPY);
    scenario(&mut Draw::new(&mut Unstructured::new(&entropy)), language)
}

fn scenario(draw: &mut Draw<'_, '_>, language: &Language) -> Scenario {
    let mut scenario = Scenario {
        module: settings::module(draw),
        kernel: settings::kernel(draw),
        devices: hardware::devices(draw),
        ..Scenario::default()
    };
    let answers = draw.weighted(&[(0, 40), (1, 28), (2, 17), (3, 10), (4, 5)]);
    scenario.firmware = (0..answers).map(|_| answers::answer(draw, &scenario)).collect();
    scenario.steps = steps::steps(draw, &scenario, language);
    let choices = draw.weighted(&[(0, 55), (1, 20), (2, 15), (3, 10)]);
    scenario.schedule = (0..choices).map(|_| schedule::choice(draw, &scenario)).collect();
    crate::repair(&mut scenario);
    scenario
}

/// One more step for `scenario`, for the mutator.
pub(crate) fn step(random: &mut Random, scenario: &Scenario, language: &Language) -> Step {
    with_entropy(random, |draw| steps::step(draw, scenario, &language.weights()))
}

/// A failure to be injected, for the mutator.
pub(crate) fn failure(random: &mut Random, scenario: &Scenario) -> Step {
    with_entropy(random, |draw| steps::step(draw, scenario, &[(Trigger::Fail, 1)]))
}

/// One more answer for `scenario`, for the mutator.
pub(crate) fn answer(random: &mut Random, scenario: &Scenario) -> Answer {
    with_entropy(random, |draw| answers::answer(draw, scenario))
}

/// A check condition for one SCSI command of `scenario`, for the mutator.
pub(crate) fn check_condition(random: &mut Random, scenario: &Scenario) -> Answer {
    with_entropy(random, |draw| answers::check_condition(draw, scenario))
}

/// One more thing that an answer says, and that fits its command, for the mutator.
pub(crate) fn content(random: &mut Random, answer: &mut Answer) {
    with_entropy(random, |draw| answers::content(draw, answer));
}

/// One more choice for `scenario`, for the mutator.
pub(crate) fn choice(random: &mut Random, scenario: &Scenario) -> Choice {
    with_entropy(random, |draw| schedule::choice(draw, scenario))
}

/// One more device, the `index`th, for the mutator.
pub(crate) fn device(random: &mut Random, index: usize) -> Device {
    with_entropy(random, |draw| hardware::device(draw, index as u64))
}

/// A value of a domain, for the mutator.
pub(crate) fn value(random: &mut Random, domain: &Domain, default: u64) -> u64 {
    with_entropy(random, |draw| draw.value(domain, default))
}

fn with_entropy<T>(random: &mut Random, generate: impl FnOnce(&mut Draw<'_, '_>) -> T) -> T {
    let entropy = random.bytes(256);
    generate(&mut Draw::new(&mut Unstructured::new(&entropy)))
}
