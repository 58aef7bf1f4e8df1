//! The tokio runtime that timers need.

use std::time::Duration;

use tokio::runtime::{Builder, EnterGuard, Runtime};
use tokio::time::sleep;

/// A runtime that is entered but does not run: contenders are polled by [`drive`](crate::drive), which
/// is on no task and so has no coop budget that would turn every 128th timer away.
///
/// Registering a timer that is the earliest of all costs a system call, to wake the driver. In a
/// server it rarely is, so here it never is either: a task that sleeps for less has gone before.
#[derive(Debug)]
pub struct Timers {
    runtime: Runtime,
}

impl Timers {
    /// Starts the runtime.
    #[must_use]
    pub fn start() -> Self {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime without worker threads needs a few file descriptors only");
        runtime.spawn(async {
            loop {
                sleep(Duration::from_millis(50)).await;
            }
        });
        Self { runtime }
    }

    /// Lets the driver see which timer is the next one, and its clock catch up.
    pub fn turn(&self) {
        self.runtime.block_on(sleep(Duration::from_millis(1)));
    }

    /// Makes the runtime the current one.
    pub fn enter(&self) -> EnterGuard<'_> {
        self.runtime.enter()
    }
}
