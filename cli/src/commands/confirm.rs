//! `regdiff confirm`: does a finding of the model show in the real driver?

use std::path::{Path, PathBuf};

use clap::Args;
use regdiff_linux::{Linux, NOT_EXPRESSIBLE, Registration, Run};
use regdiff_observation::{Access, End, Trap, TrapKind};
use regdiff_oracle::{Allow, Finding, Options, Report, Status, judge, judge_on};
use regdiff_scenario::text;
use serde_json::{Value, json};

use crate::confirmed as confirmed_by;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::{self, Input, Reading};
use crate::kernel_lane::{self, KernelArguments, model_of};
use crate::new_file;
use crate::output::Out;
use crate::style::{BAD, GOOD, HEADING, UNDECIDED};

const EXAMPLES: &str = "\
Examples:
  regdiff confirm findings/memory-eager-null-write-scsi_queue_rq-prot_sdb/scenario.toml
  regdiff confirm --kasan --signature divergence/scsi_host.can_queue finding.toml --keep evidence

The scenario runs on the real driver twice, with early and with deferred registration; early is the driver's own source, with
the host registered when the adapter is enqueued. The verdict:
  confirmed        the same signature shows: same kind, same place                exit code 1
  differs          it does not; what happened instead is told                     exit code 0
  not expressible  the kernel lane cannot do a part of it; which part, and why    exit code 3

Facts, consoles and verdict go to a new folder beside FILE, or into the new folder DIR; nothing is overwritten.";

/// Low-address protection of s390 covers the first two pages' beginnings; a null pointer and a small offset lie there.
const FIRST_PAGE: u64 = 4096;

/// Arguments of `regdiff confirm`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A scenario with a finding; - is standard input
    file: PathBuf,
    /// The signature to look for; unless told otherwise those that are new or open in the model, or else its historical ones
    #[arg(long, value_name = "S")]
    signature: Option<String>,
    /// A new folder for the evidence
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    kernel: KernelArguments,
    #[command(flatten)]
    reading: Reading,
}

/// What the kernel says of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Confirmed,
    Differs,
    NotExpressible,
}

impl Answer {
    const fn text(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Differs => "differs",
            Self::NotExpressible => "not expressible",
        }
    }

    const fn exit_code(self) -> ExitCode {
        match self {
            Self::Confirmed => ExitCode::Findings,
            Self::Differs => ExitCode::Clean,
            Self::NotExpressible => ExitCode::Undecided,
        }
    }
}

/// Runs the finding.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let input = arguments.reading.read(&arguments.file)?;
    let wanted = arguments.wanted(&input)?;
    let linux = arguments.kernel.linux()?;
    let folder = arguments.folder(&input)?;
    let scenario = linux.normalise(&input.scenario);
    let mut runs = Vec::new();
    for registration in Registration::ALL {
        runs.push((*registration, linux.try_run(&scenario, *registration).map_err(Error::Kernel)?));
    }
    let report = kernel_lane::judge(&linux, &input.scenario, Allow::Intended)?;
    let shown = signatures(&report);
    let reason = runs.iter().find_map(|(_, run)| run.beside.not_expressible.clone());
    let confirmed: Vec<&String> =
        wanted.iter().filter(|wanted| shown.iter().any(|seen| is_shown(wanted, seen))).collect();
    let answer = match &reason {
        Some(_) => Answer::NotExpressible,
        None if !confirmed.is_empty() => Answer::Confirmed,
        None => Answer::Differs,
    };
    // On this kernel's profile the model may not show it either: then it is no contradiction.
    let models = signatures(&judge_on(&regdiff_oracle::Model, &scenario, &pair_of_models()));
    let expected = wanted.iter().any(|wanted| models.contains(wanted));
    let notes: Vec<String> = runs.iter().filter_map(|(registration, run)| on_s390(*registration, run)).collect();
    let value = json!({
        "file": input.file.display().to_string(),
        "scenario": confirmed_by::digest(&input.scenario),
        "signatures": wanted.iter().map(|wanted| json!({
            "signature": wanted,
            "confirmed": confirmed.contains(&wanted),
            "model_shows_it_on_this_kernel": models.contains(wanted),
        })).collect::<Vec<_>>(),
        "verdict": answer.text(),
        "why": reason,
        "kernel_shows": shown,
        "ends": runs.iter().map(|(registration, run)| json!({ "registration": registration, "end": run.seen.end })).collect::<Vec<_>>(),
        "on_s390": notes,
        "kernel": linux.built.manifest,
        "report": report,
        "exit_code": answer.exit_code().code(),
    });
    write_evidence(&folder, &linux, &text::print(&scenario), &runs, &value)?;
    if arguments.json {
        out.json(&value)?;
        return Ok(answer.exit_code());
    }
    let style = match answer {
        Answer::Confirmed => BAD,
        Answer::Differs => GOOD,
        Answer::NotExpressible => UNDECIDED,
    };
    out.line(format_args!("{HEADING}{}{HEADING:#}: {style}{}{style:#}", input.file.display(), answer.text()))?;
    for wanted in &wanted {
        let word = if confirmed.contains(&wanted) { "confirmed" } else { "not seen" };
        out.line(format_args!("  {word:<10} {wanted}"))?;
    }
    out.line(format_args!("  kernel     {}", linux.built.manifest.release))?;
    if let Some(reason) = reason {
        out.line(format_args!("  why        {reason} ({NOT_EXPRESSIBLE})"))?;
    }
    for (registration, run) in &runs {
        out.line(format_args!("  {:<10} {}", registration.text(), ending(&run.seen.end)))?;
    }
    if answer == Answer::Differs {
        let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
        let instead = if shown.is_empty() { "nothing".to_owned() } else { shown.join(", ") };
        out.line(format_args!("  instead    {instead}"))?;
        let model = if expected { "shows it: model and kernel disagree" } else { "does not show it either" };
        out.line(format_args!("  the model  of this kernel {model}"))?;
    }
    for note in notes {
        out.line(format_args!("  on s390    {note}"))?;
    }
    out.line(format_args!("  evidence   {}", folder.display()))?;
    Ok(answer.exit_code())
}

