//! What every store promises, whatever it keeps limits in.
//!
//! A row of [`stores`] is a store. Time is real to some stores, so nothing here depends on how much of
//! it passes: all quotas are per day.

use std::{num::NonZeroU32, sync::Arc};

use palisade::{
    Name,
    algorithm::{Algorithm, Op, Outcome},
    prelude::*,
    ratelimit::Gcra,
    store::{AnyStore, Charge, MemoryStore, Policy, Source, Store},
};

/// The stores, each fresh.
fn stores() -> Vec<AnyStore> {
    let memory = MemoryStore::new();
    vec![AnyStore::new(memory), AnyStore::new(Arc::new(MemoryStore::new()))]
}

fn policies(name: &str, limit: u32) -> [Policy; 5] {
    let quota = per_day(limit);
    let named = |kind: &str| Name::new(format!("{name}-{kind}"));
    [
        Policy::new(named("bucket"), Gcra::new(quota)),
        Policy::new(named("fixed"), FixedWindow::new(quota)),
        Policy::new(named("sliding"), SlidingWindow::new(quota)),
        Policy::new(named("log"), SlidingLog::new(quota)),
        Policy::new(named("shaper"), Shaper::new(quota).burst(limit)),
    ]
}

fn charge(policy: &Policy, subject: &str, units: u64) -> Charge {
    Charge { subject: subject.into(), policy: policy.clone(), units, class: 0, together: false }
}

async fn one(store: &AnyStore, op: Op, charge: Charge) -> Outcome {
    let answer = store.execute(op, vec![charge]).await.unwrap();
    assert_eq!((answer.outcomes.len(), answer.source), (1, Source::Store));
    answer.outcomes[0]
}

#[tokio::test(start_paused = true)]
async fn each_operation_does_what_it_says() {
    for store in stores() {
        for policy in policies("operations", 10) {
            let of = |units| charge(&policy, "alice", units);
            let name = policy.name();
            assert_eq!(one(&store, Op::Decide, of(4)).await.remaining(), 6, "{name}");
            assert_eq!(one(&store, Op::Decide, of(0)).await.remaining(), 6, "{name}: a peek");
            assert_eq!(one(&store, Op::Charge, of(3)).await.remaining(), 3, "{name}");
            assert_eq!(one(&store, Op::Refund, of(2)).await.remaining(), 5, "{name}");
            assert_eq!(one(&store, Op::Take, of(2)).await.granted, 2, "{name}");
            assert_eq!(one(&store, Op::Take, of(9)).await.granted, 3, "{name}");
            let bob = charge(&policy, "bob", 1);
            assert_eq!(one(&store, Op::Decide, bob).await.remaining(), 9, "{name}: of another");
            // Anything kept under another name is another limit.
            let other = policy.clone().named(Name::new(format!("{name}-other")));
            let alice = charge(&other, "alice", 1);
            assert_eq!(one(&store, Op::Decide, alice).await.remaining(), 9, "{name}: by name");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_raise_that_is_sent_twice_is_sent_once() {
    for store in stores() {
        for policy in policies("raises", 10) {
            let raise = |units| one(&store, Op::Raise, charge(&policy, "alice", units));
            for (units, left) in [(4, 6), (4, 6), (3, 6), (7, 3), (99, 0)] {
                assert_eq!(raise(units).await.remaining(), left, "{}", policy.name());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn several_limits_take_all_or_none() {
    for store in stores() {
        let [bucket, _, _, log, _] = policies("several", 10);
        let both = |units| [charge(&bucket, "alice", units), charge(&log, "acme", 4)].to_vec();
        let answer = store.execute(Op::Decide, both(3)).await.unwrap();
        assert!(answer.allowed());
        assert!(store.execute(Op::Decide, both(7)).await.unwrap().allowed());
        let answer = store.execute(Op::Decide, both(1)).await.unwrap();
        assert!(!answer.allowed());
        assert_eq!(one(&store, Op::Decide, charge(&log, "acme", 0)).await.remaining(), 2);
        let taken = store.execute(Op::Take, both(5)).await.unwrap();
        assert!(taken.outcomes.iter().all(|outcome| outcome.granted == 0), "as many as fewest");
        let none = store.execute(Op::Decide, Vec::new()).await.unwrap();
        assert!(none.allowed() && none.outcomes.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_is_as_if_it_had_never_been_seen() {
    for store in stores() {
        for policy in policies("forgets", 10) {
            one(&store, Op::Charge, charge(&policy, "alice", 10)).await;
            one(&store, Op::Charge, charge(&policy, "bob", 10)).await;
            store.reset(vec![charge(&policy, "alice", 0)]).await.unwrap();
            let left = async |of| one(&store, Op::Decide, charge(&policy, of, 0)).await.remaining();
            assert_eq!((left("alice").await, left("bob").await), (10, 0), "{}", policy.name());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_is_answered() {
    for store in stores() {
        if let Some(portion) = store.heartbeat(7).await.unwrap() {
            assert!(portion.rank() < portion.instances().get());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answers_outcome_restores_what_an_instance_keeps() {
    for store in stores() {
        for policy in policies("restores", 10) {
            let answer =
                store.execute(Op::Decide, vec![charge(&policy, "alice", 6)]).await.unwrap();
            let state = policy.seen(&answer.outcomes[0], answer.now).unwrap();
            let left =
                |policy: &Policy| policy.plan(&state, answer.now, Op::Decide, 0, 0).0.remaining();
            assert_eq!(left(&policy), 4, "{}", policy.name());
            let halves = (0..2).map(|rank| {
                let of = NonZeroU32::new(2).unwrap();
                left(&policy.portion(palisade::algorithm::Portion::new(rank, of)).unwrap())
            });
            assert!(halves.sum::<u64>() <= 4, "{}", policy.name());
        }
    }
}
