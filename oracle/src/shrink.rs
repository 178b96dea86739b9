//! The minimiser: takes parts out of a scenario while its finding stays.
//!
//! Contract:
//!
//! * It confirms first: a scenario that does not show the signature comes back as it is, with `confirmed: false`.
//! * A part stays out only if the *same* signature is still among the findings, under the same options; another bug is never
//!   handed back.
//! * It goes by structure ([`parts()`]): devices, steps and answers first, many at once, then one by one; and starts over until
//!   nothing can be taken. A finished result is 1-minimal.
//! * Ties are broken towards what a reader finds simplest ([`simpler`]): what must differ from its default differs by as little as
//!   bisection finds, and what that makes superfluous goes too.
//! * It takes at most `cap` judgements and says whether it finished. It never returns something larger.

use regdiff_scenario::Scenario;
use regdiff_scenario::parts::{self, Part, parts, without};
use regdiff_scenario::simpler::{self, Value};
use serde::Serialize;

use crate::judge::{Options, judge};
use crate::signature::Signature;

/// Judgements that one minimisation may take unless its caller says otherwise.
pub const DEFAULT_CAP: u32 = 20_000;

/// A scenario from which nothing more can be taken, or as little as the cap allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shrunk {
    /// The smallest scenario found; the one given if it does not show the signature at all.
    pub scenario: Scenario,
    /// Judgements taken.
    pub runs: u32,
    /// Whether every single part was tried on the result, and none can go.
    pub finished: bool,
    /// Whether the scenario given shows the signature: false means nothing was tried.
    pub confirmed: bool,
}

/// Minimises a scenario, holding on to a signature, with `cap` judgements at most.
pub fn shrink(scenario: &Scenario, signature: &Signature, options: &Options, cap: u32) -> Shrunk {
    shrink_by(scenario, cap, |candidate| judge(candidate, options).finding(signature).is_some())
}

/// Minimises a scenario while it is interesting.
pub fn shrink_by(scenario: &Scenario, cap: u32, interesting: impl FnMut(&Scenario) -> bool) -> Shrunk {
    let mut search = Search { smallest: scenario.clone(), runs: 0, cap, interesting };
    let confirmed = search.try_one(scenario.clone());
    let finished = confirmed && search.exhaust();
    Shrunk { scenario: search.smallest, runs: search.runs, finished, confirmed }
}

struct Search<F> {
    smallest: Scenario,
    runs: u32,
    cap: u32,
    interesting: F,
}

impl<F: FnMut(&Scenario) -> bool> Search<F> {
    /// Keeps a candidate if it is interesting.
    fn try_one(&mut self, candidate: Scenario) -> bool {
        if self.runs >= self.cap {
            return false;
        }
        self.runs += 1;
        let keeps = (self.interesting)(&candidate);
        if keeps {
            self.smallest = candidate;
        }
        keeps
    }

    /// Chunks of halving size, then single parts until a whole pass takes nothing. False if the cap came first.
    fn exhaust(&mut self) -> bool {
        let mut size = parts(&self.smallest).len() / 2;
        while size > 1 {
            self.pass(size);
            size = (size / 2).min(parts(&self.smallest).len() / 2);
        }
        loop {
            while self.pass(1) {}
            if !self.simplify() {
                return self.runs < self.cap;
            }
        }
    }

    /// Brings values nearer to their defaults, each as near as it can be. Whether any came nearer.
    fn simplify(&mut self) -> bool {
        let mut came = false;
        let mut at = 0;
        while let Some(value) = simpler::values(&self.smallest).get(at).copied() {
            if self.runs >= self.cap {
                return came;
            }
            came |= self.bisect(&value);
            // One that repair took to its default with another is gone; what follows it moved up, and the next round sees it.
            at += 1;
        }
        came
    }

    /// The nearest distance first, since most values only must not be the default; then halves.
    fn bisect(&mut self, value: &Value) -> bool {
        // The default itself was tried as a part.
        let (mut fails, mut shows) = (0, value.distance);
        let mut tried = 1;
        while shows - fails > 1 {
            if self.try_at(value, tried) {
                shows = tried;
            } else {
                fails = tried;
            }
            tried = fails + (shows - fails) / 2;
        }
        shows < value.distance
    }

    /// Tries one value nearer; what repair makes of it must neither be larger nor farther.
    fn try_at(&mut self, value: &Value, distance: u64) -> bool {
        let Some(candidate) = value.at(&self.smallest, distance) else { return false };
        let is_simpler = parts::size(&candidate) <= parts::size(&self.smallest)
            && simpler::distance(&candidate) < simpler::distance(&self.smallest);
        is_simpler && self.try_one(candidate)
    }

    /// Tries to take out each run of `size` parts. Whether anything went.
    fn pass(&mut self, size: usize) -> bool {
        let mut went = false;
        let mut at = 0;
        loop {
            let all = parts(&self.smallest);
            if at >= all.len() || self.runs >= self.cap {
                return went;
            }
            let chunk = &all[at..(at + size).min(all.len())];
            // What followed moves up to the place of what went.
            if take(&self.smallest, chunk).is_some_and(|candidate| self.try_one(candidate)) {
                went = true;
            } else {
                at += size;
            }
        }
    }
}

/// The scenario without some parts; None if none of them can go. Within a kind the last comes first, so that taking one out
/// leaves the names of those behind it right; one that is no longer there went with another.
fn take(scenario: &Scenario, chunk: &[Part]) -> Option<Scenario> {
    let mut rest: Option<Scenario> = None;
    for part in chunk {
        rest = without(rest.as_ref().unwrap_or(scenario), part).or(rest);
    }
    rest
}

#[cfg(test)]
mod tests {
    use regdiff_scenario::{Device, Step, Trigger};

