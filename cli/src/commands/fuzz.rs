//! `regdiff fuzz`: a campaign.

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
  regdiff fuzz --engine generate --seed 1 --comparisons 100000 --jobs 1

It goes on after findings: each signature is shrunk once, and the smallest scenario of each is kept in
DIR/SIGNATURE/ as scenario.toml, report.txt and verdict.json. What was in DIR before is never changed.
Ctrl-C ends the search early, with a summary.

With libfuzzer, half of the jobs are processes of libFuzzer, which looks at coverage, and the other half generate and mutate
in this process, also from what libFuzzer kept. What libFuzzer keeps is judged once more here. Its corpus lies in
fuzz/corpus/TARGET. With generate and the same seed, jobs and comparisons, a campaign does the same again.";

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
    /// Who searches
    #[arg(long, value_enum, default_value = "auto")]
    engine: EngineChoice,
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
    /// libFuzzer, built by plain cargo, and the generator next to it
    #[value(name = "libfuzzer")]
    LibFuzzer,
    /// Generator and mutator in this process; needs nothing
    Generate,
}

/// Runs the campaign and tells what came of it.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal finds the flag down and raises it, the second finds it up.
        let immediately = signal_hook::flag::register_conditional_shutdown(signal, INTERRUPTED, stop.clone());
        immediately.and(signal_hook::flag::register(signal, stop.clone())).map_err(Error::Signals)?;
    }
    let mut settings = arguments.settings()?;
    let summary = match start(&settings, &stop) {
        Err(error @ Error::Engine { .. }) if arguments.engine == EngineChoice::Auto => {
            say(format_args!("{error}; going on with --engine generate"));
            settings.engine = Engine::Generate;
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
        settings.engine.text(),
        settings.seed,
        settings.jobs,
        settings.time.as_secs(),
        settings.keep.display()
    ));
    campaign::run(settings, stop)
}

impl Arguments {
    fn settings(&self) -> Result<Settings, Error> {
        let (judging, engine) = match (self.lane, self.engine) {
            (LaneChoice::Linux, EngineChoice::LibFuzzer) => {
                let problem = "libFuzzer looks at the coverage of the model, not of a kernel".to_owned();
                return Err(Error::Arguments(problem, "leave --engine out, or take --lane model"));
            }
            (LaneChoice::Linux, _) => (Judging::kernel(self.kernel.linux()?), Engine::Generate),
            (LaneChoice::Model, EngineChoice::Generate) => (Judging::Model, Engine::Generate),
            (LaneChoice::Model, _) => (Judging::Model, Engine::LibFuzzer),
        };
        Ok(Settings {
            target: self.target(),
            judging,
            engine,
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
