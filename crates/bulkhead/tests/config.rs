//! Bulkheads as data.

use std::time::Duration;

use http::{Request, Response};
use palisade_bulkhead::config::BulkheadConfig;
use palisade_bulkhead::{Missing, Until};
use palisade_core::test::pending;
use palisade_core::text::Problem;
use tower::{Layer, Service};

fn config() -> BulkheadConfig {
    BulkheadConfig {
        name: "search".to_owned(),
        by: "header x-tenant".parse().expect("it is one"),
        max_concurrent: 1,
        max_queued: 2,
        max_wait: Duration::from_millis(250),
        until: Until::Head,
        on_missing: Missing::Pass,
        max_keys: 7,
        ..BulkheadConfig::default()
    }
}

#[test]
fn a_layer_is_what_its_configuration_says() {
    let layer = config().layer().unwrap();
    let handle = layer.handle();
    let now = handle.snapshot();
    assert_eq!((now.name, now.max_concurrent, now.max_queued), ("search", 1, 2));
    assert_eq!((now.max_wait, now.enabled), (Duration::from_millis(250), true));
    let service = layer.layer(pending::<Request<()>, Response<String>>());
    let get = |tenant| Request::get("/").header("x-tenant", tenant).body(()).unwrap();
    let (mut first, mut second) = (service.clone(), service.clone());
    let calls = (first.call(get("a")), second.call(get("b")), first.call(Request::new(())));
    assert_eq!((handle.snapshot().in_use, handle.snapshot().keyless), (2, 1));
    drop(calls);
}

#[test]
fn every_problem_is_told_with_its_place() {
    let config = BulkheadConfig {
        name: String::new(),
        max_concurrent: 0,
        max_queued: 1,
        max_wait: Duration::ZERO,
        max_keys: 0,
        ..config()
    };
    let problems = config.validate().unwrap_err();
    let expected = [
        r#"name: "" of 0 bytes, must be 1 to 128 bytes"#,
        "max_concurrent: 0, must be 1 or more",
        "max_wait: 0s, must be more than nothing, since calls may queue",
        "max_keys: 0, must be 1 or more",
    ];
    assert_eq!(problems.to_string(), expected.join("\n"));
    assert_eq!(config.layer().unwrap_err(), problems);
    let paths: Vec<_> = problems.iter().map(Problem::path).collect();
    assert_eq!(paths, ["name", "max_concurrent", "max_wait", "max_keys"]);
}
