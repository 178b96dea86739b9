//! `regdiff fuzz`: a campaign.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use regdiff_oracle::{TARGETS, Target, target};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::args::{AllowLevel, Jobs};
use crate::campaign::{self, Engine, Judging, Settings, Summary};
use crate::commands::doctor;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::kernel_lane::{KernelArguments, LaneChoice};
use crate::output::Out;
use crate::say;

const EXAMPLES: &str = "\
Examples:
  regdiff fuzz
  regdiff fuzz --seconds 3600 --keep findings
  regdiff fuzz --target rediscovery --seconds 20
  regdiff fuzz --lane linux --seconds 600
  regdiff fuzz --engine libfuzzer,afl,honggfuzz --seconds 3600
  regdiff fuzz --list-engines
  regdiff fuzz --engine generate --seed 1 --comparisons 100000 --jobs 1

It goes on after findings: each signature is shrunk once, and the smallest scenario of each is kept in
DIR/SIGNATURE/ as scenario.toml, report.txt and verdict.json. What was in DIR before is never changed.
Ctrl-C ends the search early, with a summary.

Engines run next to the generator and mutator of this process, each in processes of its own, with an equal share of the jobs,
at least one, on cores of their own. What they keep is judged once more here, and goes into fuzz/corpus/TARGET, from
which all start: a campaign goes on where the last one ended. With generate alone and the same seed, jobs and comparisons, a
campaign does the same again.";

/// The targets whose inputs are scenarios. Decoders need no campaign; `cargo fuzz run` takes every target.
fn searched() -> impl Iterator<Item = &'static str> {
    TARGETS.iter().filter(|target| target.judges_the_pair()).map(|target| target.name)
}

/// The exit code of a process that a second Ctrl-C ends at once.
const INTERRUPTED: i32 = 130;

/// Arguments of `regdiff fuzz`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// How long to search
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    seconds: u64,
    /// How many comparisons to make in this process at most
    #[arg(long, value_name = "N")]
    comparisons: Option<u64>,
    /// What to search for; `regdiff list targets` tells more
    #[arg(long, default_value = "registration", value_parser = PossibleValuesParser::new(searched()))]
    target: String,
    /// Who searches; several are separated by commas
    #[arg(long, value_enum, value_delimiter = ',', default_value = "auto")]
    engine: Vec<EngineChoice>,
    /// List the engines, and what each lacks here
    #[arg(long)]
    list_engines: bool,
    /// Where random choices start; drawn and printed unless told otherwise
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    #[command(flatten)]
    jobs: Jobs,
    /// The folder of findings
    #[arg(long, value_name = "DIR", default_value = "findings")]
    keep: PathBuf,
    /// Where scenarios run: linux is the real driver, deferred against early registration; it takes no libFuzzer
    #[arg(long, value_enum, default_value = "model")]
    lane: LaneChoice,
    #[command(flatten)]
    kernel: KernelArguments,
    /// Print one JSON object at the end
    #[arg(long)]
    json: bool,
}

/// The engines by the names that people type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EngineChoice {
    /// libfuzzer if it can be built here, generate if not
    Auto,
    /// Generator and mutator in this process, which the others have beside them; needs nothing
    Generate,
    /// libFuzzer, built by plain cargo
    #[value(name = "libfuzzer")]
    LibFuzzer,
    /// AFL++, with our mutator
    Afl,
    /// honggfuzz
    Honggfuzz,
}

impl EngineChoice {
    /// The engine that it adds to the generator.
    const fn engine(self) -> Option<Engine> {
        match self {
            Self::Generate => None,
            Self::Auto | Self::LibFuzzer => Some(Engine::LibFuzzer),
            Self::Afl => Some(Engine::Afl),
            Self::Honggfuzz => Some(Engine::Honggfuzz),
        }
    }
}

/// Runs the campaign and tells what came of it.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    if arguments.list_engines {
        return doctor::engines(arguments.json, out);
    }
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal finds the flag down and raises it, the second finds it up.
        let immediately = signal_hook::flag::register_conditional_shutdown(signal, INTERRUPTED, stop.clone());
        immediately.and(signal_hook::flag::register(signal, stop.clone())).map_err(Error::Signals)?;
    }
    let mut settings = arguments.settings()?;
    let summary = match start(&settings, &stop) {
        Err(error @ Error::Engine { .. }) if arguments.engine == [EngineChoice::Auto] => {
            say(format_args!("{error}; going on with --engine generate"));
            settings.engines.clear();
            start(&settings, &stop)?
        }
        result => result?,
    };
    let kept = summary.keep(&settings.keep)?;
    if arguments.json {
        out.json(&summary.json())?;
    } else {
        out.text(&summary.text())?;
    }
    say(format_args!("kept in {}; a page about it: {}", kept.display(), summary.report()));
    say(format_args!("repeat the campaign: {}", summary.repeat()));
    Ok(summary.exit_code())
}

fn start(settings: &Settings, stop: &Arc<AtomicBool>) -> Result<Summary, Error> {
    // Before it starts: whatever happens then, this can be repeated.
    say(format_args!(
        "target {} (--allow {}), engine {}, seed {}, {} jobs, {} s, findings in {}",
        settings.target.name,
        AllowLevel::from(settings.target.allow).text(),
        settings.engine_names(),
        settings.seed,
        settings.jobs,
        settings.time.as_secs(),
        settings.keep.display()
    ));
    campaign::run(settings, stop)
}

impl Arguments {
    fn settings(&self) -> Result<Settings, Error> {
        let engines: BTreeSet<Engine> = self.engine.iter().filter_map(|choice| choice.engine()).collect();
        let (judging, engines) = match self.lane {
            LaneChoice::Model => (Judging::Model, engines),
            LaneChoice::Linux if self.engine == [EngineChoice::Auto] || engines.is_empty() => {
                (Judging::kernel(self.kernel.linux()?), BTreeSet::new())
            }
            LaneChoice::Linux => {
                let problem = "engines look at the coverage of the model, not of a kernel".to_owned();
                return Err(Error::Arguments(problem, "leave --engine out, or take --lane model"));
            }
        };
        Ok(Settings {
            target: self.target(),
            judging,
            engines: engines.into_iter().collect(),
            time: Duration::from_secs(self.seconds),
            comparisons: self.comparisons,
            seed: self.seed.unwrap_or_else(draw),
            jobs: self.jobs.number(),
            keep: self.keep.clone(),
        })
    }

    fn target(&self) -> &'static Target {
        // clap let only names of the registry through.
        target::by_name(&self.target).unwrap_or(&TARGETS[0])
    }
}

/// A seed that is easy to type again.
fn draw() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one("seed") % 1_000_000_000
}
