//! What the default generator must reach, and that a verdict never changes.
//!
//! The same floors are held over 100,000 scenarios in a release build by `regdiff stats`, which CI runs.

use regdiff_oracle::{Allow, Options, Verdict, judge};
use regdiff_scenario::Scenario;

/// How many scenarios this test takes; their seeds are fixed.
const SCENARIOS: u64 = 3000;
/// At least this share, in percent, registers a host in both variants.
const REGISTER: u64 = 40;
/// At least this share sends a SCSI command.
const SCSI: u64 = 20;
/// At most this share is skipped.
const SKIPPED: u64 = 5;

#[test]
fn generated_scenarios_reach_registration_and_scsi_commands() {
    let options = Options::allowing(Allow::Open);
    let (mut register, mut scsi, mut skipped) = (0, 0, 0);
    for seed in 0..SCENARIOS {
        let report = judge(&Scenario::generate(seed), &options);
        register += u64::from(report.registered.eager && report.registered.deferred);
        scsi += u64::from(report.scsi_commands.eager + report.scsi_commands.deferred > 0);
        skipped += u64::from(matches!(report.verdict, Verdict::Skipped { .. }));
    }
    let percent = |count: u64| count * 100 / SCENARIOS;
    assert!(percent(register) >= REGISTER, "{register} of {SCENARIOS} register a host in both variants");
    assert!(percent(scsi) >= SCSI, "{scsi} of {SCENARIOS} send a SCSI command");
    assert!(percent(skipped) <= SKIPPED, "{skipped} of {SCENARIOS} are skipped");
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
    let (mut register, mut scsi, mut skipped) = (0, 0, 0);
    for seed in 0..ALL {
        let scenario = Scenario::generate(seed);
        let report = judge(&scenario, &options);
        assert_eq!(judge(&scenario, &options), report, "seed {seed} says something else the second time");
        let signatures: Vec<_> = report.findings.iter().map(|finding| finding.signature.as_str()).collect();
        assert_eq!(signatures, [""; 0], "seed {seed} is not explained by the contract");
        register += u64::from(report.registered.eager && report.registered.deferred);
        scsi += u64::from(report.scsi_commands.eager + report.scsi_commands.deferred > 0);
        skipped += u64::from(matches!(report.verdict, Verdict::Skipped { .. }));
    }
    println!("of {ALL}: {register} register in both variants, {scsi} send a SCSI command, {skipped} are skipped");
    assert!(register * 100 >= REGISTER * ALL && scsi * 100 >= SCSI * ALL && skipped * 100 <= SKIPPED * ALL);
}
