//! Tells whether a sample was disturbed.

use std::fs;
use std::time::Duration;

/// How long this process's threads have waited for a core so far, although they could have run.
///
/// Linux counts it; elsewhere it is always zero, and no sample is ever told to be disturbed. (Time
/// that a hypervisor takes is not in it.)
pub(crate) fn waited() -> Duration {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanos = threads.filter_map(|thread| {
        let stat = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        stat.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}
