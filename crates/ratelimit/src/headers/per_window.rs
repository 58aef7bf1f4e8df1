//! `X-RateLimit-Limit-Second` and its like for each limit, and `RateLimit-Limit` and its like for the
//! tightest: the habit of the Kong gateway.

use http::HeaderMap;
use palisade_core::Micros;

use super::legacy::x_reset;
use super::names::{LIMIT, REMAINING, RESET, X_REMAINING, X_RESET};
use super::pair::Pair;
use super::tightest::tightest;
use super::{Told, seconds};
use crate::options::Reset;

pub(super) fn write(told: &[Told], reset: Reset, now: Micros, headers: &mut HeaderMap) {
    let Some(limit) = tightest(told) else { return };
    each_window(told, headers);

    let pair = Pair { limit: LIMIT, remaining: REMAINING };
    let delta = (RESET, seconds(limit.until_or_reset()));
    if headers.contains_key(X_REMAINING) {
        // An inner layer of the legacy style is here, and X-RateLimit-Reset is of its three.
        pair.tell(limit, [delta], headers);
    } else {
        pair.tell(limit, [delta, (X_RESET, x_reset(limit, reset, now))], headers);
    }
}

/// Tells the tightest limit of each window; of a window with two limits twice, the second time in
/// vain. A layer has a handful of limits: looking again is cheaper than remembering.
fn each_window(told: &[Told], headers: &mut HeaderMap) {
    for Told { quota, .. } in told {
        let of_window = |limit: &&Told| limit.quota.period_micros() == quota.period_micros();
        let limit = tightest(told.iter().filter(of_window));
        if let (Some(limit), Some(pair)) = (limit, Pair::of_window(*quota)) {
            pair.tell(limit, [], headers);
        }
    }
}
