//! Processes that are ended together with all that they started.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::launch::Process;

/// How long a process may take to end before it is ended.
const PATIENCE: Duration = Duration::from_secs(3);
/// A process that ends sooner than this is not started again: it would end again.
const TOO_SOON: Duration = Duration::from_secs(10);

/// Processes, each the leader of a process group of its own.
pub(super) struct Group(Vec<Member>);

struct Member {
    process: Process,
    child: Child,
    began: Instant,
}

impl Group {
    /// Starts all; if one cannot be started, none stays.
    pub(super) fn start(processes: Vec<Process>) -> io::Result<Self> {
        let mut group = Self(Vec::new());
        for mut process in processes {
            match spawn(&mut process) {
                Ok(child) => group.0.push(Member { process, child, began: Instant::now() }),
                Err(error) => {
                    group.end();
                    return Err(error);
                }
            }
        }
        Ok(group)
    }

    /// Starts again what is to be started again; the status of a process that ended before its time.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        for member in &mut self.0 {
            let Ok(Some(status)) = member.child.try_wait() else { continue };
            if !member.process.again || member.began.elapsed() < TOO_SOON {
                return Some(status);
            }
            // What its last round started goes with it.
            signal(&member.child, Signal::KILL);
            let Ok(child) = spawn(&mut member.process) else { return Some(status) };
            (member.child, member.began) = (child, Instant::now());
        }
        None
    }

    /// Asks all to end, and ends those that do not.
    pub(super) fn end(&mut self) {
        self.0.iter().for_each(|member| signal(&member.child, Signal::TERM));
        let asked = Instant::now();
        for Member { child, .. } in &mut self.0 {
            while asked.elapsed() < PATIENCE && matches!(child.try_wait(), Ok(None)) {
                thread::sleep(Duration::from_millis(20));
            }
            // Also for children that outlive their parent.
            signal(child, Signal::KILL);
            let _ = child.wait();
        }
    }
}

/// A signal for a process and all that it started.
fn signal(child: &Child, signal: Signal) {
    if let Ok(Some(group)) = i32::try_from(child.id()).map(Pid::from_raw) {
        let _ = kill_process_group(group, signal);
    }
}

/// A process inherits the cores of the thread that starts it.
fn spawn(process: &mut Process) -> io::Result<Child> {
    let all = sched_getaffinity(None).ok();
    let one = all.as_ref().zip(process.core).and_then(|(all, core)| nth(all, core));
    if let Some(one) = one {
        // On a machine that does not allow it the process runs where it likes.
        let _ = sched_setaffinity(None, &one);
    }
    let child = process.command.process_group(0).spawn();
    if let (Some(all), Some(_)) = (all, one) {
        let _ = sched_setaffinity(None, &all);
    }
    child
}

/// The `index`th core of those that there are, round and round.
fn nth(all: &CpuSet, index: usize) -> Option<CpuSet> {
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core)).collect();
    let mut one = CpuSet::new();
    one.set(*cores.get(index.checked_rem(cores.len())?)?);
    Some(one)
}

#[cfg(test)]
mod tests {
    use super::nth;
    use rustix::thread::CpuSet;

    #[test]
    fn cores_are_those_that_there_are_round_and_round() {
        let mut all = CpuSet::new();
        assert!(nth(&all, 0).is_none());
        all.set(3);
        all.set(5);
        let chosen = |index| (0..16).find(|core| nth(&all, index).is_some_and(|one| one.is_set(*core)));
        assert_eq!([0, 1, 2].map(chosen), [Some(3), Some(5), Some(3)]);
        assert_eq!(nth(&all, 1).expect("one").count(), 1);
    }
}
