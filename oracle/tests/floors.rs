//! What the default generator must reach, and that a verdict never changes.
//!
//! The same floors are held over 100,000 scenarios in a release build, which CI runs.

use std::collections::BTreeMap;

use regdiff_oracle::{Allow, Options, Report, Verdict, judge};
use regdiff_scenario::Scenario;

/// How many scenarios this test takes; their seeds are fixed.
const SCENARIOS: u64 = 3000;
/// At least this share, in percent, registers a host in both variants.
const REGISTER: u64 = 40;
/// At least this share sends a SCSI command.
const SCSI: u64 = 20;
/// At most one scenario of so many is skipped.
const SKIPPED: u64 = 1000;
/// At most this share, in per cent, is compared in part only: its steps or failures meet the sides in different situations.
const PARTLY: u64 = 3;

/// What is counted of judged scenarios.
#[derive(Default)]
struct Counts {
    scenarios: u64,
    register: u64,
    scsi: u64,
    skipped: u64,
    /// By reason.
    partly: BTreeMap<&'static str, u64>,
}

impl Counts {
    fn add(&mut self, report: &Report) {
        self.scenarios += 1;
        self.register += u64::from(report.registered.eager && report.registered.deferred);
        self.scsi += u64::from(report.scsi_commands.eager + report.scsi_commands.deferred > 0);
        let skipped = |verdict: &Verdict| matches!(verdict, Verdict::Skipped { .. });
        self.skipped += u64::from(skipped(&report.verdict) || report.masked.as_deref().is_some_and(skipped));
        if let Some(parting) = report.parting() {
            *self.partly.entry(parting.text()).or_default() += 1;
        }
    }

    fn hold(&self) {
        let Self { scenarios, register, scsi, skipped, partly } = self;
        let parts: u64 = partly.values().sum();
        println!(
            "of {scenarios}: {register} register in both variants, {scsi} send a SCSI command, {skipped} are skipped, {parts} are \
             compared in part: {partly:?}"
        );
        assert!(register * 100 >= REGISTER * scenarios, "{register} of {scenarios} register a host in both variants");
        assert!(scsi * 100 >= SCSI * scenarios, "{scsi} of {scenarios} send a SCSI command");
        assert!(skipped * SKIPPED < *scenarios, "{skipped} of {scenarios} are skipped");
        assert!(parts * 100 <= PARTLY * scenarios, "{partly:?} of {scenarios} are compared in part");
    }
}

#[test]
fn generated_scenarios_reach_registration_and_scsi_commands() {
    let options = Options::allowing(Allow::Open);
    let mut counts = Counts::default();
    for seed in 0..SCENARIOS {
        counts.add(&judge(&Scenario::generate(seed), &options));
    }
    counts.hold();
}

#[test]
fn a_second_run_says_the_same() {
    let options = Options::default();
    for seed in 0..SCENARIOS / 4 {
        let scenario = Scenario::generate(seed);
        assert_eq!(judge(&scenario, &options), judge(&scenario, &options), "seed {seed}");
    }
}

/// The whole promise, in minutes: `cargo test --release -p regdiff-oracle --test floors -- --ignored`. CI runs it.
#[test]
#[ignore = "takes minutes without optimisation"]
fn a_hundred_thousand_scenarios_are_explained_and_say_the_same_twice() {
    const ALL: u64 = 100_000;
    let options = Options::allowing(Allow::Open);
    let mut counts = Counts::default();
    for seed in 0..ALL {
        let scenario = Scenario::generate(seed);
        let report = judge(&scenario, &options);
        assert_eq!(judge(&scenario, &options), report, "seed {seed} says something else the second time");
        let signatures: Vec<_> = report.findings.iter().map(|finding| finding.signature.as_str()).collect();
        assert_eq!(signatures, [""; 0], "seed {seed} is not explained by the contract");
        counts.add(&report);
    }
    counts.hold();
}
