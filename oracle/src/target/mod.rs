//! The registry of fuzz targets.

mod allowances;
mod decoders;
mod pair;

use regdiff_scenario::Language;
use serde::{Serialize, Serializer};

use crate::contract::Allow;
use crate::fault::{Fault, Progress};

pub use pair::SEED;

/// What a target is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It must find something that is known; it is done when it has.
    Drill,
    /// It goes on and on; what it finds is new.
    Continuous,
}

/// What the bytes of an input are.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// A scenario in byte form, of a part of the language; engines get a mutator for it.
    Scenario(&'static Language),
    /// The same; what is sought in it is a mistake of the contract, not of a driver.
    Allowed(&'static Language),
    /// Anything in byte form, for a decoder.
    Bytes,
    /// Text, for a decoder.
    Text,
}

impl Input {
    /// The name.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Scenario(_) => "scenario",
            Self::Allowed(_) => "scenario for the contract",
            Self::Bytes => "bytes",
            Self::Text => "text",
        }
    }
}

impl Serialize for Input {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.text())
    }
}

/// What became of an input that is no finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It was judged, or decoded.
    Judged,
    /// It is none of the target's language, and nothing was done with it.
    Foreign,
}

/// What is wanted of a target besides its findings.
#[derive(Clone, Copy, Default)]
pub struct Asked<'a> {
    /// A fault to look for instead.
    pub planted: Option<Planted<'a>>,
    /// Called with every number of what an input did ([`crate::feedback`]), before a finding ends everything. Targets that do
    /// not judge a pair have none.
    pub feedback: Option<&'a dyn Fn(u64)>,
}

/// A fault to look for, and who hears how far each input got with it, before a finding ends everything.
#[derive(Clone, Copy)]
pub struct Planted<'a> {
    /// The fault.
    pub fault: &'static Fault,
    /// Called once an input that is judged.
    pub told: &'a dyn Fn(Progress),
}

/// A fuzz target.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Target {
    /// Its name, also of its folder in the corpus.
    pub name: &'static str,
    /// What it is for.
    pub kind: Kind,
    /// What its inputs are.
    pub input: Input,
    /// What it searches.
    pub searches: &'static str,
    /// What it ignores.
    pub ignores: &'static str,
    /// Which allowances count, if it judges the pair.
    pub allow: Allow,
}

/// Every target.
pub const TARGETS: &[Target] = &[REDISCOVERY, REGISTRATION, RECOVERY, PROTECTION, LIFECYCLE, CONTRACT, CODEC, TEXT];

/// Finds the historical crash again.
pub const REDISCOVERY: Target = Target {
    name: "rediscovery",
    kind: Kind::Drill,
    input: Input::Scenario(&Language::WHOLE),
    searches: "the crash of Launchpad 1887124: a store through a null prot_sdb in the eager driver",
    ignores: "everything else, known or new: a drill is over when the one crash is found",
    allow: Allow::Intended,
};

/// Looks for what is new, everywhere.
pub const REGISTRATION: Target = Target {
    name: "registration",
    kind: Kind::Continuous,
    input: Input::Scenario(&Language::WHOLE),
    searches: "any defect or divergence of eager and deferred registration that the contract does not know",
    ignores: "everything that the contract allows: intended, historical and open",
    allow: Allow::Open,
};

/// Looks for what is new in recovery.
pub const RECOVERY: Target = Target {
    name: "recovery",
    kind: Kind::Continuous,
    input: Input::Scenario(&Language::RECOVERY),
    searches: "recovery: every device is online at first, then reopens, resets, link and fabric events follow each other",
    ignores: "what the contract allows, and devices that are not set online first",
    allow: Allow::Open,
};

/// Looks for what is new in protection.
pub const PROTECTION: Target = Target {
    name: "protection",
    kind: Kind::Continuous,
    input: Input::Scenario(&Language::PROTECTION),
    searches: "protection memory: commands, elevators, masks and disks with dif or dix on",
    ignores: "what the contract allows, and modules with dif and dix off",
    allow: Allow::Open,
};

/// Looks for what is new in the life of devices.
pub const LIFECYCLE: Target = Target {
    name: "lifecycle",
    kind: Kind::Continuous,
    input: Input::Scenario(&Language::LIFECYCLE),
    searches: "the life of devices: online, offline, removal, notifications and files by several users at once, failing steps",
    ignores: "what the contract allows, and devices that come online once and stay",
    allow: Allow::Open,
};

/// Looks for allowances that are too generous.
pub const CONTRACT: Target = Target {
    name: "contract",
    kind: Kind::Continuous,
    input: Input::Allowed(&Language::WHOLE),
    searches: "the contract: an allowance whose predicate covers a finding of a kind that its entry does not name, with and without a planted fault",
    ignores: "whether the driver is right: what no allowance covers is the other targets' business",
    allow: Allow::Open,
};

/// Decodes bytes.
pub const CODEC: Target = Target {
    name: "codec",
    kind: Kind::Continuous,
    input: Input::Bytes,
    searches: "the byte form: any input decodes to a canonical scenario that comes back from both forms unchanged",
    ignores: "what the scenario does",
    allow: Allow::Open,
};

/// Parses text.
pub const TEXT: Target = Target {
    name: "text",
    kind: Kind::Continuous,
    input: Input::Text,
    searches: "the text form and the guess of a file's form: an error that names its line, or a scenario that comes back unchanged",
    ignores: "what the scenario does, and files beyond the size limit",
    allow: Allow::Open,
};

impl Target {
    /// Checks one input; panics on a finding. What is planted is judged in place of the pair, against the driver without it.
    pub fn check(&self, data: &[u8], asked: Asked<'_>) -> Checked {
        match self.input {
            Input::Scenario(language) => pair::check(self, language, data, asked),
            Input::Allowed(_) => allowances::check(self, data, asked.planted.map(|planted| planted.fault)),
            Input::Bytes => decoders::bytes(data),
            Input::Text => decoders::text(data),
        }
    }

    /// Whether it looks for findings about the drivers, which `regdiff fuzz` can look for too.
    pub const fn judges_the_pair(&self) -> bool {
        matches!(self.input, Input::Scenario(_))
    }

    /// The part of the language that it searches, if its inputs are scenarios.
    pub const fn language(&self) -> Option<&'static Language> {
        match self.input {
            Input::Scenario(language) | Input::Allowed(language) => Some(language),
            Input::Bytes | Input::Text => None,
        }
    }
}

/// The target of a name.
pub fn by_name(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

#[cfg(test)]
mod tests;
