//! What a campaign did: findings by signature, comparisons made, outcomes, files kept.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use regdiff_oracle::{Signature, target};
use serde_json::{Value, json};

use super::keeper::Kept;
use super::resources::Resources;
use super::{Engine, Settings, report};
use crate::args::AllowLevel;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::style::{BAD, GOOD, HEADING, QUIET};
use crate::tally::Tally;
use crate::{new_file, repeat};

/// Where a campaign was at a moment.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(super) struct Sample {
    /// Since its start.
    seconds: f64,
    /// Comparisons made in this process.
    comparisons: u64,
    /// Comparisons that engines made in theirs, as far as they said so.
    engine_comparisons: u64,
    /// Inputs that engines kept because they reach something new.
    inputs: u64,
    /// Different signatures seen.
    signatures: usize,
    #[serde(flatten)]
    resources: Resources,
}

/// Samples that are kept; then every other one goes, and the rest comes half as often.
const MAX_SAMPLES: usize = 240;

/// The counts of a campaign.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    settings: Settings,
    /// Scenarios judged by the searchers of this process: each is one comparison.
    pub(super) compared: Tally,
    /// Inputs that engines kept, judged once more in this process.
    pub(super) harvested: Tally,
    /// Comparisons that each engine made in its own processes.
    pub(super) by_engine: Vec<(Engine, u64)>,
    /// Judgements that minimising took, which are in no other count.
    pub(super) minimising: u64,
    /// Where it was, once in a while.
    pub(super) growth: Vec<Sample>,
    /// How long the search took.
    pub(super) searched: Duration,
    /// What was kept.
    pub(super) kept: BTreeMap<Signature, Kept>,
}

