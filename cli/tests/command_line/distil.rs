//! Tables of inputs, distilled corpora, and the contract's own check.

use std::fs;
use std::path::{Path, PathBuf};

use crate::rig::{folder, regdiff, seed};

fn text(file: &Path) -> &str {
    file.to_str().expect("a plain name")
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
}

/// A folder with generated scenarios in it.
fn seeds(folder: &Path, count: &str) -> PathBuf {
    let seeds = folder.join("seeds");
    regdiff(["gen", "--seed", "0", "--count", count, "-o", text(&seeds)]).ends_with(0);
    seeds
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    files
}

/// Rows of a table without what says where and how often.
fn rows(arguments: &[&str]) -> Vec<String> {
    let run = regdiff(["table", "inputs", "--json"].iter().chain(arguments)).ends_with(0);
    let cell = |row: &serde_json::Value| format!("{} {} {}", row["table"], row["row"], row["column"]);
    run.json().iter().filter(|row| row["table"] != "missing").map(cell).collect()
}

#[test]
fn the_table_says_what_was_tried_and_what_was_not() {
    let run = regdiff(["table", "inputs", text(&seed())]).ends_with(0);
    for line in ["1 scenarios", "never reached"] {
        assert!(run.stdout.contains(line), "{}", run.stdout);
    }
    let row = |start: &str| run.stdout.lines().find(|line| line.trim_start().starts_with(start)).map(str::to_owned);
    assert!(row("set_online ").is_some_and(|line| line.ends_with(" 1")), "{}", run.stdout);
    assert!(row("trigger cable").is_some() && row("trigger set_online").is_none(), "{}", run.stdout);
    let only = regdiff(["table", "inputs", text(&seed()), "--missing"]).ends_with(0).stdout;
    assert!(only.starts_with("never reached") && run.stdout.ends_with(&only), "{only}");
}

#[test]
fn the_table_does_not_depend_on_threads() {
    let table =
        |jobs| regdiff(["table", "inputs", "--generated", "60", "--seed", "5", "--json", "--jobs", jobs]).stdout;
    assert_eq!(table("1"), table("3"));
}

#[test]
fn the_curated_corpus_misses_nothing_without_a_reason() {
    let run = regdiff(["table", "inputs", text(&corpus()), "--missing", "--json"]).ends_with(0);
    assert!(run.json().iter().all(|row| row["why"].as_str().is_some_and(|why| !why.is_empty())), "{}", run.stdout);
}

#[test]
fn a_table_of_nothing_is_refused() {
    let run = regdiff(["table", "inputs"]).ends_with(2);
    assert!(run.stderr.contains("nothing to make a table of") && run.stderr.contains("--generated"), "{}", run.stderr);
}

#[test]
fn distilling_keeps_every_behaviour_and_touches_nothing() {
    let folder = folder();
    let (seeds, new) = (seeds(folder.path(), "40"), folder.path().join("new"));
    let before: Vec<_> = files(&seeds).iter().map(|file| (file.clone(), fs::read(file).expect("a file"))).collect();
    let run = regdiff(["cmin", text(&seeds), "-o", text(&new), "--json"]).ends_with(0);
    let (json, kept) = (&run.json()[0], files(&new).len());
    assert_eq!((json["scenarios"].as_u64(), json["kept"].as_u64()), (Some(40), Some(kept as u64)));
    assert!(kept > 0 && kept < 40, "{kept}");
    assert_eq!(rows(&[text(&seeds)]), rows(&[text(&new)]));
    assert!(before.iter().all(|(file, contents)| fs::read(file).is_ok_and(|now| now == *contents)));
    assert!(files(&new).iter().all(|file| {
        before.iter().any(|(old, c)| old.file_name() == file.file_name() && fs::read(file).is_ok_and(|now| now == *c))
    }));
    let run = regdiff(["cmin", text(&seeds), "-o", text(&new)]).ends_with(2);
    assert!(run.stderr.contains("exists already"), "{}", run.stderr);
    let beyond = folder.path().join("beyond");
    let run = regdiff(["cmin", text(&seeds), "-o", text(&beyond), "--beyond", text(&new), "--json"]).ends_with(0);
    assert_eq!((run.json()[0]["kept"].as_u64(), files(&beyond).len()), (Some(0), 0));
}

#[test]
fn replacing_keeps_the_old_folder() {
    let folder = folder();
    let seeds = seeds(folder.path(), "20");
    // It shows nothing that the original does not.
    fs::copy(&files(&seeds)[0], seeds.join("twin.toml")).expect("a file");
    let all = files(&seeds).len();
    let run = regdiff(["cmin", text(&seeds), "--replace"]).ends_with(0);
    let old = folder.path().join("seeds.old-1");
    assert!(run.stdout.contains(text(&old)), "{}", run.stdout);
    assert_eq!(files(&old).len(), all);
    assert!(files(&seeds).len() < all);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "no third folder is left behind");
    fs::write(seeds.join("notes.txt"), "notes of a person").expect("a file");
    let run = regdiff(["cmin", text(&seeds), "--replace"]).ends_with(2);
    assert!(run.stderr.contains("are no scenarios"), "{}", run.stderr);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
    assert!(seeds.join("notes.txt").exists());
    regdiff(["cmin", text(&seeds)]).ends_with(2);
    regdiff(["cmin", text(&seed()), "-o", text(&folder.path().join("x"))]).ends_with(2);
}

#[test]
fn the_contract_is_checked_by_the_day_given() {
    let corpus = corpus();
    let check = |day: &str, path: &Path| regdiff(["check", "--contract", "--today", day, text(path)]);
    let run = check("2026-01-01", &corpus).ends_with(0);
    assert!(run.stdout.contains(", 0 faults"), "{}", run.stdout);
    let run = check("9999-12-31", &corpus).ends_with(1);
    assert!(run.stdout.contains("host-comes-later: expired: its review was due on "), "{}", run.stdout);
    let run = check("2026-01-01", &seed()).ends_with(1);
    assert!(run.stdout.contains("host-comes-later: unused: its scenario"), "{}", run.stdout);
    assert!(run.stdout.contains("host-comes-later: unused: none of the scenarios uses it"), "{}", run.stdout);
    assert!(!run.stdout.contains("eager-null-prot-sdb:"), "{}", run.stdout);
    let run = check("2026-02-30", &corpus).ends_with(2);
    assert!(run.stderr.contains("no such day"), "{}", run.stderr);
    regdiff(["check", "--contract", text(&corpus)]).ends_with(2);
    regdiff(["check", "--contract", "--today", "2026-01-01"]).ends_with(2);
    regdiff(["check"]).ends_with(2);
}
