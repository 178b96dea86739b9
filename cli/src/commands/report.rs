//! `regdiff report`: one page about a folder of findings.

use std::path::PathBuf;

use clap::Args;

use crate::args::AllowLevel;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::output::Out;
use crate::{input, new_file, report};

const EXAMPLES: &str = "\
Examples:
  regdiff report findings -o report.html
  regdiff series --json > findings/series.json; regdiff report findings -o new.html
  regdiff report findings --json | less

The page needs no network and no other file. It shows the findings in DIR/*/, and what lies in DIR itself: campaign*.json of
`regdiff fuzz`, inputs*.jsonl of `regdiff table inputs --json`, series*.json. An existing file is never overwritten.";

/// Arguments of `regdiff report`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The folder of findings
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// A new file for the page; - is standard output
    #[arg(long, short, value_name = "OUT", default_value = "report.html")]
    output: PathBuf,
    /// Which allowances count
    #[arg(long, value_enum, default_value = "intended", value_name = "LEVEL")]
    allow: AllowLevel,
    /// Print what the page shows as one JSON object, and write no page
    #[arg(long)]
    json: bool,
}

/// Writes the page.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let to_stdout = input::is_stdin(&arguments.output);
    if !arguments.json && !to_stdout && arguments.output.symlink_metadata().is_ok() {
        return Err(Error::Exists(arguments.output.clone()));
    }
    let data = report::gather(&arguments.folder, arguments.allow)?;
    if arguments.json {
        out.json(&data)?;
        return Ok(ExitCode::Clean);
    }
    let page = report::render(&data)?;
    if to_stdout {
        out.text(&page)?;
        return Ok(ExitCode::Clean);
    }
    new_file::create(&arguments.output, page.as_bytes())?;
    let findings = data["findings"].as_array().map_or(0, Vec::len);
    out.line(format_args!("{}: {findings} findings, {} bytes", arguments.output.display(), page.len()))?;
    Ok(ExitCode::Clean)
}
