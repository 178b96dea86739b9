//! What an exploration has seen so far.

use std::collections::{BTreeMap, BTreeSet};

use regdiff_scenario::{Context, Point, Scenario};

/// A signature that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// How many scenarios of the space show it, not counting those with a step that does nothing.
    pub scenarios: u128,
    /// How many judgements showed it.
    pub judged: u64,
    /// Steps, changes and parameters of the smallest one.
    pub size: u32,
    /// The smallest one in a line.
    pub words: String,
    /// The first of the smallest.
    pub first: Scenario,
}

/// What was seen. Outcomes of the same units, merged in their order, are the same however the work was shared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Scenarios that the judgements stand for.
    pub scenarios: u128,
    /// Those among them with a step that does nothing: what they show, the same scenario without that step shows.
    pub without_effect: u128,
    /// Judgements.
    pub judged: u64,
    /// Runs of a variant.
    pub runs: u64,
    /// What could be seen of a pair of runs, as numbers: how many different ones there were.
    pub states: BTreeSet<u64>,
    /// How many judgements ended in each verdict.
    pub verdicts: BTreeMap<String, u64>,
    /// What was found, by signature.
    pub findings: BTreeMap<String, Sighting>,
    /// Contexts at points where others could have run, and no choice of the alphabet is about it.
    pub strays: BTreeSet<(Context, Point)>,
    /// Open choices that some run came to, by bit.
    pub reached: u128,
}

impl Outcome {
    /// Adds what was seen after this.
    pub fn merge(&mut self, later: Self) {
        self.scenarios += later.scenarios;
        self.without_effect += later.without_effect;
        self.reached |= later.reached;
        self.judged += later.judged;
        self.runs += later.runs;
        self.states.extend(later.states);
        self.strays.extend(later.strays);
        for (verdict, count) in later.verdicts {
            *self.verdicts.entry(verdict).or_default() += count;
        }
        for (signature, sighting) in later.findings {
            self.sight(signature, sighting);
        }
    }

    /// Adds a finding. Of several scenarios the smallest stays, and the first of these.
    pub(super) fn sight(&mut self, signature: String, sighting: Sighting) {
        match self.findings.get_mut(&signature) {
            None => {
                self.findings.insert(signature, sighting);
            }
            Some(known) => {
                known.scenarios += sighting.scenarios;
                known.judged += sighting.judged;
                if sighting.size < known.size {
                    (known.size, known.words, known.first) = (sighting.size, sighting.words, sighting.first);
                }
            }
        }
    }
}
