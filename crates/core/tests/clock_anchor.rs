//! The anchor of tokio's clock. One test, since the process has one anchor.

use std::thread;
use std::time::Duration;

use palisade_core::{Clock, Micros};
use tokio::time::{Instant, advance};

/// The first test of a program may pause its time long before another one makes the first layer.
#[test]
fn a_runtime_that_was_paused_before_the_anchor_still_sees_time_pass() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let paused = Instant::now();
        // Another thread, on which time is not paused, is the first to read the clock.
        let anchored = thread::spawn(move || {
            while Instant::now() < paused + Duration::from_millis(2) {
                thread::yield_now();
            }
            Clock::tokio().now()
        });
        let anchor = anchored.join().unwrap();

        let clock = Clock::tokio();
        let start = clock.now();
        let before = anchor.since(start);
        assert!(before >= Micros(2_000) && before < Micros(60_000_000), "{before} before");
        advance(Duration::from_millis(1)).await;
        assert_eq!(clock.now().since(start), Micros(1_000), "before the anchor");
        advance(Duration::from_secs(120)).await;
        let passed = clock.now().since(start);
        assert!(apart(passed, Micros(120_001_000)) <= Micros(1), "{passed} across the anchor");
    });
}

/// Whole microseconds round differently on the two sides of the anchor.
fn apart(a: Micros, b: Micros) -> Micros {
    a.since(b).max(b.since(a))
}
