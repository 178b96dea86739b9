//! `regdiff series`: the eight upstream patches as switches: which subset is safe, and which one breaks how.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
use minijinja::{AutoEscape, Environment};
use regdiff_oracle::Signature;
use regdiff_oracle::series::{self, Failures, Group, Smallest, Subset};
use regdiff_scenario::{Scenario, parts, text};
use serde_json::{Value, json};

use crate::args::Jobs;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::Reading;
use crate::output::Out;
use crate::progress::Progress;
use crate::style::{BAD, GOOD, HEADING, QUIET};
use crate::{new_file, parallel};

const EXAMPLES: &str = "\
Examples:
  regdiff series
  regdiff series --html series.html
  regdiff series --json corpus/registration/*.toml

A subset is safe if no scenario shows anything worse than the full series does: compared with eager, under the whole contract.
Without FILE the corpus in the current folder is taken, corpus/*/*.toml.";

/// The page, with everything it needs in it.
const PAGE: &str = include_str!("../../templates/series.html");

/// Arguments of `regdiff series`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Scenarios to judge by
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object a line: every subset, every way to fail
    #[arg(long)]
    json: bool,
    /// Write a page to a new file
    #[arg(long, value_name = "OUT")]
    html: Option<PathBuf>,
    #[command(flatten)]
    jobs: Jobs,
    #[command(flatten)]
    reading: Reading,
}

/// Everything that is told.
struct Results {
    files: Vec<PathBuf>,
    judged: Vec<(Subset, Failures)>,
    groups: Vec<Group>,
    /// In the order of signatures.
    smallest: Vec<Smallest>,
}

/// Judges all 256 subsets, and makes the smallest scenario of each way to fail.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    if let Some(page) = arguments.html.as_deref().filter(|page| page.symlink_metadata().is_ok()) {
        // Better now than after a minute's work.
        return Err(Error::Exists(page.to_owned()));
    }
    let files = if arguments.files.is_empty() { corpus(Path::new("corpus"))? } else { arguments.files.clone() };
    let read = files.iter().map(|file| arguments.reading.read(file).map(|input| input.scenario));
    let corpus: Vec<Scenario> = read.collect::<Result<_, Error>>()?;
    let results = judge(files, &corpus, arguments.jobs.number());
    if let Some(page) = &arguments.html {
        new_file::create(page, html(&results).as_bytes())?;
    }
    if arguments.json {
        for value in objects(&results) {
            out.json(&value)?;
        }
    } else {
        out.text(&table(&results))?;
    }
    Ok(ExitCode::Clean)
}

/// The scenarios below a folder of folders, in the order of their names.
fn corpus(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Read { file: folder.to_owned(), source };
    let mut files = Vec::new();
    for folder in std::fs::read_dir(folder).map_err(failed)? {
        let folder = folder.map_err(failed)?.path();
        if !folder.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&folder).map_err(failed)? {
            files.push(file.map_err(failed)?.path());
        }
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    if files.is_empty() {
        return Err(Error::Arguments("there is no scenario in corpus/".to_owned(), "name the files to judge by"));
    }
    Ok(files)
}

fn judge(files: Vec<PathBuf>, corpus: &[Scenario], jobs: usize) -> Results {
    let mut progress = Progress::new();
    let mut judged = Vec::new();
    let subset = |index: u64| Subset(index as u8);
    parallel::in_order(
        jobs,
        1 << series::PATCHES,
        |index| (subset(index), series::judge_subset(subset(index), corpus)),
        |index, result| {
            judged.push(result);
            progress.show(|| format!("{} of 256 subsets judged over {} scenarios", index + 1, corpus.len()));
            ControlFlow::Continue(())
        },
    );
    let groups = series::groups(&judged);
    let mut signatures: Vec<&Signature> = groups.iter().flat_map(|group| &group.signatures).collect();
    signatures.sort();
    signatures.dedup();
    let mut smallest = Vec::new();
    parallel::in_order(
        jobs,
        signatures.len() as u64,
        |index| series::smallest(signatures[index as usize], &judged, corpus),
        |index, found| {
            smallest.extend(found);
            progress.show(|| format!("{} of {} ways to fail made small", index + 1, signatures.len()));
            ControlFlow::Continue(())
        },
    );
    progress.finish();
    Results { files, groups, smallest, judged }
}

impl Results {
    fn safe(&self) -> usize {
        self.judged.iter().filter(|(_, failures)| failures.is_empty()).count()
    }

