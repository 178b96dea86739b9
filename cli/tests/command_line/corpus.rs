//! `regdiff corpus`: packed, unpacked, merged and counted, and nothing lost.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regdiff_scenario::Scenario;

use crate::rig::{folder, regdiff, seed};

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain name")
}

fn lifecycle() -> String {
    format!("{}/../corpus/lifecycle", env!("CARGO_MANIFEST_DIR"))
}

/// The scenarios of a folder, whatever they are called.
fn scenarios(folder: &Path) -> BTreeSet<Vec<u8>> {
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let load = |file| Scenario::load(&fs::read(file).expect("a file")).expect("a scenario");
    files.map(|file| regdiff_scenario::bytes::encode(&load(file))).collect()
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    entries.map(|name| name.into_string().expect("a plain name")).collect()
}

#[test]
fn packing_and_unpacking_lose_nothing_and_do_nothing_twice() {
    let at = folder();
    let (packed, readable) = (at.path().join("packed"), at.path().join("readable"));
    let first = regdiff(["corpus", "pack", "--json", &lifecycle(), "-o", text(&packed)]).ends_with(0).json();
    let all = scenarios(Path::new(&lifecycle()));
    assert_eq!(first[0]["new"], all.len());
    assert_eq!(scenarios(&packed), all);
    assert!(names(&packed).iter().all(|name| name.len() == 40), "engines and regdiff know such names");
    regdiff(["corpus", "unpack", text(&packed), "-o", text(&readable)]).ends_with(0);
    assert_eq!(scenarios(&readable), all);
    let before = names(&readable);
    for file in &before {
        assert!(fs::read_to_string(readable.join(file)).expect("a text").starts_with("# from "), "{file}");
    }
    let again = regdiff(["corpus", "unpack", "--json", text(&packed), "-o", text(&readable)]).ends_with(0).json();
    assert_eq!((&again[0]["new"], &again[0]["there"]), (&0.into(), &all.len().into()));
    assert_eq!(names(&readable), before);
}

#[test]
fn a_target_gets_its_inputs_alone() {
    let at = folder();
    let packed = at.path().join("packed");
    let seed = seed();
    let pack = |target: &str| {
        let run = regdiff(["corpus", "pack", "--json", text(&seed), "-o", text(&packed), "--target", target]);
        run.ends_with(0).json()[0]["new"].clone()
    };
    // One device comes online once and stays.
    assert_eq!(pack("lifecycle"), 0);
    assert!(!packed.exists(), "no folder for nothing");
    assert_eq!(pack("registration"), 1);
}

#[test]
fn merging_adds_what_is_new_and_only_that() {
    let at = folder();
    let (one, mine) = (at.path().join("one.toml"), at.path().join("mine"));
    fs::copy(seed(), &one).expect("a copy");
    let merge = |from: &str| {
        let run = regdiff(["corpus", "merge", "--json", from, "--into", text(&mine)]).ends_with(0);
        run.json()[0]["new"].as_u64().expect("a number")
    };
    assert_eq!(merge(text(&one)), 1);
    assert_eq!(merge(text(&one)), 0, "it is there");
    let added = merge(&lifecycle());
    assert!(added > 0);
    assert_eq!(merge(&lifecycle()), 0);
    assert_eq!(names(&mine).len() as u64, 1 + added);
    // Together they show all that both show.
    let shown = |paths: &[&str]| {
        let run = regdiff(["corpus", "stats", "--json"].iter().chain(paths)).ends_with(0);
        run.json()[0]["behaviours"].as_u64().expect("a number")
    };
    let both = at.path().join("both");
    fs::create_dir(&both).expect("a folder");
    regdiff(["corpus", "pack", text(&one), &lifecycle(), "-o", text(&both)]).ends_with(0);
    assert_eq!(shown(&[text(&mine)]), shown(&[text(&both)]));
}

#[test]
fn twins_and_what_is_no_scenario_are_counted() {
    let at = folder();
    fs::copy(seed(), at.path().join("a.toml")).expect("a copy");
    regdiff(["convert", text(&seed()), "-o", text(&at.path().join("b.bin"))]).ends_with(0);
    fs::write(at.path().join("c.toml"), "no scenario").expect("a file");
    let run = regdiff(["corpus", "stats", "--json", text(at.path())]).ends_with(2);
    let line = &run.json()[0];
    assert_eq!((&line["scenarios"], &line["twins"], &line["refused"]), (&2.into(), &1.into(), &1.into()));
    assert!(run.stderr.contains("c.toml"), "{}", run.stderr);
    let shown = regdiff(["corpus", "stats", text(&seed())]).ends_with(0).stdout;
    assert!(shown.contains("behaviours") && shown.contains("lp1887124.toml"), "{shown}");
    let strict = regdiff(["corpus", "stats", "--json", "--allow", "intended", text(&seed())]).ends_with(0).json();
    assert_eq!((&strict[0]["findings"], &strict[0]["other"]), (&1.into(), &0.into()));
}
