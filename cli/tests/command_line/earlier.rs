//! Folders that earlier versions left (`tests/data/earlier`): shown, gone on with, triaged, and nothing in them changes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::rig::{folder, regdiff, regdiff_on};

/// The folders of findings among them.
const FOLDERS: [&str; 5] = ["engines", "evidence", "first", "growth", "triage"];

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/earlier")
}

/// Files by their path below a folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let name = PathBuf::from(entry.file_name());
        if entry.path().is_dir() {
            all.extend(files(&entry.path()).into_iter().map(|(below, data)| (name.join(below), data)));
        } else {
            all.insert(name, fs::read(entry.path()).expect("a file"));
        }
    }
    all
}

/// A copy to work on.
fn copy(name: &str) -> TempDir {
    let folder = folder();
    for (file, data) in files(&data().join(name)) {
        let to = folder.path().join(file);
        fs::create_dir_all(to.parent().expect("a folder")).and_then(|()| fs::write(to, data)).expect("a copy");
    }
    folder
}

/// What was there is there as it was.
#[track_caller]
fn unchanged(name: &str, copy: &Path, after: &str) {
    let (before, now) = (files(&data().join(name)), files(copy));
    for (file, data) in before {
        assert_eq!(now.get(&file), Some(&data), "{name}: {} after {after}", file.display());
    }
}

#[test]
fn every_folder_is_tried() {
    let folders = fs::read_dir(data()).expect("a folder").flatten().filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, FOLDERS);
}

#[test]
fn the_report_shows_what_earlier_versions_left() {
    for name in FOLDERS {
        let copy = copy(name);
        let page = regdiff_on(&["report", "--json"], copy.path()).ends_with(0).json().remove(0);
        let kept = files(copy.path());
        let count = |what: &str| kept.keys().filter(|file| file.to_string_lossy().contains(what)).count();
        let findings = page["findings"].as_array().expect("a list");
        assert_eq!(findings.len(), count("scenario.toml"), "{name}");
        assert_eq!(page["campaigns"].as_array().map(Vec::len), Some(count("campaign")), "{name}");
        for finding in findings {
            let stored = kept.iter().find(|(file, _)| file.ends_with("verdict.json")).expect("a verdict").1;
            let stored: Value = serde_json::from_slice(stored).expect("JSON");
            if name != "evidence" {
                assert_eq!(finding["signature"], stored["signature"], "{name}");
            } else {
                let told = finding["confirmed"][0].as_str().expect("a line about a kernel");
                assert!(told.contains(stored["verdict"].as_str().expect("a word")), "{told}");
            }
        }
        regdiff(["report".as_ref(), copy.path().as_os_str(), "-o".as_ref(), "-".as_ref()]).ends_with(0);
        unchanged(name, copy.path(), "the report");
    }
}

#[test]
fn their_scenarios_run_and_campaigns_and_triage_go_on_beside_them() {
    for name in FOLDERS {
        let copy = copy(name);
        for file in files(copy.path()).into_keys().filter(|file| file.ends_with("scenario.toml")) {
            let run = regdiff_on(&["run", "-q"], &copy.path().join(&file));
            assert!(run.code <= 1, "{name}: {}", run.stderr);
        }
        let keep = copy.path().to_str().expect("a plain name");
        let campaign =
            ["fuzz", "--engine", "generate", "--target", "rediscovery", "--seed", "1", "--comparisons", "60"];
        regdiff(campaign.into_iter().chain(["--jobs", "1", "--keep", keep])).ends_with(1);
        unchanged(name, copy.path(), "a campaign");
        let triage = regdiff(["triage", keep, "--keep", keep]);
        assert!(triage.code <= 1, "{name}: {}", triage.stderr);
        // Its own list of sightings grows by what the campaign left; nothing goes.
        let seen = |folder: &Path| {
            let lists = files(folder).into_iter().filter(|(file, _)| file.ends_with("seen.jsonl"));
            lists.map(|(_, data)| String::from_utf8(data).expect("a text")).collect::<String>()
        };
        let now = seen(copy.path());
        assert!(seen(&data().join(name)).lines().all(|line| now.contains(line)), "{name}");
        if name != "triage" {
            unchanged(name, copy.path(), "triage");
        }
    }
}

#[test]
fn the_state_of_an_exploration_by_another_version_is_refused_by_name_and_stays() {
    let folder = folder();
    let state = folder.path().join("explore.json");
    let text = fs::read_to_string(data().join("explore.json")).expect("a file");
    let says = |text: &str, expected: &str| {
        fs::write(&state, text).expect("a file");
        let state = state.to_str().expect("a plain name");
        let steps = ["--depth", "1", "--changes", "0", "--steps", "set_online,set_offline", "--state", state];
        let refused = regdiff(["explore"].into_iter().chain(steps)).ends_with(2);
        assert!(refused.stderr.contains(expected) && refused.stderr.contains("cure: "), "{}", refused.stderr);
        assert_eq!(fs::read_to_string(state).expect("it stays"), text);
    };
    says(&text, "another build of regdiff");
    let later = text.replacen("\"version\":1", "\"version\":2", 1);
    says(&later, "version 2 of its format, and this regdiff reads version 1");
    // Of a later version, nothing else is known.
    says(r#"{"identity":{"version":3,"new":[]},"more":{}}"#, "version 3");
}
