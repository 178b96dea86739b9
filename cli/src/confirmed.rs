//! What real kernels said about a finding: files that lie in its folder beside its scenario.
//!
//! A file `confirm-NAME.json` is one JSON object about one kernel. Of its fields `kernel`, `verdict`, `sentence` and `date` are shown
//! if they are texts; whatever writes such files may add others.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The beginning of the names of such files.
const PREFIX: &str = "confirm-";
/// Larger files are somebody else's.
const MAX_BYTES: u64 = 1 << 20;

/// A line for each kernel, in the order of the file names. A file that cannot be read says nothing.
pub(crate) fn beside(scenario: &Path) -> Vec<String> {
    let Some(folder) = scenario.parent() else { return Vec::new() };
    inside(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
}

/// A line for each kernel that has a file in a folder.
pub(crate) fn inside(folder: &Path) -> Vec<String> {
    let mut files: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with(PREFIX) && name.ends_with(".json")
    });
    files.sort();
    files.iter().filter_map(|file| line(file)).collect()
}

fn line(file: &Path) -> Option<String> {
    if fs::metadata(file).ok()?.len() > MAX_BYTES {
        return None;
    }
    let value: Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    let name = file.file_stem()?.to_string_lossy().trim_start_matches(PREFIX).to_owned();
    let mut line =
        format!("{}: {}", text("kernel").unwrap_or(name), text("verdict").unwrap_or("no verdict".to_owned()));
    for part in [text("sentence"), text("date")].into_iter().flatten() {
        line.push_str(", ");
        line.push_str(&part);
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_beside_a_scenario_are_told() {
        let folder = tempfile::tempdir().expect("a folder for this test");
        let at = |name: &str| folder.path().join(name);
        assert!(beside(&at("scenario.toml")).is_empty());
        fs::write(at("confirm-b.json"), r#"{"kernel":"6.1.176","verdict":"agrees","new":1}"#).expect("a file");
        fs::write(at("confirm-a.json"), r#"{"verdict":"differs","sentence":"no oops"}"#).expect("a file");
        fs::write(at("confirm-c.json"), "nonsense").expect("a file");
        assert_eq!(beside(&at("scenario.toml")), ["a: differs, no oops", "6.1.176: agrees"]);
    }
}
