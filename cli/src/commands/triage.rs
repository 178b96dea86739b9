//! `regdiff triage`: crash files of any engine become one folder a signature.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
use regdiff_oracle::explain::{self, Screen};
use regdiff_oracle::shrink::shrink_by;
use regdiff_oracle::{Options, Report, Signature, judge};
use regdiff_scenario::{Scenario, parts, text};
use serde_json::json;

use crate::args::{AllowLevel, Jobs};
use crate::claim::Claim;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::{self, Reading};
use crate::output::Out;
use crate::own_bug::OwnBug;
use crate::style::{BAD, HEADING, QUIET};
use crate::triage::{self, Folder, Seen, State};
use crate::{own_bug, parallel, repeat, say};

const EXAMPLES: &str = "\
Examples:
  regdiff triage fuzz/artifacts
  regdiff triage --keep findings --allow open fuzz/artifacts out/default/crashes hfuzz_workspace
  regdiff triage --json fuzz/artifacts/registration

DIR is searched for what engines leave (crash-*, id:*, *.fuzz, clusterfuzz-testcase-*) and for scenarios as text. Each
signature gets a folder in findings/: scenario.toml (minimal), timelines.txt, verdict.json, seen.jsonl. A second run over the
same files changes nothing. Files that you write or change there are never overwritten.";

/// Judgements that minimising one signature may take.
const CAP: u32 = 20_000;
/// Folders below DIR that are searched.
const MAX_DEPTH: usize = 16;
/// Columns of the timelines.
const WIDTH: usize = 120;

/// Arguments of `regdiff triage`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Folders, and files
    #[arg(required = true, value_name = "DIR")]
    paths: Vec<PathBuf>,
    /// The folder of findings
    #[arg(long, value_name = "DIR", default_value = "findings")]
    keep: PathBuf,
    /// Which allowances count
    #[arg(long, value_enum, default_value = "intended", value_name = "LEVEL")]
    allow: AllowLevel,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    jobs: Jobs,
}

/// What one signature was seen in.
struct Group {
    smallest: Scenario,
    seen: Vec<Seen>,
}

