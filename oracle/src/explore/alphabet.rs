//! The alphabet: what scenarios of an exploration are made of.

use regdiff_scenario::module::Toggle;
use regdiff_scenario::{
    AdapterFeatures, Answer, Choice, Command, Context, Device, Lun, Moment, Point, Port, Protection, Scenario, Step,
    device,
};

use super::{answers, settings, steps};

/// A step of an alphabet.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Its name: the trigger, and what tells it from other steps with that trigger.
    pub name: String,
    /// The step, at rest.
    pub step: Step,
}

/// One way in which a scenario is not the default.
#[derive(Clone, Debug)]
pub enum Change {
    /// The firmware answers otherwise.
    Answer(Answer),
    /// A context waits for the others.
    Choice(Choice),
    /// Hardware or kernel are other ones.
    Setting(fn(&mut Scenario)),
}

impl Change {
    /// Makes the change.
    pub fn apply(&self, scenario: &mut Scenario) {
        match self {
            Self::Answer(answer) => scenario.firmware.push(answer.clone()),
            Self::Choice(choice) => scenario.schedule.push(choice.clone()),
            Self::Setting(set) => set(scenario),
        }
    }
}

/// What must happen in a run for a choice to matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// An adapter is set up.
    Setting,
    /// The `nth` command of a kind is sent.
    Answer {
        /// Which command.
        command: Command,
        /// Which one of them, from 1.
        nth: u16,
    },
    /// A context passes a point for the first time while others could run.
    Preemption {
        /// Which context.
        context: Context,
        /// Which point.
        point: Point,
    },
}

/// An open choice: the default, or one of some changes.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its name.
    pub name: String,
    /// When it matters.
    pub kind: KeyKind,
    /// What can be chosen instead of the default, each with its name.
    pub changes: Vec<(&'static str, Change)>,
}

impl Key {
    /// Whether it is a preemption.
    pub const fn is_preemption(&self) -> bool {
        matches!(self.kind, KeyKind::Preemption { .. })
    }
}

/// What scenarios are made of.
#[derive(Clone, Debug)]
pub struct Alphabet {
    /// The scenario without parameters, changes and steps.
    pub base: Scenario,
    /// Boolean module parameters that are tried both ways.
    pub toggles: Vec<Toggle>,
    /// Steps.
    pub letters: Vec<Letter>,
    /// Moments at which a step can come early, each with its name. The first step of a scenario always comes at rest.
    pub moments: Vec<(&'static str, Moment)>,
    /// Open choices, at most [`Self::MAX_KEYS`].
    pub keys: Vec<Key>,
}

impl Default for Alphabet {
    fn default() -> Self {
        let defaults = |letter: &Letter| steps::DEFAULT_STEPS.contains(&letter.name.as_str());
        Self {
            base: base(),
            toggles: Toggle::ALL.to_vec(),
            letters: steps::all_steps().into_iter().filter(defaults).collect(),
            moments: settings::moments(),
            keys: settings::settings().into_iter().chain(answers::answers()).chain(settings::preemptions()).collect(),
        }
    }
}

impl Alphabet {
    /// The largest number of open choices.
    pub const MAX_KEYS: usize = 128;

    /// The default alphabet with other steps, in the order of the registry; the name of an unknown one is the error.
    pub fn with_steps(names: &[String]) -> Result<Self, String> {
        let all = steps::all_steps();
        if let Some(unknown) = names.iter().find(|name| !all.iter().any(|letter| letter.name == **name)) {
            return Err(unknown.clone());
        }
        let letters = all.into_iter().filter(|letter| names.contains(&letter.name)).collect();
        Ok(Self { letters, ..Self::default() })
    }

    /// How many classes of answers each command has; the smallest number.
    pub fn classes_of_answers(&self) -> usize {
        let answers = self.keys.iter().filter(|key| matches!(key.kind, KeyKind::Answer { .. }));
        answers.map(|key| key.changes.len()).min().unwrap_or(0)
    }
}

/// An adapter that can do DIF and DIX, a port and a disk: formatted with type 1, and with a write cache.
fn base() -> Scenario {
    let features = AdapterFeatures(
        device::PLAIN_FEATURES.0 | AdapterFeatures::DIF_PROT_TYPE1.0 | AdapterFeatures::DIX_PROT_TCPIP.0,
    );
    let lun = Lun { protection: Protection::Type1, write_cache: true, ..Lun::default() };
    let port = Port { luns: vec![lun], ..Port::default() };
    Scenario { devices: vec![Device { features, ports: vec![port], ..Device::default() }], ..Scenario::default() }
}
