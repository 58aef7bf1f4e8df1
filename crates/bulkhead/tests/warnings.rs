//! What is said to whoever runs the service: each thing once.

#![cfg(feature = "tracing")]
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::fmt::{self, Write};
use std::sync::Arc;

use http::Request;
use palisade_bulkhead::{BulkheadLayer, Header, Missing};
use palisade_core::test::echo;
use parking_lot::Mutex;
use tower::{Layer, ServiceExt};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber, field, subscriber};

/// Keeps the events of this crate as lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn of(&self, level: Level) -> Vec<String> {
        let lines = self.0.lock().clone();
        lines.into_iter().filter(|line| line.starts_with(level.as_str())).collect()
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
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

/// Some requests without a header come to a bulkhead per header; returns what was warned of.
async fn keyless(missing: Missing) -> Vec<String> {
    let lines = Lines::default();
    let _here = subscriber::set_default(lines.clone());
    let layer =
        BulkheadLayer::new(1).name("api").by(Header("x-api-key")).on_missing(missing).plain();
    for _ in 0..3 {
        let _ = layer.layer(echo()).oneshot(Request::new(())).await;
    }
    assert_eq!(layer.handle().snapshot().keyless, 3);
    lines.of(Level::WARN)
}

#[tokio::test]
async fn a_missing_key_is_warned_of_once_by_its_kind_unless_it_is_to_pass() {
    for missing in [Missing::Shared, Missing::Reject] {
        let warnings = keyless(missing).await;
        assert_eq!(warnings.len(), 1, "{missing:?}: {warnings:?}");
        assert!(warnings[0].contains(r#"name="api""#) && warnings[0].contains("(x-api-key)"));
    }
    assert!(keyless(Missing::Pass).await.is_empty(), "who lets them pass expects them");
}