/// Sorts the files by what they show.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let mut files = Vec::new();
    for path in &arguments.paths {
        let is_folder = fs::metadata(path).map_err(|source| Error::Read { file: path.clone(), source })?.is_dir();
        if is_folder {
            collect(path, MAX_DEPTH, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    // A folder of findings may be triaged into itself: what the last run made is no new sighting.
    files.retain(|file| !triage::is_result(file));
    let options = Options::allowing(arguments.allow.allow());
    let mut counts = Counts::default();
    let groups = group(&files, arguments.jobs.number(), &options, &mut counts);
    let _claim = if groups.is_empty() { None } else { Some(Claim::take(&arguments.keep)?) };
    for (signature, group) in groups {
        let told = keep(arguments, &options, &signature, group)?;
        counts.signatures += 1;
        if arguments.json {
            out.json(&told)?;
        } else {
            let field = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
            out.line(format_args!("{:>6}  {BAD}{signature}{BAD:#}", told["files"]))?;
            out.line(format_args!(
                "        {QUIET}{}/  {} parts, {}{QUIET:#}",
                field("folder"),
                told["parts"],
                field("state")
            ))?;
            out.line(format_args!("        repeat: {}", field("repeat")))?;
        }
    }
    let Counts { judged, clean, refused, own_bugs, signatures } = counts;
    let line =
        format!("{judged} files judged: {signatures} signatures, {clean} without a finding, {refused} no scenarios");
    if arguments.json {
        out.json(&json!({
            "judged": judged, "signatures": signatures, "clean": clean, "refused": refused, "own_bugs": own_bugs,
        }))?;
    } else {
        out.line(format_args!("{HEADING}triage{HEADING:#}: {line}"))?;
    }
    Ok(match (own_bugs, signatures) {
        (1.., _) => ExitCode::OwnBug,
        (_, 1..) => ExitCode::Findings,
        _ => ExitCode::Clean,
    })
}

#[derive(Default)]
struct Counts {
    judged: usize,
    clean: usize,
    refused: usize,
    own_bugs: usize,
    signatures: usize,
}

/// Files below a folder that an engine or a person may have left. Hidden ones belong to programs, links may go in circles.
fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |source| Error::Read { file: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let kind = entry.file_type().map_err(failed)?;
        let path = entry.path();
        if kind.is_dir() && depth > 0 {
            collect(&path, depth - 1, files)?;
        } else if kind.is_file() && (input::is_engines(&path) || path.extension().is_some_and(|end| end == "toml")) {
            files.push(path);
        }
    }
    Ok(())
}

/// Judges every file; the smallest scenario of each signature, and who saw it.
fn group(files: &[PathBuf], jobs: usize, options: &Options, counts: &mut Counts) -> BTreeMap<Signature, Group> {
    type Judged = Result<(Scenario, String, Result<Report, OwnBug>), Error>;
    let judged = |index: u64| -> Judged {
        let file = &files[index as usize];
        let input = Reading::default().read(file)?;
        let hash = triage::of(&fs::read(file).map_err(|source| Error::Read { file: file.clone(), source })?);
        Ok((input.scenario.clone(), hash, own_bug::catch(|| judge(&input.scenario, options))))
    };
    let mut groups: BTreeMap<Signature, Group> = BTreeMap::new();
    parallel::in_order(jobs, files.len() as u64, judged, |index, judged: Judged| {
        let file = &files[index as usize];
        match judged {
            Err(error) => {
                counts.refused += 1;
                say(format_args!("left out: {error}"));
            }
            Ok((_, _, Err(bug))) => {
                counts.own_bugs += 1;
                say(format_args!("a bug of regdiff itself: {}: {}", file.display(), bug.0));
            }
            Ok((scenario, hash, Ok(report))) => {
                counts.judged += 1;
                counts.clean += usize::from(report.findings.is_empty());
                for finding in &report.findings {
                    let engine = triage::by_name(file).to_owned();
                    let version = env!("CARGO_PKG_VERSION").to_owned();
                    let seen = Seen { hash: hash.clone(), engine, version };
                    let group = groups
                        .entry(finding.signature.clone())
                        .or_insert_with(|| Group { smallest: scenario.clone(), seen: Vec::new() });
                    group.seen.push(seen);
                    if triage::weight(&scenario) < triage::weight(&group.smallest) {
                        group.smallest = scenario.clone();
                    }
                }
            }
        }
        ControlFlow::Continue(())
    });
    groups
}

/// Merges one signature into its folder.
fn keep(
    arguments: &Arguments,
    options: &Options,
    signature: &Signature,
    group: Group,
) -> Result<serde_json::Value, Error> {
    let mut folder = Folder::open(triage::place(&arguments.keep, signature))?;
    let kept = folder.kept(signature, options);
    // What is minimal already, and no larger than what came, need not be tried again.
    let is_done = kept
        .as_ref()
        .is_some_and(|(kept, minimal)| *minimal && triage::weight(kept) <= triage::weight(&group.smallest));
    let (scenario, minimal, files) = match kept {
        Some((kept, _)) if is_done => (kept, true, Vec::new()),
        kept => {
            let shows = |candidate: &Scenario| {
                own_bug::catch(|| judge(candidate, options).finding(signature).is_some()).unwrap_or(false)
            };
            let shrunk = shrink_by(&group.smallest, CAP, shows);
            match kept {
                Some((kept, minimal)) if triage::weight(&kept) < triage::weight(&shrunk.scenario) => {
                    (kept, minimal, Vec::new())
                }
                _ => {
                    let files = files(arguments, options, signature, &shrunk.scenario, shrunk.finished);
                    (shrunk.scenario, shrunk.finished, files)
                }
            }
        }
    };
    let state = folder.merge(group.seen, &files, minimal)?;
    let state_text = match (state, folder.existed()) {
        (State::New, _) | (_, false) => "new",
        (State::Merged, _) => "merged",
        (State::Unchanged, _) => "unchanged",
    };
    let counts = folder.counts();
    let seen: Vec<_> = counts
        .iter()
        .map(|((engine, version), files)| json!({ "engine": engine, "version": version, "files": files }))
        .collect();
    Ok(json!({
        "signature": signature, "folder": folder.path.display().to_string(), "state": state_text,
        "files": counts.values().sum::<usize>(), "seen": seen, "parts": parts::size(&scenario), "minimal": minimal,
        "repeat": repeat::run(&folder.scenario_file(), arguments.allow, false),
    }))
}

/// The files of one signature, the same for the same scenario.
fn files(
    arguments: &Arguments,
    options: &Options,
    signature: &Signature,
    scenario: &Scenario,
    minimal: bool,
) -> Vec<(&'static str, String)> {
    let story = explain::story(scenario, options, Some(signature));
    let again =
        repeat::join(&["regdiff", "run", "--allow", arguments.allow.text(), "scenario.toml"].map(str::to_owned));
    let state = if minimal { "no single part can go" } else { "not minimised to the end" };
    let size = parts::size(scenario);
    let head = format!("# {signature}\n# {size} parts; {state}\n# {again}\n{}", text::print(scenario));
    let screen = Screen { width: WIDTH, lines: usize::MAX };
    let timelines = format!("{}repeat       {again}\n", explain::full(scenario, &story, screen));
    let sentence = story.finding.as_ref().map(|finding| finding.sentence());
    let verdict = json!({
        "signature": signature, "sentence": sentence, "report": story.report, "allow": arguments.allow.text(),
        "parts": size, "minimal": minimal, "repeat": again, "version": env!("CARGO_PKG_VERSION"),
    });
    vec![("scenario.toml", head), ("timelines.txt", timelines), ("verdict.json", format!("{verdict:#}\n"))]
}
