//! `regdiff kernel`: which kernels are built, and where.

use clap::Args;
use regdiff_linux::{Version, built, sandbox};
use serde_json::json;

use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::output::Out;
use crate::style::{BAD, GOOD, HEADING, QUIET};

const EXAMPLES: &str = "\
Examples:
  regdiff kernel
  regdiff kernel --json

A kernel is built by scripts/kernel, from the kernel source that the system's packages offer or from a tree of yours. It
takes some minutes and about 2 GB; the result lies in $REGDIFF_CACHE/kernel, or in ~/.cache/regdiff/kernel.";

/// Arguments of `regdiff kernel`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Says what there is.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let cache = built::cache();
    let kernels = cache.as_deref().map(built::all).unwrap_or_default();
    let sandbox = sandbox::check().err().map(|error| error.to_string());
    let usable = kernels.iter().any(Result::is_ok);
    let code = if usable { ExitCode::Clean } else { ExitCode::Baseline };
    if arguments.json {
        let kernel = |kernel: &Result<built::Built, regdiff_linux::Error>| match kernel {
            Ok(built) => json!({ "folder": built.folder, "version": built.version, "manifest": built.manifest }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        let kernels: Vec<_> = kernels.iter().map(kernel).collect();
        out.json(&json!({ "cache": cache, "kernels": kernels, "no_sandbox": sandbox, "exit_code": code.code() }))?;
        return Ok(code);
    }
    let place =
        cache.map_or_else(|| "nowhere: neither REGDIFF_CACHE nor HOME is set".to_owned(), |c| c.display().to_string());
    out.line(format_args!("{HEADING}kernels{HEADING:#} in {place}"))?;
    for kernel in &kernels {
        match kernel {
            Ok(built) => {
                let kasan = if built.manifest.kasan { ", with the address sanitizer" } else { "" };
                let counts = if built.manifest.coverage { ", with line counts" } else { "" };
                let tree = built.manifest.rest.get("tree").and_then(|tree| tree.as_str()).unwrap_or_default();
                let (version, release) = (built.version.text(), &built.manifest.release);
                out.line(format_args!(
                    "  {version:<5} {release} of {tree}{kasan}{counts}\n      {QUIET}{}{QUIET:#}",
                    built.folder.display()
                ))?;
            }
            Err(error) => out.line(format_args!("  {BAD}unusable{BAD:#}: {error}\n      cure: {}", error.cure()))?,
        }
    }
    for version in Version::ALL.iter().map(|version| version.text()) {
        if !kernels.iter().flatten().any(|built| built.version.text() == version) {
            out.line(format_args!("  {version:<5} not built; scripts/kernel --version {version} builds it"))?;
        }
    }
    match sandbox {
        None => out.line(format_args!("{HEADING}sandbox{HEADING:#} {GOOD}works{GOOD:#}"))?,
        Some(why) => out.line(format_args!(
            "{HEADING}sandbox{HEADING:#} {BAD}{why}{BAD:#}\n  install bubblewrap and allow user namespaces"
        ))?,
    }
    Ok(code)
}