/// Both models that stand beside the kernel's two registrations.
fn pair_of_models() -> Options {
    Options { allow: Allow::Intended, left: model_of(Registration::Early), right: model_of(Registration::Deferred) }
}

/// Whether a signature that the kernel shows is the one looked for. A kernel names the function of a trap, but not the field that the
/// model knows.
fn is_shown(wanted: &str, seen: &str) -> bool {
    wanted == seen || wanted.strip_prefix(seen).is_some_and(|field| field.starts_with('/') && !field[1..].contains('/'))
}

/// Every signature of a report, found or allowed.
fn signatures(report: &Report) -> Vec<String> {
    let allowed = report.allowed.iter().map(|allowed| &allowed.finding);
    let mut all: Vec<String> =
        report.findings.iter().chain(allowed).map(|finding: &Finding| finding.signature.to_string()).collect();
    all.sort();
    all.dedup();
    all
}

fn ending(end: &End) -> String {
    match end {
        End::Rest => "comes to rest".to_owned(),
        End::Trap(trap) => {
            let does = if trap.access == Access::Read { "reads" } else { "writes" };
            let at = trap.address.map_or_else(String::new, |address| format!(", {does} at {address:#x}"));
            let frames: Vec<&str> = trap.trace.iter().take(5).map(AsRef::as_ref).collect();
            format!(
                "{:?} in {}{at}; called by {}",
                trap.kind,
                trap.function,
                frames.get(1..).unwrap_or_default().join(", ")
            )
        }
        End::Unmodelled(what) => format!("needs {what}"),
        End::Limit(limit) => format!("hits the limit of {limit:?}"),
    }
}

/// What a null access in User-Mode Linux would be on s390.
fn on_s390(registration: Registration, run: &Run) -> Option<String> {
    let End::Trap(trap) = &run.seen.end else { return None };
    let Trap { kind: TrapKind::NullAccess, access, address, function, .. } = &**trap else { return None };
    let (name, near) = (registration.text(), address.unwrap_or(0) < FIRST_PAGE);
    Some(match (access, near) {
        (Access::Write, true) => {
            format!("{name}: {function} stores to the first page: that traps there too, by low-address protection")
        }
        (Access::Read, true) => {
            format!("{name}: {function} reads near 0: no trap there; it gets bytes of the lowcore and goes on")
        }
        _ => format!("{name}: {function} is far from 0: whether that traps depends on what is mapped there"),
    })
}

fn write_evidence(
    folder: &Path,
    linux: &Linux,
    scenario: &str,
    runs: &[(Registration, Run)],
    verdict: &Value,
) -> Result<(), Error> {
    let write = |name: &str, contents: &[u8]| new_file::create(&folder.join(name), contents);
    write("scenario.toml", format!("# as the kernel {} ran it\n{scenario}", linux.built.manifest.release).as_bytes())?;
    for (registration, run) in runs {
        write(&format!("{}.facts.jsonl", registration.text()), &run.facts)?;
        write(&format!("{}.console.txt", registration.text()), &run.console)?;
    }
    write("verdict.json", format!("{verdict:#}\n").as_bytes())
}

impl Arguments {
    /// What to look for.
    fn wanted(&self, input: &Input) -> Result<Vec<String>, Error> {
        if let Some(signature) = &self.signature {
            return Ok(vec![signature.trim().to_owned()]);
        }
        let report = judge(&input.scenario, &Options::allowing(Allow::Intended));
        let status = |finding: &Finding| finding.known.as_ref().map(|known| known.status);
        let of = |known: &dyn Fn(Option<Status>) -> bool| -> Vec<String> {
            let found = report.findings.iter().filter(|finding| known(status(finding)));
            found.map(|finding| finding.signature.to_string()).collect()
        };
        let mut wanted = of(&|status| !matches!(status, Some(Status::Historical | Status::Intended)));
        if wanted.is_empty() {
            wanted = of(&|_| true);
        }
        if wanted.is_empty() {
            return Err(Error::NothingToMinimise {
                file: input.file.clone(),
                what: format!("the model's verdict is {}, without a finding", report.verdict.text()),
                cure: "name what to look for with --signature".to_owned(),
            });
        }
        Ok(wanted)
    }

    /// A new folder for the evidence.
    fn folder(&self, input: &Input) -> Result<PathBuf, Error> {
        if let Some(folder) = &self.keep {
            new_file::create_folder(folder)?;
            return Ok(folder.clone());
        }
        let (parent, stem) = match input::is_stdin(&input.file) {
            true => (Path::new(""), "stdin".to_owned()),
            false => {
                let stem = input.file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
                (input.file.parent().unwrap_or(Path::new("")), stem)
            }
        };
        new_file::create_free_folder(parent, &format!("{stem}.evidence"))
    }
}
