//! `regdiff doctor`: what each engine and the kernel lane lack here, and the cure.

use std::path::Path;
use std::process::{Command, Stdio};

use clap::Args;
use serde_json::json;

use crate::campaign::Engine;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::output::Out;
use crate::style::{BAD, GOOD, HEADING, QUIET};

const EXAMPLES: &str = "\
Examples:
  regdiff doctor
  regdiff doctor --json

The model needs nothing but regdiff. Exit code 0: everything is there; 4: something is missing, which is named with its cure.";

/// Arguments of `regdiff doctor`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// One thing that somebody needs.
struct Need {
    /// For what.
    used_by: &'static str,
    /// Its name.
    what: &'static str,
    /// A command that works if it is there.
    probe: &'static [&'static str],
    /// How to get it.
    cure: &'static str,
}

/// Everything that regdiff starts or that its scripts start.
const NEEDS: &[Need] = &[
    Need {
        used_by: "libfuzzer",
        what: "cargo",
        probe: &["cargo", "--version"],
        cure: "install Rust, see https://rustup.rs",
    },
    Need { used_by: "libfuzzer", what: "a C++ compiler", probe: &["c++", "--version"], cure: "install g++ or clang++" },
    Need {
        used_by: "cargo-fuzz",
        what: "cargo-fuzz",
        probe: &["cargo-fuzz", "--version"],
        cure: "scripts/setup-engines libfuzzer",
    },
    Need {
        used_by: "cargo-fuzz",
        what: "a nightly toolchain",
        probe: &["rustc", "+nightly", "--version"],
        cure: "rustup toolchain install nightly; `-s none` does without",
    },
    Need {
        used_by: "afl",
        what: "cargo-afl",
        probe: &["cargo", "afl", "--version"],
        cure: "scripts/setup-engines afl",
    },
    Need {
        used_by: "honggfuzz",
        what: "cargo-hfuzz",
        probe: &["cargo", "hfuzz", "version"],
        cure: "scripts/setup-engines honggfuzz",
    },
    Need {
        used_by: "honggfuzz",
        what: "make",
        probe: &["make", "--version"],
        cure: "install make; honggfuzz is built from its source",
    },
    Need {
        used_by: "kernel lane",
        what: "bubblewrap",
        probe: &["bwrap", "--version"],
        cure: "apt-get install bubblewrap; scripts/kernel installs what building a kernel takes",
    },
];

/// Looks for everything, and says what is missing.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let here = Path::new("fuzz/Cargo.toml").is_file();
    if !arguments.json {
        out.line(format_args!("{HEADING}model{HEADING:#}: {GOOD}ready{GOOD:#}, needs nothing"))?;
        let place =
            if here { "found here" } else { "not here: engines are built from a checkout, run regdiff inside one" };
        out.line(format_args!("{HEADING}source{HEADING:#}: {place}"))?;
    }
    tell(NEEDS.iter(), arguments.json, out)
}

/// What the engines of `regdiff fuzz` need, and have.
pub(crate) fn engines(json: bool, out: &mut Out) -> Result<ExitCode, Error> {
    if !json {
        out.line(format_args!(
            "  {GOOD}ok{GOOD:#}       {:<11} {:<20} {QUIET}in this program{QUIET:#}",
            "generate", "nothing"
        ))?;
    }
    tell(NEEDS.iter().filter(|need| Engine::ALL.iter().any(|engine| engine.text() == need.used_by)), json, out)
}

fn tell<'a>(needs: impl Iterator<Item = &'a Need>, json: bool, out: &mut Out) -> Result<ExitCode, Error> {
    let mut code = ExitCode::Clean;
    for need in needs {
        let version = probe(need.probe);
        if version.is_none() {
            code = ExitCode::Baseline;
        }
        if json {
            let cure = version.is_none().then_some(need.cure);
            out.json(&json!({ "used_by": need.used_by, "what": need.what, "found": version, "cure": cure }))?;
            continue;
        }
        match version {
            Some(version) => {
                out.line(format_args!(
                    "  {GOOD}ok{GOOD:#}       {:<11} {:<20} {QUIET}{version}{QUIET:#}",
                    need.used_by, need.what
                ))?;
            }
            None => {
                out.line(format_args!(
                    "  {BAD}missing{BAD:#}  {:<11} {:<20} cure: {}",
                    need.used_by, need.what, need.cure
                ))?;
            }
        }
    }
    Ok(code)
}

/// The first line of what a command says, if it works.
fn probe(words: &[&str]) -> Option<String> {
    let (program, arguments) = words.split_first()?;
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| text.lines().next().unwrap_or("there").trim().to_owned())
}
