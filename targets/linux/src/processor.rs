//! Processor time of a process and all below it: what a run costs a core, however busy the machine is.
//!
//! It is read while the tree lives: a sandbox does not bury what it started, so that nobody above it is told. What the last moments
//! take is therefore missing.

use std::time::Duration;

/// Processes of a run: the sandbox's two, the kernel, one of each address space in it. More are not its own.
const MAX_PROCESSES: usize = 64;

/// What a process, its children and theirs took of a processor until now, of those that live. None if the system does not tell.
pub(crate) fn of_tree(root: u32) -> Option<Duration> {
    let mut waiting = vec![root];
    let (mut nanoseconds, mut count) = (0, 0);
    while let Some(process) = waiting.pop() {
        let Some(time) = of_one(process) else { continue };
        nanoseconds += time;
        count += 1;
        if count == MAX_PROCESSES {
            break;
        }
        let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
        waiting.extend(children.split_ascii_whitespace().filter_map(|child| child.parse::<u32>().ok()));
    }
    (nanoseconds > 0).then_some(Duration::from_nanos(nanoseconds))
}

/// The first of the scheduler's figures: nanoseconds on a processor.
fn of_one(process: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/schedstat")).ok()?;
    text.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_works_takes_time_and_one_that_is_gone_tells_nothing() {
        if of_one(std::process::id()).is_none() {
            // A kernel without these figures.
            return;
        }
        let before = of_tree(std::process::id()).expect("this one lives");
        let mut count = 0u64;
        while of_tree(std::process::id()).expect("this one lives") <= before {
            count = std::hint::black_box(count + 1);
        }
        assert_eq!(of_tree(u32::MAX), None);
    }
}
