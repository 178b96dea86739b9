//! `regdiff explore`: every scenario up to a depth, over a small alphabet.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;
use regdiff_oracle::explore::{Alphabet, Bounds, Explorer, Node, Outcome, Question, Sighting};
use regdiff_oracle::{FAULTS, Fault, Options};
use regdiff_scenario::{Random, text};
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::args::{AllowLevel, Jobs};
use crate::campaign::slug;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::exploration::{self, Explored, Identity, Settings};
use crate::new_file;
use crate::output::Out;
use crate::parallel;
use crate::progress::Progress;
use crate::say;
use crate::style::{HEADING, QUIET};

const EXAMPLES: &str = "\
Examples:
  regdiff explore --depth 1
  regdiff explore --depth 3 --jobs 1 --state explore.json
  regdiff explore --depth 2 --changes 0 --steps set_online,set_offline,remove
  regdiff explore --depth 1 --changes 2 --keep findings
  regdiff explore --depth 2 --fault scan-without-wait
  regdiff explore --depth 2 --faults
  regdiff explore --alphabet

A scenario of the space has up to K steps, any value of every boolean module parameter, and up to N changes: an answer of the
firmware, a setting of hardware or kernel, a preemption, or a step that comes early. Choices that no run of a scenario comes
to are not tried one by one: one judgement stands for them all, and the numbers add up to the formula.

With --state FILE it writes down how far it is, and goes on from there when it is called again. Ctrl-C ends it early.";

/// The exit code of a process that a second Ctrl-C ends at once.
const INTERRUPTED: i32 = 130;
/// The deepest exploration; numbers of scenarios fit 128 bits by far.
const MAX_DEPTH: i64 = 8;
/// Most changes.
const MAX_CHANGES: i64 = 4;

/// Arguments of `regdiff explore`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Steps of a scenario, at most
    #[arg(long, value_name = "K", default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=MAX_DEPTH))]
    depth: u32,
    /// Changes of a scenario, at most: answers, settings, preemptions, early steps
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=MAX_CHANGES))]
    changes: u32,
    /// Preemptions among the changes, at most
    #[arg(long, value_name = "P", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=MAX_CHANGES))]
    preemptions: u32,
    /// Steps to choose from, by name; those of the default alphabet unless told otherwise
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    steps: Vec<String>,
    /// Print the alphabet and the number of scenarios, and judge none
    #[arg(long, conflicts_with_all = ["state", "keep", "check", "faults"])]
    alphabet: bool,
    /// Which allowances of the contract count
    #[arg(long, value_enum, default_value = "intended", value_name = "LEVEL")]
    allow: AllowLevel,
    /// Plant a fault in the deferred driver, and judge it against the same driver without it
    #[arg(long, value_name = "NAME", conflicts_with = "allow", hide_possible_values = true, value_parser = super::faults::names())]
    fault: Option<&'static Fault>,
    /// Say for every planted fault, or those of --fault, at which depth it is reported as expected
    #[arg(long, conflicts_with_all = ["allow", "state", "keep", "check"])]
    faults: bool,
    /// Go on from this file, and write down there how far it is
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Walk this many units at most, and go on another time
    #[arg(long, value_name = "N", requires = "state")]
    units: Option<u64>,
    /// Keep the smallest scenario of each signature in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Afterwards draw N scenarios of the space, judge each by itself, and look whether anything was missed
    #[arg(long, value_name = "N")]
    check: Option<u64>,
    #[command(flatten)]
    jobs: Jobs,
    /// Print one JSON object at the end
    #[arg(long)]
    json: bool,
}

