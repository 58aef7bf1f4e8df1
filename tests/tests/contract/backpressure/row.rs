//! The row of `BackpressureLayer`: takes a place in `poll_ready`, and refuses nobody for want of one.
//!
//! To the head of the response, as the bulkhead's.

use palisade::{
    bulkhead::{Backpressure, BackpressureLayer, BulkheadHandle},
    prelude::{BulkheadLayer, Until},
};

pub(crate) type Handle = BulkheadHandle;

pub(crate) const KIND: &str = "bulkhead";
pub(crate) const ATTEMPTS: usize = 1;
/// A call has its place until it ends.
pub(crate) const HOLDS: bool = true;

/// A bulkhead, which is what has the setters, and the layer that is made of it.
#[derive(Clone)]
pub(crate) struct Layer {
    bulkhead: BulkheadLayer,
    layer: BackpressureLayer,
}

impl Layer {
    fn of(bulkhead: BulkheadLayer) -> Self {
        Self { layer: bulkhead.clone().backpressure(), bulkhead }
    }

    pub(crate) fn name(self, name: impl Into<palisade::Name>) -> Self {
        Self::of(self.bulkhead.name(name))
    }

    pub(crate) fn enabled(self, enabled: bool) -> Self {
        Self::of(self.bulkhead.enabled(enabled))
    }

    pub(crate) fn handle(&self) -> Handle {
        self.layer.handle()
    }
}

impl<S> tower::Layer<S> for Layer {
    type Service = Backpressure<S>;

    fn layer(&self, inner: S) -> Self::Service {
        self.layer.layer(inner)
    }
}

pub(crate) fn generous() -> Layer {
    Layer::of(BulkheadLayer::new(10_000).until(Until::Head))
}

pub(crate) fn loosen(handle: &Handle) {
    handle.set_max_concurrent(20_000);
}

pub(crate) fn refused(handle: &Handle) -> u64 {
    handle.snapshot().rejected
}
