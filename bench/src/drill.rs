//! The trials of `scripts/drill`, by fault and by who searched.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, read_lines};
use crate::statistics::NEVER;

/// What makes a file of trials.
const CURE: &str = "scripts/drill";
/// CPU seconds after which a trial has missed.
pub const LIMIT: f64 = 60.0;

/// A line. Fields that are not known here are left alone.
#[derive(Debug, Deserialize)]
struct Trial {
    fault: String,
    engine: String,
    target: String,
    start: String,
    trial: u32,
    comparisons: u64,
    cpu_seconds: f64,
    reached: bool,
    triggered: bool,
    signature: String,
}

/// Who searched, where, from what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// libfuzzer, afl, honggfuzz, or plain: the baseline.
    pub engine: String,
    /// The fuzz target.
    pub target: String,
    /// `curated` or `empty`.
    pub start: String,
}

impl Row {
    /// A row.
    pub fn new(engine: &str, target: &str, start: &str) -> Self {
        Self { engine: engine.to_owned(), target: target.to_owned(), start: start.to_owned() }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}, {}", self.engine, self.target, self.start)
    }
}

/// The trials of one row for one fault.
#[derive(Clone, Debug, Default)]
pub struct Trials {
    /// CPU seconds to the report of each trial; [`NEVER`] of one that reported nothing.
    pub seconds: Vec<f64>,
    /// How many came by the place of the fault.
    pub reached: usize,
    /// In how many something recorded went another way for it.
    pub triggered: usize,
    /// How many reported nothing.
    pub missed: usize,
}

/// All trials of a file.
#[derive(Debug, Default)]
pub struct Drill {
    trials: BTreeMap<(String, Row), Trials>,
    /// How many trials compared nothing.
    pub idle: usize,
}

impl Drill {
    /// Reads a file. Rows and faults that were not tried yet are simply not there; a line that is no trial, and the same trial
    /// twice, are errors.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let (mut drill, mut seen) = (Self::default(), BTreeSet::new());
        read_lines(file, CURE, |line| {
            let trial: Trial = serde_json::from_str(line).map_err(|error| error.to_string())?;
            if !(trial.cpu_seconds.is_finite() && trial.cpu_seconds >= 0.0) {
                return Err(format!("{} CPU seconds", trial.cpu_seconds));
            }
            let row = Row { engine: trial.engine, target: trial.target, start: trial.start };
            if !seen.insert((trial.fault.clone(), row.clone(), trial.trial)) {
                return Err("this trial is there already".to_owned());
            }
            drill.idle += usize::from(trial.comparisons == 0);
            let trials = drill.trials.entry((trial.fault, row)).or_default();
            let missed = trial.signature.is_empty();
            trials.reached += usize::from(trial.reached);
            trials.triggered += usize::from(trial.triggered);
            trials.missed += usize::from(missed);
            trials.seconds.push(if missed { NEVER } else { trial.cpu_seconds });
            Ok(())
        })?;
        Ok(drill)
    }

    /// The trials of a row for a fault, if there are any.
    pub fn get(&self, fault: &str, row: &Row) -> Option<&Trials> {
        self.trials.get(&(fault.to_owned(), row.clone()))
    }

    /// Every row that has a trial.
    pub fn rows(&self) -> BTreeSet<Row> {
        self.trials.keys().map(|(_, row)| row.clone()).collect()
    }

    /// Every fault that has a trial.
    pub fn faults(&self) -> BTreeSet<&str> {
        self.trials.keys().map(|(fault, _)| fault.as_str()).collect()
    }

    /// How many trials a row has for the fault that has fewest, and for the one that has most.
    pub fn depth(&self, row: &Row) -> Option<(usize, usize)> {
        let counts = self.trials.iter().filter(|((_, of), _)| of == row).map(|(_, trials)| trials.seconds.len());
        counts.fold(None, |ends, count| {
            Some(ends.map_or((count, count), |(least, most): (usize, usize)| (least.min(count), most.max(count))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIAL: &str = r#"{"fault":"f1","engine":"libfuzzer","target":"registration","start":"empty","trial":1,"comparisons":5,"cpu_seconds":0.25,"reached":true,"triggered":true,"signature":"x","more":[1]}"#;

    #[test]
    fn a_miss_is_never_and_what_was_not_tried_is_not_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("drill.jsonl");
        let second = TRIAL.replace("\"trial\":1", "\"trial\":2").replace("\"x\"", "\"\"").replace("0.25", "60.1");
        std::fs::write(&file, format!("{TRIAL}\n{second}\n")).expect("written");
        let drill = Drill::read(&file).expect("trials");
        let row = Row::new("libfuzzer", "registration", "empty");
        let trials = drill.get("f1", &row).expect("tried");
        assert_eq!((trials.seconds.as_slice(), trials.missed, trials.reached), (&[0.25, NEVER][..], 1, 2));
        assert_eq!((drill.depth(&row), drill.rows().len(), drill.idle), (Some((2, 2)), 1, 0));
        assert!(drill.get("f2", &row).is_none());
    }

    #[test]
    fn broken_lines_are_named_with_place_and_cure() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("drill.jsonl");
        for (broken, problem) in [
            (TRIAL[..40].to_owned(), "EOF while parsing"),
            (TRIAL.to_owned(), "this trial is there already"),
            (TRIAL.replace("0.25", "-1"), "-1 CPU seconds"),
            (TRIAL.replace("\"fault\"", "\"default\""), "missing field `fault`"),
        ] {
            std::fs::write(&file, format!("{TRIAL}\n{broken}\n")).expect("written");
            let error = Drill::read(&file).expect_err("a broken line").to_string();
            let place = format!("{}:2: {problem}", file.display());
            assert!(error.starts_with(&place) && error.ends_with("`scripts/drill` makes it again"), "{error}");
        }
    }
}
