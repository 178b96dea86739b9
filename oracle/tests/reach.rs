//! The curated corpus reaches everything that the registries hold, but for a list of exceptions.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regdiff_oracle::inputs::{behaviours, reach};
use regdiff_oracle::{Allow, Options};
use regdiff_scenario::text;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the corpus is part of the repository") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn the_corpus_reaches_every_goal_but_the_exceptions() {
    let mut all = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus"), &mut all);
    let mut done = BTreeSet::new();
    for file in all {
        let scenario = text::parse(&std::fs::read_to_string(&file).expect("a text")).expect("a scenario");
        done.extend(behaviours(&scenario, &Options::allowing(Allow::Open)).1);
    }
    let missing: BTreeSet<String> = reach::missing(&done).iter().map(ToString::to_string).collect();
    let excepted: BTreeSet<String> = reach::EXCEPTIONS.iter().map(|exception| exception.goal.to_owned()).collect();
    let unreached: Vec<_> = missing.difference(&excepted).collect();
    let stale: Vec<_> = excepted.difference(&missing).collect();
    assert!(
        unreached.is_empty() && stale.is_empty(),
        "add a scenario to corpus/, or an exception with its reason, for {unreached:#?}\n\
         the corpus reaches these, or they are no goals; take their exceptions out: {stale:#?}"
    );
    assert_eq!(excepted.len(), reach::EXCEPTIONS.len(), "an exception is listed twice");
    assert!(reach::EXCEPTIONS.iter().all(|exception| exception.why.len() > 20));
}
