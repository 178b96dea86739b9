//! The state of an exploration in a file: versioned, complete or not there, and of no other exploration.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use regdiff_oracle::explore::{Explorer, Outcome, Sighting};
use regdiff_scenario::{Scenario, text};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Explored;
use crate::error::Error;
use crate::{new_file, strangers};

/// The version of the file.
const VERSION: u32 = 1;
/// A larger file is none of ours: sixteen bytes for each of some 60 million states.
const MAX_BYTES: u64 = 1 << 30;

/// What is explored, and by which program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    version: u32,
    /// Digest of this program: another one may judge otherwise.
    program: String,
    /// What is asked of each scenario.
    question: String,
    /// The bounds.
    bounds: regdiff_oracle::explore::Bounds,
    /// Names of steps, moments, parameters and choices.
    alphabet: Vec<String>,
}

impl Identity {
    /// Of an exploration by this program.
    pub(crate) fn new(explorer: &Explorer, question: &str) -> Self {
        let program = std::env::current_exe().and_then(fs::read).unwrap_or_default();
        let alphabet = explorer.alphabet();
        let mut names: Vec<String> = alphabet.toggles.iter().map(|toggle| toggle.text().to_owned()).collect();
        names.extend(alphabet.letters.iter().map(|letter| letter.name.clone()));
        names.extend(alphabet.moments.iter().map(|(name, _)| (*name).to_owned()));
        names.extend(
            alphabet
                .keys
                .iter()
                .flat_map(|key| key.changes.iter().map(|(name, _)| format!("{}={name}", key.name)).collect::<Vec<_>>()),
        );
        Self {
            version: VERSION,
            program: Sha256::digest(program).iter().map(|byte| format!("{byte:02x}")).collect(),
            question: question.to_owned(),
            bounds: explorer.space().bounds,
            alphabet: names,
        }
    }
}

/// A signature with its numbers and its smallest scenario.
#[derive(Serialize, Deserialize)]
struct StoredSighting {
    scenarios: String,
    judged: u64,
    size: u32,
    words: String,
    scenario: String,
}

/// The file.
#[derive(Serialize, Deserialize)]
struct Stored {
    identity: Identity,
    done: u64,
    milliseconds: u64,
    scenarios: String,
    without_effect: String,
    reached: String,
    judged: u64,
    runs: u64,
    verdicts: BTreeMap<String, u64>,
    findings: BTreeMap<String, StoredSighting>,
    /// Sixteen hexadecimal digits each.
    states: String,
}

/// What every version of the file has.
#[derive(Deserialize)]
struct Versioned {
    identity: VersionedIdentity,
}

#[derive(Deserialize)]
struct VersionedIdentity {
    version: u32,
}

/// Reads the state of an exploration, if there is one.
pub(super) fn read(file: &Path, identity: &Identity) -> Result<Option<Explored>, Error> {
    let contents = match strangers::text(file, MAX_BYTES) {
        Ok(contents) => contents,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::Read { file: file.to_owned(), source }),
    };
    let refused = |why| Error::State { file: file.to_owned(), why };
    let version: Versioned = serde_json::from_str(&contents).map_err(|error| refused(error.to_string()))?;
    if version.identity.version != VERSION {
        let found = version.identity.version;
        return Err(refused(format!(
            "it is in version {found} of its format, and this regdiff reads version {VERSION}"
        )));
    }
    let stored: Stored = serde_json::from_str(&contents).map_err(|error| refused(error.to_string()))?;
    if stored.identity != *identity {
        return Err(refused("it is of another exploration, or of another build of regdiff".to_owned()));
    }
    stored.explored().map(Some).ok_or_else(|| refused("a number or a scenario in it cannot be read".to_owned()))
}

/// Writes the state beside, and renames it into place.
pub(super) fn write(file: &Path, identity: &Identity, explored: &Explored) -> Result<(), Error> {
    let stored = Stored::of(identity, explored);
    let contents =
        serde_json::to_vec(&stored).map_err(|error| Error::Write { file: file.to_owned(), source: error.into() })?;
    new_file::replace(file, &contents)
}

impl Stored {
    fn of(identity: &Identity, explored: &Explored) -> Self {
        let outcome = &explored.outcome;
        let sighting = |sighting: &Sighting| StoredSighting {
            scenarios: sighting.scenarios.to_string(),
            judged: sighting.judged,
            size: sighting.size,
            words: sighting.words.clone(),
            scenario: text::print(&sighting.first),
        };
        Self {
            identity: identity.clone(),
            done: explored.done,
            milliseconds: explored.time.as_millis() as u64,
            scenarios: outcome.scenarios.to_string(),
            without_effect: outcome.without_effect.to_string(),
            reached: outcome.reached.to_string(),
            judged: outcome.judged,
            runs: outcome.runs,
            verdicts: outcome.verdicts.clone(),
            findings: outcome.findings.iter().map(|(signature, s)| (signature.clone(), sighting(s))).collect(),
            states: outcome.states.iter().map(|state| format!("{state:016x}")).collect(),
        }
    }

    fn explored(self) -> Option<Explored> {
        let sighting = |stored: StoredSighting| {
            Some(Sighting {
                scenarios: stored.scenarios.parse().ok()?,
                judged: stored.judged,
                size: stored.size,
                words: stored.words,
                first: Scenario::load(stored.scenario.as_bytes()).ok()?,
            })
        };
        let findings = self.findings.into_iter().map(|(signature, stored)| Some((signature, sighting(stored)?)));
        let digits = self.states.as_bytes().chunks(16);
        let states = digits.map(|digits| u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        let outcome = Outcome {
            scenarios: self.scenarios.parse().ok()?,
            without_effect: self.without_effect.parse().ok()?,
            reached: self.reached.parse().ok()?,
            judged: self.judged,
            runs: self.runs,
            states: states.collect::<Option<BTreeSet<u64>>>()?,
            verdicts: self.verdicts,
            findings: findings.collect::<Option<BTreeMap<String, Sighting>>>()?,
            // Only tests of the alphabet ask for these.
            strays: BTreeSet::new(),
        };
        let time = Duration::from_millis(self.milliseconds);
        Some(Explored { outcome, done: self.done, units: 0, time })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::Mangler;
    use crate::own_bug;

    /// A state that somebody else wrote is read or refused by name.
    #[test]
    fn mangled_states_are_refused() {
        own_bug::install();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/earlier/explore.json");
        let original = fs::read(data).expect("a file");
        let whole: Stored = serde_json::from_slice(&original).expect("a state");
        let folder = tempfile::tempdir().expect("a folder for this test");
        let file = folder.path().join("state.json");
        let count: u64 = std::env::var("REGDIFF_MANGLED").map_or(2000, |count| count.parse().expect("a number"));
        for seed in 0..count {
            fs::write(&file, Mangler::new(seed).bytes(&original)).expect("a file");
            match own_bug::catch(|| read(&file, &whole.identity)) {
                Err(bug) => panic!("seed {seed}: {}", bug.0),
                Ok(Err(error)) => assert!(error.to_string().contains("state.json"), "{error}"),
                Ok(Ok(_)) => {}
            }
        }
        fs::write(&file, &original).expect("a file");
        assert!(read(&file, &whole.identity).expect("it is whole").is_some());
    }
}