    /// The number under which a way to fail is told.
    fn number(&self, signature: &Signature) -> usize {
        self.smallest.iter().position(|other| other.signature == *signature).map_or(0, |index| index + 1)
    }
}

fn headline(results: &Results) -> String {
    let (safe, ways, files) = (results.safe(), results.smallest.len(), results.files.len());
    format!("{safe} of 256 subsets safe over {files} scenarios; {ways} ways to fail")
}

fn cubes(group: &Group) -> String {
    group.cubes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The table for people.
fn table(results: &Results) -> String {
    let mut table = format!("{HEADING}{}{HEADING:#}\n\n", headline(results));
    for (index, title) in series::TITLES.iter().enumerate() {
        table.push_str(&format!("  patch {}  {title}\n", index + 1));
    }
    for group in &results.groups {
        let verdict =
            if group.signatures.is_empty() { format!("{GOOD}safe{GOOD:#}") } else { format!("{BAD}breaks{BAD:#}") };
        let numbers: Vec<String> = group.signatures.iter().map(|s| results.number(s).to_string()).collect();
        table.push_str(&format!("\n{verdict} ({}): {}\n", group.subsets.len(), cubes(group)));
        if !numbers.is_empty() {
            table.push_str(&format!("  {QUIET}ways{QUIET:#} {}\n", numbers.join(" ")));
        }
    }
    for (index, found) in results.smallest.iter().enumerate() {
        table.push_str(&format!("\n{HEADING}{}{HEADING:#}  {}\n   {}\n", index + 1, found.signature, found.sentence));
        let (size, from) = (parts::size(&found.scenario), results.files[found.from].display());
        table.push_str(&format!("   {QUIET}{size} parts, with {}, from {from}{QUIET:#}\n", words(found.subset)));
        for line in text::print(&found.scenario).lines().filter(|line| !line.is_empty() && *line != "version = 1") {
            table.push_str(&format!("     {line}\n"));
        }
    }
    table
}

fn words(subset: Subset) -> String {
    match subset.patches()[..] {
        [] => "no patch".to_owned(),
        ref patches => format!("patches {}", patches.iter().map(u8::to_string).collect::<Vec<_>>().join(" ")),
    }
}

/// Every subset, every way to fail, every group.
fn objects(results: &Results) -> Vec<Value> {
    let name = |index: &usize| results.files[*index].display().to_string();
    let subset = |(subset, failures): &(Subset, Failures)| {
        let shown: Vec<Value> = failures
            .iter()
            .map(|(signature, at)| json!({ "signature": signature, "scenarios": at.iter().map(name).collect::<Vec<_>>() }))
            .collect();
        json!({ "object": "subset", "patches": subset, "safe": failures.is_empty(), "failures": shown })
    };
    let group = |group: &Group| {
        let mut value = json!(group);
        value["object"] = json!("group");
        value["safe"] = json!(group.signatures.is_empty());
        value
    };
    let failure = |found: &Smallest| {
        json!({
            "object": "failure", "signature": found.signature, "sentence": found.sentence, "patches": found.subset,
            "from": name(&found.from), "finished": found.finished, "scenario": text::print(&found.scenario),
        })
    };
    let rows = results.judged.iter().map(subset).chain(results.groups.iter().map(group));
    rows.chain(results.smallest.iter().map(failure)).collect()
}

/// A page that needs nothing else.
fn html(results: &Results) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let groups: Vec<Value> = results
        .groups
        .iter()
        .map(|group| {
            json!({
                "safe": group.signatures.is_empty(),
                "subsets": group.subsets.len(),
                "cubes": group.cubes.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "ways": group.signatures.iter().map(|s| results.number(s)).collect::<Vec<_>>(),
            })
        })
        .collect();
    let ways: Vec<Value> = results
        .smallest
        .iter()
        .map(|found| {
            json!({
                "signature": found.signature, "sentence": found.sentence, "subset": words(found.subset),
                "from": results.files[found.from].display().to_string(), "parts": parts::size(&found.scenario),
                "scenario": text::print(&found.scenario),
            })
        })
        .collect();
    let cells: Vec<bool> = results.judged.iter().map(|(_, failures)| failures.is_empty()).collect();
    let values = json!({
        "headline": headline(results), "titles": series::TITLES, "groups": groups, "ways": ways, "cells": cells,
    });
    environment
        .render_str(PAGE, minijinja::value::Serde(values))
        .expect("the template fits its values: a test renders it")
}
