//! One connection, while it lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, Value};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::fault::{Fault, Refusal, Trouble};
use super::flight::Usable;

/// A connection on which nothing was answered for so long is given up: the other end may be gone without
/// having said so, and a new one may lead elsewhere. Shorter, and a server that pauses would lose them all.
const SILENCE: Duration = Duration::from_secs(1);

/// What a server says about itself (that it is a replica) does not replace a connection that is younger:
/// the new one would hear the same.
const YOUNG: Duration = Duration::from_secs(1);

/// One connection, which all calls share, and the task that drives it.
pub(super) struct Live {
    connection: MultiplexedConnection,
    driver: AbortHandle,
    at: Arc<str>,
    born: Instant,
    /// Not to be used any more.
    doomed: AtomicBool,
    /// Since when nothing was answered, in microseconds from birth; 0 if the last command was.
    silent: AtomicU64,
}

impl Live {
    pub(super) fn new(
        connection: MultiplexedConnection,
        driver: AbortHandle,
        at: Arc<str>,
    ) -> Self {
        let (doomed, silent) = (AtomicBool::new(false), AtomicU64::new(0));
        Self { connection, driver, at, born: Instant::now(), doomed, silent }
    }

    /// Sends `command`, and waits for its answer as long as the connection says.
    pub(super) async fn send(&self, command: &Cmd) -> Result<Value, Fault> {
        let unanswered = Unanswered(self);
        let answer = self.connection.clone().send_packed_command(command).await;
        self.judge(unanswered, answer)
    }

    /// Sends `command` to a node that does not own its slot yet. Both go in one piece, so that nothing
    /// comes in between.
    pub(super) async fn send_asking(&self, command: &Cmd) -> Result<Value, Fault> {
        let mut both = Pipeline::with_capacity(2);
        both.cmd("ASKING").add_command(command.clone());
        let unanswered = Unanswered(self);
        let answers = self.connection.clone().send_packed_commands(&both, 0, 2).await;
        let last = answers.map(|mut answers| answers.pop().unwrap_or(Value::Nil));
        self.judge(unanswered, last)
    }

    fn judge(
        &self,
        unanswered: Unanswered<'_>,
        answer: Result<Value, RedisError>,
    ) -> Result<Value, Fault> {
        let error = match answer.and_then(Value::extract_error) {
            Ok(value) => {
                unanswered.was_answered();
                return Ok(value);
            }
            Err(error) => error,
        };
        if let Some(code) = error.code() {
            unanswered.was_answered();
            let detail = error.detail().unwrap_or_default();
            // With sentinels that is an old primary, and they know the new one.
            if matches!(code, "READONLY" | "MASTERDOWN") && self.born.elapsed() >= YOUNG {
                self.doom();
            }
            let by = Arc::clone(&self.at);
            return Err(Fault::Refused(Refusal { code: code.into(), detail: detail.into(), by }));
        }
        let at = &self.at;
        Err(Fault::Unknown(if error.is_timeout() {
            Trouble::new(format_args!("redis at {at} did not answer in time"))
        } else {
            // Also for what a driver that has just ended still held: none can say what it had written.
            unanswered.was_answered();
            self.doom();
            match error.kind() {
                ErrorKind::Io => Trouble::new(format_args!("lost redis at {at}: {error}")),
                _ => Trouble::new(format_args!("cannot understand redis at {at}: {error}")),
            }
        }))
    }

    fn doom(&self) {
        self.doomed.store(true, Ordering::Relaxed);
    }
}

impl Usable for Live {
    fn is_usable(&self) -> bool {
        !self.doomed.load(Ordering::Relaxed) && !self.driver.is_finished()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // It ends by itself, unless it has more to write than a server that hangs takes.
        self.driver.abort();
    }
}

/// Notes, unless told otherwise, that a command was not answered. Also when its caller gives up, which may
/// well be before the time for an answer is over, and always.
struct Unanswered<'a>(&'a Live);

impl Unanswered<'_> {
    fn was_answered(self) {
        // Read first: a write would move the line between cores with each command.
        if self.0.silent.load(Ordering::Relaxed) != 0 {
            self.0.silent.store(0, Ordering::Relaxed);
        }
        std::mem::forget(self);
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        let now = u64::try_from(self.0.born.elapsed().as_micros()).unwrap_or(u64::MAX).max(1);
        let since = self.0.silent.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        if since.is_err_and(|since| u128::from(now.saturating_sub(since)) >= SILENCE.as_micros()) {
            self.0.doom();
        }
    }
}
