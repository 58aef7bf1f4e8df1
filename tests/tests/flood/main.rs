//! A flood of keys that come once: ten million at a token bucket, a million at each other algorithm,
//! and room for a hundred thousand.
//!
//! A thousand callers have spent what they had when it begins, and go on asking. What a flood must not
//! do is to wash their spent buckets away, to take memory without bound, or to keep somebody out whose
//! time has come while there is room.
//!
//! A binary of its own, because all of its allocations go through a counter, which counts for each
//! thread.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod flood;
mod kinds;

use allocation_counter::measure;
use palisade::{ManualClock, RateLimiter, prelude::*};

use crate::flood::{CAP, Flood};
use crate::kinds::{BUCKET, FIXED_WINDOW, Kind, PERIOD, SLIDING_LOG, SLIDING_WINDOW};

/// What a limiter takes however few keys it has: locks of shards, names of the busiest keys.
const FIXED: u64 = 256 * 1024;

/// Never more memory than the cap allows, however many keys there are.
fn endure(kind: Kind, keys: u64) {
    let most = measure(|| {
        let mut flood = Flood::new(&kind);
        flood.comes(keys);
        flood.comes_at_once(CAP + CAP / 10);
        flood.is_over();
    })
    .bytes_max;
    let bound = CAP * kind.bytes + FIXED;
    assert!(most <= bound, "{most} bytes, where {bound} are allowed");
}

#[test]
fn a_bucket_that_is_spent_outlasts_a_flood_of_ten_million_keys() {
    endure(BUCKET, 10_000_000);
}

#[test]
fn a_fixed_window_that_is_spent_outlasts_a_flood() {
    endure(FIXED_WINDOW, 1_000_000);
}

#[test]
fn a_sliding_window_that_is_spent_outlasts_a_flood() {
    endure(SLIDING_WINDOW, 1_000_000);
}

#[test]
fn a_sliding_log_that_is_spent_outlasts_a_flood() {
    endure(SLIDING_LOG, 1_000_000);
}

/// Asked twice as often as its limit, for three periods.
#[test]
fn a_log_remembers_no_more_of_a_key_than_its_limit() {
    // A power of two, as the sizes of lists are.
    const LIMIT: u32 = 64;
    const KEYS: u64 = 1_000;
    let bound = KEYS * (SLIDING_LOG.bytes + 12 * u64::from(LIMIT)) + FIXED;
    let most = measure(|| {
        let clock = ManualClock::new();
        let limit = SlidingLog::new(Quota::new(LIMIT, PERIOD));
        let limiter = RateLimiter::with(limit).max_keys(KEYS as usize).clock(clock.clock());
        for turn in (0..2 * LIMIT).cycle().take(6 * LIMIT as usize) {
            for key in 0..KEYS {
                assert_eq!(limiter.check_key(key).is_ok(), turn < LIMIT, "{key}, {turn}");
            }
            clock.advance(PERIOD / (2 * LIMIT));
        }
    })
    .bytes_max;
    assert!(most <= bound, "{most} bytes, where {bound} are allowed");
}
