//! `regdiff explain`: one finding on one screen, or in the form that people paste elsewhere.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use regdiff_oracle::explain::{self, About, Screen, Story};
use regdiff_oracle::{Finding, Options, Signature};
use serde_json::json;

use crate::args::AllowLevel;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::{Input, Reading};
use crate::output::Out;
use crate::style::{BAD, QUIET};
use crate::{confirmed, repeat, terminal};

const EXAMPLES: &str = "\
Examples:
  regdiff explain corpus/registration/lp1887124.toml
  regdiff explain --full --width 80 corpus/registration/lp1887124.toml
  regdiff explain --as test findings/SIGNATURE/scenario.toml > tests/finding.rs
  regdiff explain --as mail corpus/registration/lp1887124.toml
  regdiff explain corpus/registration/lp1887124.toml | grep -E 'SIZE|POINTER|TOUCH|->'

Both runs side by side, one line an event: = on both sides, ~ on both at different times, < in eager only, > in deferred only.
-> marks where the finding shows. SIZE, POINTER and TOUCH are the three moments at which the kernel looks at the host's
protection mask: when the host is added, when request objects are made, when a command is prepared.";

/// Columns where nobody says otherwise.
const WIDTH: usize = 120;

/// Arguments of `regdiff explain`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A scenario; - is standard input
    file: PathBuf,
    /// In which form
    #[arg(long = "as", value_enum, default_value = "screen", value_name = "FORM")]
    form: Form,
    /// The signature to explain; the first finding's unless told otherwise
    #[arg(long, value_name = "S")]
    signature: Option<String>,
    /// Which allowances count
    #[arg(long, value_enum, default_value = "intended", value_name = "LEVEL")]
    allow: AllowLevel,
    /// Leave no line out
    #[arg(long)]
    full: bool,
    /// Columns; the terminal's, or 120
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(60..=400))]
    width: Option<u16>,
    /// Print one JSON object: the finding, the lines, the request's memory
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: Reading,
}

/// The forms a finding can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One screen: setting, both runs, memory, trace
    Screen,
    /// An ordinary Rust test that fails as long as the finding is there
    Test,
    /// What the log of a kernel would show
    Oops,
    /// A plain-text report for a kernel mailing list
    Mail,
}

/// Explains one scenario.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let input = arguments.reading.read(&arguments.file)?;
    let options = Options::allowing(arguments.allow.allow());
    let signature = arguments.signature.as_deref().map(Signature::from);
    let story = explain::story(&input.scenario, &options, signature.as_ref());
    let again = repeat::run(&input.file, arguments.allow, arguments.reading.raw);
    if let (Some(wanted), None) = (&signature, &story.finding) {
        return Err(absent(&input, wanted, &story));
    }
    if arguments.json {
        let mut value = json!(story);
        value["file"] = json!(input.file.display().to_string());
        value["setting"] = json!(explain::setting(&input.scenario));
        value["in_words"] = json!(explain::in_words(&input.scenario));
        value["repeat"] = json!(again);
        out.json(&value)?;
        return Ok(ExitCode::Clean);
    }
    let about = || About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        repeat: again.clone(),
        kernels: confirmed::told_of(
            &input.file,
            &input.scenario,
            story.finding.as_ref().map(|finding| finding.signature.as_str()),
        ),
        allow: arguments.allow.text(),
    };
    match arguments.form {
        Form::Screen => {
            let width = arguments.width.map(usize::from).or_else(terminal::width).unwrap_or(WIDTH);
            let lines = if arguments.full { usize::MAX } else { Screen::LINES };
            let text = explain::full(&input.scenario, &story, Screen { width, lines });
            out.text(&coloured(&text, story.finding.as_ref()))?;
            out.line(format_args!("{:<12} {again}", "repeat"))?;
        }
        Form::Test => out.text(&explain::test(&input.scenario, needed(&input, &story)?, &about()))?,
        Form::Oops => out.text(&explain::oops(&story, needed(&input, &story)?))?,
        Form::Mail => out.text(&explain::mail(&input.scenario, &story, needed(&input, &story)?, &about()))?,
    }
    Ok(ExitCode::Clean)
}

fn needed<'a>(input: &Input, story: &'a Story) -> Result<&'a Finding, Error> {
    story.finding.as_ref().ok_or_else(|| Error::NothingToExplain {
        file: input.file.clone(),
        what: format!("the verdict is {}, without a finding", story.report.verdict.text()),
        cure: "run it with `regdiff run`; a finding that is allowed shows with a lower --allow".to_owned(),
    })
}

fn absent(input: &Input, wanted: &Signature, story: &Story) -> Error {
    let found: Vec<&str> = story.report.findings.iter().map(|finding| finding.signature.as_str()).collect();
    let cure = if found.is_empty() {
        "it shows none; a finding that is allowed shows with a lower --allow".to_owned()
    } else {
        format!("it shows {}", found.join(", "))
    };
    Error::NothingToExplain { file: input.file.clone(), what: format!("does not show {wanted}"), cure }
}

/// The signature and the line that matters in the colour of findings, what was left out in a quiet one.
fn coloured(text: &str, finding: Option<&Finding>) -> String {
    let signature = finding.map(|finding| finding.signature.as_str());
    let mut coloured = String::with_capacity(text.len() + 64);
    for line in text.lines() {
        let style = match line {
            line if line.starts_with("->") || Some(line) == signature => Some(BAD),
            line if line.trim_start().starts_with('…') => Some(QUIET),
            _ => None,
        };
        match style {
            Some(style) => coloured.push_str(&format!("{style}{line}{style:#}\n")),
            None => coloured.push_str(&format!("{line}\n")),
        }
    }
    coloured
}
