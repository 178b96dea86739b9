//! The walk against a count and a search that know nothing of it.

use std::collections::BTreeMap;

use regdiff_scenario::module::Toggle;
use regdiff_scenario::{Command, Random};

use super::*;
use crate::contract::Allow;
use crate::judge::Options;

/// Every scenario of a space, one by one: words, then changes, then parameters.
fn all(alphabet: &Alphabet, bounds: Bounds) -> Vec<Node> {
    let mut nodes = vec![Node::default()];
    let mut last = nodes.clone();
    for _ in 0..bounds.depth {
        let mut longer = Vec::new();
        for node in &last {
            let moments = if node.word.is_empty() { 0 } else { alphabet.moments.len() };
            for letter in 0..alphabet.letters.len() {
                longer.extend((0..=moments).map(|moment| node.followed(letter, moment)));
            }
        }
        nodes.extend(longer.iter().cloned());
        last = longer;
    }
    for key in 0..alphabet.keys.len() {
        let classes = 0..alphabet.keys[key].changes.len();
        let with = nodes.iter().flat_map(|node| classes.clone().map(|class| node.changed(alphabet, key, class)));
        nodes.extend(with.collect::<Vec<_>>());
    }
    nodes.retain(|node| node.spent() <= bounds.changes && node.preemptions <= bounds.preemptions);
    for bit in 0..alphabet.toggles.len() {
        nodes.extend(nodes.clone().into_iter().map(|node| Node { flipped: node.flipped | 1 << bit, ..node }));
    }
    nodes
}

/// The default alphabet with few steps, parameters and choices.
fn small(steps: &[&str], toggles: &[Toggle], keys: &[&str]) -> Alphabet {
    let names: Vec<String> = steps.iter().map(|name| (*name).to_owned()).collect();
    let mut alphabet = Alphabet::with_steps(&names).unwrap_or_else(|name| panic!("no step {name}"));
    alphabet.toggles = toggles.to_vec();
    alphabet.keys.retain(|key| keys.contains(&key.name.as_str()));
    assert_eq!(alphabet.keys.len(), keys.len(), "a choice is missing");
    alphabet
}

fn walk(explorer: &Explorer) -> Outcome {
    let Plan { units, mut outcome } = explorer.plan();
    units.iter().for_each(|unit| outcome.merge(explorer.explore(unit)));
    outcome
}

fn pair() -> Question {
    Question::Pair(Options::allowing(Allow::Intended))
}

/// The walk must count every scenario, and find in as many of them what judging each by itself finds.
fn agrees_with_brute_force(alphabet: Alphabet, bounds: Bounds) -> Outcome {
    let cut = Explorer::new(alphabet, bounds, pair());
    let explorer = cut.clone().with_all_steps();
    let nodes = all(explorer.alphabet(), bounds);
    let outcome = walk(&explorer);
    assert_eq!(outcome.without_effect, 0);
    assert_eq!(nodes.len() as u128, explorer.space().count(), "the formula");
    assert_eq!(outcome.scenarios, explorer.space().count(), "the walk");
    let mut found: BTreeMap<String, u128> = BTreeMap::new();
    for node in &nodes {
        for signature in explorer.signatures(&node.scenario(explorer.alphabet())) {
            *found.entry(signature).or_default() += 1;
        }
    }
    let walked: BTreeMap<String, u128> =
        outcome.findings.iter().map(|(signature, sighting)| (signature.clone(), sighting.scenarios)).collect();
    assert_eq!(walked, found);
    // Without the steps that do nothing the same is found, in fewer scenarios.
    let cut = walk(&cut);
    assert_eq!(cut.scenarios, outcome.scenarios);
    assert!(cut.judged <= outcome.judged);
    assert!(cut.findings.keys().eq(outcome.findings.keys()));
    for (signature, sighting) in &cut.findings {
        let known = &outcome.findings[signature];
        assert!(sighting.scenarios <= known.scenarios && sighting.scenarios + cut.without_effect >= known.scenarios);
    }
    cut
}

