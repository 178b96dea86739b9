//! Parts of the language: what a search keeps to.
//!
//! A search over everything spends little on anything. A part says what each of its scenarios has, and which triggers it
//! draws more often. It never hides a step: what a part leaves to others may still happen in it.

use crate::generate::weights;
use crate::random::Random;
use crate::step::{Moment, Step, Trigger};
use crate::{Scenario, limits, repair};

/// How much more often a part draws its own triggers.
const FAVOUR: u32 = 6;

/// A part of the language.
#[derive(Clone, Copy, Debug)]
pub struct Language {
    /// The triggers that it draws more often.
    favours: &'static [Trigger],
    /// Makes a scenario one of its own; leaves one alone that is.
    shape: fn(&mut Scenario),
    /// Whether each scenario leaves a random part of the triggers out.
    swarm: bool,
}

impl Language {
    /// All of it.
    pub const WHOLE: Self = Self { favours: &[], shape: |_| {}, swarm: true };

    /// Every device comes online first and at rest; then recovery is asked for, or needed.
    pub const RECOVERY: Self = Self { favours: RECOVERING, shape: starts_online, swarm: true };

    /// Protection is on: commands, elevators and masks decide.
    pub const PROTECTION: Self = Self { favours: PROTECTED, shape: is_protected, swarm: true };

    /// Devices come and go more than once, or something fails on the way.
    pub const LIFECYCLE: Self = Self { favours: LIVING, shape: comes_and_goes, swarm: true };

    /// The same part, and each scenario draws from all of its triggers: to measure what leaving some out is worth.
    #[must_use]
    pub const fn without_swarm(self) -> Self {
        Self { swarm: false, ..self }
    }

    /// Whether each scenario leaves a random part of the triggers out.
    pub(crate) const fn swarms(&self) -> bool {
        self.swarm
    }

    /// The scenario of `seed` in this part; of the whole language it is [`Scenario::generate`].
    pub fn generate(&self, seed: u64) -> Scenario {
        let mut scenario = crate::generate::of_language(seed, self);
        self.shape(&mut scenario);
        scenario
    }

    /// Whether a canonical scenario belongs to this part.
    pub fn admits(&self, scenario: &Scenario) -> bool {
        let mut shaped = scenario.clone();
        self.shape(&mut shaped);
        shaped == *scenario
    }

    /// Changes as little as makes a scenario one of this part. The result is canonical.
    pub fn shape(&self, scenario: &mut Scenario) {
        (self.shape)(scenario);
        repair(scenario);
    }

    /// Changes a scenario a little; see [`crate::mutate`].
    pub fn mutate(&self, scenario: &mut Scenario, random: &mut Random) {
        crate::mutate::mutate_in(self, scenario, random);
        self.shape(scenario);
    }

    /// A child of two scenarios; see [`crate::mutate::crossover`].
    pub fn crossover(&self, a: &Scenario, b: &Scenario, random: &mut Random) -> Scenario {
        let mut child = crate::mutate::crossover(a, b, random);
        self.shape(&mut child);
        child
    }

    /// How often it draws each trigger.
    pub(crate) fn weights(&self) -> Vec<(Trigger, u32)> {
        let weight = |(trigger, weight): &(Trigger, u32)| match self.favours.contains(trigger) {
            true => (*trigger, weight * FAVOUR),
            false => (*trigger, *weight),
        };
        weights::STEPS.iter().map(weight).collect()
    }
}

/// What asks for recovery, or makes the driver need it.
const RECOVERING: &[Trigger] = &[
    Trigger::AdapterFailed,
    Trigger::PortFailed,
    Trigger::UnitFailed,
    Trigger::SdevFailed,
    Trigger::HostReset,
    Trigger::SgReset,
    Trigger::PortRescan,
    Trigger::PortClosed,
    Trigger::Rscn,
    Trigger::IncomingEls,
    Trigger::LinkDown,
    Trigger::LinkUp,
    Trigger::QueueError,
    Trigger::NotificationLost,
    Trigger::BitErrorThreshold,
    Trigger::FabricPort,
];

/// What makes commands, and what decides whether and where they carry protection.
const PROTECTED: &[Trigger] = &[
    Trigger::Read,
    Trigger::Write,
    Trigger::Flush,
    Trigger::SwitchElevator,
    Trigger::NrRequests,
    Trigger::Integrity,
    Trigger::ProtectionType,
    Trigger::FeatureUpdate,
    Trigger::SetParameter,
    Trigger::Scan,
    Trigger::SdevRescan,
    Trigger::SdevDelete,
];

