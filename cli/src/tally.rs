//! Counts of many judgements: how they ended, what was reached, what was found.

use std::collections::BTreeMap;
use std::fmt::Write;

use regdiff_oracle::{Report, Signature, Verdict};
use serde::Serialize;

use crate::exit_code::ExitCode;
use crate::style::{HEADING, QUIET};

/// The verdicts by name, in the order in which they are shown.
const VERDICTS: [&str; 6] = ["agree", "findings", "skipped", "partly_judged", "limit_hit", "cut_short"];

/// How often a signature came, and where first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Sighting {
    /// In how many scenarios.
    pub(crate) scenarios: u64,
    /// The first seed, file or number.
    pub(crate) first: String,
}

/// Counts of scenarios. Everything but the last field counts each scenario once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Tally {
    /// Scenarios judged.
    pub(crate) scenarios: u64,
    /// Scenarios by verdict.
    pub(crate) verdicts: BTreeMap<&'static str, u64>,
    /// Scenarios of which at least one pair of rests was compared.
    pub(crate) compared: u64,
    /// Scenarios in which eager added a host.
    pub(crate) registered_eager: u64,
    /// Scenarios in which deferred added a host.
    pub(crate) registered_deferred: u64,
    /// Scenarios in which both did.
    pub(crate) registered_both: u64,
    /// Scenarios in which a SCSI command reached the driver on some side.
    pub(crate) scsi_any: u64,
    /// Scenarios in which one did on both sides.
    pub(crate) scsi_both: u64,
    /// Skipped scenarios by reason.
    pub(crate) skipped: BTreeMap<String, u64>,
    /// Scenarios of which the pair, or the pair behind an allowed crash, was compared up to a step only, by reason.
    pub(crate) partly: BTreeMap<&'static str, u64>,
    /// Scenarios by the limit they hit.
    pub(crate) limits: BTreeMap<String, u64>,
    /// Findings by signature.
    pub(crate) findings: BTreeMap<Signature, Sighting>,
    /// Uses of allowances by id.
    pub(crate) allowed: BTreeMap<&'static str, Sighting>,
    /// Schedule-dependent divergences by signature.
    pub(crate) schedule_dependent: BTreeMap<Signature, Sighting>,
    /// Panics of regdiff itself by message.
    pub(crate) own_bugs: BTreeMap<String, Sighting>,
    /// Runs of a variant that all this took.
    pub(crate) runs: u64,
}

impl Tally {
    /// Counts one report; `origin` says where its scenario came from.
    pub(crate) fn add(&mut self, report: &Report, origin: impl Fn() -> String) {
        self.scenarios += 1;
        *self.verdicts.entry(report.verdict.text()).or_default() += 1;
        self.compared += u64::from(report.is_comparison());
        let (registered, scsi) = (report.registered, report.scsi_commands);
        self.registered_eager += u64::from(registered.eager);
        self.registered_deferred += u64::from(registered.deferred);
        self.registered_both += u64::from(registered.eager && registered.deferred);
        self.scsi_any += u64::from(scsi.eager > 0 || scsi.deferred > 0);
        self.scsi_both += u64::from(scsi.eager > 0 && scsi.deferred > 0);
        match &report.verdict {
            Verdict::Skipped { what } => *self.skipped.entry(what.to_string()).or_default() += 1,
            Verdict::LimitHit { limit } => *self.limits.entry(format!("{limit:?}").to_lowercase()).or_default() += 1,
            _ => {}
        }
        if let Some(parting) = report.parting() {
            *self.partly.entry(parting.text()).or_default() += 1;
        }
        for finding in &report.findings {
            see(&mut self.findings, finding.signature.clone(), &origin);
        }
        for finding in &report.schedule_dependent {
            see(&mut self.schedule_dependent, finding.signature.clone(), &origin);
        }
        let mut ids: Vec<&str> = report.allowed.iter().map(|allowed| allowed.id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().for_each(|id| see(&mut self.allowed, id, &origin));
        self.runs += u64::from(report.runs);
    }

    /// Counts a panic of ours.
    pub(crate) fn add_own_bug(&mut self, what: String, origin: impl Fn() -> String) {
        self.scenarios += 1;
        see(&mut self.own_bugs, what, &origin);
    }

    /// Scenarios with a verdict.
    pub(crate) fn of(&self, verdict: &str) -> u64 {
        self.verdicts.get(verdict).copied().unwrap_or(0)
    }

    /// How a command ends that counted this.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match (self.own_bugs.is_empty(), self.findings.is_empty()) {
            (false, _) => ExitCode::OwnBug,
            (_, false) => ExitCode::Findings,
            _ => ExitCode::Clean,
        }
    }

    /// Scenarios that were judged to their end, or to the trap that ended a side.
    pub(crate) fn valid(&self) -> u64 {
        self.of("agree") + self.of("findings") + self.of("cut_short")
    }

    /// The shares of the verdicts on one line, for a progress line.
    pub(crate) fn outcome_line(&self) -> String {
        let shares = VERDICTS.map(|verdict| format!("{} {}", verdict.replace('_', " "), self.share(self.of(verdict))));
        shares.join(", ")
    }

    /// A part of all scenarios, in per cent.
    pub(crate) fn share(&self, part: u64) -> String {
        format!("{:.1} %", 100.0 * part as f64 / self.scenarios.max(1) as f64)
    }

    /// Verdicts and what was reached, a line each.
    pub(crate) fn outcomes(&self) -> String {
        let mut text = format!("{HEADING}verdicts{HEADING:#}\n");
        for verdict in VERDICTS {
            self.row(&mut text, verdict, self.of(verdict));
        }
        let _ = writeln!(text, "{HEADING}reached{HEADING:#}");
        self.row(&mut text, "valid: judged to the end, or to a trap", self.valid());
        self.row(&mut text, "a pair of rests compared", self.compared);
        self.row(&mut text, "host registered in eager", self.registered_eager);
        self.row(&mut text, "host registered in deferred", self.registered_deferred);
        self.row(&mut text, "host registered in both", self.registered_both);
        self.row(&mut text, "SCSI command sent in either", self.scsi_any);
        self.row(&mut text, "SCSI command sent in both", self.scsi_both);
        self.reasons(&mut text, "skipped because", &self.skipped);
        self.reasons(&mut text, "compared in part, also behind an allowed crash, because", &self.partly);
        self.reasons(&mut text, "limit hit", &self.limits);
        text
    }

    /// Findings and what was allowed, a line each.
    pub(crate) fn sightings(&self) -> String {
        let findings = list("findings by signature", &self.findings);
        let schedule = list("schedule-dependent, no matter of registration", &self.schedule_dependent);
        findings + &self.allowed_list() + &schedule + &self.own_bug_list()
    }

    /// Uses of allowances, a line each.
    pub(crate) fn allowed_list(&self) -> String {
        list("allowed by id", &self.allowed)
    }

    /// Panics of regdiff itself, a line each.
    pub(crate) fn own_bug_list(&self) -> String {
        list("bugs of regdiff itself", &self.own_bugs)
    }

    fn reasons<K: AsRef<str>>(&self, text: &mut String, heading: &str, list: &BTreeMap<K, u64>) {
        if !list.is_empty() {
            let _ = writeln!(text, "{HEADING}{heading}{HEADING:#}");
        }
        for (what, count) in descending(list, |count| *count) {
            self.row(text, what.as_ref(), *count);
        }
    }

    fn row(&self, text: &mut String, what: &str, count: u64) {
        let _ = writeln!(text, "  {count:>9}  {:>7}  {}", self.share(count), what.replace('_', " "));
    }
}

