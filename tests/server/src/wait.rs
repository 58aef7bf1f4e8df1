//! Waiting for a condition: all that is waited for here is another process, which has a time of its own.

use std::time::{Duration, Instant};

/// Far more than anything here takes, on a busy machine as well: reached only by what never comes.
const PATIENCE: Duration = Duration::from_secs(20);

/// As short as a system's timers keep to: what is waited for takes some ms.
const PAUSE: Duration = Duration::from_millis(2);

/// Returns as soon as `condition` holds, which is asked every 2 ms.
///
/// Blocks its thread. Panics with `what` if 20 seconds pass first: `what` ends the sentence "waited for".
#[track_caller]
pub fn eventually(mut condition: impl FnMut() -> bool, what: &str) {
    eventually_some(|| condition().then_some(()), what);
}

/// Returns what `look` finds, as soon as it does.
#[track_caller]
pub(crate) fn eventually_some<T>(mut look: impl FnMut() -> Option<T>, what: &str) -> T {
    let begun = now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        if now().saturating_duration_since(begun) > PATIENCE {
            panic!("waited {PATIENCE:?} in vain for {what}");
        }
        pause();
    }
}

#[expect(clippy::disallowed_methods, reason = "other processes do not follow a paused clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the thread waits for another process")]
fn pause() {
    std::thread::sleep(PAUSE);
}
