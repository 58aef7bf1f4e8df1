//! A limit that threads share.

mod support;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use palisade_bulkhead::adaptive::{Adapt, Adaptive, Aimd, Gradient2, Outcome, Sample};
use palisade_core::Micros;
use palisade_core::guard::End;

use support::{dropped, served};

#[test]
fn it_says_what_its_algorithm_says() {
    let adaptive = Adaptive::new(Aimd::new(1, 100).start(50));
    assert_eq!(adaptive.limit(), 50);
    assert!(!adaptive.record(&served(1, 1_000, 50)), "nothing changed");
    assert!(adaptive.record(&dropped(1, 1_000, 50)));
    assert_eq!(adaptive.limit(), 45);
}

#[test]
fn an_abandoned_call_gives_no_sample() {
    let sample = |end| Sample::of(Micros(1_000), end, Micros(3_000), 5);
    assert_eq!(sample(End::Abandoned), None);
    assert_eq!(sample(End::Success), Some(served(1_000, 2_000, 5)));
    assert_eq!(sample(End::Failure), Some(dropped(1_000, 2_000, 5)));
}

#[test]
fn a_limit_of_nothing_lets_one_through() {
    struct Zero;
    impl Adapt for Zero {
        fn limit(&self) -> u32 {
            0
        }

        fn adapt(&mut self, _: &Sample) {}
    }
    let adaptive = Adaptive::new(Zero);
    assert_eq!(adaptive.limit(), 1);
    adaptive.record(&served(1, 1, 1));
    assert_eq!(adaptive.limit(), 1);
}

#[test]
fn another_algorithm_takes_over() {
    let adaptive = Adaptive::new(Aimd::new(1, 100).start(50));
    assert!(adaptive.replace(Gradient2::new(1, 100).start(40)));
    assert_eq!(adaptive.limit(), 40);
    assert!(!adaptive.replace(Aimd::new(1, 40).start(adaptive.limit())));
    assert!(adaptive.record(&dropped(1, 1_000, 40)));
    assert_eq!(adaptive.limit(), 36);
}

#[test]
fn who_finds_a_sample_being_learnt_from_leaves_its_own_out() {
    /// Counts samples; stays in the first until it is told to go on.
    struct Slow {
        seen: Arc<AtomicU32>,
        inside: mpsc::Sender<()>,
        go_on: mpsc::Receiver<()>,
    }
    impl Adapt for Slow {
        fn limit(&self) -> u32 {
            self.seen.load(Ordering::Relaxed)
        }

        fn adapt(&mut self, _: &Sample) {
            self.seen.fetch_add(1, Ordering::Relaxed);
            self.inside.send(()).expect("the test listens");
            self.go_on.recv().expect("the test answers");
        }
    }

    let seen = Arc::new(AtomicU32::new(0));
    let (inside, is_inside) = mpsc::channel();
    let (tell, go_on) = mpsc::channel();
    let adaptive = Adaptive::new(Slow { seen: Arc::clone(&seen), inside, go_on });
    thread::scope(|scope| {
        scope.spawn(|| adaptive.record(&served(1, 1, 1)));
        is_inside.recv().unwrap();
        assert!(!adaptive.record(&served(1, 1, 1)));
        tell.send(()).unwrap();
    });
    assert_eq!(seen.load(Ordering::Relaxed), 1);
}

#[test]
fn threads_never_see_a_limit_beyond_the_bounds() {
    let adaptive = Adaptive::new(Aimd::new(10, 20));
    thread::scope(|scope| {
        for thread in 0..4_u64 {
            let adaptive = &adaptive;
            scope.spawn(move || {
                for n in 0..20_000 {
                    let outcome =
                        if (n / 50) % 2 == thread % 2 { Outcome::Served } else { Outcome::Dropped };
                    adaptive.record(&Sample { outcome, ..served(n * 10, 1, 20) });
                    assert!((10..=20).contains(&adaptive.limit()));
                }
            });
        }
    });
}

#[test]
fn it_is_shared_without_its_algorithm_being_sync() {
    fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<Adaptive>();
}
