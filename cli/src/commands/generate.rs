//! `regdiff gen`: generated scenarios as files.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use regdiff_scenario::{Scenario, bytes, text};

use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::output::Out;
use crate::{new_file, say};

const EXAMPLES: &str = "\
Examples:
  regdiff gen --seed 7
  regdiff gen --seed 7 | regdiff run -
  regdiff gen --seed 0 --count 100 -o seeds
  regdiff gen --seed 0 --count 100 --bytes -o seeds

The same seed gives the same scenario on every machine. No file is overwritten.";

/// Arguments of `regdiff gen`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The first seed
    #[arg(long, value_name = "N")]
    seed: u64,
    /// How many scenarios, of one seed after the other; more than one needs a folder
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// A folder for seed-N.toml or seed-N.bin; it is made if it does not exist
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Write the byte form that engines take
    #[arg(long)]
    bytes: bool,
}

/// Writes the scenarios.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let Some(folder) = &arguments.output else {
        if arguments.count > 1 {
            let problem = format!("{} scenarios do not fit into one text", arguments.count);
            return Err(Error::Arguments(problem, "name a folder for them with -o DIR"));
        }
        let contents = arguments.contents(arguments.seed);
        if arguments.bytes {
            out.raw(&contents)?
        } else {
            out.text(&String::from_utf8_lossy(&contents))?
        }
        return Ok(ExitCode::Clean);
    };
    fs::create_dir_all(folder).map_err(|source| Error::create(folder, source))?;
    let seeds = || (0..arguments.count).map(|index| arguments.seed.wrapping_add(index));
    // All or nothing, as far as that can be known beforehand.
    for file in seeds().map(|seed| arguments.file(folder, seed)) {
        if file.symlink_metadata().is_ok() {
            return Err(Error::Exists(file));
        }
    }
    for seed in seeds() {
        new_file::create(&arguments.file(folder, seed), &arguments.contents(seed))?;
    }
    say(format_args!("{} scenarios in {}", arguments.count, folder.display()));
    Ok(ExitCode::Clean)
}

impl Arguments {
    fn contents(&self, seed: u64) -> Vec<u8> {
        let scenario = Scenario::generate(seed);
        if self.bytes {
            return bytes::encode(&scenario);
        }
        format!("# regdiff gen --seed {seed}\n{}", text::print(&scenario)).into_bytes()
    }

    fn file(&self, folder: &Path, seed: u64) -> PathBuf {
        folder.join(format!("seed-{seed}.{}", if self.bytes { "bin" } else { "toml" }))
    }
}
