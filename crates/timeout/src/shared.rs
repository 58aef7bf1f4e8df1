//! What a timeout's layers, services and handles share.

use std::time::Duration;

use palisade_core::Micros;
use palisade_core::base::{self, Base};
use palisade_core::hot::{Hot, Words};
use palisade_core::switch::{Share, Switch};
use palisade_core::telemetry::{Counter, Metric, Observe, Schema, Series};

/// The kind of this layer, in rejections and metrics.
pub(crate) const LAYER: &str = "timeout";

pub(crate) const PASSED: Counter = Counter::own(0);
pub(crate) const FAILED: Counter = Counter::own(1);
pub(crate) const TIMED_OUT: Counter = Counter::own(2);
pub(crate) const SHADOWED: Counter = Counter::own(3);

const SCHEMA: Schema = Schema {
    layer: LAYER,
    series: &[
        Series::outcome(PASSED, "passed"),
        Series::outcome(FAILED, "failed"),
        Series::outcome(TIMED_OUT, "rejected"),
        Series::outcome(SHADOWED, "shadowed"),
        Series::outcome(Counter::ABANDONED, "abandoned"),
        Series::rejection(TIMED_OUT, "timed_out"),
    ],
};

/// The numbers that are read on every call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Until the response's head.
    pub(crate) head: Micros,
    pub(crate) switch: Switch,
}

#[derive(Debug)]
pub(crate) struct Shared {
    base: Base,
    settings: Hot<Settings, 2>,
    share: Share,
}

impl Words<2> for Settings {
    #[inline]
    fn pack(self) -> [u64; 2] {
        [self.head.0, u64::from(self.switch.pack())]
    }

    #[inline]
    fn unpack([head, switch]: [u64; 2]) -> Self {
        Self { head: Micros(head), switch: Switch::unpack(switch as u32) }
    }
}

impl Shared {
    pub(crate) fn new(head: Duration) -> Self {
        let settings = Settings { head: head.into(), switch: Switch::default() };
        Self::with(Base::new(&SCHEMA), settings)
    }

    fn with(base: Base, settings: Settings) -> Self {
        Self { base, settings: Hot::new(settings), share: Share::default() }
    }

    #[inline]
    pub(crate) fn settings(&self) -> Settings {
        self.settings.get()
    }

    pub(crate) fn set(&self, change: impl FnOnce(Settings) -> Settings) {
        self.settings.update(change);
    }

    /// Whether a late call is of the share that is cut.
    pub(crate) fn enforces(&self, switch: Switch) -> bool {
        self.share.enforces(switch.enforce)
    }
}

impl base::Shared for Shared {
    fn base(&self) -> &Base {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base {
        &mut self.base
    }

    fn fork(&self) -> Self {
        Self::with(self.base.fork(&SCHEMA), self.settings())
    }

    fn set_switch(&self, change: impl FnOnce(Switch) -> Switch) {
        self.set(|old| Settings { switch: change(old.switch), ..old });
    }
}

impl Observe for Shared {
    fn gauges(&self, _: &mut dyn FnMut(Metric, f64)) {}

    fn settings(&self, put: &mut dyn FnMut(Metric, f64)) {
        put("timeout_seconds".into(), self.settings().head.to_duration().as_secs_f64());
    }
}
