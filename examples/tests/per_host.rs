//! A client of two hosts, one of which fails.

#![allow(clippy::unwrap_used, reason = "its helpers are test code too")]

use palisade_examples::per_host::{self, Visit};

fn calls<'v>(visit: &'v Visit, host: &str) -> Vec<(&'v str, u32)> {
    let of_host = visit.calls.iter().filter(|((name, _), _)| *name == host);
    of_host.map(|((_, outcome), count)| (outcome.as_str(), *count)).collect()
}

#[tokio::test]
async fn the_host_that_fails_is_left_alone_until_it_has_recovered_and_the_other_is_served() {
    let visit = per_host::visit().await.unwrap();
    assert_eq!(calls(&visit, "sound"), [("200 OK", 7), ("bulkhead_full", 3)], "{visit}");
    let [("200 OK", served), ("500 Internal Server Error", 3), ("circuit_open", refused)] =
        calls(&visit, "broken")[..]
    else {
        unreachable!("{visit}")
    };
    // On a machine so slow that its wait is over when it is asked again, more are served earlier.
    assert!(served >= 2 && refused <= 2, "{visit}");
    assert_eq!(
        visit.changes,
        [
            r#"circuit "hosts" is open, was closed: 3 calls failed in a row"#,
            r#"circuit "hosts" is half-open, was open"#,
            r#"circuit "hosts" is closed, was half-open"#,
        ]
    );
}
