//! What real kernels said about a finding: the evidence that `regdiff confirm` leaves beside its scenario, and the records above it:
//! `confirmed.jsonl` holds what `regdiff confirm --json` printed, a line a scenario and kernel.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use regdiff_scenario::{Scenario, bytes};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::strangers;

/// What the names of such folders hold: `scenario.evidence`, `scenario.evidence-2`.
const EVIDENCE: &str = ".evidence";
/// The record of a folder and of those below it.
const RECORD: &str = "confirmed.jsonl";
/// Folders that are asked for a record: that of the scenario, and those above it.
const LEVELS: usize = 4;
/// Larger files are somebody else's.
const MAX_BYTES: u64 = 16 << 20;

/// What tells a scenario from an edited one: evidence holds for the very scenario that a kernel ran.
pub(crate) fn digest(scenario: &Scenario) -> String {
    Sha256::digest(bytes::encode(scenario)).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A line for each kernel that a scenario was tried on, in the order of the folders' names, then of the record.
pub(crate) fn beside(file: &Path, scenario: &Scenario) -> Vec<String> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let stem = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let start = format!("{stem}{EVIDENCE}");
    let digest = digest(scenario);
    let mut lines = told(folder, |name| name.starts_with(&start), |value| is_of(value, &digest));
    for value in records(folder).iter().filter(|value| value["scenario"] == digest.as_str()) {
        let line = in_words(value);
        lines.extend(line.filter(|line| !lines.contains(line)));
    }
    lines
}

/// Kernels on which another scenario shows the same signature, each with the first file that does, as the record names it.
pub(crate) fn elsewhere(folder: &Path, signature: &str) -> BTreeMap<String, String> {
    let mut kernels = BTreeMap::new();
    for value in records(folder) {
        let signatures = value["signatures"].as_array().map(Vec::as_slice).unwrap_or_default();
        let shows = signatures.iter().any(|one| one["signature"] == signature && one["confirmed"] == true);
        if let (true, Some(release), Some(file)) = (shows, value["kernel"]["release"].as_str(), value["file"].as_str())
        {
            kernels.entry(release.to_owned()).or_insert_with(|| file.to_owned());
        }
    }
    kernels
}

/// The same for people who read of one scenario: what of its own was tried, and what others show.
pub(crate) fn told_of(file: &Path, scenario: &Scenario, signature: Option<&str>) -> Vec<String> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut lines = beside(file, scenario);
    let others = signature.map(|signature| elsewhere(folder, signature)).unwrap_or_default();
    if lines.is_empty() && !others.is_empty() {
        lines.push("This very scenario ran on no real kernel yet.".to_owned());
        let told = |(kernel, file): (&String, &String)| format!("Linux {kernel}: the same signature shows with {file}");
        lines.extend(others.iter().map(told));
    }
    lines
}

/// The records of a folder and of those above it.
fn records(folder: &Path) -> Vec<Value> {
    let above = fs::canonicalize(folder).unwrap_or_default();
    above.ancestors().take(LEVELS).flat_map(|folder| record(&folder.join(RECORD))).collect()
}

/// Whether a verdict is about a scenario; older ones do not say.
fn is_of(value: &Value, digest: &str) -> bool {
    value["scenario"].as_str().is_none_or(|of| of == digest)
}

fn record(file: &Path) -> Vec<Value> {
    let text = read(file).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn read(file: &Path) -> Option<String> {
    strangers::text(file, MAX_BYTES).ok()
}

/// A line for each kernel of which a folder holds evidence.
pub(crate) fn inside(folder: &Path) -> Vec<String> {
    told(folder, |name| name.contains(EVIDENCE), |_| true)
}

fn told(folder: &Path, is_meant: impl Fn(&str) -> bool, is_it: impl Fn(&Value) -> bool) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<_> = entries
        .filter(|entry| is_meant(&entry.file_name().to_string_lossy()) && strangers::is_folder(&entry.path()))
        .collect();
    folders.sort_by_key(fs::DirEntry::file_name);
    // A file that cannot be read says nothing.
    let verdicts =
        folders.iter().filter_map(|folder| serde_json::from_str(&read(&folder.path().join("verdict.json"))?).ok());
    verdicts.filter(is_it).filter_map(|value| in_words(&value)).collect()
}

/// A verdict in a line.
fn in_words(value: &Value) -> Option<String> {
    let verdict = value["verdict"].as_str()?;
    let kernel = value["kernel"]["release"].as_str().unwrap_or("a kernel that is not named");
    let mut line = format!("Linux {kernel}: {verdict}");
    let signatures = value["signatures"].as_array().map(Vec::as_slice).unwrap_or_default();
    for signature in signatures.iter().filter(|signature| signature["confirmed"] == true) {
        line.push_str(&format!("; {} shows", signature["signature"].as_str().unwrap_or_default()));
    }
    if let Some(why) = value["why"].as_str() {
        line.push_str(&format!("; {why}"));
    }
    for note in value["on_s390"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        line.push_str(&format!("; on s390: {note}"));
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_beside_a_scenario_is_told() {
        let folder = tempfile::tempdir().expect("a folder for this test");
        let at = |name: &str| folder.path().join(name);
        let scenario = Scenario::default();
        let beside = || beside(&at("scenario.toml"), &scenario);
        assert!(beside().is_empty());
        let write = |name: &str, text: &str| {
            fs::create_dir(at(name)).and_then(|()| fs::write(at(name).join("verdict.json"), text)).expect("a file");
        };
        let confirmed =
            r#"{"verdict":"confirmed","kernel":{"release":"6.1"},"signatures":[{"signature":"a/b","confirmed":true}]}"#;
        write("scenario.evidence", confirmed);
        write("scenario.evidence-2", "nonsense");
        write("other.evidence", r#"{"verdict":"differs","kernel":{"release":"6.1"}}"#);
        assert_eq!(beside(), ["Linux 6.1: confirmed; a/b shows"]);
        assert_eq!(inside(folder.path()), ["Linux 6.1: differs", "Linux 6.1: confirmed; a/b shows"]);
        let line = |release: &str, of: &str| {
            format!("{{\"verdict\":\"confirmed\",\"kernel\":{{\"release\":\"{release}\"}},\"scenario\":\"{of}\"}}\n")
        };
        let record = format!("{}no JSON\n{}", line("6.12", &digest(&scenario)), line("6.13", "another"));
        fs::write(at(RECORD), record).expect("a file");
        assert_eq!(beside(), ["Linux 6.1: confirmed; a/b shows", "Linux 6.12: confirmed"]);
    }

    #[test]
    fn another_scenario_of_the_same_signature_is_told_apart() {
        let folder = tempfile::tempdir().expect("a folder for this test");
        let line = |release: &str, confirmed: bool| {
            format!(
                "{{\"verdict\":\"confirmed\",\"file\":\"x.toml\",\"kernel\":{{\"release\":\"{release}\"}},\"scenario\":\"another\",\
                 \"signatures\":[{{\"signature\":\"a/b\",\"confirmed\":{confirmed}}}]}}\n"
            )
        };
        fs::write(folder.path().join(RECORD), line("6.1", true) + &line("6.12", false)).expect("a file");
        let told = |signature| told_of(&folder.path().join("s.toml"), &Scenario::default(), Some(signature));
        assert_eq!(
            told("a/b"),
            ["This very scenario ran on no real kernel yet.", "Linux 6.1: the same signature shows with x.toml"]
        );
        assert!(told("a/c").is_empty());
    }
}
