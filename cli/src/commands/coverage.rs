//! `regdiff coverage`: which lines of the real driver scenarios run.

use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use regdiff_linux::coverage::{Counters, FileLines, lines};
use regdiff_linux::{Linux, Registration};
use regdiff_observation::End;
use regdiff_scenario::Scenario;
use serde::Serialize;
use serde_json::json;

use super::parity::{Only, Range};
use crate::args::Jobs;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::Reading;
use crate::kernel_lane::KernelArguments;
use crate::output::Out;
use crate::style::{BAD, HEADING, QUIET};
use crate::{complain, parallel};

const EXAMPLES: &str = "\
Examples:
  regdiff coverage corpus/*/*.toml
  regdiff coverage --functions corpus/registration/nominal.toml
  regdiff coverage --seeds 1..200 --json

Each scenario runs with both registrations in a kernel that scripts/kernel --coverage built (scripts/kernel-coverage does all); gcov tells what its counters mean. Lines are those
of the driver's zfcp_*.c of which gcc made code. A run that ends in a panic counts too; one that is killed for its real time does not.";

/// Arguments of `regdiff coverage`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Scenarios
    #[arg(value_name = "FILE", required_unless_present = "seeds")]
    files: Vec<PathBuf>,
    /// Generated scenarios too, from seed A to seed B, B included
    #[arg(long, value_name = "A..B")]
    seeds: Option<Range>,
    /// Only one registration
    #[arg(long, value_name = "early|deferred")]
    registration: Option<Only>,
    /// Also the lines that did not run, by function
    #[arg(long, short)]
    functions: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    jobs: Jobs,
    #[command(flatten)]
    kernel: KernelArguments,
    #[command(flatten)]
    reading: Reading,
}

/// How runs ended.
#[derive(Clone, Debug, Default, Serialize)]
struct Runs {
    rest: u64,
    trapped: u64,
    limited: u64,
    not_expressible: u64,
    /// Runs that told no counters or others than the build's, and runs of which the lane could tell nothing: each with its reason.
    uncounted: Vec<String>,
}

/// A run: where it came from, and its end with the counters, or why there is none.
struct Ran {
    what: String,
    result: Result<Counted, String>,
}

/// What a run told: its end, and counters by name of their file.
struct Counted {
    end: End,
    counters: Vec<(String, Vec<u8>)>,
}

/// Runs, sums, asks gcov.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let mut code = ExitCode::Clean;
    let mut subjects = Vec::new();
    for file in &arguments.files {
        match arguments.reading.read(file) {
            Ok(input) => subjects.push((file.display().to_string(), input.scenario)),
            Err(error) => code = code.and(complain(&error)),
        }
    }
    if let Some(Range(first, last)) = arguments.seeds {
        subjects.extend((first..=last).map(|seed| (format!("seed {seed}"), Scenario::generate(seed))));
    }
    let linux = arguments.kernel.counting()?;
    let registrations: &[Registration] = match &arguments.registration {
        Some(Only(registration)) => std::slice::from_ref(registration),
        None => Registration::ALL,
    };
    let count = (subjects.len() * registrations.len()) as u64;
    let work = |index: u64| {
        let (origin, scenario) = &subjects[index as usize / registrations.len()];
        ran(&linux, origin, scenario, registrations[index as usize % registrations.len()])
    };
    let (mut runs, mut counters) = (Runs::default(), Counters::default());
    parallel::in_order(arguments.jobs.number(), count, work, |_, ran| {
        runs.add(ran, &mut counters);
        ControlFlow::Continue(())
    });
    let files = lines(&linux.built, &counters).map_err(Error::Kernel)?;
    if !runs.uncounted.is_empty() {
        code = code.and(ExitCode::Undecided);
    }
    if arguments.json {
        let (covered, lines) = total(&files);
        let totals = json!({ "lines": lines, "covered": covered });
        out.json(&json!({ "kernel": linux.built.manifest, "scenarios": subjects.len(), "runs": runs, "all": totals, "files": files }))?;
    } else {
        let release = &linux.built.manifest.release;
        out.line(format_args!("kernel {release}, {} scenarios, {}", subjects.len(), runs.text()))?;
        out.text(&table(&files))?;
        if arguments.functions {
            out.text(&uncovered(&files))?;
        }
        for why in &runs.uncounted {
            out.line(format_args!("{BAD}not counted{BAD:#}: {why}"))?;
        }
    }
    Ok(code)
}

fn ran(linux: &Linux, origin: &str, scenario: &Scenario, registration: Registration) -> Ran {
    let what = format!("{origin}, {}", registration.text());
    let result = linux.try_run(&linux.normalise(scenario), registration);
    let counted = result.map(|run| Counted { end: run.seen.end, counters: run.beside.counted });
    Ran { what, result: counted.map_err(|error| error.to_string()) }
}

impl Runs {
    fn add(&mut self, Ran { what, result }: Ran, counters: &mut Counters) {
        let Counted { end, counters: counted } = match result {
            Ok(counted) => counted,
            Err(why) => return self.uncounted.push(format!("{what}: {why}")),
        };
        *match end {
            End::Rest => &mut self.rest,
            End::Trap(_) => &mut self.trapped,
            End::Limit(_) => &mut self.limited,
            End::Unmodelled(_) => &mut self.not_expressible,
        } += 1;
        // The driver may never have been loaded.
        if counted.is_empty() && !matches!(end, End::Unmodelled(_)) {
            self.uncounted.push(format!("{what}: it told no counters"));
        }
        for (file, gcda) in counted {
            if let Err(why) = counters.add(&file, &gcda) {
                self.uncounted.push(format!("{what}: {file}: {why}"));
            }
        }
    }

    fn text(&self) -> String {
        let Self { rest, trapped, limited, not_expressible, uncounted } = self;
        format!(
            "runs: {rest} to rest, {trapped} to a trap, {limited} to a limit, {not_expressible} not expressible; {} not counted",
            uncounted.len()
        )
    }
}

/// Lines that ran, and all.
fn total(files: &[FileLines]) -> (usize, usize) {
    (files.iter().map(FileLines::covered).sum(), files.iter().map(|file| file.lines.len()).sum())
}

fn table(files: &[FileLines]) -> String {
    let mut text = format!("{HEADING}{:<16}{:>7}{:>9}{:>8}{HEADING:#}\n", "file", "lines", "covered", "%");
    let (covered, lines) = total(files);
    let rows = files.iter().map(|file| (file.file.as_str(), file.lines.len(), file.covered()));
    for (name, lines, covered) in rows.chain([("all", lines, covered)]) {
        let share = if lines == 0 { 0.0 } else { covered as f64 * 100.0 / lines as f64 };
        let _ = writeln!(text, "{name:<16}{lines:>7}{covered:>9}{share:>8.1}");
    }
    text
}

/// What did not run: whole functions, and the lines of the others.
fn uncovered(files: &[FileLines]) -> String {
    let mut text = String::new();
    for file in files {
        let functions = file.functions();
        let rest = functions.iter().filter(|(_, lines)| lines.iter().any(|line| line.count == 0));
        for (index, (name, lines)) in rest.enumerate() {
            if index == 0 {
                let _ = writeln!(text, "{HEADING}{}{HEADING:#}", file.file);
            }
            let missed: Vec<u32> = lines.iter().filter(|line| line.count == 0).map(|line| line.number).collect();
            let what = if missed.len() == lines.len() { "never called".to_owned() } else { ranges(&missed) };
            let _ = writeln!(text, "  {name:<44} {:>3} of {:>3}  {QUIET}{what}{QUIET:#}", missed.len(), lines.len());
        }
    }
    text
}

/// Ascending numbers as people write them.
fn ranges(numbers: &[u32]) -> String {
    let mut parts: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => parts.push((*number, *number)),
        }
    }
    let text = |(first, last): &(u32, u32)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    parts.iter().map(text).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use regdiff_linux::coverage::Line;

    use super::*;

    fn file(name: &str, lines: &[(u32, &str, u64)]) -> FileLines {
        let line = |&(number, function, count): &(u32, &str, u64)| Line { number, function: function.into(), count };
        FileLines { file: name.into(), lines: lines.iter().map(line).collect() }
    }

    #[test]
    fn the_table_adds_up_and_functions_say_what_is_missing() {
        let files = [
            file("zfcp_a.c", &[(1, "f", 1), (2, "f", 0), (3, "f", 0), (5, "f", 0), (8, "g", 4)]),
            file("zfcp_b.c", &[(4, "h", 0)]),
            file("zfcp_c.c", &[]),
        ];
        let table = anstream::adapter::strip_str(&table(&files)).to_string();
        let row = |name: &str| {
            let line = table.lines().find(|line| line.starts_with(name)).expect(name);
            line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(row("zfcp_a.c"), ["5", "2", "40.0"]);
        assert_eq!(row("zfcp_c.c"), ["0", "0", "0.0"]);
        assert_eq!(row("all"), ["6", "2", "33.3"]);
        let rest = anstream::adapter::strip_str(&uncovered(&files)).to_string();
        let words: Vec<String> =
            rest.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(words, ["zfcp_a.c", "f 3 of 4 2-3 5", "zfcp_b.c", "h 1 of 1 never called"]);
    }

    #[test]
    fn a_run_without_counters_is_told() {
        let (mut runs, mut counters) = (Runs::default(), Counters::default());
        let mut add = |result| runs.add(Ran { what: "x, early".into(), result }, &mut counters);
        add(Ok(Counted { end: End::Rest, counters: Vec::new() }));
        add(Ok(Counted { end: End::Unmodelled("y"), counters: Vec::new() }));
        add(Ok(Counted { end: End::Rest, counters: vec![("zfcp_a.gcda".into(), vec![0; 8])] }));
        add(Err("no kernel".into()));
        assert_eq!((runs.rest, runs.not_expressible, runs.uncounted.len()), (2, 1, 3));
        assert!(runs.text().ends_with("3 not counted"));
    }
}
