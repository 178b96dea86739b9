//! `regdiff run`: judges files and tells what was found.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use regdiff_oracle::{Fault, Finding, Options, Report, Side, Verdict, explain, judge};
use serde_json::{Value, json};

use crate::args::AllowLevel;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::{self, Input, Reading};
use crate::kernel_lane::{self, KernelArguments, LaneChoice};
use crate::output::Out;
use crate::own_bug::{self, OwnBug};
use crate::style::{BAD, GOOD, HEADING, QUIET, UNDECIDED};
use crate::{complain, repeat, say};

const EXAMPLES: &str = "\
Examples:
  regdiff run corpus/registration/lp1887124.toml
  regdiff run --allow open fuzz/artifacts/registration/crash-*
  regdiff gen --seed 7 | regdiff run --json -

  regdiff run --lane linux --version 6.12 corpus/registration/lp1887124.toml

Files are scenarios as text, in byte form, or as an engine left them; - is standard input.
What an allowance covers is shown with the allowance's id, and is no finding.";

/// Arguments of `regdiff run`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Scenarios; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Which allowances count; each level includes those before it
    #[arg(long, value_enum, default_value = "intended", value_name = "LEVEL")]
    allow: AllowLevel,
    /// Plant a fault in the deferred driver, and judge it against the same driver without it; `regdiff faults` lists them
    #[arg(long, value_name = "NAME", conflicts_with = "allow", hide_possible_values = true, value_parser = super::faults::names())]
    fault: Option<&'static Fault>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    /// Print only the verdict of each file and the signatures found
    #[arg(long, short, conflicts_with = "json")]
    quiet: bool,
    /// Where both variants run: linux is the real driver, with early and with deferred registration
    #[arg(long, value_enum, default_value = "model", conflicts_with = "fault")]
    lane: LaneChoice,
    #[command(flatten)]
    kernel: KernelArguments,
    #[command(flatten)]
    reading: Reading,
}

/// Judges each file. One that cannot be read does not keep the others from being judged.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let mut code = ExitCode::Clean;
    let linux = match arguments.lane {
        LaneChoice::Model => None,
        LaneChoice::Linux => Some(arguments.kernel.linux()?),
    };
    for (index, file) in arguments.files.iter().enumerate() {
        let judged = arguments.reading.read(file).map(|input| {
            let judged = own_bug::catch(|| match &linux {
                Some(linux) => kernel_lane::judge(linux, &input.scenario, arguments.allow.allow()),
                None => Ok(judge(&input.scenario, &arguments.options())),
            });
            (input, judged)
        });
        code = code.and(match judged {
            Err(error) => complain(&error),
            Ok((input, Err(OwnBug(what)))) => {
                say(format_args!("{BAD}a bug of regdiff itself:{BAD:#} {}: {what}", input.file.display()));
                say(format_args!("  please report it with this file"));
                ExitCode::OwnBug
            }
            Ok((input, Ok(Err(error)))) => {
                say(format_args!("{}", input.file.display()));
                complain(&error)
            }
            Ok((input, Ok(Ok(report)))) => {
                let again = match (&linux, arguments.fault) {
                    (Some(linux), _) => {
                        repeat::in_kernel(&input.file, arguments.allow, arguments.reading.raw, &linux.built.folder)
                    }
                    (None, Some(fault)) => repeat::run_with_fault(&input.file, fault.name, arguments.reading.raw),
                    (None, None) => repeat::run(&input.file, arguments.allow, arguments.reading.raw),
                };
                match (arguments.json, arguments.quiet) {
                    (true, _) => {
                        let mut value = object(&input, &report, &again);
                        if let Some(fault) = arguments.fault {
                            value["fault"] = json!(fault.name);
                        }
                        out.json(&value)?;
                    }
                    (_, true) => out.text(&brief(&input, &report))?,
                    _ => {
                        let gap = if index == 0 { "" } else { "\n" };
                        let planted = arguments.fault.map_or_else(String::new, planted);
                        out.text(&format!("{gap}{planted}{}", full(&input, &report, &again)))?;
                    }
                }
                exit_code(&report.verdict)
            }
        });
    }
    Ok(code)
}

impl Arguments {
    fn options(&self) -> Options {
        self.fault.map_or_else(|| Options::allowing(self.allow.allow()), Fault::options)
    }
}

/// What the two sides are when a fault is planted.
fn planted(fault: &Fault) -> String {
    let (name, sentence) = (fault.name, fault.sentence());
    format!(
        "{HEADING}planted{HEADING:#}: {name}: {sentence}\n  in deferred; in the place of eager the same driver without it\n\n"
    )
}

/// How a verdict ends the command.
pub(crate) fn exit_code(verdict: &Verdict) -> ExitCode {
    match verdict {
        Verdict::Agree | Verdict::CutShort => ExitCode::Clean,
        Verdict::Findings => ExitCode::Findings,
        Verdict::Skipped { .. } | Verdict::PartlyJudged { .. } | Verdict::LimitHit { .. } => ExitCode::Undecided,
    }
}

