//! The upstream series, patch by patch: which of its 256 subsets is safe, and which one breaks how.
//!
//! A subset is safe if no scenario of the corpus shows anything worse than the deferred driver: compared with eager, under the
//! whole contract, and beyond what the full series shows in its place ([`worse_than_deferred`]). That is a statement about
//! these scenarios, not a proof.

mod cube;
mod smallest;

use std::collections::BTreeMap;

use regdiff_scenario::Scenario;
use serde::{Serialize, Serializer};

use crate::contract::Allow;
use crate::judge::Options;
use crate::lane::{Fences, Variant};
use crate::signature::Signature;
use crate::worse::worse_than_deferred;

pub use cube::{Cube, cover};
pub use smallest::{Smallest, smallest};

/// Patches of the series.
pub const PATCHES: u8 = 8;

/// What each patch does, by number from 1.
pub const TITLES: [&str; PATCHES as usize] = [
    "changes of the host when queues are opened: one function, fenced",
    "changes of the host by configuration data: one function, fenced",
    "changes of the host by port data: one function, fenced",
    "changes of the host when the link goes down: fenced",
    "the point-to-point port: only after port data",
    "status bits of an adapter reach SCSI devices: fenced",
    "the port scan that a user asks for: fenced",
    "the host: allocated and added only after both exchanges",
];

/// Some of the patches: bit `n - 1` stands for patch `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subset(pub u8);

impl Subset {
    /// Every patch.
    pub const FULL: Self = Self(u8::MAX);

    /// All 256, from none to every patch.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX).map(Self)
    }

    /// Whether it has a patch, by number from 1.
    pub const fn has(self, patch: u8) -> bool {
        self.0 & (1 << (patch - 1)) != 0
    }

    /// Its patches, by number.
    pub fn patches(self) -> Vec<u8> {
        (1..=PATCHES).filter(|patch| self.has(*patch)).collect()
    }

    /// How it is judged: as the variant under test, against eager, under the whole contract.
    pub fn options(self) -> Options {
        let right = Variant::of(Fences::with_patches(|patch| self.has(patch)));
        Options { allow: Allow::Open, left: Variant::EAGER, right }
    }
}

impl Serialize for Subset {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.patches().serialize(to)
    }
}

/// What a subset does worse than the deferred driver, and in which scenarios of the corpus, by index.
pub type Failures = BTreeMap<Signature, Vec<usize>>;

/// Judges one subset over a corpus.
pub fn judge_subset(subset: Subset, corpus: &[Scenario]) -> Failures {
    let options = subset.options();
    let mut failures = Failures::new();
    for (index, scenario) in corpus.iter().enumerate() {
        for finding in worse_than_deferred(scenario, &options) {
            failures.entry(finding.signature).or_default().push(index);
        }
    }
    failures
}

/// Subsets that break in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The signatures; none for safe subsets.
    pub signatures: Vec<Signature>,
    /// The subsets.
    pub subsets: Vec<Subset>,
    /// The same subsets in few words.
    pub cubes: Vec<Cube>,
}

/// Groups subsets by their signatures: the safe ones first, then by how many patches the best of them has.
pub fn groups(judged: &[(Subset, Failures)]) -> Vec<Group> {
    let mut groups: BTreeMap<Vec<&Signature>, Vec<Subset>> = BTreeMap::new();
    for (subset, failures) in judged {
        groups.entry(failures.keys().collect()).or_default().push(*subset);
    }
    let mut groups: Vec<Group> = groups
        .into_iter()
        .map(|(signatures, subsets)| Group {
            signatures: signatures.into_iter().cloned().collect(),
            cubes: cover(&subsets),
            subsets,
        })
        .collect();
    let best = |group: &Group| group.subsets.iter().map(|subset| subset.0.count_ones()).max();
    groups.sort_by(|a, b| (!a.signatures.is_empty()).cmp(&!b.signatures.is_empty()).then(best(b).cmp(&best(a))));
    groups
}

#[cfg(test)]
mod tests;
