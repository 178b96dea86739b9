//! From counters to lines: gcov's work.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::Counters;
use crate::built::{Built, files};
use crate::error::Error;

/// A line of which gcc made code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its number, from 1 on.
    pub number: u32,
    /// The function it belongs to.
    pub function: String,
    /// How often it ran.
    pub count: u64,
}

/// The lines of a file of the driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileLines {
    /// Its name, such as `zfcp_erp.c`.
    pub file: String,
    /// In ascending order, each number once.
    pub lines: Vec<Line>,
}

impl FileLines {
    /// How many of them ran.
    pub fn covered(&self) -> usize {
        self.lines.iter().filter(|line| line.count > 0).count()
    }

    /// Functions in order, with all their lines.
    pub fn functions(&self) -> Vec<(&str, Vec<&Line>)> {
        let mut functions: Vec<(&str, Vec<&Line>)> = Vec::new();
        for line in &self.lines {
            match functions.iter_mut().find(|(name, _)| *name == line.function) {
                Some((_, lines)) => lines.push(line),
                None => functions.push((&line.function, vec![line])),
            }
        }
        functions
    }
}

/// Lines of every file of the driver that the kernel was built with, by name; a file of which no run told anything never ran.
pub fn lines(built: &Built, counters: &Counters) -> Result<Vec<FileLines>, Error> {
    let notes = built.folder.join(files::COVERAGE);
    let missing = || Error::NotBuilt { folder: built.folder.clone(), what: files::COVERAGE.into() };
    let mut names: Vec<String> = fs::read_dir(&notes)
        .map_err(|_| missing())?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".gcno").map(str::to_owned))
        .collect();
    names.sort();
    if names.is_empty() {
        return Err(missing());
    }
    let folder = tempfile::Builder::new().prefix("regdiff-").tempdir().map_err(Error::io("a folder for gcov"))?;
    for name in &names {
        let note = format!("{name}.gcno");
        symlink(notes.join(&note), folder.path().join(note)).map_err(Error::io("a folder for gcov"))?;
    }
    // A guest is not trusted with names: only those of the build become files.
    for (file, gcda) in counters.files() {
        if file.strip_suffix(".gcda").is_some_and(|name| names.iter().any(|known| known == name)) {
            fs::write(folder.path().join(file), gcda).map_err(Error::io("a folder for gcov"))?;
        }
    }
    gcov(folder.path(), &names).and_then(|text| read(&text))
}

fn gcov(folder: &Path, names: &[String]) -> Result<Vec<u8>, Error> {
    let output = Command::new("gcov")
        .args(["--json-format", "--stdout"])
        .args(names.iter().map(|name| format!("{name}.gcno")))
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::Gcov(error.to_string()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Error::Gcov(said.lines().last().unwrap_or("it ended without a word").to_owned()))
}

/// What gcov says of one object.
#[derive(Deserialize)]
struct Told {
    files: Vec<ToldFile>,
}

#[derive(Deserialize)]
struct ToldFile {
    file: String,
    #[serde(default)]
    functions: Vec<ToldFunction>,
    lines: Vec<ToldLine>,
}

#[derive(Deserialize)]
struct ToldFunction {
    name: String,
    start_line: u32,
    end_line: u32,
}

#[derive(Deserialize)]
struct ToldLine {
    line_number: u32,
    #[serde(default)]
    function_name: String,
    count: u64,
}

/// Reads gcov's objects, one after the other. Headers are not the driver's files: their lines belong to whoever includes them.
fn read(text: &[u8]) -> Result<Vec<FileLines>, Error> {
    let mut all: BTreeMap<String, BTreeMap<u32, Line>> = BTreeMap::new();
    for told in serde_json::Deserializer::from_slice(text).into_iter::<Told>() {
        let told = told.map_err(|error| Error::Gcov(format!("its output cannot be read: {error}")))?;
        for ToldFile { file, functions, lines } in told.files {
            let name = file.rsplit('/').next().unwrap_or_default();
            if !name.starts_with("zfcp_") || !name.ends_with(".c") {
                continue;
            }
            let known = all.entry(name.to_owned()).or_default();
            // A line that an optimiser shared has no function of its own; the source says where it stands.
            let around = |number| functions.iter().find(|f| (f.start_line..=f.end_line).contains(&number));
            for ToldLine { line_number: number, function_name, count } in lines {
                let function = match function_name.as_str() {
                    "" => around(number).map(|function| function.name.clone()).unwrap_or_default(),
                    _ => function_name,
                };
                let line = known.entry(number).or_insert(Line { number, function, count });
                line.count = line.count.max(count);
            }
        }
    }
    Ok(all.into_iter().map(|(file, lines)| FileLines { file, lines: lines.into_values().collect() }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_drivers_files_are_read() {
        let text = r#"
            {"format_version": "1", "files": [
                {"file": "/t/drivers/s390/scsi/zfcp_a.c", "functions": [{"name": "e", "start_line": 3, "end_line": 9}], "lines": [
                    {"line_number": 7, "function_name": "f", "count": 0, "unexecuted_block": true, "branches": []},
                    {"line_number": 3, "function_name": "e", "count": 2}, {"line_number": 9, "count": 0},
                    {"line_number": 7, "function_name": "f", "count": 1}]},
                {"file": "include/linux/list.h", "lines": [{"line_number": 1, "function_name": "g", "count": 1}]}]}
            {"files": [{"file": "zfcp_0.c", "lines": []}]}"#;
        let files = read(text.as_bytes()).expect("two objects");
        assert_eq!(files.iter().map(|file| file.file.as_str()).collect::<Vec<_>>(), ["zfcp_0.c", "zfcp_a.c"]);
        let lines = &files[1];
        assert_eq!((lines.lines.len(), lines.covered()), (3, 2));
        let functions: Vec<(&str, Vec<u32>)> = lines
            .functions()
            .into_iter()
            .map(|(name, lines)| (name, lines.iter().map(|l| l.number).collect()))
            .collect();
        assert_eq!(functions, [("e", vec![3, 9]), ("f", vec![7])]);
        assert!(matches!(read(b"{\"files\": 3}"), Err(Error::Gcov(_))));
    }
}
