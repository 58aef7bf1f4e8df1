//! [`Lines`]: what a layer says to whoever runs the service.

use std::fmt::{self, Write};
use std::sync::Arc;

use parking_lot::Mutex;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber, field};

/// Keeps Palisade's events as lines: the level, then each field with its value. Clones keep them
/// together.
///
/// ```
/// use palisade_core::telemetry;
/// use palisade_core::test::Lines;
/// use tracing::{Level, subscriber};
///
/// let lines = Lines::default();
/// let here = subscriber::set_default(lines.clone());
/// telemetry::warn("breaker", "api".into(), "it is open for long");
/// drop(here);
///
/// let warnings = lines.of(Level::WARN);
/// assert!(warnings[0].contains(r#"name="api""#), "{warnings:?}");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    /// Those of this level, in order.
    #[must_use]
    pub fn of(&self, level: Level) -> Vec<String> {
        let lines = self.0.lock();
        lines.iter().filter(|line| line.starts_with(level.as_str())).cloned().collect()
    }

    /// Forgets what there is.
    pub fn clear(&self) {
        self.0.lock().clear();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "palisade"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().push(line.0);
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl field::Visit for Line {
    fn record_debug(&mut self, field: &field::Field, value: &dyn fmt::Debug) {
        // A string takes whatever is written.
        let _ = write!(self.0, " {field}={value:?}");
    }
}
