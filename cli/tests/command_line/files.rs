//! Files that are written: complete, never over another one; and what is converted stays the same.

use std::fs;
use std::path::{Path, PathBuf};

use crate::rig::{folder, regdiff, regdiff_on, regdiff_with_input, seed};

const PRECIOUS: &[u8] = b"notes of a person";

fn precious(file: PathBuf) -> PathBuf {
    fs::write(&file, PRECIOUS).expect("a file for this test");
    file
}

fn text(file: &Path) -> &str {
    file.to_str().expect("a plain name")
}

#[test]
fn gen_overwrites_nothing_and_writes_all_or_nothing() {
    let folder = folder();
    let file = precious(folder.path().join("seed-6.toml"));
    let run = regdiff(["gen", "--seed", "5", "--count", "3", "-o", text(folder.path())]).ends_with(2);
    assert!(run.stderr.contains("seed-6.toml: exists already") && run.stderr.contains("cure: "), "{}", run.stderr);
    assert_eq!(fs::read(&file).expect("it is there"), PRECIOUS);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    regdiff(["gen", "--seed", "7", "--count", "3", "-o", text(folder.path())]).ends_with(0);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 4);
    let on_stdout = regdiff(["gen", "--seed", "8"]).ends_with(0).stdout;
    assert_eq!(fs::read_to_string(folder.path().join("seed-8.toml")).expect("it is there"), on_stdout);
}

#[test]
fn convert_overwrites_nothing() {
    let folder = folder();
    let file = precious(folder.path().join("out.bin"));
    let run = regdiff_on(&["convert", "-o", text(&file)], &seed()).ends_with(2);
    assert!(run.stderr.contains("out.bin: exists already") && run.stderr.contains("cure: "), "{}", run.stderr);
    assert_eq!(fs::read(&file).expect("it is there"), PRECIOUS);
    let run = regdiff_on(&["convert", "-o", text(&folder.path().join("no/such/out.bin"))], &seed()).ends_with(2);
    assert!(run.stderr.contains("cannot be written"), "{}", run.stderr);
}

#[test]
fn convert_loses_nothing() {
    let folder = folder();
    let (bytes, back) = (folder.path().join("seed.bin"), folder.path().join("seed.toml"));
    regdiff_on(&["convert", "-o", text(&bytes)], &seed()).ends_with(0);
    regdiff_on(&["convert", "-o", text(&back)], &bytes).ends_with(0);
    let canonical = regdiff_on(&["convert", "--to", "text"], &seed()).ends_with(0).stdout;
    assert_eq!(fs::read_to_string(&back).expect("it is there"), canonical);
    let scenario = |file| regdiff_on(&["show", "--no-timelines", "--json"], file).json()[0]["scenario"].clone();
    assert_eq!(scenario(&back), scenario(&seed()));
}

#[test]
fn tmin_overwrites_nothing_and_picks_a_free_name() {
    let folder = folder();
    let file = folder.path().join("seed.toml");
    fs::copy(seed(), &file).expect("a copy");
    let taken = precious(folder.path().join("minimized-from-seed.toml"));
    let run = regdiff_on(&["tmin"], &file).ends_with(0);
    let written = folder.path().join("minimized-from-seed-2.toml");
    assert!(run.stdout.contains(text(&written)), "{}", run.stdout);
    assert_eq!(fs::read(&taken).expect("it is there"), PRECIOUS);
    let run = regdiff_on(&["tmin", "-o", text(&taken)], &file).ends_with(2);
    assert!(run.stderr.contains("exists already"), "{}", run.stderr);
    assert_eq!(fs::read(&taken).expect("it is there"), PRECIOUS);
    assert_eq!(fs::read(&file).expect("it is there"), fs::read(seed()).expect("the seed"));
    let run = regdiff_on(&["run", "-q"], &written).ends_with(1);
    assert_eq!(
        run.stdout.lines().nth(1).map(str::trim),
        Some("memory/eager/null-write/scsi_queue_rq/prot_sdb"),
        "it keeps the signature"
    );
}

#[test]
fn tmin_says_what_it_did() {
    let folder = folder();
    let file = folder.path().join("seed.toml");
    fs::copy(seed(), &file).expect("a copy");
    let run = regdiff_on(&["tmin", "--json"], &file).ends_with(0);
    let json = &run.json()[0];
    let number = |key: &str| json[key].as_u64().unwrap_or_else(|| panic!("no {key} in {json}"));
    assert!(number("parts_after") < number("parts_before"), "{json}");
    assert!(number("judgements") > 1, "{json}");
    assert_eq!(json["finished"], true);
    let capped = regdiff_on(&["tmin", "--cap", "2", "-o", "-"], &file).ends_with(0).stdout;
    regdiff_with_input(&["run", "-"], capped.as_bytes()).ends_with(1);
}

#[test]
fn tmin_needs_a_finding() {
    let run = regdiff_on(&["tmin", "--allow", "open"], &seed()).ends_with(4);
    assert!(run.stderr.contains("without a finding") && run.stderr.contains("cure: "), "{}", run.stderr);
    let run = regdiff_on(&["tmin", "--signature", "memory/deferred/null-write"], &seed()).ends_with(4);
    assert!(run.stderr.contains("does not show memory/deferred/null-write"), "{}", run.stderr);
}
