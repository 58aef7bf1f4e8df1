//! What a limit allows and what is left of it: two lines that are told together.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::Told;

/// The names of the two lines.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) limit: HeaderName,
    pub(super) remaining: HeaderName,
}

impl Pair {
    /// Tells a limit, and `more` about it, in the place of what an inner layer told. A limit that
    /// has as little left as this one, or less, keeps its place.
    ///
    /// A map without room for all lines stays as it is: what is left of one limit must not stand
    /// beside what another allows.
    pub(super) fn tell<const N: usize>(
        self,
        limit: &Told,
        more: [(HeaderName, u64); N],
        headers: &mut HeaderMap,
    ) {
        let remaining = limit.remaining();
        let is_tighter = |inner: u64| inner <= remaining;
        if number(headers, &self.remaining).is_some_and(is_tighter)
            || headers.try_reserve(2 + N).is_err()
        {
            return;
        }
        insert(headers, self.limit, u64::from(limit.quota.limit()));
        insert(headers, self.remaining, remaining);
        for (name, number) in more {
            insert(headers, name, number);
        }
    }
}

/// The number that a header holds already; `None` if it holds anything else.
fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

fn insert(headers: &mut HeaderMap, name: HeaderName, number: u64) {
    // Not `HeaderValue::from(number)`, which allocates twice.
    if let Ok(value) = HeaderValue::from_str(itoa::Buffer::new().format(number)) {
        let _ = headers.try_insert(name, value);
    }
}
