//! Triage, report, doctor, completions, manual pages.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::rig::{folder, regdiff, regdiff_on, seed};

const CRASH: &str = "memory/eager/null-write/scsi_queue_rq/prot_sdb";
const SLUG: &str = "memory-eager-null-write-scsi_queue_rq-prot_sdb";

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain name")
}

/// Crash files as three engines leave them, a log, and something that is no scenario.
fn crashes(at: &Path) {
    let nested = at.join("afl/default/crashes");
    fs::create_dir_all(&nested).expect("folders");
    let seed = seed();
    let bytes = at.join("seed.bytes");
    regdiff(["convert", "-o", text(&bytes), text(&seed)]).ends_with(0);
    let contents = fs::read(&bytes).expect("bytes");
    fs::remove_file(&bytes).expect("gone");
    let mut padded = contents.clone();
    padded.extend_from_slice(&[200, 201, 202]);
    fs::write(at.join("crash-1"), &contents).expect("a file");
    fs::write(nested.join("id:000000,sig:06"), &padded).expect("a file");
    fs::write(at.join("SIGABRT.PC.1.fuzz"), &contents).expect("a file");
    fs::write(at.join("README.txt"), "nothing").expect("a file");
    fs::write(at.join("crash-empty"), "").expect("a file");
}

/// Every file below a folder with its contents.
fn snapshot(at: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(at).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(snapshot(&path));
        } else {
            files.insert(text(&path).to_owned(), fs::read(&path).expect("a file"));
        }
    }
    files
}

fn triage(from: &Path, keep: &Path) -> Vec<serde_json::Value> {
    regdiff(["triage", "--json", "--keep", text(keep), text(from)]).ends_with(1).json()
}

#[test]
fn triage_makes_one_folder_a_signature_and_a_second_run_changes_nothing() {
    let (from, keep) = (folder(), folder());
    crashes(from.path());
    let told = triage(from.path(), keep.path());
    let crash = told.iter().find(|line| line["signature"] == CRASH).expect("the crash");
    // Two of the four files are the same bytes.
    assert_eq!((&crash["files"], &crash["state"], &crash["minimal"]), (&2.into(), &"new".into(), &true.into()));
    let at = keep.path().join(SLUG);
    for name in ["scenario.toml", "timelines.txt", "verdict.json", "seen.jsonl"] {
        assert!(at.join(name).is_file(), "{name}");
    }
    regdiff_on(&["run", "-q"], &at.join("scenario.toml")).ends_with(1);
    fs::write(at.join("notes.md"), "reported upstream").expect("a person writes");
    let before = snapshot(keep.path());
    let again = triage(from.path(), keep.path());
    assert!(
        again.iter().filter(|line| line["state"].is_string()).all(|line| line["state"] == "unchanged"),
        "{again:?}"
    );
    assert_eq!(snapshot(keep.path()), before);
    assert_eq!(told.last().expect("a summary")["refused"], 0);
    // Its own results are no evidence.
    let (from, into) = (text(from.path()), text(keep.path()));
    regdiff(["triage", "--keep", into, into, from]).ends_with(1);
    assert_eq!(snapshot(keep.path()), before);
}

#[test]
fn triage_never_overwrites_what_a_person_wrote() {
    let (from, keep) = (folder(), folder());
    crashes(from.path());
    let at = keep.path().join(SLUG);
    fs::create_dir(&at).expect("a folder");
    fs::write(at.join("scenario.toml"), "my own text, no scenario").expect("a person writes");
    fs::write(at.join("status"), "fixed in 6.2").expect("a person writes");
    triage(from.path(), keep.path());
    assert_eq!(fs::read_to_string(at.join("scenario.toml")).expect("it is there"), "my own text, no scenario");
    assert_eq!(fs::read_to_string(at.join("status")).expect("it is there"), "fixed in 6.2");
    regdiff_on(&["run", "-q"], &at.join("scenario-2.toml")).ends_with(1);
    let before = snapshot(keep.path());
    triage(from.path(), keep.path());
    assert_eq!(snapshot(keep.path()), before);
}

#[test]
fn a_report_shows_what_lies_in_the_folder_and_loads_nothing() {
    let (from, keep) = (folder(), folder());
    crashes(from.path());
    triage(from.path(), keep.path());
    let at = keep.path();
    fs::write(at.join(SLUG).join("notes.md"), "<b>bold</b>").expect("a person writes");
    fs::write(at.join("inputs.jsonl"), r#"{"table":"answer","row":"boxed","column":"reopen","scenarios":7}"#)
        .expect("data");
    fs::write(at.join("series.json"), r#"[{"subset":[1,2],"verdict":"safe"}]"#).expect("data");
    let page = at.join("page.html");
    regdiff(["report", text(at), "-o", text(&page)]).ends_with(0);
    let html = fs::read_to_string(&page).expect("a page");
    // Slashes are escaped too.
    let crash = CRASH.replace('/', "&#x2f;");
    for what in
        [crash.as_str(), "Content-Security-Policy", "&lt;b&gt;bold", "boxed", "safe", "eager-null-prot-sdb", "TOUCH"]
    {
        assert!(html.contains(what), "no {what}");
    }
    for outside in ["src=", "http://", "https://", "@import", "url("] {
        assert!(!html.contains(outside), "{outside}");
    }
    // Every link leads somewhere in the page.
    for link in html.split("href=\"#").skip(1) {
        let target = link.split('"').next().expect("a target");
        assert!(html.contains(&format!("id=\"{target}\"")), "#{target} leads nowhere");
    }
    let run = regdiff(["report", text(at), "-o", text(&page)]).ends_with(2);
    assert!(run.stderr.contains("exists already"), "{}", run.stderr);
    let json = &regdiff(["report", text(at), "--json"]).ends_with(0).json()[0];
    assert_eq!(json["findings"][0]["files"], 2);
}

#[test]
fn the_command_line_is_a_product() {
    let bash = regdiff(["completions", "bash"]).ends_with(0).stdout;
    assert!(bash.contains("explain") && bash.contains("triage"));
    let man = regdiff(["man"]).ends_with(0).stdout;
    assert!(man.contains(".TH") && man.contains("Exit codes"), "{man}");
    let pages = folder();
    regdiff(["man", "-o", text(pages.path())]).ends_with(0);
    assert!(pages.path().join("regdiff-tmin.1").is_file());
    regdiff(["man", "-o", text(pages.path())]).ends_with(2);
    let doctor = regdiff(["doctor"]);
    assert!([0, 4].contains(&doctor.code), "{}", doctor.stderr);
    assert!(doctor.stdout.contains("model: ready"), "{}", doctor.stdout);
    for line in doctor.stdout.lines().filter(|line| line.contains("missing")) {
        assert!(line.contains("cure: "), "{line}");
    }
}
