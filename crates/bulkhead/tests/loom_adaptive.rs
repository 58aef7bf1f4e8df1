//! What threads may see of a limit that moves, in every order that the memory model allows.

#![cfg(loom)]

use loom::sync::Arc;
use loom::thread;
use palisade_bulkhead::adaptive::{Adapt, Adaptive, Outcome, Sample};
use palisade_core::Micros;

/// As many as there were samples, and one.
struct Count(u32);

impl Adapt for Count {
    fn limit(&self) -> u32 {
        self.0 + 1
    }

    fn adapt(&mut self, _: &Sample) {
        self.0 += 1;
    }
}

const SAMPLE: Sample =
    Sample { began: Micros(1), rtt: Micros(1), in_flight: 1, outcome: Outcome::Served };

#[test]
fn the_limit_is_that_of_the_last_sample() {
    loom::model(|| {
        let adaptive = Arc::new(Adaptive::new(Count(0)));
        let threads = [(), ()].map(|()| {
            let adaptive = Arc::clone(&adaptive);
            thread::spawn(move || u32::from(adaptive.record(&SAMPLE)))
        });
        let before = adaptive.limit();
        let after = adaptive.limit();
        assert!(before <= after, "a limit that was replaced came back");
        let taken: u32 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert!(taken >= 1, "nobody waits, but one gets through");
        assert_eq!(adaptive.limit(), 1 + taken);
    });
}

#[test]
fn what_replaces_an_algorithm_stays() {
    loom::model(|| {
        let adaptive = Arc::new(Adaptive::new(Count(0)));
        let other = Arc::clone(&adaptive);
        let recorder = thread::spawn(move || other.record(&SAMPLE));
        adaptive.replace(Count(10));
        recorder.join().unwrap();
        let limit = adaptive.limit();
        assert!(matches!(limit, 11 | 12), "{limit}");
        adaptive.record(&SAMPLE);
        assert_eq!(adaptive.limit(), limit + 1, "the limit was not its algorithm's");
    });
}
