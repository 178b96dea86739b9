//! `list` shows the registries, and nothing else does.

use std::collections::BTreeSet;

use regdiff_oracle::{TARGETS, contract};
use regdiff_scenario::{Command, Layout, Trigger};
use regdiff_zfcp::Fence;
use serde_json::Value;

use crate::rig::regdiff;

#[track_caller]
fn holds(topic: &str, key: &str, expected: BTreeSet<String>) {
    let run = regdiff(["list", topic, "--json"]).ends_with(0);
    let listed = run.json();
    let names: BTreeSet<String> = listed.iter().map(|entry| entry[key].as_str().expect("a name").to_owned()).collect();
    assert_eq!(names, expected);
    assert_eq!(listed.len(), expected.len(), "each once");
    assert!(listed.iter().all(|entry| entry["list"] == topic));
    let text = regdiff(["list", topic]).ends_with(0).stdout;
    for name in &expected {
        assert!(text.lines().any(|line| line.split_whitespace().any(|word| word == name)), "no {name} in\n{text}");
    }
}

fn names<T>(list: &[T], name: impl Fn(&T) -> String) -> BTreeSet<String> {
    list.iter().map(name).collect()
}

#[test]
fn list_matches_the_registries() {
    holds("targets", "name", names(TARGETS, |target| target.name.to_owned()));
    holds("allowances", "id", contract::all().map(|(_, allowance)| allowance.id.to_owned()).collect());
    holds("fences", "id", names(Fence::ALL, |fence| fence.id().to_owned()));
    holds("triggers", "name", names(Trigger::ALL, |trigger| trigger.text().to_owned()));
    holds("commands", "name", names(Command::ALL, |command| command.text().to_owned()));
    holds("layouts", "name", names(Layout::ALL, |layout| layout.text().to_owned()));
}

#[test]
fn list_without_a_topic_lists_everything() {
    let all = regdiff(["list", "--json"]).ends_with(0).json();
    let topics: BTreeSet<&str> = all.iter().filter_map(|entry| entry["list"].as_str()).collect();
    assert_eq!(topics, BTreeSet::from(["targets", "allowances", "fences", "triggers", "commands", "layouts"]));
}

#[test]
fn allowances_say_why() {
    for entry in regdiff(["list", "allowances", "--json"]).ends_with(0).json() {
        for key in ["allows", "why", "evidence", "review", "status"] {
            assert!(entry[key].as_str().is_some_and(|text: &str| !text.is_empty()), "{key} of {entry}");
        }
    }
}

#[test]
fn the_targets_of_fuzz_are_those_of_the_registry() {
    let help = regdiff(["fuzz", "--help"]).ends_with(0).stdout;
    let mut searched = TARGETS.iter().filter(|target| target.judges_the_pair());
    assert!(searched.all(|target| help.contains(target.name)), "{help}");
    assert!(regdiff(["fuzz", "--target", "codec"]).ends_with(2).stderr.contains("codec"));
    assert!(matches!(regdiff(["list", "targets", "--json"]).json()[0], Value::Object(_)));
}