/// The life of an adapter, and what can fail in it.
const LIVING: &[Trigger] = &[
    Trigger::SetOnline,
    Trigger::SetOffline,
    Trigger::Remove,
    Trigger::Shutdown,
    Trigger::Freeze,
    Trigger::Thaw,
    Trigger::Restore,
    Trigger::Notify,
    Trigger::Fail,
    Trigger::UnitAdd,
    Trigger::UnitRemove,
    Trigger::PortRemove,
    Trigger::ReadAttribute,
    Trigger::SetParameter,
];

/// The first steps set each device online, in order and at rest.
fn starts_online(scenario: &mut Scenario) {
    let devices = 0..scenario.devices.len() as u8;
    let online = devices.map(|device| Step { device, ..Step::new(Trigger::SetOnline) });
    for (index, step) in online.enumerate() {
        if scenario.steps.get(index) != Some(&step) {
            scenario.steps.insert(index, step);
        }
    }
}

/// dif or dix is on.
fn is_protected(scenario: &mut Scenario) {
    if !scenario.module.dix {
        scenario.module.dif = true;
    }
}

/// At least three steps of [`LIVING`], or two with a moment that is not at rest.
fn comes_and_goes(scenario: &mut Scenario) {
    let count = |scenario: &Scenario| {
        let own = scenario.steps.iter().filter(|step| LIVING.contains(&step.trigger));
        let busy = scenario.steps.iter().any(|step| step.moment != Moment::default());
        own.count() + usize::from(busy)
    };
    // What the limits would cut off again cannot be added at the end.
    scenario.steps.truncate(limits::MAX_STEPS - 3);
    for trigger in [Trigger::SetOnline, Trigger::SetOffline, Trigger::SetOnline] {
        if count(scenario) < 3 && !scenario.devices.is_empty() {
            scenario.steps.push(Step::new(trigger));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: [Language; 4] = [Language::WHOLE, Language::RECOVERY, Language::PROTECTION, Language::LIFECYCLE];

    #[test]
    fn what_a_part_makes_belongs_to_it() {
        for part in PARTS {
            let mut random = Random::new(1);
            let mut before = part.generate(0);
            for seed in 0..500 {
                let mut scenario = part.generate(seed);
                assert!(part.admits(&scenario) && scenario.is_canonical(), "seed {seed}");
                let child = part.crossover(&before, &scenario, &mut random);
                assert!(part.admits(&child) && child.is_canonical(), "child of seed {seed}");
                part.mutate(&mut scenario, &mut random);
                assert!(part.admits(&scenario) && scenario.is_canonical(), "mutant of seed {seed}");
                before = scenario;
            }
        }
    }

    #[test]
    fn the_whole_language_is_the_generator() {
        for seed in 0..200 {
            assert_eq!(Language::WHOLE.generate(seed), Scenario::generate(seed));
        }
    }

    #[test]
    fn without_swarm_scenarios_mix_more_triggers() {
        let kinds = |part: Language| -> usize {
            let kinds = |seed| {
                let steps = part.generate(seed).steps;
                steps.iter().map(|step| step.trigger as usize).collect::<std::collections::BTreeSet<_>>().len()
            };
            (0..2000).map(kinds).sum()
        };
        let (with, without) = (kinds(Language::WHOLE), kinds(Language::WHOLE.without_swarm()));
        assert!(without > with + with / 20, "{with} with, {without} without");
    }

    #[test]
    fn parts_leave_scenarios_to_others() {
        let foreign = |part: Language| (0..500).filter(|seed| !part.admits(&Scenario::generate(*seed))).count();
        for part in &PARTS[1..] {
            assert!(foreign(*part) > 20, "{}", foreign(*part));
        }
    }

    #[test]
    fn a_part_draws_its_own_more_often() {
        for part in &PARTS[1..] {
            let own = |make: &dyn Fn(u64) -> Scenario| -> usize {
                let steps = |seed| make(seed).steps.iter().filter(|s| part.favours.contains(&s.trigger)).count();
                (0..300).map(steps).sum()
            };
            assert!(own(&|seed| part.generate(seed)) > own(&Scenario::generate) * 5 / 4);
        }
    }
}
