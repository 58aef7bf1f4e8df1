//! Every algorithm of the limiter, with a limit for each of 10 000 keys.
//!
//! tower-resilience has the same kinds of window and no keys: its rows are a layer with one limit for
//! everybody, which is the lesser job.

use std::hint::black_box;
use std::time::Duration;

use palisade::prelude::{FixedWindow, Shaper, SlidingLog, SlidingWindow, per_minute};
use palisade::ratelimit::IntoLimits;
use palisade::{Clock, ManualClock, RateLimiter};
use palisade_benches::drive::drive;
use palisade_benches::floor::Table;
use palisade_benches::svc::Plain;
use palisade_benches::{Bench, Group};
use tower_layer::Layer;
use tower_resilience::ratelimiter::WindowType;

use crate::keyed::{checks, governor};
use crate::limits::{BURST, LIMIT, quota, resilience_window, window};

/// Keys of the keyed limiters.
const KEYS: u64 = 10_000;

/// What a log remembers of each key: of 100 per minute, a fifth.
const GRANTS: u64 = 20;

pub(crate) fn benches() -> Vec<Bench> {
    let group = Group::new("limiter, each algorithm")
        .bare(|| checks(KEYS, |i| i, |_: u64| true))
        .floor("floor, token bucket", || {
            let table = Table::new(LIMIT);
            checks(KEYS, |i| i, move |key: u64| table.check(key))
        })
        .ours("palisade, token bucket", || ours(quota()))
        .ours("palisade, fixed window", || ours(FixedWindow::new(window())))
        .ours("palisade, sliding window", || ours(SlidingWindow::new(window())))
        .ours("palisade, sliding log of 20", log)
        .ours("palisade, shaper", || ours(Shaper::new(quota()).burst(BURST)))
        .peer("governor, token bucket", || checks(KEYS, |i| i, governor::<u64>()))
        .peer("tower-resilience, fixed window, no keys", || resilience(WindowType::Fixed))
        .peer("tower-resilience, sliding counter, no keys", || {
            resilience(WindowType::SlidingCounter)
        })
        .peer("tower-resilience, sliding log, no keys", || resilience(WindowType::SlidingLog));
    vec![Bench::Calls(group)]
}

fn ours(limit: impl IntoLimits) -> impl FnMut(u64) {
    let limiter = RateLimiter::with(limit);
    checks(KEYS, |i| i, move |key: u64| limiter.check_key(key).is_ok())
}

/// Logs that stay as long as they are: a run of calls as fast as they go would be a key's whole minute,
/// so time is moved by hand, by as much as makes `GRANTS` calls of each key a minute.
///
/// The real clock is read besides, so that nothing is saved by it.
fn log() -> impl FnMut(u64) {
    let (manual, clock) = (ManualClock::new(), Clock::fast());
    let limiter = RateLimiter::with(SlidingLog::new(per_minute(100))).clock(manual.clock());
    let check_key = move |key: u64| {
        manual.advance(Duration::from_secs(60) / (GRANTS * KEYS) as u32);
        black_box(clock.now());
        limiter.check_key(key).is_ok()
    };
    for _ in 1..GRANTS {
        assert!((0..KEYS).all(&check_key), "twenty of a hundred pass");
    }
    checks(KEYS, |i| i, check_key)
}

fn resilience(window: WindowType) -> impl FnMut(u64) {
    let mut service = resilience_window(window).layer(Plain);
    move |calls| drive(&mut service, || 1, calls)
}
