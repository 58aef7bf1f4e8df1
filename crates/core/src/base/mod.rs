//! What every layer's shared state has, and how it is configured.

mod setters;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use crate::key::Missing;
use crate::switch::Switch;
use crate::telemetry::{self, Meter, Observe, Schema};
use crate::{Clock, Name};

/// A layer's name, clock and counters.
#[derive(Debug)]
pub struct Base {
    name: Name,
    clock: Clock,
    meter: Meter,
    warned_keyless: AtomicBool,
}

/// The state that a layer shares with its clones, services and handles.
///
/// All of it is made when the layer is made and lives behind one `Arc`: axum calls `Layer::layer`
/// for each route and, in its plainest form, for each connection, so state made there limits
/// nothing.
pub trait Shared: Observe + 'static {
    /// The parts that all layers have.
    fn base(&self) -> &Base;

    /// The same, to be changed.
    fn base_mut(&mut self) -> &mut Base;

    /// Fresh state with the same settings.
    #[must_use]
    fn fork(&self) -> Self;

    /// Changes the two settings that every layer has.
    fn set_switch(&self, change: impl FnOnce(Switch) -> Switch)
    where
        Self: Sized;

    /// Names the layer.
    fn set_name(&mut self, name: Name) {
        self.base_mut().set_name(name);
    }

    /// Reads the time from `clock`.
    fn set_clock(&mut self, clock: Clock) {
        self.base_mut().set_clock(clock);
    }
}

impl Base {
    /// A layer's parts before it is given a name.
    #[must_use]
    pub fn new(schema: &'static Schema) -> Self {
        let (name, clock) = (Name::default(), Clock::default());
        let (meter, warned_keyless) = (Meter::new(schema, name), AtomicBool::new(false));
        Self { meter, name, clock, warned_keyless }
    }

    /// Fresh counters under the same name.
    #[must_use]
    pub fn fork(&self, schema: &'static Schema) -> Self {
        let (name, clock) = (self.name, self.clock.clone());
        let (meter, warned_keyless) = (Meter::new(schema, name), AtomicBool::new(false));
        Self { name, clock, meter, warned_keyless }
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> Name {
        self.name
    }

    /// The clock.
    #[inline]
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The counters.
    #[inline]
    #[must_use]
    pub const fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Warns of the first request without a key, unless such requests are meant to pass; `by` says what
    /// the key is, `layer` the layer's kind.
    #[cold]
    pub fn warn_keyless(&self, layer: &'static str, by: &'static str, missing: Missing) {
        if missing != Missing::Pass && !self.warned_keyless.swap(true, Ordering::Relaxed) {
            let message = format!(
                "a request has no key ({by}); such requests follow `on_missing`. For client \
                 addresses under axum, enable the feature `axum` and serve with \
                 `into_make_service_with_connect_info::<SocketAddr>()`"
            );
            telemetry::warn(layer, self.name, &message);
        }
    }

    /// Names the layer.
    pub fn set_name(&mut self, name: Name) {
        self.name = name;
        self.meter.rename(name);
    }

    /// Reads the time from `clock`.
    pub fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }
}

/// Puts a layer's state behind its `Arc`, and its gauges among those that are published.
pub fn share<T: Shared>(state: T) -> Arc<T> {
    let shared = Arc::new(state);
    let observer: Weak<T> = Arc::downgrade(&shared);
    shared.base().meter.observe(observer);
    shared
}

/// Configures a layer: in place while nothing else holds its state, else on fresh state, so that
/// what a clone, a service or a handle already uses never changes behind its back.
#[must_use]
pub fn edit<T: Shared>(shared: Arc<T>, change: impl FnOnce(&mut T)) -> Arc<T> {
    let mut state = Arc::try_unwrap(shared).unwrap_or_else(|shared| shared.fork());
    change(&mut state);
    share(state)
}
