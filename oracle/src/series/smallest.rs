//! For each way to fail, the smallest scenario that shows it.

use regdiff_scenario::{Scenario, parts};
use serde::Serialize;

use super::{Failures, Subset};
use crate::shrink::shrink_by;
use crate::signature::Signature;
use crate::worse::worse_than_deferred;

/// Judgements that one scenario may take.
const CAP: u32 = 2000;

/// The smallest scenario of one signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Smallest {
    /// What it shows.
    pub signature: Signature,
    /// What happens, in a sentence.
    pub sentence: String,
    /// The subset that shows it: of those that do, the first of those with most patches.
    pub subset: Subset,
    /// Index of the scenario of the corpus from which it was made: the smallest that shows it.
    pub from: usize,
    /// The scenario, from which nothing more can be taken.
    pub scenario: Scenario,
    /// Whether every part that is left was tried.
    pub finished: bool,
}

/// The smallest scenario of a signature; None if no subset shows it.
pub fn smallest(signature: &Signature, judged: &[(Subset, Failures)], corpus: &[Scenario]) -> Option<Smallest> {
    let shows = |(subset, failures): &'_ (Subset, Failures)| failures.get(signature).map(|at| (*subset, at.clone()));
    let (subset, at) = judged.iter().filter_map(shows).min_by_key(|(subset, _)| (subset.0.count_zeros(), subset.0))?;
    let from = at.into_iter().min_by_key(|index| (parts::size(&corpus[*index]), *index))?;
    let options = subset.options();
    let find = |scenario: &Scenario| {
        worse_than_deferred(scenario, &options).into_iter().find(|finding| finding.signature == *signature)
    };
    let shrunk = shrink_by(&corpus[from], CAP, |candidate| find(candidate).is_some());
    let sentence = find(&shrunk.scenario)?.sentence();
    let signature = signature.clone();
    Some(Smallest { signature, sentence, subset, from, scenario: shrunk.scenario, finished: shrunk.finished })
}
