//! How long nobody tries again after a failure.

use std::time::Duration;

use tokio::time::Instant;

/// Short enough to be back soon after the server is, long enough for a server that starts. Of random length, so
/// that the processes of a fleet do not knock together.
const MILLIS: std::ops::RangeInclusive<u64> = 25..=75;

/// When the pause that begins now is over.
pub(super) fn end() -> Instant {
    Instant::now() + Duration::from_millis(fastrand::u64(MILLIS))
}