/// Explores, and tells what came of it.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    if arguments.faults {
        return faults(arguments, out);
    }
    let explorer = Explorer::new(arguments.chosen()?, arguments.bounds(arguments.depth), arguments.question());
    if arguments.alphabet {
        return alphabet(&explorer, arguments.json, out);
    }
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal finds the flag down and raises it, the second finds it up.
        let immediately = signal_hook::flag::register_conditional_shutdown(signal, INTERRUPTED, stop.clone());
        immediately.and(signal_hook::flag::register(signal, stop.clone())).map_err(Error::Signals)?;
    }
    say(format_args!("{} scenarios = {}", explorer.space().count(), explorer.space().formula()));
    let settings = Settings {
        jobs: arguments.jobs.number(),
        state: arguments.state.clone(),
        units: arguments.units,
        identity: Identity::new(&explorer, &arguments.asked()),
    };
    let explored = exploration::run(&explorer, &settings, &stop)?;
    let missed = match arguments.check {
        Some(draws) if explored.is_complete() => missed(&explorer, &explored.outcome, draws, settings.jobs),
        _ => Vec::new(),
    };
    if let Some(folder) = &arguments.keep {
        keep(folder, &explored.outcome)?;
    }
    if arguments.json {
        out.json(&json(&explorer, &explored, &missed))?;
    } else {
        out.text(&page(&explorer, &explored))?;
        if let Some(draws) = arguments.check.filter(|_| explored.is_complete()) {
            out.line(format_args!("{draws} drawn scenarios judged by themselves: {} not found before", missed.len()))?;
        }
    }
    for (context, point) in &explored.outcome.strays {
        let (context, point) = (context.text(), point.text());
        say(format_args!("no choice of the alphabet: {context} could have waited at {point}"));
    }
    for (signature, words) in &missed {
        say(format_args!("missed: {signature} in {words}"));
    }
    if !explored.is_complete() && arguments.state.is_some() {
        say(format_args!("call it again to go on from {}", arguments.state.clone().unwrap_or_default().display()));
    }
    Ok(arguments.exit_code(&explorer, &explored, &missed))
}

impl Arguments {
    fn chosen(&self) -> Result<Alphabet, Error> {
        if self.steps.is_empty() {
            return Ok(Alphabet::default());
        }
        Alphabet::with_steps(&self.steps).map_err(|name| {
            Error::Arguments(format!("there is no step {name}"), "`regdiff explore --alphabet` prints the names")
        })
    }

    fn bounds(&self, depth: u32) -> Bounds {
        Bounds { depth, changes: self.changes, preemptions: self.preemptions.min(self.changes) }
    }

    fn question(&self) -> Question {
        self.fault.map_or_else(|| Question::Pair(Options::allowing(self.allow.allow())), Question::Fault)
    }

    fn asked(&self) -> String {
        self.fault.map_or_else(|| format!("allow {}", self.allow.text()), |fault| format!("fault {}", fault.name))
    }

    fn exit_code(&self, explorer: &Explorer, explored: &Explored, missed: &[(String, String)]) -> ExitCode {
        let counted = !explored.is_complete() || explored.outcome.scenarios == explorer.space().count();
        if !missed.is_empty() || !counted {
            return ExitCode::OwnBug;
        }
        let found = if explored.outcome.findings.is_empty() { ExitCode::Clean } else { ExitCode::Findings };
        if explored.is_complete() { found } else { found.and(ExitCode::Undecided) }
    }
}

/// Draws scenarios and judges each by itself: signatures that the exploration does not know, each with a scenario.
fn missed(explorer: &Explorer, outcome: &Outcome, draws: u64, jobs: usize) -> Vec<(String, String)> {
    let mut missed: Vec<(String, String)> = Vec::new();
    let mut progress = Progress::new();
    let work = |seed: u64| {
        let node = Node::draw(&mut Random::new(seed), explorer.alphabet(), explorer.space().bounds);
        let found = explorer.signatures(&node.scenario(explorer.alphabet()));
        let new = found.into_iter().filter(|signature| !outcome.findings.contains_key(signature));
        new.map(|signature| (signature, node.words(explorer.alphabet()))).collect::<Vec<_>>()
    };
    parallel::in_order(jobs, draws, work, |index, found| {
        for (signature, words) in found {
            if !missed.iter().any(|(known, _)| *known == signature) {
                missed.push((signature, words));
            }
        }
        progress.show(|| format!("{index} of {draws} drawn scenarios"));
        std::ops::ControlFlow::Continue(())
    });
    progress.finish();
    missed
}

