//! The kernel lane: one boot a run.

use std::fs;

use regdiff_linux_wire::Order;
use regdiff_observation::{End, Lane, Observation, Watch};
use regdiff_scenario::{Midlayer, Scenario, bytes, kernel::ScsiScan};
use serde::Serialize;

use crate::built::{Built, Version};
use crate::console::{self, Kind, Report};
use crate::cpio::Entry;
use crate::error::Error;
use crate::limits::Limits;
use crate::observe::{self, Beside};
use crate::sandbox::{Program, Sandbox};
use crate::{cpio, elf, facts, process};

/// When the host is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// At the end of adapter enqueue: the series without its last patch, on the kernel's own source.
    Early,
    /// After the first complete discovery: the kernel's source as it is.
    Deferred,
}

impl Registration {
    /// Both.
    pub const ALL: &'static [Self] = &[Self::Early, Self::Deferred];

    /// The name.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Early => "early",
            Self::Deferred => "deferred",
        }
    }
}

/// A kernel in which scenarios run.
#[derive(Debug)]
pub struct Linux {
    /// The kernel.
    pub built: Built,
    /// What keeps it from the host.
    pub sandbox: Sandbox,
    /// What a run may take.
    pub limits: Limits,
}

/// A run and all that is known of it.
#[derive(Clone, Debug)]
pub struct Run {
    /// What could be seen.
    pub seen: Observation,
    /// What else the guest said.
    pub beside: Beside,
    /// The stream of facts, as it came.
    pub facts: Vec<u8>,
    /// The console, as it came.
    pub console: Vec<u8>,
    /// Lines of the stream that are no facts.
    pub garbage: usize,
    /// Real time, in seconds.
    pub seconds: f64,
    /// Processor time, in seconds, as far as it was seen; 0 if the system does not tell.
    pub processor_seconds: f64,
}

/// What [`Linux::failed`] says.
pub const FAILED: &str = "a kernel lane that works";
/// What [`Lane::run`] says of a scenario that this lane cannot do.
pub const NOT_EXPRESSIBLE: &str = "what the kernel lane cannot do";

impl Linux {
    /// A kernel in a sandbox, with the usual limits.
    pub fn new(built: Built) -> Self {
        Self { built, sandbox: Sandbox::default(), limits: Limits::default() }
    }

    /// The scenario as this kernel runs it: with its own profile. What the profile changes is what [`crate::normalise`] says.
    pub fn normalise(&self, scenario: &Scenario) -> Scenario {
        crate::normalise::for_version(scenario, self.built.version)
    }

    /// Boots once, and tells what came of it.
    pub fn try_run(&self, scenario: &Scenario, registration: Registration) -> Result<Run, Error> {
        let folder =
            tempfile::Builder::new().prefix("regdiff-").tempdir().map_err(Error::io("a folder for the run"))?;
        let early = registration == Registration::Early;
        let order = Order { scenario: bytes::encode(scenario), early, limit_ms: self.limits.virtual_ms };
        let initramfs = folder.path().join("initramfs");
        fs::write(&initramfs, self.initramfs(&order)?).map_err(Error::io("the initramfs of the run"))?;
        let program = Program {
            binary: &self.built.binary(),
            libraries: &self.built.libraries,
            initramfs: &initramfs,
            folder: folder.path(),
            parameters: &parameters(scenario),
        };
        let spoken = process::run(self.sandbox.command(&program), self.limits.real)?;
        self.understand(scenario, early, spoken)
    }

    fn initramfs(&self, order: &Order) -> Result<Vec<u8>, Error> {
        let order = serde_json::to_vec(order).map_err(|error| Error::Io { what: "the order", source: error.into() })?;
        let mut bytes = self.built.base.clone();
        cpio::pad(&mut bytes);
        bytes.extend(cpio::archive(&[Entry { name: "order.json", mode: 0o444, contents: &order }]));
        Ok(bytes)
    }

