//! Layers that keep bills: what becomes of a charge that a store does not take.

use std::future::pending;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use palisade::{
    algorithm::{Op, Outcome},
    prelude::*,
    store::{Answer, Charge, Source, Store, StoreError},
};
use tower::service_fn;

use crate::support::{Fault, Req, Res, call, get, ok};

/// Lets every call pass, and does with a charge what it is told.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Charges {
    Takes,
    Refuses,
    Forgets,
}

impl Store for Charges {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        match self {
            Self::Refuses if op != Op::Decide => Err(StoreError::Rejected("read only".into())),
            Self::Forgets if op != Op::Decide => pending().await,
            _ => {
                let outcomes = charges.iter().map(|charge| Outcome::passed(charge.units)).collect();
                let now = Clock::default().now();
                Ok(Answer { outcomes, now, source: Source::Store })
            }
        }
    }
}

/// How often the store failed to decide, and to take a charge, for the layer of this name.
fn errors(name: &str) -> [u64; 2] {
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, palisade::metrics::publish);
    let mut found = [0; 2];
    for (key, _, _, value) in recorder.snapshotter().snapshot().into_vec() {
        let (_, key) = key.into_parts();
        let is = |label, value| key.labels().any(|l| (l.key(), l.value()) == (label, value));
        if key.name() != "palisade_store_errors_total" || !is("name", name) {
            continue;
        }
        let DebugValue::Counter(count) = value else { panic!("{key} is a counter") };
        found[usize::from(is("op", "charge"))] += count;
    }
    found
}

/// Calls a handler that hands its bill out.
async fn billed(name: &'static str, store: Charges) -> Bill {
    let layer = RateLimitLayer::new(per_day(9)).name(name).store(store).chargeable(true);
    let handler = service_fn(|_: Req| async {
        let mut response: Res = ok();
        response.extensions_mut().insert(Bill::current().unwrap());
        Ok::<_, Fault>(response)
    });
    let response = call(&layer, handler, get()).await.unwrap();
    response.extensions().get::<Bill>().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn a_charge_that_the_store_does_not_take_is_counted() {
    for (name, store, lost) in [
        ("billing takes", Charges::Takes, 0),
        ("billing refuses", Charges::Refuses, 2),
        ("billing forgets", Charges::Forgets, 2),
    ] {
        let bill = billed(name, store).await;
        bill.charge(3);
        bill.refund(1);
        // As long as a store has at most.
        tokio::time::sleep(std::time::Duration::from_millis(51)).await;
        assert_eq!(errors(name), [0, lost], "{store:?}");
    }
}

#[test]
fn a_charge_without_a_runtime_is_counted_and_panics_nowhere() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let bill = runtime.block_on(billed("billing alone", Charges::Takes));
    drop(runtime);
    bill.charge(3);
    assert_eq!(errors("billing alone"), [0, 1]);
}