/// Everything a person wants to know.
pub(crate) fn full(input: &Input, report: &Report, again: &str) -> String {
    let mut text = format!("{HEADING}{}{HEADING:#}: {}\n", input.file.display(), coloured(&report.verdict));
    for side in [Side::Eager, Side::Deferred] {
        let _ = writeln!(text, "  {:<9} {}", format!("{side}:"), alone(report, side));
    }
    if let Some(masked) = &report.masked {
        let _ = writeln!(text, "  with protection space always reserved: {}", coloured(masked));
    }
    for finding in &report.findings {
        let _ = write!(text, "\n{}", finding_in_full(finding));
    }
    if let Some(first) = &report.first_difference {
        let (eager, deferred) = (millis(first.time_us.eager), millis(first.time_us.deferred));
        let (step, difference) = (first.steps_begun, &first.difference);
        let when = format!("at rest with {step} steps begun, eager {eager} ms, deferred {deferred} ms");
        let _ = writeln!(text, "\n{HEADING}first difference{HEADING:#}: {difference}\n  {QUIET}{when}{QUIET:#}");
    }
    if !report.allowed.is_empty() {
        let _ = writeln!(text, "\n{HEADING}allowed{HEADING:#}");
    }
    for allowed in &report.allowed {
        let (id, status, count) = (allowed.id, allowed.status.text(), allowed.count);
        let _ = writeln!(text, "  {id} ({status}, {count}x): {}", allowed.finding.signature);
    }
    for finding in &report.schedule_dependent {
        let _ = writeln!(text, "\n{HEADING}depends on the schedule{HEADING:#}: {}", finding.signature);
        let _ = writeln!(text, "  {}", finding.sentence());
    }
    let _ = writeln!(text, "\n{HEADING}repeat{HEADING:#}: {again}");
    if input::is_stdin(&input.file) {
        let _ = writeln!(text, "  {QUIET}with the same scenario on standard input{QUIET:#}");
    }
    text
}

/// A finding, with its signature in the colour of findings.
fn finding_in_full(finding: &Finding) -> String {
    let text = explain::finding(finding);
    let signature = finding.signature.as_str();
    match text.strip_prefix(signature) {
        Some(rest) => format!("{BAD}{signature}{BAD:#}{rest}"),
        None => text,
    }
}

/// What one side did wrong on its own.
fn alone(report: &Report, side: Side) -> String {
    let found = report.findings.iter().filter(|finding| finding.side == side).count();
    let allowed = report.allowed.iter().filter(|allowed| allowed.finding.side == side).count();
    match (found, allowed) {
        (0, 0) => format!("{GOOD}clean{GOOD:#}"),
        (0, allowed) => format!("{allowed} allowed"),
        (found, 0) => format!("{BAD}{found} found{BAD:#}"),
        (found, allowed) => format!("{BAD}{found} found{BAD:#}, {allowed} allowed"),
    }
}

fn coloured(verdict: &Verdict) -> String {
    let style = match verdict {
        Verdict::Agree => GOOD,
        Verdict::Findings => BAD,
        _ => UNDECIDED,
    };
    let name = verdict.text().replace('_', " ");
    match verdict {
        Verdict::Skipped { what } => format!("{style}{name}{style:#}: {what}"),
        Verdict::PartlyJudged { what } => {
            format!("{style}{name}{style:#}: compared over the first {} steps; {what}", what.step())
        }
        Verdict::LimitHit { limit } => format!("{style}{name}{style:#}: {}", format!("{limit:?}").to_lowercase()),
        _ => format!("{style}{name}{style:#}"),
    }
}

fn millis(us: u64) -> String {
    format!("{}.{:03}", us / 1000, us % 1000)
}

/// The verdict, and a signature a line.
fn brief(input: &Input, report: &Report) -> String {
    let mut text = format!("{}: {}\n", input.file.display(), coloured(&report.verdict));
    for finding in &report.findings {
        let _ = writeln!(text, "  {}", finding.signature);
    }
    text
}

/// The report as JSON, with what makes it readable without regdiff.
pub(crate) fn object(input: &Input, report: &Report, again: &str) -> Value {
    let mut value = json!(report);
    value["file"] = json!(input.file.display().to_string());
    value["repeat"] = json!(again);
    value["exit_code"] = json!(exit_code(&report.verdict).code());
    let sentence = |finding: &Finding| json!(finding.sentence());
    for (index, finding) in report.findings.iter().enumerate() {
        value["findings"][index]["sentence"] = sentence(finding);
        value["findings"][index]["trace"] = json!(finding.trace());
    }
    for (index, allowed) in report.allowed.iter().enumerate() {
        value["allowed"][index]["finding"]["sentence"] = sentence(&allowed.finding);
    }
    if let Some(first) = &report.first_difference {
        value["first_difference"]["sentence"] = json!(first.difference.to_string());
    }
    value
}