impl Summary {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            compared: Tally::default(),
            harvested: Tally::default(),
            by_engine: Vec::new(),
            minimising: 0,
            growth: Vec::new(),
            searched: Duration::ZERO,
            kept: BTreeMap::new(),
        }
    }

    /// Notes where it is, once a second at first, less often in a long campaign.
    pub(super) fn sample(&mut self, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64();
        let step = match &self.growth[..] {
            [.., before, last] => (last.seconds - before.seconds).max(1.0),
            _ => 1.0,
        };
        if self.growth.last().is_some_and(|last| seconds - last.seconds < step) {
            return;
        }
        if self.growth.len() >= MAX_SAMPLES {
            let mut index = 0;
            self.growth.retain(|_| {
                index += 1;
                index % 2 == 1
            });
        }
        self.growth.push(self.now(seconds));
    }

    /// The last sample is the end of the search.
    pub(super) fn sample_end(&mut self) {
        self.growth.push(self.now(self.searched.as_secs_f64()));
    }

    fn now(&self, seconds: f64) -> Sample {
        let (comparisons, inputs) = (self.compared.scenarios, self.harvested.scenarios);
        Sample {
            seconds,
            comparisons,
            engine_comparisons: self.by_engine.iter().map(|(_, made)| made).sum(),
            inputs,
            signatures: self.signatures(),
            resources: Resources::now(),
        }
    }

    /// How many different signatures were seen.
    pub(super) fn signatures(&self) -> usize {
        let own = &self.compared.findings;
        own.len() + self.harvested.findings.keys().filter(|signature| !own.contains_key(signature)).count()
    }

    /// How the command ends.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let code = self.compared.exit_code().and(self.harvested.exit_code());
        let is_drill = self.settings.target.kind == target::Kind::Drill;
        let idle = self.by_engine.iter().any(|(_, comparisons)| *comparisons == 0);
        // A drill searches for what is known to be there, and an engine that compared nothing searched nothing.
        if code == ExitCode::Clean && (is_drill || idle) { ExitCode::Baseline } else { code }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let (settings, compared) = (&self.settings, &self.compared);
        let seconds = self.searched.as_secs_f64();
        let mut text = format!(
            "{HEADING}campaign{HEADING:#} of {seconds:.1} s: target {}, --allow {}, seed {}\n",
            settings.target.name,
            AllowLevel::from(settings.target.allow).text(),
            settings.seed
        );
        let rate = compared.scenarios as f64 / seconds.max(1e-9);
        let _ = writeln!(text, "  comparisons made {}, {rate:.0} a second", compared.scenarios);
        for (engine, comparisons) in &self.by_engine {
            let _ = writeln!(text, "  {} made {comparisons} more", engine.text());
        }
        if !self.by_engine.is_empty() {
            let kept = &self.harvested;
            let shares = if kept.scenarios == 0 { String::new() } else { format!(": {}", kept.outcome_line()) };
            let _ = writeln!(text, "  engines kept {} inputs, which were judged again{shares}", kept.scenarios);
        }
        let _ = writeln!(text, "  minimising took {} judgements more", self.minimising);
        text.push_str(&compared.outcomes());
        text.push_str(&self.findings());
        text.push_str(&compared.allowed_list());
        if !compared.schedule_dependent.is_empty() {
            let count = compared.schedule_dependent.len();
            let _ =
                writeln!(text, "{HEADING}schedule-dependent{HEADING:#}, no matter of registration: {count} signatures");
        }
        text.push_str(&compared.own_bug_list());
        text
    }

    /// Each signature with how often it was seen, and the folder of its smallest scenario.
    fn findings(&self) -> String {
        let Some(first) = self.kept.values().next() else {
            return format!("{GOOD}no findings{GOOD:#}\n");
        };
        let files = "scenario.toml, report.txt and verdict.json in each folder";
        let mut text = format!("{HEADING}findings by signature{HEADING:#} ({}; {files})\n", self.kept.len());
        let mut kept: Vec<(&Signature, &Kept)> = self.kept.iter().collect();
        kept.sort_by_key(|(_, kept)| std::cmp::Reverse(kept.seen));
        for (signature, kept) in kept {
            let state = match (kept.from_before, kept.minimal) {
                (true, _) => ", from an earlier campaign",
                (_, true) => ", minimal",
                _ => "",
            };
            let folder = kept.folder.display();
            let _ = writeln!(text, "  {:>9}  {BAD}{signature}{BAD:#}", kept.seen);
            let _ = writeln!(text, "             {QUIET}{folder}/  {} parts{state}{QUIET:#}", kept.parts);
        }
        let _ = writeln!(text, "  repeat one: {}", report::repeat(&self.settings, &first.folder));
        text
    }

    /// The command that does the same again, as far as that is possible.
    pub(crate) fn repeat(&self) -> String {
        let settings = &self.settings;
        let mut words = vec![repeat::program(), "fuzz".to_owned()];
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        option("--target", settings.target.name.to_owned());
        option("--seed", settings.seed.to_string());
        option("--jobs", settings.jobs.to_string());
        if settings.engines.is_empty() {
            // Only the number of comparisons decides what it does, not the speed of the machine.
            option("--comparisons", self.compared.scenarios.to_string());
        } else {
            option("--seconds", settings.time.as_secs().to_string());
        }
        option("--engine", settings.engine_names());
        repeat::join(&words)
    }

    /// Writes the counts into a new file of the folder of findings, where `regdiff report` looks for them; returns its name.
    pub(crate) fn keep(&self, folder: &Path) -> Result<PathBuf, Error> {
        new_file::create_free(folder, "campaign", ".json", format!("{}\n", self.json()).as_bytes())
    }

    /// The command that makes a page of the folder of findings.
    pub(crate) fn report(&self) -> String {
        let keep = self.settings.keep.display().to_string();
        repeat::join(&[repeat::program(), "report".to_owned(), keep, "-o".to_owned(), "report.html".to_owned()])
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let settings = &self.settings;
        let kept = self.kept.iter().map(|(signature, kept)| {
            json!({
                "signature": signature, "seen": kept.seen, "folder": kept.folder.display().to_string(),
                "parts": kept.parts, "minimal": kept.minimal, "from_before": kept.from_before,
                "repeat": report::repeat(settings, &kept.folder),
            })
        });
        json!({
            "target": settings.target.name,
            "allow": AllowLevel::from(settings.target.allow).text(),
            "engine": settings.engine_names(),
            "seed": settings.seed,
            "jobs": settings.jobs,
            "seconds": self.searched.as_secs_f64(),
            "comparisons": self.compared.scenarios,
            "by_engine": self.by_engine.iter().map(|(engine, n)| (engine.text(), *n)).collect::<BTreeMap<_, _>>(),
            "minimising_judgements": self.minimising,
            "growth": self.growth,
            "compared": self.compared,
            "harvested": self.harvested,
            "kept": kept.collect::<Vec<Value>>(),
            "repeat": self.repeat(),
            "exit_code": self.exit_code().code(),
        })
    }
}
