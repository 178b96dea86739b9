//! Planted faults: proof that what regdiff is silent about is not there.
//!
//! Each fault is one slip in one place of the deferred driver, or of the kernel below it, armed from outside of a scenario. It
//! has a witness, `corpus/faults/NAME.toml`, that is reported with the fault, under the signature expected here, and agrees
//! without it. One fault changes nothing that anybody could see: it must stay silent.
//!
//! A fault is judged against the same driver without it, with no allowance counted, so that everything reported is its doing.
//! [`Fault::usual_pair`] is the other pair, eager and the faulted driver under the contract: what a user would run who does
//! not know of the fault.

mod list;

use regdiff_observation::Lane;
use regdiff_scenario::Scenario;
use serde::{Serialize, Serializer};

use crate::contract::Allow;
use crate::finding::Finding;
use crate::judge::{Options, judge_on};
use crate::lane::{DriverFault, Fence, Fences, MidlayerFault, Model, Variant};
use crate::verdict::Report;
use crate::worse::{worse_in, worse_than_deferred};

pub use list::FAULTS;

/// Where a fault sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// How the driver registers its host: fences and redo.
    Registration,
    /// The driver's recovery.
    Recovery,
    /// The driver's way to the channel: queues, requests, unsolicited status, fabric services.
    Channel,
    /// The driver's SCSI and FC transport objects.
    Objects,
    /// SCSI midlayer, block layer, FC transport.
    Midlayer,
}

impl Layer {
    /// The name.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Recovery => "recovery",
            Self::Channel => "channel",
            Self::Objects => "objects",
            Self::Midlayer => "midlayer",
        }
    }
}

/// What a fault changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// It takes a fence out.
    Fence(Fence),
    /// A slip of the driver.
    Driver(DriverFault),
    /// A slip of the kernel.
    Midlayer(MidlayerFault),
}

impl Plant {
    /// What is wrong, in a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Fence(fence) => fence.sentence(),
            Self::Driver(fault) => fault.sentence(),
            Self::Midlayer(fault) => fault.sentence(),
        }
    }
}

/// A planted fault.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Fault {
    /// Its name, also of its witness.
    pub name: &'static str,
    /// Where it sits.
    pub layer: Layer,
    /// What it changes.
    #[serde(serialize_with = "sentence", rename = "sentence")]
    pub plant: Plant,
    /// What its witness must be reported as; None of a fault that nobody can see.
    pub signature: Option<&'static str>,
}

fn sentence<S: Serializer>(plant: &Plant, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&words(*plant))
}

fn words(plant: Plant) -> String {
    let missing = if matches!(plant, Plant::Fence(_)) { "Missing: " } else { "" };
    format!("{missing}{}", plant.sentence())
}

/// How far a scenario got with a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The driver came by its place.
    pub reached: bool,
    /// Something went another way for it, whether anybody could see that or not.
    pub triggered: bool,
}

/// The fault of a name.
pub fn by_name(name: &str) -> Option<&'static Fault> {
    FAULTS.iter().find(|fault| fault.name == name)
}

impl Fault {
    /// What is wrong, in a sentence. Of a fence, what is missing.
    pub fn sentence(&self) -> String {
        words(self.plant)
    }

    /// Its witness, below the root of the repository.
    pub fn witness(&self) -> String {
        format!("corpus/faults/{}.toml", self.name)
    }

    /// The deferred driver with this fault.
    pub fn variant(&self) -> Variant {
        let mut variant = Variant::DEFERRED;
        match self.plant {
            Plant::Fence(fence) => variant.fences = Fences::DEFERRED.without(fence),
            Plant::Driver(fault) => variant.fault = Some(fault),
            Plant::Midlayer(fault) => variant.switches.fault = Some(fault),
        }
        variant
    }

    /// The deferred driver and the faulted one, without any allowance.
    pub fn options(&self) -> Options {
        Options { allow: Allow::Nothing, left: Variant::DEFERRED, right: self.variant() }
    }

    /// The eager driver and the faulted one, under the whole contract.
    pub fn usual_pair(&self) -> Options {
        Options { allow: Allow::Open, left: Variant::EAGER, right: self.variant() }
    }

    /// What the fault does in a scenario, against the same driver without it.
    pub fn reported(&self, scenario: &Scenario) -> Vec<Finding> {
        self.tried(scenario).1
    }

    /// How far a scenario got with the fault, and what it does there.
    pub fn tried(&self, scenario: &Scenario) -> (Progress, Vec<Finding>) {
        let (progress, findings, _) = self.tried_on(&Model, scenario);
        (progress, findings)
    }

    /// The same in any lane of the model, with what was judged.
    pub(crate) fn tried_on<L>(&self, lane: &L, scenario: &Scenario) -> (Progress, Vec<Finding>, Report)
    where
        L: Lane<Variant = Variant>,
    {
        let options = self.options();
        let report = judge_on(lane, scenario, &options);
        let progress = Progress { reached: report.slips.deferred > 0, triggered: !report.alike };
        (progress, worse_in(&report, lane, scenario, &options), report)
    }

    /// What a user would see of it who runs the usual pair, beyond what that shows without the fault.
    pub fn reported_in_usual_pair(&self, scenario: &Scenario) -> Vec<Finding> {
        worse_than_deferred(scenario, &self.usual_pair())
    }
}

#[cfg(test)]
mod tests;
