//! Eight instances ask for three times what a limit allows, half of it on one of them.

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

const RATE: u64 = 1_000;
const BURST: u64 = 100;
const OFFERED: u64 = 3_000;
const SECONDS: u64 = 10;
const TTL: Duration = Duration::from_millis(100);

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

fn one() -> Charge {
    charge("all", Gcra::new(per_second(RATE as u32).burst(BURST as u32)), 1)
}

/// The calls of all instances come one by one, at random.
async fn run<S: Store>(distant: &Distant, instances: Vec<S>) -> Figures {
    let instances: Vec<_> = instances.into_iter().map(Arc::new).collect();
    let (clock, passed) = (Clock::tokio(), Arc::new(Mutex::new(Vec::new())));
    let (mut dice, mut callers) = (Dice(4), JoinSet::new());
    let start = clock.now();
    let offered = OFFERED * SECONDS;
    for _ in 0..SECONDS * 1_000 {
        for _ in 0..OFFERED / 1_000 {
            let others = instances.len() as u64 - 1;
            let to = if dice.below(2) == 0 { 0 } else { 1 + dice.below(others) as usize };
            let (store, passed) = (Arc::clone(&instances[to]), Arc::clone(&passed));
            let clock = clock.clone();
            callers.spawn(async move {
                if store.execute(Op::Decide, vec![one()]).await.unwrap().allowed() {
                    passed.lock().push(clock.now());
                }
            });
        }
        sleep(Duration::from_millis(1)).await;
    }
    while callers.join_next().await.is_some() {}
    let span = clock.now().since(start);
    let calls = distant.calls();

    let mut passed = passed.lock().clone();
    passed.sort_unstable();
    let admitted = passed.len() as u64;
    let may = BURST + (RATE * span.0).div_ceil(1_000_000);
    assert!(admitted <= distant.granted(), "{admitted} passed, {} were taken", distant.granted());
    assert!(admitted <= may, "{admitted} passed of {may}");
    let within = |from: &Micros| {
        passed.iter().filter(|at| (*from..*from + Micros(1_000_000)).contains(at)).count() as u64
    };
    let worst = passed.iter().step_by(50).map(within).max().unwrap_or(0);
    let ideal = BURST + RATE * SECONDS;
    Figures {
        admitted: admitted * 100 / ideal,
        worst: worst * 100 / (RATE + BURST),
        calls: calls * 100 / offered,
    }
}

fn eight<S>(make: impl Fn(Arc<Distant>) -> S) -> (Arc<Distant>, Vec<S>) {
    let distant = Distant::by(Duration::from_millis(1), Duration::ZERO);
    let instances = (0..8).map(|_| make(Arc::clone(&distant))).collect();
    (distant, instances)
}

#[tokio::test(start_paused = true)]
async fn a_store_by_itself_is_asked_for_every_decision() {
    let (distant, instances) = eight(|distant| distant);
    let figures = run(&distant, instances).await;
    assert_eq!(figures.calls, 100);
    assert!(figures.admitted >= 99 && figures.worst <= 100, "{figures:?}");
}

#[tokio::test(start_paused = true)]
async fn refusals_that_are_remembered_change_nothing_else() {
    let (distant, instances) = eight(Refusals::new);
    let figures = run(&distant, instances).await;
    assert!(figures.calls <= 20, "{figures:?}");
}

#[tokio::test(start_paused = true)]
async fn units_that_are_taken_ahead_spare_most_calls() {
    let (distant, instances) = eight(|distant| Leases::new(distant, 50, TTL));
    let figures = run(&distant, instances).await;
    assert!(figures.calls <= 20, "{figures:?}");
}

#[tokio::test(start_paused = true)]
async fn both_together_spare_the_most() {
    let (distant, instances) = eight(|distant| Leases::new(Refusals::new(distant), 50, TTL));
    let figures = run(&distant, instances).await;
    assert!(figures.calls <= 20, "{figures:?}");
}