/// Writes the smallest scenario of each signature. What is there already stays.
fn keep(folder: &Path, outcome: &Outcome) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|error| Error::create(folder, error))?;
    for (signature, sighting) in &outcome.findings {
        let file = folder.join(format!("{}.toml", slug(signature)));
        let contents = format!("# {signature}\n# {}\n{}", sighting.words, text::print(&sighting.first));
        match new_file::create(&file, contents.as_bytes()) {
            Err(Error::Exists(_)) => say(format_args!("{}: exists already, and stays", file.display())),
            result => result?,
        }
    }
    Ok(())
}

fn page(explorer: &Explorer, explored: &Explored) -> String {
    let outcome = &explored.outcome;
    let mut page = String::new();
    for (signature, Sighting { scenarios, judged, words, .. }) in &outcome.findings {
        let _ = writeln!(page, "{HEADING}{signature}{HEADING:#}  {scenarios} scenarios, {judged} judged");
        let _ = writeln!(page, "    {QUIET}{words}{QUIET:#}");
    }
    let never = never_reached(explorer, outcome);
    if !never.is_empty() {
        let _ = writeln!(page, "{QUIET}choices that no run came to: {}{QUIET:#}", never.join(" "));
    }
    let verdicts: Vec<String> = outcome.verdicts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let _ = writeln!(page, "verdicts of what was judged: {}", verdicts.join(", "));
    let part = if explored.is_complete() {
        "all".to_owned()
    } else {
        format!("unit {} of {},", explored.done, explored.units)
    };
    let _ = writeln!(
        page,
        "{part} {} of {} scenarios, {} of them with a step that does nothing, {} judged, {} runs, {} states, {} signatures, {:.1} s",
        outcome.scenarios,
        explorer.space().count(),
        outcome.without_effect,
        outcome.judged,
        outcome.runs,
        outcome.states.len(),
        outcome.findings.len(),
        explored.time.as_secs_f64(),
    );
    page
}

fn json(explorer: &Explorer, explored: &Explored, missed: &[(String, String)]) -> serde_json::Value {
    let outcome = &explored.outcome;
    let findings = outcome.findings.iter().map(|(signature, sighting)| {
        json!({
            "signature": signature,
            "scenarios": sighting.scenarios.to_string(),
            "judged": sighting.judged,
            "words": sighting.words,
            "scenario": text::print(&sighting.first),
        })
    });
    json!({
        "bounds": explorer.space().bounds,
        "formula": explorer.space().formula(),
        "space": explorer.space().count().to_string(),
        "scenarios": outcome.scenarios.to_string(),
        "complete": explored.is_complete(),
        "units": { "done": explored.done, "of": explored.units },
        "without_effect": outcome.without_effect.to_string(),
        "never_reached": never_reached(explorer, outcome),
        "judged": outcome.judged,
        "runs": outcome.runs,
        "states": outcome.states.len(),
        "verdicts": outcome.verdicts,
        "findings": findings.collect::<Vec<_>>(),
        "missed": missed,
        "seconds": explored.time.as_secs_f64(),
    })
}

/// Open choices that no run came to.
fn never_reached<'a>(explorer: &'a Explorer, outcome: &Outcome) -> Vec<&'a str> {
    let keys = explorer.alphabet().keys.iter().enumerate();
    keys.filter(|(index, _)| outcome.reached >> index & 1 == 0).map(|(_, key)| key.name.as_str()).collect()
}