    use super::*;

    fn large() -> Scenario {
        Scenario::generate(7)
    }

    #[test]
    fn what_is_not_interesting_comes_back_as_it_is() {
        let shrunk = shrink_by(&large(), 100, |_| false);
        assert_eq!(shrunk, Shrunk { scenario: large(), runs: 1, finished: false, confirmed: false });
    }

    #[test]
    fn nothing_is_left_of_what_is_always_interesting() {
        let shrunk = shrink_by(&large(), DEFAULT_CAP, |_| true);
        assert!(shrunk.finished);
        assert_eq!(parts::size(&shrunk.scenario), 0);
    }

    #[test]
    fn the_result_is_minimal_and_the_same_each_time() {
        let scenario = (0..).map(Scenario::generate).find(|s| s.steps.len() > 4 && !s.devices.is_empty()).unwrap();
        let wanted = scenario.steps[3].trigger;
        let interesting = |s: &Scenario| s.module.dif && s.steps.iter().any(|step| step.trigger == wanted);
        let mut start = scenario;
        start.module.dif = true;
        let shrunk = shrink_by(&start, DEFAULT_CAP, interesting);
        assert!(shrunk.finished && interesting(&shrunk.scenario));
        assert_eq!(shrunk.scenario.steps.len(), 1);
        for part in parts::parts(&shrunk.scenario) {
            let smaller = without(&shrunk.scenario, &part);
            assert!(smaller.is_none_or(|s| !interesting(&s)), "{part} can go");
        }
        assert_eq!(shrink_by(&start, DEFAULT_CAP, interesting), shrunk);
    }

    #[test]
    fn the_seed_shrinks_to_what_it_is_about() {
        let seed =
            Scenario::load(include_bytes!("../../corpus/registration/lp1887124.toml")).expect("the seed can be read");
        let (options, signature) = (Options::default(), "memory/eager/null-write/scsi_queue_rq/prot_sdb".into());
        let shrunk = shrink(&seed, &signature, &options, DEFAULT_CAP);
        assert!(shrunk.confirmed && shrunk.finished);
        assert!(parts::size(&shrunk.scenario) <= parts::size(&seed));
        assert!(shrunk.scenario.module.dif || shrunk.scenario.module.dix);
        assert!(judge(&shrunk.scenario, &options).finding(&signature).is_some());
    }

    #[test]
    fn ties_go_to_what_reads_simplest() {
        let mut scenario = Scenario { devices: vec![Device::default()], ..Scenario::default() };
        (scenario.module.queue_depth, scenario.module.port_scan_backoff) = (60_000, 7);
        let interesting = |s: &Scenario| s.module.queue_depth > 4_711 && s.module.port_scan_backoff != 500;
        let shrunk = shrink_by(&scenario, DEFAULT_CAP, interesting);
        assert!(shrunk.finished && interesting(&shrunk.scenario));
        assert_eq!((shrunk.scenario.module.queue_depth, shrunk.scenario.module.port_scan_backoff), (4_712, 499));
        assert!(shrunk.scenario.devices.is_empty());
    }

    /// The promise itself, on findings of every oracle: of what is left, nothing can go.
    #[test]
    fn real_findings_are_1_minimal_and_keep_their_signature() {
        let options = Options::default();
        let mut kinds = std::collections::BTreeSet::new();
        let mut seen = std::collections::BTreeSet::new();
        for scenario in (0..120).map(Scenario::generate) {
            for finding in judge(&scenario, &options).findings {
                if seen.len() >= 12 || !seen.insert(finding.signature.clone()) {
                    continue;
                }
                kinds.insert(finding.kind);
                let signature = finding.signature;
                let shrunk = shrink(&scenario, &signature, &options, DEFAULT_CAP);
                assert!(shrunk.confirmed && shrunk.finished, "{signature}");
                assert!(judge(&shrunk.scenario, &options).finding(&signature).is_some(), "{signature}");
                for part in parts(&shrunk.scenario) {
                    let less = without(&shrunk.scenario, &part).expect("listed parts can be taken out");
                    assert!(judge(&less, &options).finding(&signature).is_none(), "{signature}: {part} can go");
                }
            }
        }
        assert!(seen.len() >= 8 && kinds.len() >= 3, "{seen:?}");
    }

    #[test]
    fn many_parts_go_at_once() {
        let steps = |count| vec![Step::new(Trigger::SetOnline); count];
        let scenario = Scenario { devices: vec![Device::default()], steps: steps(256), ..Scenario::default() };
        // Nothing is needed: halves go, and halves of what is left.
        let shrunk = shrink_by(&scenario, DEFAULT_CAP, |_| true);
        assert!(shrunk.finished && shrunk.runs < 20, "{} judgements", shrunk.runs);
        // One step is needed: a search by halves, not one step after the other.
        let mut needle = scenario.clone();
        needle.steps[100] = Step::new(Trigger::SetOffline);
        let shrunk = shrink_by(&needle, DEFAULT_CAP, |s| s.steps.iter().any(|s| s.trigger == Trigger::SetOffline));
        assert_eq!(shrunk.scenario.steps.len(), 1);
        assert!(shrunk.finished && shrunk.runs < 60, "{} judgements", shrunk.runs);
    }

    #[test]
    fn the_cap_holds_and_is_told() {
        let steps = vec![Step::new(Trigger::SetOnline); 50];
        let scenario = Scenario { devices: vec![Device::default()], steps, ..Scenario::default() };
        let shrunk = shrink_by(&scenario, 5, |s| s.steps.len() > 10);
        assert!(shrunk.confirmed && !shrunk.finished);
        assert_eq!(shrunk.runs, 5);
        assert!(parts::size(&shrunk.scenario) < parts::size(&scenario));
    }
}
