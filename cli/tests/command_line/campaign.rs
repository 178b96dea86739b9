//! Campaigns in this process: counts, folders, what is left alone.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::rig::{Run, command, folder, regdiff, regdiff_on};

const CRASH: &str = "memory/eager/null-write/scsi_queue_rq/prot_sdb";

fn drill(keep: &Path, comparisons: &str) -> Run {
    let keep = keep.to_str().expect("a plain name");
    let target = ["fuzz", "--engine", "generate", "--target", "rediscovery", "--seconds", "120", "--jobs", "1"];
    let rest = ["--seed", "1", "--comparisons", comparisons, "--keep", keep, "--json"];
    regdiff(target.into_iter().chain(rest))
}

fn kept(json: &Value, signature: &str) -> Value {
    let list = json["kept"].as_array().expect("a list");
    list.iter().find(|kept| kept["signature"] == signature).cloned().unwrap_or_else(|| panic!("no {signature}: {json}"))
}

#[test]
fn a_drill_finds_the_historical_crash_and_keeps_a_minimal_scenario() {
    let folder = folder();
    let run = drill(folder.path(), "400").ends_with(1);
    let json = &run.json()[0];
    assert_eq!(json["comparisons"], 400);
    let crash = kept(json, CRASH);
    assert_eq!(crash["minimal"], true);
    let at = Path::new(crash["folder"].as_str().expect("a folder"));
    for name in ["scenario.toml", "report.txt", "verdict.json"] {
        assert!(at.join(name).is_file(), "{name}");
    }
    let verdict: Value =
        serde_json::from_str(&fs::read_to_string(at.join("verdict.json")).expect("a file")).expect("it is JSON");
    assert_eq!(verdict["signature"], CRASH);
    assert!(fs::read_to_string(at.join("report.txt")).expect("a file").contains("Call Trace:"));
    let again = regdiff_on(&["run", "-q"], &at.join("scenario.toml")).ends_with(1);
    assert!(again.stdout.contains(CRASH), "{}", again.stdout);
}

#[test]
fn the_same_seed_does_the_same_again() {
    let (one, two) = (folder(), folder());
    let result = |keep: &Path| {
        let json = drill(keep, "150").json().swap_remove(0);
        (json["compared"].clone(), json["kept"].as_array().map(Vec::len))
    };
    assert_eq!(result(one.path()), result(two.path()));
}

#[test]
fn what_was_there_before_is_never_changed() {
    let folder = folder();
    let slug = "memory-eager-null-write-scsi_queue_rq-prot_sdb";
    let theirs = folder.path().join(slug);
    fs::create_dir(&theirs).expect("a folder");
    fs::write(theirs.join("notes.txt"), "mine").expect("a file");
    fs::write(theirs.join("scenario.toml"), "version = 1\n# mine\n").expect("a file");
    let first = drill(folder.path(), "200").ends_with(1).json().swap_remove(0);
    let crash = kept(&first, CRASH);
    assert!(crash["folder"].as_str().is_some_and(|at| at.ends_with(&format!("{slug}-2"))), "{crash}");
    assert_eq!(fs::read_to_string(theirs.join("scenario.toml")).expect("a file"), "version = 1\n# mine\n");
    assert_eq!(fs::read_dir(&theirs).expect("a folder").count(), 2);
    // The second campaign finds nothing smaller, and takes the folder of the first.
    let entries = || fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry").path());
    let count = || entries().filter(|path| path.is_dir()).count();
    let before = count();
    let second = drill(folder.path(), "200").ends_with(1).json().swap_remove(0);
    assert_eq!(kept(&second, CRASH)["from_before"], true);
    assert_eq!(kept(&second, CRASH)["folder"], crash["folder"]);
    assert_eq!(count(), before);
    // Each campaign leaves its counts.
    assert_eq!(entries().filter(|path| path.is_file()).count(), 2);
}

#[test]
fn a_drill_that_finds_nothing_says_that_something_is_broken() {
    let folder = folder();
    drill(folder.path(), "0").ends_with(4);
}

#[test]
fn the_summary_is_for_people() {
    let folder = folder();
    let keep = folder.path().to_str().expect("a plain name");
    let run = regdiff(["fuzz", "--engine", "generate", "--comparisons", "50", "--seed", "3", "--keep", keep]);
    for part in ["campaign of", "target registration", "comparisons made 50", "verdicts"] {
        assert!(run.stdout.contains(part), "no `{part}` in\n{}", run.stdout);
    }
    assert!(run.stderr.contains("seed 3") && run.stderr.contains("repeat the campaign: "), "{}", run.stderr);
}

/// Far from the source tree there is no engine to build.
#[test]
fn without_libfuzzer_the_generator_goes_on_alone() {
    let folder = folder();
    let fuzz = |engine| {
        let arguments = ["fuzz", "--engine", engine, "--comparisons", "20", "--jobs", "1"];
        let output = command(arguments).current_dir(folder.path()).output().expect("the program starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = fuzz("libfuzzer");
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("no fuzz/ here or above") && said.contains("cure: "), "{said}");
    let (code, said) = fuzz("libfuzzer,afl,honggfuzz");
    assert!(code == Some(4) && said.contains("engine libfuzzer,afl,honggfuzz"), "{said}");
    let (code, said) = fuzz("auto");
    assert!(matches!(code, Some(0 | 1)), "{said}");
    assert!(said.contains("going on with --engine generate"), "{said}");
    assert!(folder.path().join("findings").is_dir());
}

#[test]
fn engines_are_listed_with_what_they_lack() {
    let run = regdiff(["fuzz", "--list-engines"]);
    for engine in ["generate", "libfuzzer", "afl", "honggfuzz"] {
        assert!(run.stdout.contains(engine), "{}", run.stdout);
    }
    let missing: Vec<&str> = run.stdout.lines().filter(|line| line.contains("missing")).collect();
    assert!(missing.iter().all(|line| line.contains("cure: ")), "{}", run.stdout);
    let code = if missing.is_empty() { 0 } else { 4 };
    run.ends_with(code);
    assert!(regdiff(["fuzz", "--engine", "quux"]).ends_with(2).stderr.contains("honggfuzz"));
}
