//! The curated corpus: every file is judged, and every allowance is needed by the scenario it names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regdiff_oracle::{Allow, Options, Report, contract, judge, judge_without, target};
use regdiff_scenario::{Scenario, bytes, text};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
}

/// Every scenario of the corpus as `folder/name`, with its text.
fn corpus() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for folder in std::fs::read_dir(root()).expect("the corpus is part of the repository") {
        let folder = folder.expect("it can be read").path();
        for file in std::fs::read_dir(&folder).expect("a folder of the corpus") {
            let file = file.expect("it can be read").path();
            let name = |path: &Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
            let id = format!("{}/{}", name(&folder), name(&file));
            files.push((id, std::fs::read_to_string(&file).expect("a text")));
        }
    }
    files.sort();
    assert!(files.len() > 20, "the corpus is found");
    files
}

fn parsed(id: &str, file: &str) -> Scenario {
    text::parse(file).unwrap_or_else(|error| panic!("{id}: {error}"))
}

fn judged(scenario: &Scenario, allow: Allow) -> Report {
    judge(scenario, &Options::allowing(allow))
}

#[test]
fn every_file_says_what_it_is_for_and_survives_both_forms() {
    for (id, file) in corpus() {
        assert!(file.starts_with("# "), "{id} begins with a line that says what it is for");
        let scenario = parsed(&id, &file);
        assert!(scenario.is_canonical(), "{id}");
        assert_eq!(bytes::decode(&bytes::encode(&scenario)), scenario, "{id}");
        assert_eq!(text::parse(&text::print(&scenario)).as_ref(), Ok(&scenario), "{id}");
    }
}

#[test]
fn nothing_in_the_corpus_is_unexplained() {
    for (id, file) in corpus() {
        let report = judged(&parsed(&id, &file), Allow::Open);
        let signatures: Vec<_> = report.findings.iter().map(|finding| finding.signature.as_str()).collect();
        assert_eq!(signatures, [""; 0], "{id}");
    }
}

#[test]
fn every_allowance_is_used_by_the_scenario_it_names() {
    let corpus = corpus();
    for (status, allowance) in contract::all() {
        let (id, file) = corpus
            .iter()
            .find(|(id, _)| id == allowance.scenario)
            .unwrap_or_else(|| panic!("{}: corpus/{}.toml is missing", allowance.id, allowance.scenario));
        let report = judged(&parsed(id, file), Allow::Open);
        let used: BTreeSet<_> = report.allowed.iter().map(|allowed| allowed.id).collect();
        assert!(used.contains(allowance.id), "{id} does not need {} ({}): {used:?}", allowance.id, status.text());
    }
}

#[test]
fn without_an_allowance_its_scenario_is_unexplained() {
    let corpus = corpus();
    for (_, allowance) in contract::all() {
        let (id, file) = corpus.iter().find(|(id, _)| id == allowance.scenario).expect("tested above");
        let report = judge_without(&parsed(id, file), &Options::allowing(Allow::Open), allowance.id);
        assert!(!report.findings.is_empty(), "{id} says the same without {}", allowance.id);
        assert!(report.allowed.iter().all(|allowed| allowed.id != allowance.id), "{}", allowance.id);
    }
}

#[test]
fn the_drill_finds_the_seed_and_nothing_else() {
    let run = |name: &str, target: target::Target| {
        let (id, file) = corpus().into_iter().find(|(id, _)| id == name).expect("it is part of the corpus");
        let encoded = bytes::encode(&parsed(&id, &file));
        std::panic::catch_unwind(|| target.check(&encoded, target::Asked::default())).is_err()
    };
    assert!(run("rediscovery/lp1887124", target::REDISCOVERY));
    assert!(!run("registration/lp1887124", target::REGISTRATION));
    assert!(!run("registration/late-protection-features", target::REGISTRATION));
    assert!(!run("registration/incomplete-first-open", target::REDISCOVERY));
    assert!(!run("registration/nominal", target::REDISCOVERY));
}

/// What once was a finding says which, is none any more, and stops no search of whatever target takes it.
#[test]
fn regressions_stay_repaired_for_every_target() {
    let regressions: Vec<_> = corpus().into_iter().filter(|(id, _)| id.starts_with("regressions/")).collect();
    assert!(!regressions.is_empty());
    for (id, file) in regressions {
        let told = file.lines().next().and_then(|line| line.strip_prefix("# Once ")?.split_once(": "));
        let (signature, _) = told.unwrap_or_else(|| panic!("{id} does not begin with `# Once SIGNATURE: why`"));
        let scenario = parsed(&id, &file);
        let report = judged(&scenario, Allow::Open);
        assert!(report.finding(&signature.into()).is_none(), "{id}: {signature} is back");
        for target in target::TARGETS.iter().filter(|target| target.kind == target::Kind::Continuous) {
            target.check(&bytes::encode(&scenario), target::Asked::default());
        }
    }
}

/// A target's folder holds its inputs, and nothing in it is news.
#[test]
fn seeds_are_their_targets_own_and_stop_no_search() {
    let mut foreign = Vec::new();
    for (id, file) in corpus() {
        let Some(target) = target::by_name(id.split('/').next().unwrap_or_default()) else { continue };
        let encoded = bytes::encode(&parsed(&id, &file));
        if target.kind == target::Kind::Continuous
            && target.language().is_some()
            && target.check(&encoded, target::Asked::default()) != target::Checked::Judged
        {
            foreign.push(id);
        }
    }
    assert!(
        foreign.is_empty(),
        "none of their target's language; corpus/registration takes any scenario: {foreign:#?}"
    );
}
