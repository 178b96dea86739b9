//! `faults` and `run --fault`: the planted faults.

use std::path::Path;

use regdiff_oracle::FAULTS;
use regdiff_scenario::Scenario;

use crate::rig::{regdiff, regdiff_on};

#[test]
fn faults_lists_the_registry() {
    let listed = regdiff(["faults", "--json"]).ends_with(0).json();
    let names: Vec<_> = listed.iter().map(|entry| entry["name"].as_str().expect("a name")).collect();
    assert_eq!(names, FAULTS.iter().map(|fault| fault.name).collect::<Vec<_>>());
    for (entry, fault) in listed.iter().zip(FAULTS) {
        assert_eq!(entry["layer"], fault.layer.text());
        assert_eq!(entry["sentence"], fault.sentence());
        assert_eq!(entry["signature"], fault.signature.map_or(serde_json::Value::Null, Into::into));
    }
    let text = regdiff(["faults"]).ends_with(0).stdout;
    assert!(FAULTS.iter().all(|fault| text.contains(&fault.witness())), "{text}");
}

#[test]
fn run_arms_a_fault_and_says_how_to_repeat_it() {
    let witness = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/faults/scan-without-wait.toml");
    let run = |arguments: &[&str]| regdiff_on(arguments, &witness);
    run(&["run"]).ends_with(0);
    let found = run(&["run", "--fault", "scan-without-wait"]).ends_with(1);
    assert!(found.stdout.starts_with("planted: scan-without-wait: "), "{}", found.stdout);
    assert!(found.stdout.contains("divergence/port/absent-in-deferred"), "{}", found.stdout);
    assert!(found.stdout.contains("run --fault scan-without-wait"), "{}", found.stdout);
    let object = run(&["run", "--json", "--fault", "scan-without-wait"]).ends_with(1).json();
    assert_eq!(object[0]["fault"], "scan-without-wait");
    // Another fault is another matter: this one has no effect here.
    run(&["run", "--fault", "rport-keeps-host"]).ends_with(0);
    let refused = run(&["run", "--fault", "scan-without-wai"]).ends_with(2);
    assert!(refused.stderr.contains("scan-without-wait"), "{}", refused.stderr);
}

#[test]
fn a_blind_search_counts_from_one() {
    let listed = regdiff(["faults", "--blind", "3", "--jobs", "1", "--json"]).ends_with(0).json();
    for (entry, fault) in listed.iter().zip(FAULTS) {
        let after = entry["blind"]["alone"]["after"].as_u64();
        let expected = (0..3).find(|seed| !fault.reported(&Scenario::generate(*seed)).is_empty());
        assert_eq!(after, expected.map(|seed| seed + 1), "{}", fault.name);
    }
    regdiff(["faults", "--blind", "1000001"]).ends_with(2);
}

#[test]
fn a_blind_search_starts_where_it_is_told_to_and_may_leave_nothing_out() {
    let fault = regdiff_oracle::fault::by_name("scan-without-wait").expect("a fault");
    let search = |more: &[&str]| {
        let mut arguments = vec!["faults", fault.name, "--blind", "40", "--seed", "700", "--jobs", "1", "--json"];
        arguments.extend(more);
        regdiff(arguments).ends_with(0).json()[0]["blind"]["alone"]["after"].as_u64()
    };
    let first = |make: &dyn Fn(u64) -> Scenario| {
        (0..40).find(|at| !fault.reported(&make(700 + at)).is_empty()).map(|at| at + 1)
    };
    let without = regdiff_scenario::Language::WHOLE.without_swarm();
    assert_eq!(search(&[]), first(&Scenario::generate));
    assert_eq!(search(&["--no-swarm"]), first(&|seed| without.generate(seed)));
    regdiff(["faults", "--no-swarm"]).ends_with(2);
}

#[test]
fn nothing_need_be_allowed() {
    let later = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/registration/host-comes-later.toml");
    regdiff_on(&["run"], &later).ends_with(0);
    regdiff_on(&["run", "--allow", "nothing"], &later).ends_with(1);
}

/// Everything in the page but the two figures comes from the registry.
#[test]
fn the_page_of_faults_is_the_registrys() {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/faults.md")).expect("docs/faults.md");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .skip_while(|line| !line.starts_with("|---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), FAULTS.len(), "repeat the search: regdiff faults --blind 100000 --markdown");
    for (row, fault) in rows.iter().zip(FAULTS) {
        let signature = fault.signature.map_or_else(|| "nothing".to_owned(), |signature| format!("`{signature}`"));
        assert_eq!(row[..4], [fault.name, fault.layer.text(), &fault.sentence(), &signature]);
        assert!(row[4..].iter().all(|figure| *figure == "-" || figure.parse::<u64>().is_ok()), "{row:?}");
        assert!(fault.signature.is_some() || row[4..] == ["-", "-"], "{row:?}");
    }
}
