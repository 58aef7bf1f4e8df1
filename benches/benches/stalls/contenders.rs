//! Limiters with a bucket for each key, on clocks that are moved by hand.

use std::num::NonZeroU32;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use palisade::{ManualClock, Quota, RateLimiter};

use crate::timed::{Latencies, time};

/// A token comes back in a second: after its one call a key is soon as good as new.
const EVERY: Duration = Duration::from_secs(1);

/// More than anybody takes here, also of a bucket that new keys share.
const BURST: u32 = 10_000_000;

/// By how much time moves on for all keys to expire. We keep an idle key for ten seconds more while
/// there is room, so it is more than that.
pub(crate) const AGE: Duration = Duration::from_secs(20);

/// Somebody who is measured.
pub(crate) struct Contender {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Times so many calls on a table of so many keys, which have all expired or none has.
    pub(crate) run: fn(keys: u64, calls: u64, expired: bool) -> Latencies,
}

/// governor, on a clock like ours.
pub(crate) type Governor =
    governor::RateLimiter<u64, DashMapStateStore<u64>, FakeRelativeClock, NoOpMiddleware<Nanos>>;

/// All of them, ours first.
pub(crate) const fn contenders() -> [Contender; 3] {
    [
        Contender {
            name: "palisade, at its cap",
            run: |keys, calls, expired| ours(keys, keys, calls, expired),
        },
        Contender {
            name: "palisade, below its cap",
            run: |keys, calls, expired| ours(keys * 4, keys, calls, expired),
        },
        Contender { name: "governor", run: governors },
    ]
}

fn ours(most: u64, keys: u64, calls: u64, expired: bool) -> Latencies {
    let (limiter, clock) = palisade(most);
    (0..keys).for_each(|key| assert!(limiter.check_key(key).is_ok()));
    if expired {
        clock.advance(AGE);
    }
    time(keys, calls, |key| limiter.check_key(key).is_ok())
}

/// Where keys have expired, another thread drops them meanwhile, as its documentation has it.
fn governors(keys: u64, calls: u64, expired: bool) -> Latencies {
    let (limiter, clock) = governor();
    (0..keys).for_each(|key| assert!(limiter.check_key(&key).is_ok()));
    let timed = || time(keys, calls, |key| limiter.check_key(&key).is_ok());
    if !expired {
        return timed();
    }
    clock.advance(AGE);
    let start = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            start.wait();
            limiter.retain_recent();
        });
        start.wait();
        timed()
    })
}

/// Ours, of at most so many keys.
pub(crate) fn palisade(most: u64) -> (RateLimiter, ManualClock) {
    let (clock, quota) = (ManualClock::new(), Quota::new(1, EVERY).burst(BURST));
    let limiter = RateLimiter::new(quota).max_keys(most as usize).clock(clock.clock());
    (limiter, clock)
}

/// governor's, with its default table.
pub(crate) fn governor() -> (Governor, FakeRelativeClock) {
    let burst = const { NonZeroU32::new(BURST).expect("the burst is not 0") };
    let quota = governor::Quota::with_period(EVERY).expect("the period is not 0");
    let clock = FakeRelativeClock::default();
    (Governor::dashmap_with_clock(quota.allow_burst(burst), clock.clone()), clock)
}