#[test]
fn one_step_by_brute_force() {
    let steps = ["set_online", "notify:gone", "fail:host_tag_set"];
    let keys = ["topology", "features", "exchange_config_data#1", "open_wka#1", "inquiry#1", "abort#1", "erp@erp_open"];
    let bounds = Bounds { depth: 1, changes: 1, preemptions: 1 };
    let outcome = agrees_with_brute_force(small(&steps, &Toggle::ALL, &keys), bounds);
    assert!(outcome.findings.contains_key("memory/eager/null-write/scsi_queue_rq/prot_sdb"), "the seed's crash");
    assert!(outcome.judged * 4 < outcome.scenarios as u64, "the cut cuts: {}", outcome.judged);
}

#[test]
fn two_steps_by_brute_force() {
    let steps = ["set_online", "remove", "adapter_failed", "read"];
    let toggles = [Toggle::Dif, Toggle::AllowLunScan, Toggle::BerStop];
    let keys = ["link", "exchange_port_data#1", "write#1", "user@user_start", "adapter_wq@scan_start"];
    agrees_with_brute_force(small(&steps, &toggles, &keys), Bounds { depth: 2, changes: 1, preemptions: 1 });
}

#[test]
fn two_changes_by_brute_force() {
    let keys =
        ["link", "exchange_config_data#2", "gid_pn#1", "erp@erp_open", "user@online_recovered", "erp@erp_xport_done"];
    let alphabet = small(&["set_online", "port_rescan"], &[Toggle::NoAutoPortRescan], &keys);
    agrees_with_brute_force(alphabet, Bounds { depth: 2, changes: 2, preemptions: 1 });
}

#[test]
fn a_machine_that_stops_is_not_asked_for_more_steps() {
    let alphabet = small(&["set_online", "unknown_request_id"], &[], &[]);
    let outcome = agrees_with_brute_force(alphabet, Bounds { depth: 4, changes: 0, preemptions: 0 });
    assert!(outcome.judged < 31, "{}", outcome.judged);
}

#[test]
fn the_default_alphabet_is_as_large_as_promised() {
    let alphabet = Alphabet::default();
    assert!(alphabet.letters.len() >= 25);
    assert!(alphabet.classes_of_answers() >= 6);
    assert_eq!(alphabet.toggles, Toggle::ALL);
    for command in [Command::ExchangeConfigData, Command::ExchangePortData] {
        for nth in 1..=2 {
            assert!(alphabet.keys.iter().any(|key| key.kind == KeyKind::Answer { command, nth }));
        }
    }
    assert!(alphabet.keys.len() <= Alphabet::MAX_KEYS);
    let space = Space::new(&alphabet, Bounds { depth: 3, changes: 1, preemptions: 1 });
    assert!(space.count() >= 1_000_000, "{}", space.count());
}

#[test]
fn every_change_changes_the_scenario_and_can_be_written_down() {
    let alphabet = Alphabet::default();
    for (index, key) in alphabet.keys.iter().enumerate() {
        for class in 0..key.changes.len() {
            let scenario = Node::default().changed(&alphabet, index, class).scenario(&alphabet);
            assert_ne!(scenario, alphabet.base, "{} {}", key.name, key.changes[class].0);
            let text = regdiff_scenario::text::print(&scenario);
            assert_eq!(regdiff_scenario::Scenario::load(text.as_bytes()).ok(), Some(scenario), "{}", key.name);
        }
    }
}

#[test]
fn no_preemption_is_missing_in_the_default_alphabet() {
    let explorer = Explorer::new(Alphabet::default(), Bounds { depth: 1, changes: 1, preemptions: 1 }, pair());
    assert_eq!(walk(&explorer).strays, Default::default());
}

#[test]
fn drawn_scenarios_are_of_the_space() {
    let bounds = Bounds { depth: 3, changes: 2, preemptions: 1 };
    let (alphabet, mut random) = (Alphabet::default(), Random::new(1));
    for _ in 0..1000 {
        let node = Node::draw(&mut random, &alphabet, bounds);
        assert!(node.word.len() <= 3 && node.spent() <= 2 && node.preemptions <= 1);
        assert_eq!(node.early as usize, node.word.iter().filter(|(_, moment)| *moment > 0).count());
    }
}
