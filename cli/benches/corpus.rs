//! Uninstrumented comparisons a second of the inputs of a folder: what an engine's executions are held against.
//!
//! `cargo bench -p regdiff --bench corpus -- --json NAME FOLDER TARGET`; `scripts/bench` calls it.

mod healthy;
mod processor;

use std::path::PathBuf;

use regdiff_bench::lines::{self, Group, Line};
use regdiff_oracle::target::{self, Asked, Checked};

/// Rounds that count, after one that does not.
const ROUNDS: usize = 6;

fn main() {
    // `cargo test --benches` gives no folder.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let [name, folder, target] = words.as_slice() else {
        assert!(!processor::measures() || words.is_empty(), "usage: corpus [--json] NAME FOLDER TARGET");
        return;
    };
    let target = target::by_name(target).unwrap_or_else(|| panic!("{target}: no such target; see `regdiff list`"));
    // What an engine kept may hold a finding.
    let inputs = healthy::inputs(inputs(folder), |input| {
        target.check(input, Asked::default());
    });
    assert!(!inputs.is_empty(), "{folder}: no inputs");
    let once = || {
        let mut judged = 0.0;
        let check = |input: &Vec<u8>| f64::from(u8::from(target.check(input, Asked::default()) == Checked::Judged));
        let time = processor::time(|| judged = inputs.iter().map(check).sum());
        judged / time.as_secs_f64().max(1e-9)
    };
    once();
    let rounds: Vec<f64> = (0..ROUNDS).map(|_| once()).collect();
    lines::print(&[Line::new(Group::Engine, name, "/s", &rounds)]);
}

/// The files of a folder, in the order of their names.
fn inputs(folder: &str) -> impl Iterator<Item = Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files.into_iter().filter_map(|file| std::fs::read(file).ok())
}
