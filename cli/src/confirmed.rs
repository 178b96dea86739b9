//! What real kernels said about a finding: the evidence that `regdiff confirm` leaves beside its scenario.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// What the names of such folders hold: `scenario.evidence`, `scenario.evidence-2`.
const EVIDENCE: &str = ".evidence";
/// Larger files are somebody else's.
const MAX_BYTES: u64 = 16 << 20;

/// A line for each kernel that a scenario was tried on, in the order of the folders' names.
pub(crate) fn beside(scenario: &Path) -> Vec<String> {
    let folder = scenario.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let stem = scenario.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let start = format!("{stem}{EVIDENCE}");
    told(folder, |name| name.starts_with(&start))
}

/// A line for each kernel of which a folder holds evidence.
pub(crate) fn inside(folder: &Path) -> Vec<String> {
    told(folder, |name| name.contains(EVIDENCE))
}

fn told(folder: &Path, is_meant: impl Fn(&str) -> bool) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<_> = entries.filter(|entry| is_meant(&entry.file_name().to_string_lossy())).collect();
    folders.sort_by_key(fs::DirEntry::file_name);
    folders.iter().filter_map(|folder| line(&folder.path().join("verdict.json"))).collect()
}

/// A verdict in a line; a file that cannot be read says nothing.
fn line(file: &Path) -> Option<String> {
    if fs::metadata(file).ok()?.len() > MAX_BYTES {
        return None;
    }
    let value: Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
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
        assert!(beside(&at("scenario.toml")).is_empty());
        let write = |name: &str, text: &str| {
            fs::create_dir(at(name)).and_then(|()| fs::write(at(name).join("verdict.json"), text)).expect("a file");
        };
        let confirmed =
            r#"{"verdict":"confirmed","kernel":{"release":"6.1"},"signatures":[{"signature":"a/b","confirmed":true}]}"#;
        write("scenario.evidence", confirmed);
        write("scenario.evidence-2", "nonsense");
        write("other.evidence", r#"{"verdict":"differs","kernel":{"release":"6.1"}}"#);
        assert_eq!(beside(&at("scenario.toml")), ["Linux 6.1: confirmed; a/b shows"]);
        assert_eq!(inside(folder.path()), ["Linux 6.1: differs", "Linux 6.1: confirmed; a/b shows"]);
    }
}
