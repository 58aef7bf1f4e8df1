//! Algorithms of users' own, without a twin.
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use palisade_core::Micros;
use palisade_core::algorithm::{Algorithm, Change, Op, Outcome, Retry, State};
use palisade_core::store::{Charge, StoreError};
use palisade_ratelimit::{Gcra, SlidingLog, per_minute};
use palisade_test_server::Server;
use support::{charge, keys, left, number, passes, run, store, together, units};

/// So many until a minute after the last.
#[derive(Clone, Default)]
struct Budget {
    most: u64,
    /// What is done whenever it plans.
    meanwhile: Option<Arc<dyn Fn() + Send + Sync>>,
    is_secret: bool,
}

#[derive(Clone, Default)]
struct Spent {
    units: u64,
    until: Micros,
    is_secret: bool,
}

impl State for Spent {
    fn inert_at(&self) -> Micros {
        self.until
    }

    fn to_bytes(&self) -> Option<Vec<u8>> {
        (!self.is_secret).then(|| format!("{} {}", self.units, self.until.0).into_bytes())
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (units, until) = str::from_utf8(bytes).ok()?.split_once(' ')?;
        let until = Micros(until.parse().ok()?);
        Some(Self { units: units.parse().ok()?, until, is_secret: false })
    }
}

impl Algorithm for Budget {
    type State = Spent;
    type Change = Spent;

    fn plan(
        &self,
        spent: &Spent,
        now: Micros,
        op: Op,
        units: u64,
        _class: u8,
    ) -> (Outcome, Change<Spent>) {
        if let Some(meanwhile) = &self.meanwhile {
            meanwhile();
        }
        let before = if spent.until > now { spent.units } else { 0 };
        let free = self.most.saturating_sub(before);
        let (granted, after) = match op {
            _ if units == 0 => (0, before),
            Op::Decide if units > free => {
                let refused = Outcome::refused(Retry::After(Micros(1))).with_remaining(free);
                return (refused, Change::Keep);
            }
            Op::Decide | Op::Charge => (units, before + units),
            Op::Refund => (units, before.saturating_sub(units)),
            Op::Take => (units.min(free), before + units.min(free)),
            Op::Raise => (units, before.max(units)),
        };
        let outcome = Outcome::passed(granted).with_remaining(self.most.saturating_sub(after));
        let until = now + Micros(60_000_000);
        let change = match after {
            _ if units == 0 => Change::Keep,
            0 => Change::Forget,
            units => Change::Commit(Spent { units, until, is_secret: self.is_secret }),
        };
        (outcome, change)
    }

    fn commit(&self, spent: &mut Spent, change: Spent) {
        *spent = change;
    }
}

fn budget(most: u64) -> Charge {
    charge("alice", "budget", Budget { most, ..Budget::default() })
}

#[tokio::test]
async fn an_algorithm_of_bytes_is_kept_under_a_tag_of_its_own_and_expires() {
    let server = Server::start();
    let store = store(server.url());
    let limit = budget(2);
    assert!(passes(&store, std::slice::from_ref(&limit)).await);
    assert_eq!(left(&store, &limit).await, 1);
    assert_eq!(keys(&server), ["palisade:{alice}:budget:b1"]);
    let mut client = server.client().unwrap();
    assert!((1..=60_000).contains(&number(&mut client, &["PTTL", "palisade:{alice}:budget:b1"])));
    assert!(passes(&store, std::slice::from_ref(&limit)).await);
    assert!(!passes(&store, std::slice::from_ref(&limit)).await);
    run(&store, Op::Refund, &[units(9, limit)]).await.unwrap();
    assert!(keys(&server).is_empty());
}

#[tokio::test]
async fn with_others_it_is_all_or_none() {
    let server = Server::start();
    let store = store(server.url());
    for is_one_hash in [false, true] {
        let subject = if is_one_hash { "alice" } else { "bob" };
        let limits = |most, bucket, log| {
            let all = [
                charge(subject, "bucket", Gcra::new(per_minute(bucket))),
                charge(subject, "budget", Budget { most, ..Budget::default() }),
                charge(subject, "log", SlidingLog::new(per_minute(log))),
            ];
            if is_one_hash { all.map(together) } else { all }
        };
        assert!(passes(&store, &limits(3, 3, 3)).await);
        for short in [limits(1, 3, 3), limits(3, 1, 3), limits(3, 3, 1)] {
            let answer = run(&store, Op::Decide, &short).await.unwrap();
            let refused: Vec<_> = answer.outcomes.iter().filter(|seen| !seen.allowed).collect();
            assert_eq!(refused.len(), 1);
            for seen in answer.outcomes.iter().filter(|seen| seen.allowed) {
                assert_eq!((seen.granted, seen.remaining()), (0, 2), "it was not charged");
            }
        }
        // All take as many as the one that has fewest, whichever that is.
        for fewest in [limits(2, 9, 9), limits(9, 3, 9), limits(9, 9, 4)] {
            let take = fewest.map(|limit| units(100, limit));
            let answer = run(&store, Op::Take, &take).await.unwrap();
            assert_eq!(answer.outcomes.each_granted(), [1; 3]);
        }
    }
}

