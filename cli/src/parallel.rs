//! Independent work on several threads, with results in order: the number of threads changes nothing but the time.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

/// Results that may wait for the one before them; then the threads wait too.
const WAITING: usize = 1024;

/// Does `work` for each index below `count` on `jobs` threads, and hands the results to `merge` in the order of the indices
/// until it breaks.
pub(crate) fn in_order<T: Send>(
    jobs: usize,
    count: u64,
    work: impl Fn(u64) -> T + Sync,
    mut merge: impl FnMut(u64, T) -> ControlFlow<()>,
) {
    let (sender, receiver) = sync_channel::<(u64, T)>(WAITING);
    let (next, stopped) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            let sender = sender.clone();
            scope.spawn(|| {
                let sender = sender;
                while !stopped.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count || sender.send((index, work(index))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut due = 0;
        for (index, result) in receiver {
            early.insert(index, result);
            while let Some(result) = early.remove(&due) {
                if merge(due, result).is_break() {
                    stopped.store(true, Ordering::Relaxed);
                    return;
                }
                due += 1;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whatever_the_threads_do() {
        let mut seen = Vec::new();
        let work = |index: u64| {
            if index.is_multiple_of(7) {
                thread::yield_now();
            }
            index * 2
        };
        in_order(4, 5000, work, |index, result| {
            assert_eq!(result, index * 2);
            seen.push(index);
            ControlFlow::Continue(())
        });
        assert_eq!(seen, (0..5000).collect::<Vec<u64>>());
    }

    #[test]
    fn work_stops_when_nobody_wants_more() {
        let mut seen = 0;
        in_order(
            2,
            u64::MAX,
            |index| index,
            |index, _| {
                seen += 1;
                if index == 9 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        assert_eq!(seen, 10);
    }
}