fn see<K: Ord>(list: &mut BTreeMap<K, Sighting>, key: K, origin: &impl Fn() -> String) {
    let sighting = list.entry(key).or_insert_with(|| Sighting { scenarios: 0, first: origin() });
    sighting.scenarios += 1;
}

fn descending<K, V, N: Ord>(list: &BTreeMap<K, V>, count: impl Fn(&V) -> N) -> Vec<(&K, &V)> {
    let mut list: Vec<(&K, &V)> = list.iter().collect();
    list.sort_by_key(|(_, value)| std::cmp::Reverse(count(value)));
    list
}

fn list<K: std::fmt::Display>(heading: &str, sightings: &BTreeMap<K, Sighting>) -> String {
    if sightings.is_empty() {
        return String::new();
    }
    let mut text = format!("{HEADING}{heading}{HEADING:#} ({})\n", sightings.len());
    for (what, sighting) in descending(sightings, |sighting| sighting.scenarios) {
        let _ = writeln!(text, "  {:>9}  {what}  {QUIET}first: {}{QUIET:#}", sighting.scenarios, sighting.first);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use regdiff_oracle::{Options, judge};
    use regdiff_scenario::Scenario;

    fn tally(seeds: std::ops::Range<u64>) -> Tally {
        let mut tally = Tally::default();
        for seed in seeds {
            let report = judge(&Scenario::generate(seed), &Options::default());
            tally.add(&report, || format!("seed {seed}"));
        }
        tally
    }

    #[test]
    fn every_scenario_has_one_verdict_that_is_shown() {
        let tally = tally(0..100);
        assert!(tally.verdicts.keys().all(|verdict| VERDICTS.contains(verdict)), "{:?}", tally.verdicts);
        assert_eq!(VERDICTS.iter().map(|verdict| tally.of(verdict)).sum::<u64>(), 100);
        assert_eq!(tally.skipped.values().sum::<u64>(), tally.of("skipped"));
        let partly: u64 = tally.partly.values().sum();
        assert!(partly >= tally.of("partly_judged"));
        assert!(tally.partly.keys().all(|reason| tally.outcomes().contains(&reason.replace('_', " "))));
    }

    #[test]
    fn findings_decide_how_a_command_ends() {
        let mut tally = Tally::default();
        assert_eq!(tally.exit_code(), ExitCode::Clean);
        tally.findings.insert("a/b".into(), Sighting::default());
        assert_eq!(tally.exit_code(), ExitCode::Findings);
        tally.add_own_bug("x".to_owned(), || "seed 1".to_owned());
        assert_eq!((tally.exit_code(), tally.scenarios), (ExitCode::OwnBug, 1));
    }

    #[test]
    fn nothing_is_no_division_by_zero() {
        assert!(Tally::default().outcomes().contains("0.0 %"));
    }
}