trait EachGranted {
    fn each_granted(&self) -> Vec<u64>;
}

impl EachGranted for Vec<Outcome> {
    fn each_granted(&self) -> Vec<u64> {
        self.iter().map(|outcome| outcome.granted).collect()
    }
}

#[tokio::test]
async fn a_state_that_somebody_changed_meanwhile_is_planned_again() {
    let server = Arc::new(Server::start());
    let store = store(server.url());
    let (plans, other) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&server));
    let counted = Arc::clone(&plans);
    // Twice per attempt, for the outcome and for what it reports uncharged.
    let meanwhile = move || {
        if counted.fetch_add(1, Ordering::Relaxed) < 4 {
            let state = format!("{} 9000000000000000", 3 + counted.load(Ordering::Relaxed));
            let key = "palisade:{alice}:budget:b1";
            other.command(&["SET", key, &state, "PX", "60000"]).unwrap();
        }
    };
    let budget = Budget { most: 100, meanwhile: Some(Arc::new(meanwhile)), is_secret: false };
    let answer = run(&store, Op::Decide, &[charge("alice", "budget", budget)]).await.unwrap();
    assert_eq!(answer.outcomes[0].remaining(), 100 - 7 - 1, "after what the others wrote last");
}

#[tokio::test]
async fn after_five_attempts_the_call_is_rejected_and_nothing_is_charged() {
    let server = Arc::new(Server::start());
    let store = store(server.url());
    let (changes, other) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&server));
    let counted = Arc::clone(&changes);
    let meanwhile = move || {
        let number = counted.fetch_add(1, Ordering::Relaxed);
        let state = format!("{number} 9000000000000000");
        other.command(&["SET", "palisade:{alice}:budget:b1", &state, "PX", "60000"]).unwrap();
    };
    let budget = Budget { most: 100, meanwhile: Some(Arc::new(meanwhile)), is_secret: false };
    let bucket = charge("alice", "bucket", Gcra::new(per_minute(5)));
    let both = [bucket.clone(), charge("alice", "budget", budget)];
    let error = run(&store, Op::Decide, &both).await.unwrap_err();
    let StoreError::Rejected(cause) = error else { panic!("{error:?}") };
    assert!(cause.to_string().contains("5 attempts"), "{cause}");
    assert_eq!(changes.load(Ordering::Relaxed), 10, "two plans in each attempt");
    assert_eq!(left(&store, &bucket).await, 5);
}

#[tokio::test]
async fn under_contention_each_call_that_passes_counts_once() {
    let server = Server::start();
    let store = store(server.url());
    let calls = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut passed = 0;
            for _ in 0..40 {
                match run(&store, Op::Decide, &[budget(100)]).await {
                    Ok(answer) => passed += u64::from(answer.allowed()),
                    Err(StoreError::Rejected(_)) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
            passed
        })
    });
    let mut passed = 0;
    for call in calls.collect::<Vec<_>>() {
        passed += call.await.unwrap();
    }
    assert_eq!(100 - left(&store, &budget(100)).await, passed);
    assert!(passed > 10, "{passed}");
}

#[tokio::test]
async fn an_algorithm_without_bytes_is_rejected_with_what_to_implement() {
    let server = Server::start();
    let store = store(server.url());
    let secret = Budget { most: 5, is_secret: true, ..Budget::default() };
    let error = run(&store, Op::Decide, &[charge("alice", "mine", secret)]).await.unwrap_err();
    let StoreError::Rejected(cause) = error else { panic!("{error:?}") };
    let cause = cause.to_string();
    assert!(cause.contains("\"mine\"") && cause.contains("`twin`") && cause.contains("`to_bytes`"));
}
