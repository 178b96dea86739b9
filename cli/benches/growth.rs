//! What a comparison costs as scenarios grow: by step, from 10 to 1,000 steps, and by LUN, from 1 to 64.
//!
//! Cost that is flat makes the figures of a block the same.

mod processor;

use std::hint::black_box;

use regdiff_bench::lines::{self, Group, Line};
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
    let (steps, luns, rounds): (&[usize], &[usize], u32) =
        if processor::measures() { (&[10, 30, 100, 300, 1000], &[1, 4, 16, 64], 40) } else { (&[10], &[1], 1) };
    let io = steps.iter().map(|count| line("steps of I/O", *count, &scenario(IO, *count, 1), rounds));
    let recovery = steps.iter().filter(|count| **count <= 300);
    let recovery = recovery.map(|count| line("steps of recovery", *count, &scenario(RECOVERY, *count, 1), rounds));
    let luns = luns.iter().map(|count| line("LUNs", *count, &scenario(RECOVERY, 10, *count), rounds));
    lines::print(&io.chain(recovery).chain(luns).collect::<Vec<_>>());
}

fn scenario(mix: &[Trigger], steps: usize, luns: usize) -> Scenario {
    let luns = (0..luns as u64).map(|lun| Lun { lun: lun << 48, ..Lun::default() }).collect();
    let device = Device { ports: vec![Port { luns, ..Port::default() }], ..Device::default() };
    let online = std::iter::once(Trigger::SetOnline);
    let steps = online.chain(mix.iter().copied().cycle()).take(steps).map(Step::new).collect();
    Scenario { devices: vec![device], steps, ..Scenario::default() }
}

fn line(what: &str, count: usize, scenario: &Scenario, rounds: u32) -> Line {
    let options = Options::allowing(Allow::Open);
    let report = judge(scenario, &options);
    assert!(
        report.verdict == Verdict::Agree && report.scsi_commands.deferred > 0,
        "{count} {what}: {:?}",
        report.verdict
    );
    let once = |_| processor::time(|| drop(black_box(judge(scenario, &options)))).as_secs_f64() * 1e6 / count as f64;
    Line::new(Group::Growth, what, "µs each", &(0..rounds).map(once).collect::<Vec<_>>()).of(count)
}
