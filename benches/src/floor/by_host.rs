//! A breaker for each host.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::RandomState;
use http::Request;
use http::header::HOST;

use super::breaker::{Breaker, Find, Window};

/// Places for hosts: a power of two, and so many that most hosts stand where they are looked for first.
const PLACES: usize = 4_096;

/// A breaker for each value of the header `host`, in a table that never forgets one.
///
/// A request's host has to be hashed, and its breaker to be found; since nothing is ever removed, that
/// takes no lock.
#[derive(Debug)]
pub struct ByHost<W: 'static> {
    hasher: RandomState,
    places: Box<[Place<W>]>,
}

#[derive(Debug)]
struct Place<W> {
    /// The hash of the host whose place it is; 0 if it is free.
    host: AtomicU64,
    breaker: Breaker<W>,
}

impl<W: Window> ByHost<W> {
    /// A table without hosts that is never freed.
    #[must_use]
    pub fn forever(window: impl Fn() -> W) -> &'static Self {
        let place = |_| Place { host: AtomicU64::new(0), breaker: Breaker::new(window()) };
        let places = (0..PLACES).map(place).collect();
        Box::leak(Box::new(Self { hasher: RandomState::default(), places }))
    }

    /// The place of a host, which may be new.
    #[inline]
    fn place(&self, host: u64) -> &Place<W> {
        // Its lowest bit is always set.
        let mut at = (host >> 1) as usize;
        loop {
            let place = &self.places[at % PLACES];
            let taken = place.host.load(Ordering::Relaxed);
            if taken == host || taken == 0 && place.take(host) {
                return place;
            }
            at += 1;
        }
    }
}

impl<W> Place<W> {
    /// Takes a free place for a host, unless another has just taken it.
    #[cold]
    fn take(&self, host: u64) -> bool {
        match self.host.compare_exchange(0, host, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => true,
            Err(taken) => taken == host,
        }
    }
}

impl<W: Window, B> Find<Request<B>> for &'static ByHost<W> {
    type Window = W;
    type Found = &'static Breaker<W>;

    #[inline]
    fn find(&self, request: &Request<B>) -> &'static Breaker<W> {
        let host = request.headers().get(HOST).map(http::HeaderValue::as_bytes);
        &self.place(self.hasher.hash_one(host) | 1).breaker
    }
}

#[cfg(test)]
mod tests {
    use super::ByHost;
    use crate::floor::{CountWindow, Find};
    use http::Request;
    use http::header::HOST;
    use std::collections::HashSet;

    #[test]
    fn each_host_has_a_breaker_of_its_own() {
        let breakers = ByHost::forever(|| CountWindow::new(1, 1));
        let find = |i: u64| {
            let request = Request::builder().header(HOST, format!("{i}.example"));
            std::ptr::from_ref(breakers.find(&request.body(()).unwrap()))
        };
        let found: HashSet<_> = (0..1_000).map(find).collect();
        assert_eq!(found.len(), 1_000);
        assert!((0..1_000).all(|i| found.contains(&find(i))));
    }
}
