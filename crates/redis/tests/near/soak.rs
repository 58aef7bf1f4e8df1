//! Many callers on several threads who come and go, before a store that delays, fails and forgets to answer:
//! nothing passes that was not taken, nothing is lost that was answered, and nobody waits for ever.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use palisade_core::algorithm::Op;
use palisade_core::store::{Answer, Charge, MemoryStore, Store, StoreError};
use palisade_core::{Clock, ManualClock, per_hour};
use palisade_ratelimit::FixedWindow;
use palisade_redis::{Leases, Refusals};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;

use crate::support::{Dice, charge};

const SEEDS: std::ops::Range<u64> = 0..16;
const CALLERS: u64 = 16;
const CALLS: u64 = 400;
const SUBJECTS: u64 = 2;
const LIMIT: u32 = 3_000;

/// Delays and fails as the dice say, and keeps the accounts of what that costs.
struct Fickle {
    store: MemoryStore,
    dice: Mutex<Dice>,
    calls: AtomicU64,
    /// Units that were taken by calls whose answer nobody heard.
    unheard: AtomicU64,
    /// Units that were to be given back by calls that failed.
    kept: AtomicU64,
}

/// Counts units when it is dropped, unless there are none.
struct Unheard<'f>(&'f Fickle, u64);

impl Drop for Unheard<'_> {
    fn drop(&mut self) {
        self.0.unheard.fetch_add(self.1, Ordering::SeqCst);
    }
}

impl Fickle {
    fn new(clock: Clock, seed: u64) -> Arc<Self> {
        let [calls, unheard, kept] = [0; 3].map(AtomicU64::new);
        let (store, dice) = (MemoryStore::with(100, clock), Mutex::new(Dice(seed)));
        Arc::new(Self { store, dice, calls, unheard, kept })
    }

    fn roll(&self, end: u64) -> u64 {
        self.dice.lock().below(end)
    }

    async fn delay(&self) {
        for _ in 0..self.roll(12) {
            yield_now().await;
        }
    }
}

impl Store for Fickle {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let units: u64 = charges.iter().map(|charge| charge.units).sum();
        let kept = if op == Op::Refund { units } else { 0 };
        // Whoever gives units back waits for it here.
        self.delay().await;
        let luck = self.roll(20);
        if luck < 2 {
            self.kept.fetch_add(kept, Ordering::SeqCst);
            let cause = "the dice said so".into();
            return Err(if luck == 0 {
                StoreError::NotSent(cause)
            } else {
                StoreError::Rejected(cause)
            });
        }
        let answer = self.store.execute(op, charges).await?;
        let taken = match op {
            Op::Take => answer.outcomes[0].granted,
            Op::Decide if answer.allowed() => units,
            _ => 0,
        };
        let mut unheard = Unheard(self, taken);
        self.delay().await;
        if luck == 2 {
            return Err(StoreError::Unknown("the dice said so".into()));
        }
        unheard.1 = 0;
        Ok(answer)
    }
}

/// The future's output, unless it takes more polls than that.
async fn within<F: Future>(mut polls: u64, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        if polls == 0 {
            return Poll::Ready(None);
        }
        polls -= 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

fn ask(subject: u64, units: u64) -> Charge {
    let charge = charge("api", FixedWindow::new(per_hour(LIMIT)), units);
    Charge { subject: subject.to_string().into(), ..charge }
}

/// Asks, gives up on some, and says how much passed.
async fn call<S: Store>(store: Arc<S>, manual: ManualClock, mut dice: Dice) -> u64 {
    let mut passed = 0;
    for _ in 0..CALLS {
        let units = 1 + dice.below(3);
        let decision = store.execute(Op::Decide, vec![ask(dice.below(SUBJECTS), units)]);
        let patience = if dice.below(3) == 0 { dice.below(12) } else { u64::MAX };
        if let Some(Ok(answer)) = within(patience, decision).await {
            passed += units * u64::from(answer.allowed());
        }
        manual.advance(Duration::from_micros(dice.below(40)));
    }
    passed
}

async fn soak(seed: u64) {
    let manual = ManualClock::new();
    let fickle = Fickle::new(manual.clock(), seed);
    let instance = || {
        let refusals = Refusals::new(Arc::clone(&fickle)).clock(manual.clock());
        Arc::new(Leases::new(refusals, 50, Duration::from_millis(2)).clock(manual.clock()))
    };
    let instances = [instance(), instance()];
    let mut callers = JoinSet::new();
    for me in 0..CALLERS {
        let store = Arc::clone(&instances[me as usize % 2]);
        callers.spawn(call(store, manual.clone(), Dice(seed * 1_000 + me)));
    }
    let passed: u64 = callers.join_all().await.into_iter().sum();
    // The takes that nobody waits for end, and what is at hand goes back.
    while Handle::current().metrics().num_alive_tasks() > 1 {
        manual.advance(Duration::from_micros(10));
        yield_now().await;
    }
    let mut used = 0;
    for subject in 0..SUBJECTS {
        let now = manual.clock().now();
        let peek = fickle.store.execute_at(Op::Decide, &[ask(subject, 0)], now);
        used += u64::from(LIMIT) - peek.outcomes[0].remaining();
    }
    let [unheard, kept] = [&fickle.unheard, &fickle.kept].map(|count| count.load(Ordering::SeqCst));
    assert_eq!(passed + unheard + kept, used, "{unheard} unheard, {kept} kept, seed {seed}");
    let calls = fickle.calls.load(Ordering::SeqCst);
    assert!(calls < CALLERS * CALLS / 2, "{calls} calls, seed {seed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn units_are_neither_made_up_nor_lost() {
    for seed in SEEDS {
        let soaked = tokio::spawn(timeout(Duration::from_secs(60), soak(seed)));
        soaked.await.unwrap().unwrap_or_else(|_| panic!("somebody waits for ever, seed {seed}"));
    }
}
