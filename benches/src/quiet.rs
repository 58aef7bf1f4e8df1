//! Tells whether a sample was disturbed, and what it took.

use std::fs;
use std::ops::Sub;
use std::time::Duration;

/// What the scheduler has done with a process's threads so far.
///
/// Linux counts it; elsewhere it is always zero, and no sample is ever told to be disturbed. (Time
/// that a hypervisor takes is not in it.)
#[derive(Clone, Copy, Debug, Default)]
pub struct Scheduled {
    /// How long they ran.
    pub ran: Duration,
    /// How long they waited for a core although they could have run.
    pub waited: Duration,
}

impl Scheduled {
    /// This process's threads.
    #[must_use]
    pub fn ours() -> Self {
        Self::of("self")
    }

    /// Another process's.
    #[must_use]
    pub fn process(id: u32) -> Self {
        Self::of(&id.to_string())
    }

    fn of(process: &str) -> Self {
        let tasks = fs::read_dir(format!("/proc/{process}/task"));
        let times = tasks.into_iter().flatten().flatten().filter_map(|thread| {
            let stat = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            let mut nanos = stat.split_whitespace().map(str::parse::<u64>);
            nanos.next()?.ok().zip(nanos.next()?.ok())
        });
        let (ran, waited) = times.fold((0, 0), |sum, time| (sum.0 + time.0, sum.1 + time.1));
        Self { ran: Duration::from_nanos(ran), waited: Duration::from_nanos(waited) }
    }
}

/// What has come since.
impl Sub for Scheduled {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            ran: self.ran.saturating_sub(earlier.ran),
            waited: self.waited.saturating_sub(earlier.waited),
        }
    }
}
