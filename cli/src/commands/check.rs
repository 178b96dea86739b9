//! `regdiff check --twice`: the same scenario always gives the same verdict; `regdiff check --contract`: see [`contract`].
//!
//! Each scenario is judged twice, and both sides are run once more for their whole observations. The second time is on
//! another thread and in the opposite order, so that nothing that is left over from one scenario can hide.

mod contract;

use std::fmt;
use std::path::PathBuf;
use std::thread;

use clap::Args;
use regdiff_linux::{Linux, Registration};
use regdiff_observation::{End, Limit, Observation, StepOutcome};
use regdiff_oracle::{Model, Options, Report, judge, pair};
use regdiff_scenario::Scenario;
use serde::Serialize;
use serde_json::{Value, json};

use crate::args::{AllowLevel, Seeds};
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::Reading;
use crate::kernel_lane::{KernelArguments, LaneChoice};
use crate::output::Out;
use crate::own_bug::{self, OwnBug};
use crate::style::{BAD, GOOD};
use crate::triage;
use crate::{complain, repeat};

const EXAMPLES: &str = "\
Examples:
  regdiff check --twice corpus/registration/*.toml
  regdiff check --twice --seed 0 --count 100000
  regdiff check --twice --each --count 1000 >here      # and on another machine; then: diff here there
  regdiff check --twice --lane linux --seed 1 --count 20
  regdiff check --contract --today 2026-11-01 corpus";

/// Scenarios of which the results are kept at once.
const BATCH: usize = 128;

/// Arguments of `regdiff check`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Judge each scenario twice and compare everything
    #[arg(long, required_unless_present = "contract")]
    twice: bool,
    /// Look through the contract: no entry is past its review, and these scenarios need every one of them
    #[arg(long, conflicts_with_all = ["twice", "seed", "count", "allow"], requires_all = ["today", "files"])]
    contract: bool,
    /// The day on which reviews are due, as YYYY-MM-DD: nothing here looks at a clock
    #[arg(long, value_name = "DATE", requires = "contract", value_parser = contract::date)]
    today: Option<String>,
    /// Scenarios, and with --contract folders of them; without, generated ones if none is named
    #[arg(value_name = "FILE", conflicts_with_all = ["seed", "count"])]
    files: Vec<PathBuf>,
    #[command(flatten)]
    seeds: Seeds,
    /// Which allowances count
    #[arg(long, value_enum, default_value = "intended", value_name = "LEVEL")]
    allow: AllowLevel,
    /// Before the summary, print a line for each scenario, with a hash of all that was judged and seen: the same in every build
    /// and on every machine
    #[arg(long, conflicts_with_all = ["contract", "json"])]
    each: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Where scenarios run; in linux it is the observations of both registrations that must be the same
    #[arg(long, value_enum, default_value = "model")]
    lane: LaneChoice,
    #[command(flatten)]
    kernel: KernelArguments,
    #[command(flatten)]
    reading: Reading,
}

/// A scenario, and the command that judges it again.
struct Subject {
    name: String,
    scenario: Scenario,
    repeat: String,
}

/// Everything that must be the same. In the kernel lane there is no report: a judgement would take more boots and say no more.
#[derive(PartialEq, Serialize)]
struct Outcome {
    report: Option<Report>,
    observations: pair::Pair<Observation>,
}

/// How runs ended: that rest came twice says less than that a panic did.
#[derive(Debug, Default, PartialEq, Serialize)]
struct Ends {
    rest: u64,
    /// Came to rest, but a step never ended.
    hang: u64,
    trap: u64,
    limit: u64,
    skipped: u64,
}

impl Ends {
    fn count(&mut self, seen: &Observation) {
        let blocked = seen.steps.contains(&StepOutcome::Blocked);
        *match seen.end {
            End::Rest if blocked => &mut self.hang,
            End::Rest => &mut self.rest,
            End::Trap(_) => &mut self.trap,
            End::Limit(_) => &mut self.limit,
            End::Unmodelled(_) => &mut self.skipped,
        } += 1;
    }
}

impl fmt::Display for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rest, hang, trap, limit, skipped } = self;
        write!(
            f,
            "{rest} at rest, {hang} with a step that hangs, {trap} in a trap, {limit} at a limit, {skipped} skipped"
        )
    }
}

/// A scenario that came out in two ways.
#[derive(Serialize)]
struct Difference {
    /// Where the two outcomes part first, as a path into their JSON.
    place: String,
    first: Value,
    second: Value,
    repeat: String,
}

/// Checks all scenarios.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    if arguments.contract {
        let today = arguments.today.as_deref().unwrap_or_default();
        return contract::check(today, &arguments.files, arguments.reading, arguments.json, out);
    }
    let mut code = ExitCode::Clean;
    let linux = match arguments.lane {
        LaneChoice::Model => None,
        LaneChoice::Linux => Some(arguments.kernel.linux()?),
    };
    let options = Options::allowing(arguments.allow.allow());
    let once = |scenario: &Scenario| match &linux {
        None => Ok(Outcome {
            report: Some(judge(scenario, &options)),
            observations: pair::run(&Model, scenario, pair::Pair { eager: &options.left, deferred: &options.right }),
        }),
        Some(linux) => in_kernel(linux, scenario),
    };
    let mut scenarios: u64 = 0;
    let mut differences = Vec::new();
    let mut ends = Ends::default();
    let seeds = (0..if arguments.files.is_empty() { arguments.seeds.count } else { 0 }).map(|index| {
        let seed = arguments.seeds.nth(index);
        Subject {
            name: format!("seed {seed}"),
            scenario: Scenario::generate(seed),
            repeat: repeat::seed(seed, arguments.allow),
        }
    });
    let files = arguments.files.iter().filter_map(|file| match arguments.reading.read(file) {
        Ok(input) => {
            let repeat = repeat::run(file, arguments.allow, arguments.reading.raw);
            Some(Subject { name: file.display().to_string(), scenario: input.scenario, repeat })
        }
        Err(error) => {
            code = code.and(complain(&error));
            None
        }
    });
    let mut subjects = files.chain(seeds).peekable();
    while subjects.peek().is_some() {
        let batch: Vec<Subject> = subjects.by_ref().take(BATCH).collect();
        scenarios += batch.len() as u64;
        let results = twice(&batch, &once)?;
        for (subject, (first, second)) in batch.iter().zip(results) {
            if let Ok(outcome) = &first {
                ends.count(&outcome.observations.eager);
                ends.count(&outcome.observations.deferred);
            }
            if arguments.each {
                out.line(format_args!("{}: {}", subject.name, line(&first)))?;
            }
            differences.extend(compare(first, second, &subject.repeat));
        }
    }
    drop(subjects);
    if !differences.is_empty() {
        code = code.and(ExitCode::OwnBug);
    }
    if arguments.json {
        let (count, first) = (differences.len(), differences.first());
        out.json(&json!({ "scenarios": scenarios, "different": count, "first": first, "ends": ends, "exit_code": code.code() }))?;
        return Ok(code);
    }
    let (count, style) = (differences.len(), if differences.is_empty() { GOOD } else { BAD });
    out.line(format_args!("{scenarios} scenarios judged twice, {style}{count} came out in two ways{style:#}"))?;
    out.line(format_args!("runs of the first time: {ends}"))?;
    if let Some(Difference { place, first, second, repeat }) = differences.first() {
        out.line(format_args!("first difference: {place}\n  first time:  {first}\n  second time: {second}"))?;
        out.line(format_args!("this is a bug of regdiff; repeat: {repeat}"))?;
    }
    Ok(code)
}

/// What came of a scenario; a panic is an outcome too.
type Came = Result<Outcome, OwnBug>;

/// Does everything twice.
fn twice(
    batch: &[Subject],
    once: &(impl Fn(&Scenario) -> Result<Outcome, Error> + Sync),
) -> Result<Vec<(Came, Came)>, Error> {
    let once = |subject: &Subject| own_bug::catch(|| once(&subject.scenario));
    let (first, mut second) = thread::scope(|scope| {
        let second = scope.spawn(|| batch.iter().rev().map(once).collect::<Vec<_>>());
        let first: Vec<_> = batch.iter().map(once).collect();
        (first, second.join().unwrap_or_default())
    });
    second.reverse();
    // A panic is an outcome, a lane that fails is none.
    let outcome = |result: Result<Result<Outcome, Error>, OwnBug>| match result {
        Ok(Err(error)) => Err(error),
        Ok(Ok(outcome)) => Ok(Ok(outcome)),
        Err(bug) => Ok(Err(bug)),
    };
    first.into_iter().zip(second).map(|(first, second)| Ok((outcome(first)?, outcome(second)?))).collect()
}

/// Verdict, signatures and a hash of everything, to compare with another build or machine.
fn line(outcome: &Came) -> String {
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(OwnBug(what)) => return format!("a bug of regdiff: {}", what.replace('\n', " ")),
    };
    let report = outcome.report.as_ref();
    let found = report.into_iter().flat_map(|report| &report.findings).map(|finding| finding.signature.as_str());
    let words: Vec<&str> = report.map(|report| report.verdict.text()).into_iter().chain(found).collect();
    format!("{} {}", words.join(" "), triage::of(json!(outcome).to_string().as_bytes()))
}

/// Both registrations of the real driver, on the kernel's own profile.
fn in_kernel(linux: &Linux, scenario: &Scenario) -> Result<Outcome, Error> {
    let scenario = linux.normalise(scenario);
    let run = |registration| linux.try_run(&scenario, registration).map(|run| run.seen).map_err(Error::Kernel);
    let observations = pair::Pair { eager: run(Registration::Early)?, deferred: run(Registration::Deferred)? };
    Ok(Outcome { report: None, observations })
}

fn compare(first: Result<Outcome, OwnBug>, second: Result<Outcome, OwnBug>, repeat: &str) -> Option<Difference> {
    let found = |place: String, first, second| Some(Difference { place, first, second, repeat: repeat.to_owned() });
    let (mut first, mut second) = (first, second);
    if let (Ok(first), Ok(second)) = (&mut first, &mut second) {
        as_far_as_both_came(&mut first.observations.eager, &mut second.observations.eager);
        as_far_as_both_came(&mut first.observations.deferred, &mut second.observations.deferred);
    }
    match (first, second) {
        (Ok(first), Ok(second)) if first == second => None,
        (Ok(first), Ok(second)) => {
            let (place, first, second) = part(String::new(), json!(first), json!(second))?;
            found(place, first, second)
        }
        // A panic is our bug even if it comes twice.
        (first, second) => {
            let text = |result: Result<Outcome, OwnBug>| json!(result.map_or_else(|bug| bug.0, |_| "a verdict".into()));
            found("a panic".to_owned(), text(first), text(second))
        }
    }
}

/// Where real time ends a run is up to the machine: then what happened until the earlier end must be the same, and nothing else.
fn as_far_as_both_came(first: &mut Observation, second: &mut Observation) {
    let is_cut = |seen: &Observation| seen.end == End::Limit(Limit::RealTime);
    if !is_cut(first) && !is_cut(second) {
        return;
    }
    let (events, rests) = (first.events.len().min(second.events.len()), first.rests.len().min(second.rests.len()));
    for seen in [first, second] {
        seen.events.truncate(events);
        seen.rests.truncate(rests);
        let (events, rests) = (std::mem::take(&mut seen.events), std::mem::take(&mut seen.rests));
        *seen = Observation { end: End::Limit(Limit::RealTime), events, rests, ..Observation::default() };
    }
}

/// Where two values part first.
fn part(path: String, first: Value, second: Value) -> Option<(String, Value, Value)> {
    match (first, second) {
        (first, second) if first == second => None,
        (Value::Object(first), Value::Object(mut second)) if first.len() == second.len() => {
            first.into_iter().find_map(|(key, value)| {
                let other = second.remove(&key).unwrap_or(Value::Null);
                part(format!("{path}.{key}"), value, other)
            })
        }
        (Value::Array(first), Value::Array(second)) => {
            let (counts, lists) = ((first.len(), second.len()), first.into_iter().zip(second));
            let inner = lists.enumerate().find_map(|(i, (a, b))| part(format!("{path}[{i}]"), a, b));
            inner.or_else(|| Some((format!("{path}.length"), json!(counts.0), json!(counts.1))))
        }
        (first, second) => Some((path, first, second)),
    }
}

#[cfg(test)]
mod tests {
    use regdiff_observation::Rest;

    use super::*;

    #[test]
    fn of_a_run_that_real_time_ended_counts_what_both_saw() {
        let run = |end, times: &[u64]| {
            let rests = times.iter().map(|time_us| Rest { time_us: *time_us, ..Rest::default() }).collect();
            Observation { end, rests, turns: times.len() as u64, ..Observation::default() }
        };
        let differ = |(mut first, mut second): (Observation, Observation)| {
            as_far_as_both_came(&mut first, &mut second);
            first != second
        };
        let cut = End::Limit(Limit::RealTime);
        assert!(!differ((run(cut.clone(), &[1, 2]), run(cut.clone(), &[1, 2, 3]))));
        assert!(!differ((run(cut.clone(), &[1, 2]), run(End::Limit(Limit::Output), &[1, 2, 3]))));
        assert!(differ((run(cut.clone(), &[1, 2]), run(cut, &[1, 3]))));
        assert!(differ((run(End::Limit(Limit::Time), &[1, 2]), run(End::Limit(Limit::Time), &[1, 2, 3]))));
        assert!(differ((run(End::Rest, &[105_753_401]), run(End::Rest, &[105_753_402]))), "a microsecond counts");
    }

    #[test]
    fn the_first_place_where_two_values_part_is_found() {
        let first = json!({ "a": 1, "b": [1, { "c": 2 }] });
        assert_eq!(part(String::new(), first.clone(), first.clone()), None);
        let second = json!({ "a": 1, "b": [1, { "c": 3 }] });
        assert_eq!(part(String::new(), first.clone(), second), Some((".b[1].c".into(), json!(2), json!(3))));
        let longer = json!({ "a": 1, "b": [1, { "c": 2 }, 5] });
        assert_eq!(part(String::new(), first, longer), Some((".b.length".into(), json!(2), json!(3))));
    }
}
