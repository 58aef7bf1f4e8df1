//! What costs no allocation.

mod support;

use allocation_counter::measure;
use http::Request;
use palisade_bulkhead::adaptive::{Adapt, Adaptive, Aimd, Gradient2};
use palisade_bulkhead::{BackpressureQueue, BulkheadLayer, Header};
use palisade_core::test::pending;
use tokio_test::task;
use tower::{Layer, Service};

use support::{dropped, served};

fn samples(algorithm: impl Adapt + 'static) {
    let adaptive = Adaptive::new(algorithm);
    let counted = measure(|| {
        for n in 0..10_000 {
            let end = if n % 100 == 0 { dropped } else { served };
            adaptive.record(&end(n * 1_000, 1_000, adaptive.limit()));
        }
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn a_sample_allocates_nothing() {
    samples(Aimd::new(1, 100));
    samples(Gradient2::new(1, 100));
}

#[test]
fn a_queue_that_has_held_as_much_before_allocates_nothing() {
    let queue = BackpressureQueue::new(100);
    let round = || {
        for item in 0..100 {
            queue.try_push(item).expect("there is room");
        }
        while queue.try_pop().is_some() {}
    };
    round();
    assert_eq!(measure(round).count_total, 0);
}

#[test]
fn what_need_not_wait_allocates_nothing() {
    let queue = BackpressureQueue::new(1);
    queue.try_push(0).unwrap();
    let mut pop = task::spawn(queue.pop());
    let mut push = task::spawn(queue.push(1));
    let counted = measure(|| {
        assert!(pop.poll().is_ready());
        assert!(push.poll().is_ready());
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn a_snapshot_of_a_thousand_keys_allocates_nothing() {
    let layer = BulkheadLayer::new(1).by(Header("x-tenant"));
    let handle = layer.handle();
    let mut service = layer.plain().layer(pending::<Request<()>, ()>());
    for tenant in 0..1_000 {
        drop(service.call(Request::get("/").header("x-tenant", tenant).body(()).unwrap()));
    }
    assert_eq!(handle.snapshot().keys, 1_000);
    assert_eq!(measure(|| assert_eq!(handle.snapshot().in_use, 0)).count_total, 0);
}
