//! The kernel lane as commands use it: which kernel, how a scenario is judged in it, and where model and kernel meet.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use clap::{Args, ValueEnum};
use regdiff_linux::{Built, Linux, Registration, Sandbox, Version, built, sandbox};
use regdiff_observation::{Lane, Observation, Watch};
use regdiff_oracle::{Allow, Fence, Fences, Maskable, Options, Report, Variant, judge_on};
use regdiff_scenario::Scenario;

use crate::error::Error;
use crate::say;
use crate::style::BAD;

/// Where scenarios run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LaneChoice {
    /// Our simulation of kernel, firmware and driver
    #[default]
    Model,
    /// The real driver in User-Mode Linux; see `regdiff kernel`
    Linux,
}

/// Which kernel, and how it is kept.
#[derive(Clone, Debug, Args)]
pub(crate) struct KernelArguments {
    /// The folder of a kernel that scripts/kernel built
    #[arg(long, value_name = "DIR", conflicts_with = "version")]
    pub(crate) kernel: Option<PathBuf>,
    /// The version of a kernel that scripts/kernel built: 6.1 or 6.12
    #[arg(long, value_name = "V", default_value = "6.1")]
    pub(crate) version: Version,
    /// The kernel with the address sanitizer
    #[arg(long)]
    pub(crate) kasan: bool,
    /// Run the kernel without a sandbox, with all that you may do. Only for guests that you trust
    #[arg(long)]
    pub(crate) no_sandbox: bool,
    /// Real time that one run may take
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    pub(crate) run_seconds: NonZeroU64,
}

impl KernelArguments {
    /// The kernel, ready to run.
    pub(crate) fn linux(&self) -> Result<Linux, Error> {
        self.ready(false)
    }

    /// A kernel that counts which lines of the driver run.
    pub(crate) fn counting(&self) -> Result<Linux, Error> {
        self.ready(true)
    }

    fn ready(&self, coverage: bool) -> Result<Linux, Error> {
        let built = match &self.kernel {
            Some(folder) => Built::open(folder),
            None => built::find(self.version, self.kasan, coverage),
        };
        let mut linux = Linux::new(built.map_err(Error::Kernel)?);
        linux.limits.real = Duration::from_secs(self.run_seconds.get());
        if self.no_sandbox {
            linux.sandbox = Sandbox::None;
            say(format_args!(
                "{BAD}no sandbox:{BAD:#} the guest runs as you, and what goes wrong in it can reach your files and processes"
            ));
        } else {
            sandbox::check().map_err(Error::Kernel)?;
        }
        Ok(linux)
    }
}

/// One side of the pair in the kernel lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Side(pub(crate) Registration);

impl Maskable for Side {
    /// A real kernel has no such switch.
    fn masked(&self) -> Option<Self> {
        None
    }
}

/// The model's driver that registers as a kernel does. Early is the driver's own source with the host registered when the adapter
/// is enqueued, before any queue that limits could come from: the series without the two fences that its last patch puts there.
/// The driver's own registration finds the host then, and redoes nothing. Timers are as coarse as a kernel's.
pub(crate) fn model_of(registration: Registration) -> Variant {
    let mut variant = Variant::of(match registration {
        Registration::Early => Fences::DEFERRED.without(Fence::NoRegisterAtEnqueue).without(Fence::LimitsBeforeAdd),
        Registration::Deferred => Fences::DEFERRED,
    });
    variant.switches.timer_wheel = true;
    variant.switches.real_turns = true;
    variant.switches.rest_ms = REST_MS;
    variant
}

/// How long the guest looks on before it believes in rest, in ms: `QUIET` of its `rest.rs`, and the way there.
const REST_MS: u64 = 61;

/// How many runs one judgement remembers: a judge asks for the same scenario under other schedules, of which a kernel has one.
const REMEMBERED: usize = 4;

/// A judge's view of the lane: the scenario as the kernel runs it, errors kept, runs of one judgement remembered.
struct Judged<'a> {
    linux: &'a Linux,
    failed: Mutex<Option<regdiff_linux::Error>>,
    seen: Mutex<Vec<(Scenario, Registration, Observation)>>,
}

impl Lane for Judged<'_> {
    type Variant = Side;

    fn run(&self, scenario: &Scenario, side: &Side, _: Watch) -> Observation {
        let normal = self.linux.normalise(scenario);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((.., observation)) = seen.iter().find(|(other, at, _)| *at == side.0 && *other == normal) {
            return observation.clone();
        }
        let observation = match self.linux.try_run(&normal, side.0) {
            Ok(run) => run.seen,
            Err(error) => {
                *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                return self.linux.failed();
            }
        };
        if seen.len() == REMEMBERED {
            seen.remove(0);
        }
        seen.push((normal, side.0, observation.clone()));
        observation
    }
}

/// Judges a scenario in the kernel: early registration in the role of eager, against deferred. A report beside an error says
/// that the scenario was skipped.
pub(crate) fn judge_or_skip(linux: &Linux, scenario: &Scenario, allow: Allow) -> (Report, Option<Error>) {
    let lane = Judged { linux, failed: Mutex::default(), seen: Mutex::default() };
    let options = Options { allow, left: Side(Registration::Early), right: Side(Registration::Deferred) };
    let report = judge_on(&lane, &linux.normalise(scenario), &options);
    (report, lane.failed.into_inner().unwrap_or_else(PoisonError::into_inner).map(Error::Kernel))
}

/// Judges a scenario in the kernel, or says why the lane failed.
pub(crate) fn judge(linux: &Linux, scenario: &Scenario, allow: Allow) -> Result<Report, Error> {
    match judge_or_skip(linux, scenario, allow) {
        (_, Some(error)) => Err(error),
        (report, None) => Ok(report),
    }
}