/// Prints what scenarios are made of.
fn alphabet(explorer: &Explorer, as_json: bool, out: &mut Out) -> Result<ExitCode, Error> {
    let (alphabet, space) = (explorer.alphabet(), explorer.space());
    let toggles: Vec<&str> = alphabet.toggles.iter().map(|toggle| toggle.text()).collect();
    let steps: Vec<&str> = alphabet.letters.iter().map(|letter| letter.name.as_str()).collect();
    let moments: Vec<&str> = alphabet.moments.iter().map(|(name, _)| *name).collect();
    let classes = |key: &regdiff_oracle::explore::Key| key.changes.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    if as_json {
        let choices: serde_json::Map<String, serde_json::Value> =
            alphabet.keys.iter().map(|key| (key.name.clone(), json!(classes(key)))).collect();
        out.json(&json!({
            "parameters": toggles, "steps": steps, "moments": moments, "choices": choices,
            "formula": space.formula(), "space": space.count().to_string(),
        }))?;
        return Ok(ExitCode::Clean);
    }
    out.line(format_args!("{HEADING}parameters{HEADING:#}  {}", toggles.join(" ")))?;
    out.line(format_args!("{HEADING}steps{HEADING:#}  {}", steps.join(" ")))?;
    let all: Vec<String> = regdiff_oracle::explore::all_steps().into_iter().map(|letter| letter.name).collect();
    let others: Vec<&str> = all.iter().map(String::as_str).filter(|name| !steps.contains(name)).collect();
    out.line(format_args!("{HEADING}other steps, for --steps{HEADING:#}  {QUIET}{}{QUIET:#}", others.join(" ")))?;
    out.line(format_args!("{HEADING}moments of early steps{HEADING:#}  {}", moments.join(" ")))?;
    for key in &alphabet.keys {
        out.line(format_args!("{HEADING}{}{HEADING:#}  {}", key.name, classes(key).join(" ")))?;
    }
    out.line(format_args!("{} scenarios = {}", space.count(), space.formula()))?;
    Ok(ExitCode::Clean)
}

/// At which depth each planted fault is reported as expected, and in what.
fn faults(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let chosen = arguments.chosen()?;
    let all: Vec<&'static Fault> = arguments.fault.map_or_else(|| FAULTS.iter().collect(), |fault| vec![fault]);
    let mut progress = Progress::new();
    let mut rows = Vec::new();
    for fault in all {
        let Some(signature) = fault.signature else { continue };
        progress.show(|| format!("{} of {} faults, {}", rows.len(), FAULTS.len(), fault.name));
        let found = (1..=arguments.depth).find_map(|depth| {
            let explorer = Explorer::new(chosen.clone(), arguments.bounds(depth), Question::Fault(fault));
            first(&explorer, signature, arguments.jobs.number()).map(|(words, judged)| (depth, words, judged))
        });
        rows.push((fault, found));
    }
    progress.finish();
    for (fault, found) in rows {
        if arguments.json {
            let found = found.map(|(depth, words, judged)| json!({ "depth": depth, "words": words, "judged": judged }));
            out.json(&json!({ "fault": fault.name, "signature": fault.signature, "found": found }))?;
            continue;
        }
        match found {
            Some((depth, words, judged)) => {
                out.line(format_args!("{HEADING}{}{HEADING:#}  depth {depth}, {judged} judged: {words}", fault.name))?;
            }
            None => {
                out.line(format_args!("{HEADING}{}{HEADING:#}  not up to depth {}", fault.name, arguments.depth))?
            }
        }
    }
    Ok(ExitCode::Clean)
}

/// The first scenario with a signature, in the order of the walk, and how many were judged up to the end of its unit.
fn first(explorer: &Explorer, signature: &str, jobs: usize) -> Option<(String, u64)> {
    let plan = explorer.plan();
    let mut outcome = plan.outcome;
    if !outcome.findings.contains_key(signature) {
        let work = |index: u64| explorer.explore(&plan.units[index as usize]);
        parallel::in_order(jobs, plan.units.len() as u64, work, |_, unit| {
            outcome.merge(unit);
            if outcome.findings.contains_key(signature) {
                return std::ops::ControlFlow::Break(());
            }
            std::ops::ControlFlow::Continue(())
        });
    }
    outcome.findings.get(signature).map(|sighting| (sighting.words.clone(), outcome.judged))
}
