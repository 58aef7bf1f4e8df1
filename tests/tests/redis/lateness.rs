//! How late the machine is: a test that measures time on a busy one must know.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::time::Instant;

const PERIOD: Duration = Duration::from_millis(5);

/// A thread that wants to be woken every 5 ms, and knows how late it was at the worst.
///
/// It is none of a runtime's: code that blocks a runtime does not make it late.
pub(crate) struct Lateness {
    end: Sender<()>,
    thread: JoinHandle<Duration>,
}

impl Lateness {
    pub(crate) fn begin() -> Self {
        let (end, ended) = channel();
        let thread = thread::spawn(move || {
            let mut worst = Duration::ZERO;
            loop {
                let due = Instant::now() + PERIOD;
                match ended.recv_timeout(PERIOD) {
                    Err(RecvTimeoutError::Timeout) => worst = worst.max(due.elapsed()),
                    _ => return worst,
                }
            }
        });
        Self { end, thread }
    }

    /// The worst so far.
    pub(crate) fn end(self) -> Duration {
        drop(self.end);
        self.thread.join().unwrap()
    }
}