    fn understand(&self, scenario: &Scenario, early: bool, spoken: process::Spoken) -> Result<Run, Error> {
        let told = facts::read(&spoken.facts);
        let (mut seen, mut beside) = observe::observation(told.told, scenario.steps.len(), &self.built.log_ids);
        let mut reports = console::reports(&spoken.console);
        console::name_callers(&mut reports, |place| {
            elf::function_before(&self.code(place.module.as_deref()), &place.symbol)
        });
        beside.warnings = warnings(&reports);
        let garbage = |why: String| Error::Garbage { why, console: console::tail(&spoken.console, 5) };
        let last_us =
            seen.events.last().map_or(0, |event| event.time_us).max(seen.rests.last().map_or(0, |r| r.time_us));
        let place =
            |place: &console::Place| elf::access(&self.code(place.module.as_deref()), &place.symbol, place.offset);
        // The way down shuts the driver down once more; what stops the machine there is not part of the run.
        let of_the_run: Vec<Report> =
            reports.iter().filter(|report| !(beside.ended && report.kind.stops())).cloned().collect();
        let trapped = observe::end(&of_the_run, last_us, place);
        match (beside.hello, trapped, spoken.killed) {
            (Some((code, told_early)), ..)
                if told_early != early || Version::of_code(code) != Some(self.built.version) =>
            {
                return Err(garbage(format!("it says that it is {code:#x}, early {told_early}")));
            }
            (None, None, None) => {
                let line = String::from_utf8_lossy(&spoken.console);
                if let Some(why) = line.lines().find_map(|line| line.strip_prefix("bwrap: ")) {
                    return Err(Error::Sandbox(why.to_owned()));
                }
                return Err(garbage(format!("it ended before it said hello, {}", spoken.ending())));
            }
            (_, Some(trap), _) => seen.end = trap,
            // A guest that told its end may take its time to switch off; what it told stands.
            (_, None, Some(limit)) if !beside.ended => seen.end = End::Limit(limit),
            _ if beside.not_expressible.is_some() => seen.end = End::Unmodelled(NOT_EXPRESSIBLE),
            _ if !beside.ended => return Err(garbage(format!("it ended without a last word, {}", spoken.ending()))),
            _ => {}
        }
        if beside.not_expressible.is_some() {
            seen.end = End::Unmodelled(NOT_EXPRESSIBLE);
        }
        let seconds = spoken.took.as_secs_f64();
        let processor_seconds = spoken.processor.unwrap_or_default().as_secs_f64();
        let (facts, console, garbage) = (spoken.facts, spoken.console, told.garbage);
        Ok(Run { seen, beside, facts, console, garbage, seconds, processor_seconds })
    }

    /// The file that holds the code of a module, or of the kernel.
    fn code(&self, module: Option<&str>) -> std::path::PathBuf {
        match module {
            Some(module) => self.built.folder.join("modules").join(format!("{module}.ko")),
            None => self.built.binary(),
        }
    }

    /// What a judge that knows no lanes that fail is given for a run that failed: nothing that it could judge.
    pub fn failed(&self) -> Observation {
        Observation { end: End::Unmodelled(FAILED), ..Observation::default() }
    }
}

fn warnings(reports: &[Report]) -> Vec<String> {
    let warnings = reports.iter().filter(|report| report.kind == Kind::Warning);
    warnings.map(|report| report.place.function().to_owned()).collect()
}

/// Parameters of the kernel that a scenario asks for.
fn parameters(scenario: &Scenario) -> Vec<String> {
    let scan = match scenario.kernel.scsi_scan {
        // The parameter's own default, asynchronous, is the same for a driver that scans from a work queue.
        ScsiScan::Sync => "sync",
        ScsiScan::Manual => "manual",
        ScsiScan::None => "none",
    };
    vec![format!("scsi_mod.scan={scan}"), format!("scsi_mod.max_luns={}", scenario.kernel.max_luns)]
}

impl Lane for Linux {
    type Variant = Registration;

    /// Runs a scenario as it is. Where the lane fails, the observation says so and nothing else; [`Linux::try_run`] says why.
    fn run(&self, scenario: &Scenario, registration: &Registration, _: Watch) -> Observation {
        self.try_run(scenario, *registration).map_or_else(|_| self.failed(), |run| run.seen)
    }
}

/// The midlayer of a version.
pub(crate) const fn midlayer(version: Version) -> Midlayer {
    match version {
        Version::V6_1 => Midlayer::V6_1,
        Version::V6_12 => Midlayer::V6_12,
    }
}
