//! A bulkhead that is full: what it costs to say no.
//!
//! tower-resilience refuses by itself, too, but with a timer of no length, which tokio's clock lets go off
//! a millisecond later. Here it says that it is not ready, and a `LoadShed` makes a refusal of that.

use std::task::{Context, Poll, Waker};

use palisade::BulkheadLayer;
use palisade_benches::drive::{drive, turned_away};
use palisade_benches::floor::{Bulkhead, Places, UntilAnswer};
use palisade_benches::svc::{PendingOnce, Plain};
use palisade_benches::{Bench, Group};
use tower::limit::ConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower_layer::Layer;
use tower_service::Service;

use super::settings::resilience_backpressure;

/// The inner service, whose first call is not over.
const INNER: PendingOnce<Plain> = PendingOnce(Plain);

pub(crate) fn benches() -> Vec<Bench> {
    let group = Group::new("bulkhead full, refused")
        .bare(|| |calls| drive(&mut Plain, || 1, calls))
        .floor("floor", || refusals(Bulkhead::<_, _, UntilAnswer>::new(INNER, Places::forever(1))))
        .ours("palisade", || refusals(BulkheadLayer::new(1).plain().layer(INNER)))
        .peer("tower LoadShed + ConcurrencyLimit", || {
            refusals(LoadShedLayer::new().layer(ConcurrencyLimitLayer::new(1).layer(INNER)))
        })
        .peer("tower LoadShed + tower-resilience", || {
            refusals(LoadShedLayer::new().layer(resilience_backpressure(1).layer(INNER)))
        });
    vec![Bench::Calls(group)]
}

/// Calls that are all refused, since another call has the only place.
fn refusals<S>(mut service: S) -> impl FnMut(u64)
where
    S: Service<u64, Response = u64, Future: 'static> + Clone,
{
    let cx = &mut Context::from_waker(Waker::noop());
    let mut first = service.clone();
    assert!(matches!(first.poll_ready(cx), Poll::Ready(Ok(()))), "there is a place");
    let mut holding = Box::pin(first.call(1));
    assert!(holding.as_mut().poll(cx).is_pending(), "the first call is not over");
    move |calls| {
        turned_away(&mut service, || 1, calls);
        // It is held until here.
        let _ = &holding;
    }
}
