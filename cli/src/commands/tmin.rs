//! `regdiff tmin`: takes parts out of a scenario while its finding stays.

use std::path::{Path, PathBuf};

use clap::Args;
use regdiff_oracle::shrink::DEFAULT_CAP;
use regdiff_oracle::{Options, Report, Signature, judge, shrink};
use regdiff_scenario::{parts, text};
use serde_json::json;

use crate::args::AllowLevel;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::{self, Input, Reading};
use crate::output::Out;
use crate::{new_file, repeat};

const EXAMPLES: &str = "\
Examples:
  regdiff tmin fuzz/artifacts/registration/crash-2fd4e1c6
  regdiff tmin big.toml -o small.toml
  regdiff tmin big.toml --signature memory/eager/null-write/scsi_queue_rq/prot_sdb

It holds on to one signature, never returns another finding or something larger, and says whether every single part that is
left is needed. The result lies beside FILE as minimized-from-NAME.toml; an existing file is never overwritten.";

/// Arguments of `regdiff tmin`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A scenario; - is standard input
    file: PathBuf,
    /// A new file for the result; - is standard output
    #[arg(long, short, value_name = "OUT")]
    output: Option<PathBuf>,
    /// The signature to hold on to; the first finding's unless told otherwise
    #[arg(long, value_name = "S")]
    signature: Option<String>,
    /// Judgements to take at most
    #[arg(long, value_name = "N", default_value_t = DEFAULT_CAP)]
    cap: u32,
    /// Which allowances count
    #[arg(long, value_enum, default_value = "intended", value_name = "LEVEL")]
    allow: AllowLevel,
    /// Print one JSON object about the result
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: Reading,
}

/// Minimises one scenario.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let input = arguments.reading.read(&arguments.file)?;
    if let Some(output) = arguments.output.as_deref().filter(|file| !input::is_stdin(file))
        && output.symlink_metadata().is_ok()
    {
        // Better now than after a minute's work.
        return Err(Error::Exists(output.to_owned()));
    }
    let options = Options::allowing(arguments.allow.allow());
    let signature = arguments.signature(&input, &judge(&input.scenario, &options))?;
    let shrunk = shrink(&input.scenario, &signature, &options, arguments.cap);
    let (before, after) = (parts::size(&input.scenario), parts::size(&shrunk.scenario));
    let contents = format!("# {signature}\n# minimized from {}\n{}", name(&input.file), text::print(&shrunk.scenario));
    let to_stdout = arguments.output.as_deref().is_some_and(input::is_stdin);
    let written = match &arguments.output {
        _ if to_stdout => PathBuf::from("-"),
        Some(output) => new_file::create(output, contents.as_bytes()).map(|()| output.clone())?,
        None => {
            let folder = input.file.parent().unwrap_or(Path::new(""));
            new_file::create_free(folder, &stem(&input.file), ".toml", contents.as_bytes())?
        }
    };
    let again = repeat::run(&written, arguments.allow, false);
    if to_stdout {
        out.text(&contents)?;
    } else if arguments.json {
        out.json(&json!({
            "file": input.file.display().to_string(),
            "signature": signature,
            "parts_before": before,
            "parts_after": after,
            "judgements": shrunk.runs,
            "finished": shrunk.finished,
            "written": written.display().to_string(),
            "repeat": again,
        }))?;
    } else {
        out.line(format_args!("signature   {signature}"))?;
        out.line(format_args!("parts       {before} before, {after} after"))?;
        out.line(format_args!("judgements  {} of {} at most", shrunk.runs, arguments.cap))?;
        out.line(match shrunk.finished {
            true => "finished    yes: every single part that is left was tried, and is needed",
            false => "finished    no: the cap came first; --cap takes a larger one",
        })?;
        out.line(format_args!("written     {}", written.display()))?;
        out.line(format_args!("repeat      {again}"))?;
    }
    Ok(ExitCode::Clean)
}

impl Arguments {
    /// What to hold on to, if it is there.
    fn signature(&self, input: &Input, report: &Report) -> Result<Signature, Error> {
        let found: Vec<&str> = report.findings.iter().map(|finding| finding.signature.as_str()).collect();
        let refuse =
            |what: String, cure: String| Err(Error::NothingToMinimise { file: input.file.clone(), what, cure });
        match &self.signature {
            Some(wanted) if found.contains(&wanted.trim()) => Ok(Signature::from(wanted.as_str())),
            Some(wanted) if !found.is_empty() => {
                refuse(format!("does not show {wanted}"), format!("it shows {}", found.join(", ")))
            }
            None if !found.is_empty() => Ok(report.findings[0].signature.clone()),
            _ => refuse(
                format!("the verdict is {}, without a finding", report.verdict.text()),
                "run it with `regdiff run`; a finding that is allowed shows with a lower --allow".to_owned(),
            ),
        }
    }
}

/// `minimized-from-NAME`, without the ending that it will get again.
fn stem(file: &Path) -> String {
    let name = name(file);
    format!("minimized-from-{}", name.strip_suffix(".toml").unwrap_or(&name))
}

fn name(file: &Path) -> String {
    if input::is_stdin(file) {
        return "stdin".to_owned();
    }
    file.file_name().map_or_else(|| "scenario".to_owned(), |name| name.to_string_lossy().into_owned())
}
