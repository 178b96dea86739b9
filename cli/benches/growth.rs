//! What a comparison costs as scenarios grow: by step, from 10 to 1,000 steps, and by LUN, from 1 to 64.
//!
//! Cost that is flat makes the last column of a block the same.

mod processor;

use std::hint::black_box;
use std::time::Duration;

use regdiff_oracle::{Allow, Options, Verdict, judge};
use regdiff_scenario::{Device, Lun, Port, Scenario, Step, Trigger};

/// I/O, again and again.
const IO: &[Trigger] = &[Trigger::Write, Trigger::Read];
/// I/O, reopens and link events. A thousand of these reach the limit of turns.
const RECOVERY: &[Trigger] = &[
    Trigger::Write,
    Trigger::Read,
    Trigger::AdapterFailed,
    Trigger::Read,
    Trigger::Read,
    Trigger::LinkDown,
    Trigger::LinkUp,
    Trigger::Write,
];

fn main() {
    let measures = std::env::args().any(|argument| argument == "--bench");
    let (steps, luns, rounds): (&[usize], &[usize], u32) =
        if measures { (&[10, 30, 100, 300, 1000], &[1, 4, 16, 64], 40) } else { (&[10], &[1], 1) };
    println!("CPU time of one thread, median of {rounds} comparisons");
    for count in steps {
        row("steps of I/O", *count, &scenario(IO, *count, 1), rounds);
    }
    for count in steps.iter().filter(|count| **count <= 300) {
        row("steps of recovery", *count, &scenario(RECOVERY, *count, 1), rounds);
    }
    for count in luns {
        row("LUNs", *count, &scenario(RECOVERY, 10, *count), rounds);
    }
}

fn scenario(mix: &[Trigger], steps: usize, luns: usize) -> Scenario {
    let luns = (0..luns as u64).map(|lun| Lun { lun: lun << 48, ..Lun::default() }).collect();
    let device = Device { ports: vec![Port { luns, ..Port::default() }], ..Device::default() };
    let online = std::iter::once(Trigger::SetOnline);
    let steps = online.chain(mix.iter().copied().cycle()).take(steps).map(Step::new).collect();
    Scenario { devices: vec![device], steps, ..Scenario::default() }
}

fn row(what: &str, count: usize, scenario: &Scenario, rounds: u32) {
    let options = Options::allowing(Allow::Open);
    let report = judge(scenario, &options);
    assert!(
        report.verdict == Verdict::Agree && report.scsi_commands.deferred > 0,
        "{count} {what}: {:?}",
        report.verdict
    );
    let mut times: Vec<Duration> =
        (0..rounds).map(|_| processor::time(|| drop(black_box(judge(scenario, &options))))).collect();
    times.sort();
    let micros = times[times.len() / 2].as_secs_f64() * 1e6;
    println!("{count:>5} {what:<18} {micros:>9.0} µs, {:>6.1} µs each", micros / count as f64);
}
