//! How each engine is started: its processes, where it leaves what it keeps, and how it hears of what the others found.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use regdiff_scenario::bytes;

use super::{Engine, build};
use crate::campaign::Settings;

/// An engine ends itself so many seconds later than the campaign, should that be killed.
const BACKSTOP: u64 = 60;
/// libFuzzer reads its corpus when it starts: with company it starts anew so often, in seconds.
const ROUND: u64 = 120;
/// Scenarios that are generated for engines that want seeds.
const GENERATED: u64 = 64;
/// How many inputs of the corpus they get besides, the smallest; the rest reaches them while they run.
const SEEDS: usize = 256;

/// What a launch needs to know.
pub(super) struct Place {
    root: PathBuf,
    binary: PathBuf,
    scratch: PathBuf,
    corpus: PathBuf,
    target: &'static str,
    seed: u64,
    seconds: u64,
}

impl Place {
    /// Makes the corpus folder and the seeds of engines that want some.
    pub(super) fn new(root: &Path, binary: &Path, scratch: &Path, settings: &Settings) -> io::Result<Self> {
        let corpus = root.join("fuzz/corpus").join(settings.target.name);
        fs::create_dir_all(&corpus)?;
        let place = Self {
            root: root.to_owned(),
            binary: binary.to_owned(),
            scratch: scratch.to_owned(),
            corpus,
            target: settings.target.name,
            seed: settings.seed,
            seconds: settings.time.as_secs().saturating_add(BACKSTOP),
        };
        fs::create_dir(place.seeds())?;
        for number in 0..GENERATED {
            let scenario = settings.language().generate(settings.seed.wrapping_add(number));
            fs::write(place.seeds().join(format!("generated-{number}")), bytes::encode(&scenario))?;
        }
        let mut kept: Vec<(u64, PathBuf)> = fs::read_dir(&place.corpus)?
            .flatten()
            .map(|file| (file.metadata().map_or(0, |of| of.len()), file.path()))
            .collect();
        kept.sort();
        for (_, file) in kept.iter().take(SEEDS) {
            if let Some(name) = file.file_name() {
                fs::copy(file, place.seeds().join(name))?;
            }
        }
        Ok(place)
    }

    fn seeds(&self) -> PathBuf {
        self.scratch.join("seeds")
    }

    /// A command that says nothing, counts what it compares, and leaves nothing behind outside of the scratch folder.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env("TMPDIR", &self.scratch)
            .env("REGDIFF_COUNT", self.scratch.join("count"))
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn cargo(&self) -> Command {
        self.command(Path::new(&std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())))
    }
}

/// A process to start.
pub(super) struct Process {
    pub(super) command: Command,
    /// The core that it is pinned to; None for a process that starts others.
    pub(super) core: Option<usize>,
    /// Whether it is started again when it ends by itself.
    pub(super) again: bool,
}

/// How an engine is started.
pub(super) struct Launch {
    pub(super) processes: Vec<Process>,
    /// Where it leaves inputs and crashes.
    pub(super) folders: Vec<PathBuf>,
    /// Where what it finds goes for the others; None if it puts it there itself.
    pub(super) share: Option<PathBuf>,
}

/// The launch of an engine.
pub(super) fn of(engine: Engine, place: Place, processes: usize, core: usize, company: bool) -> Launch {
    match engine {
        Engine::LibFuzzer => libfuzzer(&place, processes, core, company),
        Engine::Afl => afl(&place, processes, core),
        Engine::Honggfuzz => honggfuzz(&place, processes, core),
    }
}

/// In fork mode, since a finding ends a process of the engine and must not end the campaign.
fn libfuzzer(place: &Place, processes: usize, core: usize, company: bool) -> Launch {
    let crashes = place.scratch.join("crashes");
    // A failure shows when nothing can be written there.
    let _ = fs::create_dir(&crashes);
    let mut command = place.command(&place.binary);
    command
        .arg(format!("-fork={processes}"))
        .args(["-ignore_crashes=1", "-ignore_timeouts=1", "-ignore_ooms=1"])
        // The default schedule takes most of the time on scenarios, and finds faults later (docs/speed.md).
        .arg("-entropic=0")
        .arg(format!("-seed={}", place.seed as u32))
        .arg(format!("-max_total_time={}", if company { ROUND } else { place.seconds }))
        .arg(format!("-artifact_prefix={}/", crashes.display()))
        .arg(&place.corpus);
    let process = Process { command, core: (processes == 1).then_some(core), again: company };
    Launch { processes: vec![process], folders: vec![crashes, place.corpus.clone()], share: None }
}

/// One main instance, which reads the common corpus now and then, and secondary ones, which read the main one's.
fn afl(place: &Place, processes: usize, core: usize) -> Launch {
    let out = place.scratch.join("afl");
    let mut launch = Launch { processes: Vec::new(), folders: Vec::new(), share: Some(place.corpus.clone()) };
    for index in 0..processes {
        let name = if index == 0 { "main".to_owned() } else { format!("secondary{index}") };
        let mut command = place.cargo();
        command.args(["afl", "fuzz", "-s", &place.seed.wrapping_add(index as u64).to_string()]);
        if index == 0 {
            command.args(["-M", &name, "-F"]).arg(&place.corpus);
        } else {
            command.args(["-S", &name]);
        }
        command
            .args(["-V", &place.seconds.to_string(), "-i"])
            .arg(place.seeds())
            .arg("-o")
            .arg(&out)
            .arg(&place.binary);
        for variable in [
            "AFL_NO_UI",
            "AFL_NO_AFFINITY",
            "AFL_SKIP_CPUFREQ",
            "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES",
            "AFL_IGNORE_SEED_PROBLEMS",
            // FrameShift keeps offsets that a mutator of ours does not maintain, and dies of it.
            "AFL_FRAMESHIFT_DISABLE",
        ] {
            command.env(variable, "1");
        }
        command.env("REGDIFF_TARGET", place.target).env("AFL_CUSTOM_MUTATOR_LIBRARY", build::mutator(&place.root));
        launch.processes.push(Process { command, core: Some(core + index), again: false });
        launch.folders.extend(["queue", "crashes"].map(|folder| out.join(&name).join(folder)));
    }
    launch
}

/// It writes what it finds into its input folder.
fn honggfuzz(place: &Place, processes: usize, core: usize) -> Launch {
    let workspace = place.scratch.join("workspace");
    let mut command = place.cargo();
    command.args(["hfuzz", "run", place.target]);
    build::honggfuzz_environment(&mut command, &place.root);
    let arguments = format!(
        "-n {processes} -v -t 5 --run_time {} --save_all --dynamic_input {}",
        place.seconds,
        place.corpus.display()
    );
    command.env("HFUZZ_INPUT", place.seeds()).env("HFUZZ_WORKSPACE", &workspace).env("HFUZZ_RUN_ARGS", arguments);
    let process = Process { command, core: (processes == 1).then_some(core), again: false };
    let folders = vec![workspace.join(place.target), workspace, place.seeds()];
    Launch { processes: vec![process], folders, share: Some(place.corpus.clone()) }
}
