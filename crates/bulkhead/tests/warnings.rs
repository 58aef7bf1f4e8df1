//! What is said to whoever runs the service: each thing once.

#![cfg(feature = "tracing")]

use http::Request;
use palisade_bulkhead::{BulkheadLayer, Header, Missing};
use palisade_core::test::{Lines, echo};
use tower::{Layer, ServiceExt};
use tracing::{Level, subscriber};

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
