//! Scenarios from files: the text form, the byte form, or whatever an engine left behind.
//!
//! A person's file is read strictly: a wrong one is refused, with line and cure. An engine keeps any bytes, so that its files
//! are read totally. Which of the two a file is, its name says; `--raw` says it for the others.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use regdiff_scenario::{Scenario, limits, text};

use crate::error::Error;
use crate::strangers;

/// Beginnings of the names that engines give to the files they keep.
const ENGINE_PREFIXES: &[&str] =
    &["crash-", "timeout-", "oom-", "leak-", "slow-unit-", "minimized-from-", "clusterfuzz-testcase-", "id:", "id_"];
/// The ending of honggfuzz's files.
const ENGINE_SUFFIX: &str = ".fuzz";
/// Length of the names in libFuzzer's corpus, which are SHA-1 sums.
const SHA1_DIGITS: usize = 40;

/// How to read files.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct Reading {
    /// Take any bytes, as the engines do, whatever the file's name
    #[arg(long)]
    pub(crate) raw: bool,
}

/// A scenario and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// The file as it was named; `-` is standard input.
    pub(crate) file: PathBuf,
    /// What it holds.
    pub(crate) scenario: Scenario,
    /// Whether it is in the text form.
    pub(crate) is_text: bool,
}

impl Reading {
    /// Reads one scenario.
    pub(crate) fn read(self, file: &Path) -> Result<Input, Error> {
        self.load(file, contents(file)?)
    }

    /// Reads one scenario that lies in a folder, which may be a stranger's: a plain file.
    pub(crate) fn read_in_folder(self, file: &Path) -> Result<Input, Error> {
        let failed = |source| Error::Read { file: file.to_owned(), source };
        self.load(file, strangers::read(file, limits::MAX_FILE as u64).map_err(failed)?)
    }

    fn load(self, file: &Path, data: Vec<u8>) -> Result<Input, Error> {
        let total = self.raw || is_engines(file);
        if data.is_empty() && !total {
            return Err(Error::Empty(file.to_owned()));
        }
        let loaded = if total { Scenario::load_crash(&data) } else { Scenario::load(&data) };
        let scenario = loaded.map_err(|error| Error::load(file, error))?;
        let is_text = std::str::from_utf8(&data).is_ok_and(|data| text::parse(data).is_ok());
        Ok(Input { file: file.to_owned(), scenario, is_text })
    }
}

/// Whether `-` stands for standard input.
pub(crate) fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// The bytes of a file, no more than a scenario can have.
fn contents(file: &Path) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Read { file: file.to_owned(), source };
    if is_stdin(file) {
        return at_most_a_scenario(file, io::stdin().lock());
    }
    let opened = File::open(file).map_err(failed)?;
    if opened.metadata().map_err(failed)?.is_dir() {
        return Err(Error::Folder(file.to_owned()));
    }
    at_most_a_scenario(file, opened)
}

fn at_most_a_scenario(file: &Path, source: impl Read) -> Result<Vec<u8>, Error> {
    let mut data = Vec::new();
    let limit = limits::MAX_FILE as u64 + 1;
    source.take(limit).read_to_end(&mut data).map_err(|source| Error::Read { file: file.to_owned(), source })?;
    if data.len() > limits::MAX_FILE {
        return Err(Error::TooLarge(file.to_owned()));
    }
    Ok(data)
}

/// Whether an engine left a file, by its name.
pub(crate) fn is_engines(file: &Path) -> bool {
    let Some(name) = file.file_name().and_then(|name| name.to_str()) else { return false };
    let is_sum = name.len() == SHA1_DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sum || name.ends_with(ENGINE_SUFFIX) || ENGINE_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regdiff_scenario::{bytes, strategy};

    use super::*;

    #[test]
    fn engines_are_known_by_the_names_of_their_files() {
        for name in [
            "artifacts/rediscovery/crash-2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
            "out/default/crashes/id:000000,sig:06,src:000000,time:12,op:havoc,rep:1",
            "work/SIGABRT.PC.7ffff7c8ce2c.STACK.18d4c0fd5d.CODE.-6.ADDR.0.INSTR.mov_%eax,%ebp.fuzz",
            "corpus/2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
            "clusterfuzz-testcase-minimized-registration-5",
        ] {
            assert!(is_engines(Path::new(name)), "{name}");
        }
        for name in ["corpus/registration/lp1887124.toml", "-", "crash.toml", "2fd4e1c6"] {
            assert!(!is_engines(Path::new(name)), "{name}");
        }
    }
    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// A person's file is a scenario or an error that names the file; an engine's is always a scenario.
        #[test]
        fn any_file_is_read_or_refused_by_name(data in proptest::collection::vec(any::<u8>(), 0..300)) {
            let folder = tempfile::tempdir().expect("a folder for this test");
            let (persons, engines) = (folder.path().join("mine.toml"), folder.path().join("crash-mine"));
            std::fs::write(&persons, &data).expect("a file for this test");
            std::fs::write(&engines, &data).expect("a file for this test");
            if let Err(error) = Reading::default().read(&persons) {
                prop_assert!(error.to_string().contains("mine.toml"), "{}", error);
            }
            // Bytes that are a text are read as one, and may be wrong.
            if let Err(error) = Reading::default().read(&engines) {
                prop_assert!(std::str::from_utf8(&data).is_ok() && error.to_string().contains("crash-mine"), "{}", error);
            }
        }

        #[test]
        fn both_forms_are_read(scenario in strategy::scenario()) {
            let folder = tempfile::tempdir().expect("a folder for this test");
            for (name, data) in [("a.toml", text::print(&scenario).into_bytes()), ("a.bin", bytes::encode(&scenario))] {
                let file = folder.path().join(name);
                std::fs::write(&file, data).expect("a file for this test");
                let input = Reading::default().read(&file).expect("it is a scenario");
                prop_assert_eq!((&input.scenario, input.is_text), (&scenario, name == "a.toml"));
            }
        }
    }
}
