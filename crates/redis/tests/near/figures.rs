//! What is spared of the calls to the store, and that nothing else changes: eight instances that ask for
//! more than the limit allows, half of it on one of them.

use std::sync::Arc;
use std::time::Duration;

use palisade_core::algorithm::Op;
use palisade_core::store::{Charge, Store};
use palisade_core::{Clock, Micros, per_second};
use palisade_ratelimit::Gcra;
use palisade_redis::{Leases, Refusals};
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::support::{Dice, Distant, charge};

const INSTANCES: usize = 8;
const TTL: Duration = Duration::from_millis(100);

/// A limit, and how much is asked for in a second.
#[derive(Clone, Copy)]
struct Load {
    rate: u32,
    burst: u32,
    offered: u64,
    seconds: u64,
}

const BUSY: Load = Load { rate: 1_000, burst: 100, offered: 3_000, seconds: 4 };
const SLOW: Load = Load { rate: 10, burst: 10, offered: 100, seconds: 20 };

/// What a run came to, in hundredths.
#[derive(Debug)]
struct Figures {
    /// What passed of what may pass.
    admitted: u64,
    /// What passed in the worst second of what may pass in one.
    worst: u64,
    /// How often the store was asked for each decision.
    calls: u64,
}

impl Load {
    fn charge(self) -> Charge {
        charge("all", Gcra::new(per_second(self.rate).burst(self.burst)), 1)
    }

    /// The calls come at random, at one instance or another, whether earlier ones are answered or not.
    async fn run<S: Store>(self, make: impl Fn(Arc<Distant>) -> S) -> Figures {
        let distant = Distant::by(Duration::from_millis(1), Duration::ZERO);
        let instances: Vec<_> =
            (0..INSTANCES).map(|_| Arc::new(make(Arc::clone(&distant)))).collect();
        let (clock, passed) = (Clock::tokio(), Arc::new(Mutex::new(Vec::new())));
        let (mut dice, mut callers) = (Dice(4), JoinSet::new());
        let (start, mut offered) = (clock.now(), 0);
        for milli in 1..=self.seconds * 1_000 {
            while offered * 1_000 < self.offered * milli {
                let to = if dice.below(2) == 0 { 0 } else { 1 + dice.below(7) as usize };
                let (store, passed) = (Arc::clone(&instances[to]), Arc::clone(&passed));
                let clock = clock.clone();
                callers.spawn(async move {
                    let asked = vec![self.charge()];
                    if store.execute(Op::Decide, asked).await.unwrap().allowed() {
                        passed.lock().push(clock.now());
                    }
                });
                offered += 1;
            }
            sleep(Duration::from_millis(1)).await;
        }
        while callers.join_next().await.is_some() {}
        let passed = passed.lock().clone();
        assert!(passed.len() as u64 <= distant.granted(), "what passes was taken before");
        self.figures(&passed, clock.now().since(start), distant.calls(), offered)
    }

    fn figures(self, passed: &[Micros], span: Micros, calls: u64, offered: u64) -> Figures {
        let (rate, burst, admitted) =
            (u64::from(self.rate), u64::from(self.burst), passed.len() as u64);
        let may = |span: Micros| burst + (rate * span.0).div_ceil(1_000_000);
        assert!(admitted <= may(span), "{admitted} passed of {}", may(span));
        let second = Micros(1_000_000);
        let mut first = 0;
        let worst = passed.iter().enumerate().map(|(last, at)| {
            while passed[first] + second <= *at {
                first += 1;
            }
            (last + 1 - first) as u64
        });
        let worst: u64 = worst.max().unwrap_or(0);
        let bound = may(second + Micros::from(TTL));
        assert!(worst <= bound, "{worst} passed in a second, where {bound} may");
        Figures {
            admitted: admitted * 100 / may(Micros(self.seconds * second.0)),
            worst: worst * 100 / may(second),
            calls: calls * 100 / offered,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_by_itself_is_asked_for_every_decision() {
    for load in [BUSY, SLOW] {
        let figures = load.run(|distant| distant).await;
        assert_eq!(figures.calls, 100);
        assert!(figures.admitted >= 99 && figures.worst <= 100, "{figures:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_that_are_remembered_change_nothing_but_the_calls() {
    // The next unit of the busy limit is there before the refusal has arrived.
    for (load, calls) in [(BUSY, 100), (SLOW, 60)] {
        let figures = load.run(Refusals::new).await;
        assert!(figures.calls <= calls, "{figures:?}");
        assert!(figures.admitted >= 99 && figures.worst <= 100, "{figures:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn units_that_are_taken_ahead_spare_most_calls_of_a_busy_limit() {
    let figures = BUSY.run(|distant| Leases::new(distant, 50, TTL)).await;
    assert!(figures.calls <= 20, "{figures:?}");
    assert!(figures.admitted >= 99 && figures.worst <= 101, "{figures:?}");
}

#[tokio::test(start_paused = true)]
async fn both_together_spare_most_calls_of_any() {
    for (load, calls) in [(BUSY, 20), (SLOW, 60)] {
        let figures = load.run(|distant| Leases::new(Refusals::new(distant), 50, TTL)).await;
        assert!(figures.calls <= calls, "{figures:?}");
        assert!(figures.admitted >= 99 && figures.worst <= 101, "{figures:?}");
    }
}
