//! The contract's own bounds: an allowance says which signatures it may cover, and whatever else its predicate accepts is a
//! mistake of the contract.
//!
//! A predicate is code, and code that is a little too generous hides bugs in silence. Its entry says in words that anybody can
//! read what it is for; here both are held together, on any scenario, with any fault.

use regdiff_observation::Lane;
use regdiff_scenario::Scenario;

use crate::contract::{Allowance, Context, all};
use crate::divergence;
use crate::judge::{Options, oracles};
use crate::lane::{Maskable, Model};
use crate::pair::{self, Pair};
use crate::signature::Signature;

/// An allowance that covers what it does not say.
#[derive(Clone, Debug)]
pub struct Stray {
    /// The allowance.
    pub allowance: &'static Allowance,
    /// What it covers beyond its own.
    pub signature: Signature,
}

/// Every stray of a scenario, of every allowance whatever its status, and not only of the first that covers a finding; also
/// behind the historical crash.
pub fn strays(scenario: &Scenario, options: &Options) -> Vec<Stray> {
    covered(scenario, options).into_iter().filter(|stray| !stray.allowance.names(&stray.signature)).collect()
}

/// What each allowance covers in a scenario.
pub fn covered(scenario: &Scenario, options: &Options) -> Vec<Stray> {
    let mut found = of_pair(&Model, scenario, Pair { eager: &options.left, deferred: &options.right }, false);
    if let (Some(eager), Some(deferred)) = (options.left.masked(), options.right.masked()) {
        found.extend(of_pair(&Model, scenario, Pair { eager: &eager, deferred: &deferred }, true));
    }
    found
}

fn of_pair<L: Lane>(lane: &L, scenario: &Scenario, variants: Pair<&L::Variant>, masked: bool) -> Vec<Stray> {
    let seen = pair::run(lane, scenario, variants);
    let context = Context { scenario, seen: seen.as_ref(), masked };
    let findings = oracles(&context, &divergence::compare(scenario, seen.as_ref()));
    let covers = |allowance: &'static Allowance| {
        let covered = findings.iter().filter(|finding| (allowance.covers)(&context, finding));
        covered.map(|finding| Stray { allowance, signature: finding.signature.clone() }).collect::<Vec<_>>()
    };
    all().flat_map(|(_, allowance)| covers(allowance)).collect()
}

impl Allowance {
    /// Whether a signature is among those that it may cover.
    pub fn names(&self, signature: &Signature) -> bool {
        self.signatures.iter().any(|pattern| fits(pattern, signature.as_str()))
    }
}

/// `*` stands for one part, and at the end for all that follow; slashes and dots part.
fn fits(pattern: &str, signature: &str) -> bool {
    let (mut pattern, mut signature) = (pattern.split(['/', '.']).peekable(), signature.split(['/', '.']));
    while let Some(wanted) = pattern.next() {
        match signature.next() {
            Some(_) if wanted == "*" && pattern.peek().is_none() => return true,
            Some(part) if wanted == "*" || wanted == part => {}
            _ => return false,
        }
    }
    signature.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::{covered, fits};
    use crate::contract::all;
    use crate::judge::Options;
    use crate::signature::Signature;
    use regdiff_scenario::Scenario;

    #[test]
    fn an_entry_names_what_its_own_scenario_needs_it_for_and_no_entry_names_everything() {
        for (_, allowance) in all() {
            let path = format!("{}/../corpus/{}.toml", env!("CARGO_MANIFEST_DIR"), allowance.scenario);
            let scenario = Scenario::load(&std::fs::read(&path).expect("the corpus")).expect("a scenario");
            let covered = covered(&scenario, &Options::default());
            let own: Vec<_> = covered.iter().filter(|stray| stray.allowance.id == allowance.id).collect();
            assert!(!own.is_empty(), "{}: {path} does not need it", allowance.id);
            assert!(own.iter().all(|stray| allowance.names(&stray.signature)), "{}: {own:?}", allowance.id);
            for kind in ["memory/eager/x/y/z", "lifetime/eager/x/y/z", "liveness/eager/x/y", "divergence/x"] {
                assert!(!allowance.names(&Signature::from(kind)), "{}: {kind}", allowance.id);
            }
        }
    }

    #[test]
    fn a_star_is_one_part_or_the_rest() {
        for (pattern, signature) in [
            ("liveness/*/blocked/read", "liveness/eager/blocked/read"),
            ("divergence/fc_host.*", "divergence/fc_host.port_name"),
            ("divergence/*", "divergence/fc_host/absent-in-deferred"),
            ("divergence/step.read", "divergence/step.read"),
        ] {
            assert!(fits(pattern, signature), "{pattern} {signature}");
        }
        for (pattern, signature) in [
            ("liveness/*/blocked/read", "liveness/eager/blocked/write"),
            ("liveness/*/blocked", "liveness/eager/blocked/write"),
            ("liveness/eager/blocked/write", "liveness/eager/blocked"),
            ("divergence/fc_host.*", "divergence/fc_host"),
            ("divergence/fc_host", "divergence/fc_hosts"),
            ("", "memory/x"),
        ] {
            assert!(!fits(pattern, signature), "{pattern} {signature}");
        }
    }
}
