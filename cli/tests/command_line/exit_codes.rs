//! The promised codes, for every verdict that generated scenarios have.

use std::collections::BTreeMap;

use crate::rig::{folder, regdiff};

/// Scenarios that are judged: enough for every common verdict.
const SEEDS: u64 = 80;

#[test]
fn every_verdict_has_its_code() {
    let folder = folder();
    let at = folder.path().to_str().expect("a plain name");
    regdiff(["gen", "--seed", "0", "--count", &SEEDS.to_string(), "-o", at]).ends_with(0);
    let mut seen = BTreeMap::new();
    for seed in 0..SEEDS {
        let run = regdiff(["run", "--json", &format!("{at}/seed-{seed}.toml")]);
        let verdict = run.json()[0]["verdict"].as_str().expect("a name").to_owned();
        let expected = match verdict.as_str() {
            "agree" | "cut_short" => 0,
            "findings" => 1,
            "skipped" | "partly_judged" | "limit_hit" => 3,
            other => panic!("an unknown verdict: {other}"),
        };
        assert_eq!(run.code, expected, "{verdict}: {}", run.stderr);
        assert_eq!(run.json()[0]["exit_code"], expected);
        *seen.entry(verdict).or_insert(0) += 1;
    }
    assert!(["agree", "findings"].iter().all(|verdict| seen.contains_key(*verdict)), "{seen:?}");
}

#[test]
fn the_gravest_code_of_several_files_wins() {
    let folder = folder();
    let at = folder.path().to_str().expect("a plain name");
    regdiff(["gen", "--seed", "0", "--count", "40", "-o", at]).ends_with(0);
    let files = (0..40).map(|seed| format!("{at}/seed-{seed}.toml"));
    let run = regdiff(["run".to_owned(), "--json".to_owned()].into_iter().chain(files)).ends_with(1);
    assert_eq!(run.json().len(), 40);
}
