//! What a timeout's layers, services and handles share.

pub(crate) mod counters;
pub(crate) mod settings;

use std::time::Duration;

use palisade_core::base::{self, Base};
use palisade_core::hot::Hot;
use palisade_core::switch::{Share, Switch};
use palisade_core::telemetry::{self, Metric, Observe};
use palisade_core::{Reason, Rejection};

use self::counters::{EXPIRED, LAYER, REJECTED, SCHEMA, SHADOWED};
use self::settings::Settings;
use crate::forward::Forward;

#[derive(Debug)]
pub(crate) struct Shared {
    base: Base,
    settings: Hot<Settings, 4>,
    share: Share,
    pub(crate) deadlines: Deadlines,
}

/// What is done with deadlines; fixed before the first call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadlines {
    /// Whether requests bring one.
    pub(crate) read: bool,
    pub(crate) send: Forward,
    /// Whether requests get one as an extension.
    pub(crate) in_extensions: bool,
}

impl Shared {
    pub(crate) fn new(head: Duration) -> Self {
        let deadlines = Deadlines { read: true, send: Forward::default(), in_extensions: false };
        Self::with(Base::new(&SCHEMA), Settings::new(head), deadlines)
    }

    fn with(base: Base, settings: Settings, deadlines: Deadlines) -> Self {
        Self { base, settings: Hot::new(settings), share: Share::default(), deadlines }
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

    /// A call comes after its deadline: why it is refused, unless it is of the share that is not.
    #[cold]
    pub(crate) fn expire(&self, switch: Switch) -> Option<Rejection> {
        let meter = self.base.meter();
        if !self.enforces(switch) {
            meter.add(SHADOWED);
            return None;
        }
        meter.add(EXPIRED);
        meter.add(REJECTED);
        let why = Rejection::new(LAYER, self.base.name(), Reason::Expired);
        telemetry::rejected(&why);
        Some(why)
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
        Self::with(self.base.fork(&SCHEMA), self.settings(), self.deadlines)
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
