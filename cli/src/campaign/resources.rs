//! What a campaign takes of the machine: memory, files, processes and processor time, as /proc tells.

use std::collections::BTreeMap;

use procfs::process::{self, Process, Stat};

/// Of a campaign and of all processes that it started, at a moment. All zero where there is no /proc.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub(super) struct Resources {
    /// Resident memory of this process, KiB.
    memory_kib: u64,
    /// Open files of this process.
    files: u64,
    /// Processes, this one included.
    processes: u64,
    /// Resident memory of all of them, KiB; pages that they share count for each.
    all_memory_kib: u64,
    /// Time of a processor that all of them had, with that of those that have ended and were waited for.
    processor_seconds: f64,
}

impl Resources {
    /// Now.
    pub(super) fn now() -> Self {
        Self::read().unwrap_or_default()
    }

    fn read() -> procfs::ProcResult<Self> {
        let this = Process::myself()?;
        let page_kib = procfs::page_size() / 1024;
        // A process that ends meanwhile is none any more.
        let stats: BTreeMap<i32, Stat> =
            process::all_processes()?.flatten().filter_map(|one| Some((one.pid, one.stat().ok()?))).collect();
        let ours = family(this.pid, &stats.values().map(|stat| (stat.pid, stat.ppid)).collect());
        let ours: Vec<&Stat> = ours.iter().filter_map(|pid| stats.get(pid)).collect();
        let ticks: u64 = ours.iter().map(|stat| spent(stat)).sum();
        Ok(Self {
            memory_kib: stats.get(&this.pid).map_or(0, |stat| stat.rss * page_kib),
            files: this.fd_count()? as u64,
            processes: ours.len() as u64,
            all_memory_kib: ours.iter().map(|stat| stat.rss * page_kib).sum(),
            processor_seconds: ticks as f64 / procfs::ticks_per_second() as f64,
        })
    }
}

/// Ticks of a process and of its children that have ended.
fn spent(stat: &Stat) -> u64 {
    stat.utime + stat.stime + (stat.cutime + stat.cstime).unsigned_abs()
}

/// A process and all that descend from it.
fn family(ancestor: i32, parents: &BTreeMap<i32, i32>) -> Vec<i32> {
    let parent = |pid: &i32| parents.get(pid).copied();
    // No line is longer than there are processes; a number that was given anew while they were read could make a circle.
    let line = |pid: i32| std::iter::successors(Some(pid), parent).take(parents.len());
    parents.keys().copied().filter(|pid| line(*pid).any(|member| member == ancestor)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_all_that_descend_whatever_their_numbers() {
        let parents = BTreeMap::from([(1, 0), (5, 1), (6, 5), (3, 6), (8, 1), (9, 8), (10, 11), (11, 10)]);
        assert_eq!(family(5, &parents), [3, 5, 6]);
        assert_eq!(family(9, &parents), [9]);
    }

    #[test]
    fn this_process_has_memory_and_files() {
        let held: Vec<std::fs::File> = (0..8).map(|_| tempfile::tempfile().expect("a file")).collect();
        let now = Resources::now();
        assert!(now.memory_kib > 0 && now.processes > 0 && now.all_memory_kib >= now.memory_kib, "{now:?}");
        assert!(now.files >= held.len() as u64, "{now:?}");
    }
}
