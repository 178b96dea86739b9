//! What benchmarks measured: one JSON object a line, all of one file from one run of `scripts/bench`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, read_lines};
use crate::statistics::median_interval;

/// What makes a file of lines.
const CURE: &str = "scripts/bench";

/// What a figure belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// A comparison over the fixed set, and its parts.
    Comparison,
    /// Comparisons of the inputs of a target, per second of a core.
    Target,
    /// How many times as long as two bare runs of the same inputs a comparison takes, by target.
    TargetRatio,
    /// What an oracle costs, percent of two bare runs, by leaving it out.
    Oracle,
    /// Microseconds for each of `x` steps or LUNs.
    Growth,
    /// Executions per CPU second of an engine, from the same corpus.
    Engine,
    /// How many times as long as uninstrumented comparisons of what it kept an engine takes for each execution.
    EngineRatio,
    /// How far exploring came.
    Explorer,
}

/// A figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// What it belongs to.
    pub group: Group,
    /// What was measured.
    pub name: String,
    /// Of how many, where a figure depends on a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<f64>,
    /// The unit of `median`, `low` and `high`.
    pub unit: String,
    /// The median of the rounds.
    pub median: f64,
    /// The lower end of the median's 95 % interval; of fewer than six rounds the smallest.
    pub low: f64,
    /// The upper end; of fewer than six rounds the largest.
    pub high: f64,
    /// How many rounds there were.
    pub rounds: usize,
}

impl Line {
    /// The figure of some rounds, of which there must be one at least.
    pub fn new(group: Group, name: &str, unit: &str, rounds: &[f64]) -> Self {
        let mut sorted = rounds.to_vec();
        sorted.sort_by(f64::total_cmp);
        let ends = (sorted[0], sorted[sorted.len() - 1]);
        let (low, high) = median_interval(rounds).unwrap_or(ends);
        let middle = (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0;
        let [median, low, high] = [middle, low, high].map(rounded);
        let (name, unit) = (name.to_owned(), unit.to_owned());
        Self { group, name, x: None, unit, median, low, high, rounds: rounds.len() }
    }

    /// The same, measured with so many of something.
    #[must_use]
    pub fn of(self, x: usize) -> Self {
        Self { x: Some(x as f64), ..self }
    }

    /// As it stands in a file.
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// As people read it in a terminal.
    pub fn text(&self) -> String {
        let name = self.x.map_or_else(|| self.name.clone(), |x| format!("{x:>5} {}", self.name));
        let digits = if self.median.abs() < 100.0 { 2 } else { 0 };
        let Self { median, low, high, unit, .. } = self;
        format!("{name:<32} {median:>9.digits$} {unit}  ({low:.digits$} to {high:.digits$})")
    }
}

/// Four digits say all that a measurement knows.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

/// Prints figures: JSON with `--json` among the arguments of the program, else a table.
pub fn print(lines: &[Line]) {
    let json = std::env::args().any(|argument| argument == "--json");
    for line in lines {
        println!("{}", if json { line.json() } else { line.text() });
    }
}

/// The figures of a file.
pub fn read(file: &Path) -> Result<Vec<Line>, Error> {
    read_lines(file, CURE, |text| {
        let line: Line = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let Line { low, median, high, rounds, .. } = line;
        if !(low <= median && median <= high) {
            return Err(format!("{median} is not between {low} and {high}"));
        }
        if rounds == 0 {
            return Err("measured in no round".to_owned());
        }
        Ok(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_and_broken_ones_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("bench.jsonl");
        let line = Line::new(Group::Growth, "LUNs", "µs", &[3.0, 1.0, 2.0]).of(4);
        assert_eq!((line.low, line.median, line.high, line.rounds), (1.0, 2.0, 3.0, 3));
        std::fs::write(&file, format!("{}\n\n", line.json())).expect("written");
        assert_eq!(read(&file).expect("lines"), std::slice::from_ref(&line));
        for (broken, problem) in [
            ("{\"group\":\"growth\"}".to_owned(), "missing field `name`"),
            (line.json().replace("growth", "speed"), "unknown variant `speed`"),
            (line.json().replace("\"low\":1.0", "\"low\":9.0"), "2 is not between 9 and 3"),
            ("half a li".to_owned(), "expected value"),
        ] {
            std::fs::write(&file, format!("{}\n{broken}\n", line.json())).expect("written");
            let error = read(&file).expect_err("a broken line").to_string();
            let place = format!("{}:2: {problem}", file.display());
            assert!(error.starts_with(&place) && error.ends_with("`scripts/bench` makes it again"), "{error}");
        }
        let missing = read(&folder.path().join("none")).expect_err("no file").to_string();
        assert!(missing.contains("none: ") && missing.contains("cure: `scripts/bench`"), "{missing}");
    }

    #[test]
    fn few_rounds_have_their_ends_and_many_an_interval() {
        let rounds: Vec<f64> = (1..=10).map(f64::from).collect();
        let line = Line::new(Group::Comparison, "comparisons", "/s", &rounds);
        assert_eq!((line.low, line.median, line.high), (2.0, 5.5, 9.0));
        assert_eq!(rounded(0.123_456), 0.1235);
    }
}
