//! What a budget holds, as a function of time and requests.
//!
//! Counted in millionths of a token: then a request brings whole parts, and so does a microsecond.
//! What came with time is a stream of which the oldest is taken first, so what is left of it is all
//! that came since some moment, which is one number. What came with requests is in a [`Ring`].

use super::Settings;
use super::ring::{BUCKETS, Ring};

use palisade_core::Micros;

/// A token, in parts.
const TOKEN: u128 = 1_000_000;

/// What a budget's settings are in parts, and its window in buckets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rates {
    per_request: u64,
    per_micro: u128,
    /// A bucket, in microseconds; never 0.
    width: u128,
}

/// What a budget holds.
///
/// Points in time are one window later than they are, so that there is a window before each.
#[derive(Debug)]
pub(super) struct Ledger {
    rates: Rates,
    last: u128,
    /// Until when what time brought is taken or gone, in parts: a point in time times the rate.
    taken: u128,
    ring: Ring,
}

// ===== impl Rates =====

impl Rates {
    pub(super) fn new(settings: Settings) -> Self {
        let Settings { share, per_second, window } = settings;
        let width = window.0 / BUCKETS;
        match width {
            0 => Self { per_request: 0, per_micro: 0, width: 1 },
            // A token has as many parts as a second has microseconds, and as a share.
            _ => Self {
                per_request: share.ppm().into(),
                per_micro: per_second.into(),
                width: width.into(),
            },
        }
    }

    fn window(&self) -> u128 {
        self.width * u128::from(BUCKETS)
    }
}

// ===== impl Ledger =====

impl Ledger {
    /// With all that one window of time brings.
    pub(super) fn new(rates: Rates, now: Micros) -> Self {
        let last = u128::from(now.0) + rates.window();
        Self { rates, last, taken: 0, ring: Ring::new(last / rates.width) }
    }

    /// Brings it up to date: so many requests were made since the last time.
    pub(super) fn see(&mut self, now: Micros, requests: u64) {
        let window = self.rates.window();
        let now = (u128::from(now.0) + window).max(self.last);
        self.ring.advance(now / self.rates.width);
        // So many that they do not fit count as fewer.
        self.spread(requests.saturating_mul(self.rates.per_request), now);
        self.taken = self.taken.max((now - window) * self.rates.per_micro);
        self.last = now;
    }

    /// Takes a token, if there is one.
    pub(super) fn take(&mut self) -> bool {
        if self.parts() < TOKEN {
            return false;
        }
        let (mut due, rates) = (TOKEN, self.rates);
        for (bucket, parts) in self.ring.oldest_first() {
            let older = (bucket * rates.width * rates.per_micro).saturating_sub(self.taken);
            let of_time = older.min(due);
            self.taken += of_time;
            due -= of_time;
            // At most what is there.
            let of_bucket = due.min(u128::from(*parts));
            *parts -= of_bucket as u64;
            due -= of_bucket;
        }
        self.taken += due;
        true
    }

    /// Whole tokens.
    pub(super) fn balance(&self) -> u64 {
        u64::try_from(self.parts() / TOKEN).unwrap_or(u64::MAX)
    }

    fn parts(&self) -> u128 {
        let of_time = self.last * self.rates.per_micro - self.taken;
        of_time + self.ring.sum()
    }

    /// Puts `parts` where they came, evenly between the last time and `now`. What came before the
    /// window is left out, and of what is in it less than a part.
    fn spread(&mut self, parts: u64, now: u128) {
        let span = now - self.last;
        if span == 0 {
            self.ring.add(now / self.rates.width, parts);
            return;
        }
        let width = self.rates.width;
        let since = self.last.max(self.ring.oldest() * width);
        // Both factors are below 2^64, and the result is at most `parts`.
        let after = |time: u128| (u128::from(parts) * (now - time) / span) as u64;
        for bucket in since / width..=now / width {
            let begin = since.max(bucket * width);
            let end = now.min((bucket + 1) * width);
            self.ring.add(bucket, after(begin) - after(end));
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::time::Duration;

    use palisade_core::Ratio;

    use super::*;

    fn ledger(window: Duration, now: Micros) -> Ledger {
        let (share, window) = (Ratio::ONE, window.into());
        Ledger::new(Rates::new(Settings { share, per_second: u32::MAX, window }), now)
    }

    #[test]
    fn no_number_of_requests_overflows() {
        for window in [Duration::from_micros(10), Duration::from_secs(10), Duration::MAX] {
            for first in [Micros::ZERO, Micros(1), Micros::MAX] {
                let mut ledger = ledger(window, first);
                for now in [Micros::ZERO, Micros(7), Micros(u64::MAX / 3), Micros::MAX, Micros::MAX]
                {
                    ledger.see(now, u64::MAX);
                    let before = ledger.parts();
                    assert!(ledger.take());
                    assert_eq!(ledger.parts(), before - TOKEN);
                }
            }
        }
    }

    #[test]
    fn part_of_a_part_is_left_out() {
        let mut ledger = ledger(Duration::from_secs(10), Micros::ZERO);
        (ledger.rates.per_request, ledger.rates.per_micro) = (1, 0);
        ledger.see(Micros(21_000_000), 1_000);
        // The window reaches back to 12 s: nine of 21 seconds, which is 428.57 of a thousand.
        assert_eq!(ledger.parts(), 428);
    }

    #[test]
    fn requests_of_any_time_bring_no_more_than_their_share() {
        let mut ledger = ledger(Duration::from_secs(10), Micros::ZERO);
        ledger.rates.per_micro = 0;
        // A hundred thousand million requests in each of a thousand seconds.
        ledger.see(Micros(1_000_000_000), 100_000_000_000_000);
        let brought = u64::MAX / 1_000_000 / 1_000;
        assert!(ledger.balance() <= 10 * brought && ledger.balance() >= 9 * brought);
    }
}
