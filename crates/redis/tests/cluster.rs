//! Limits in a cluster.
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use palisade_core::algorithm::Op;
use palisade_core::store::Charge;
use palisade_ratelimit::{Gcra, SlidingLog, per_minute};
use palisade_test_server::Cluster;
use support::{charge, left, passes, run, store, together, units};

/// Subjects on three different nodes.
fn subjects(cluster: &Cluster) -> [String; 3] {
    [0, 1, 2].map(|node| {
        let mut subjects = (0..).map(|number| format!("subject{number}"));
        subjects.find(|subject| cluster.owner(Cluster::slot(subject)) == Some(node)).unwrap()
    })
}

#[tokio::test]
async fn limits_of_one_subject_are_one_decision_and_of_several_all_or_none() {
    let cluster = Cluster::start(3);
    let store = store(cluster.url());
    let subjects = subjects(&cluster);
    let limits = |most: [u32; 3]| -> Vec<Charge> {
        let limit = |(subject, most): (&String, u32)| {
            // The time of a unit stays, and so does what a unit of debt is.
            let bucket = charge(subject, "bucket", Gcra::new(per_minute(9).burst(most)));
            [bucket, charge(subject, "log", SlidingLog::new(per_minute(most)))].map(together)
        };
        subjects.iter().zip(most).flat_map(limit).collect()
    };
    let seen = |outcomes: &[palisade_core::algorithm::Outcome]| {
        let seen = |outcome: &palisade_core::algorithm::Outcome| {
            (outcome.allowed, outcome.granted, outcome.remaining())
        };
        outcomes.iter().map(seen).collect::<Vec<_>>()
    };

    assert!(passes(&store, &limits([9; 3])[..2]).await);
    assert!(passes(&store, &limits([9; 3])).await);
    let answer = run(&store, Op::Decide, &limits([9, 1, 9])).await.unwrap();
    let [free, full, after] = [(true, 0, 7), (false, 0, 0), (true, 0, 8)];
    assert_eq!(seen(&answer.outcomes), [free, free, full, full, after, after]);
    for (limit, expected) in limits([9; 3]).iter().zip([7, 7, 8, 8, 8, 8]) {
        assert_eq!(left(&store, limit).await, expected, "nobody was charged");
    }

    let all: Vec<_> = limits([9, 3, 9]).into_iter().map(|limit| units(100, limit)).collect();
    let answer = run(&store, Op::Take, &all).await.unwrap();
    assert_eq!(
        seen(&answer.outcomes),
        [(true, 2, 5), (true, 2, 5), (true, 2, 0), (true, 2, 0), (true, 2, 6), (true, 2, 6)]
    );

    run(&store, Op::Refund, &limits([9; 3])).await.unwrap();
    run(&store, Op::Charge, &limits([9; 3])[..2]).await.unwrap();
    for (limit, expected) in limits([9; 3]).iter().zip([5, 5, 7, 7, 7, 7]) {
        assert_eq!(left(&store, limit).await, expected);
    }
}
