//! A limit of one's own: under overload the important requests pass.
//!
//! So many requests a second for all together, and those of class 0 only while more than half of
//! them are left. Three callers send more than that: who matters is served in full, and nobody is
//! shut out. Time is a [`ManualClock`], so each run prints the same table.

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use axum::http::{Request, Response};
use palisade::algorithm::{Algorithm, Change, Op, Outcome, Retry, State};
use palisade::prelude::*;
use palisade::{ManualClock, Micros};
use tower::{Layer, Service, ServiceExt, service_fn};

const SECOND: Micros = Micros(1_000_000);

/// So many requests in each second, half of them for the higher classes.
struct Fair(u64);

/// How many passed in the second that ends at `until`.
#[derive(Clone, Copy, Default)]
struct Passed {
    count: u64,
    until: Micros,
}

impl State for Passed {
    fn inert_at(&self) -> Micros {
        self.until
    }
}

impl Algorithm for Fair {
    type State = Passed;
    type Change = Passed;

    fn plan(
        &self,
        state: &Passed,
        now: Micros,
        op: Op,
        units: u64,
        class: u8,
    ) -> (Outcome, Change<Passed>) {
        // A second that ends later than one from now was begun before the clock stepped back.
        let is_over = state.until <= now || state.until > now + SECOND;
        let mut passed = if is_over { Passed { count: 0, until: now + SECOND } } else { *state };
        let kept = if class == 0 { self.0 / 2 } else { 0 };
        let left = self.0.saturating_sub(passed.count);
        let share = left.saturating_sub(kept);
        let granted = match op {
            Op::Decide if units > share => {
                let later = Retry::After(passed.until.since(now));
                let retry = if units > self.0 - kept { Retry::Never } else { later };
                return (Outcome::refused(retry).with_remaining(left), Change::Keep);
            }
            Op::Decide | Op::Take => units.min(share),
            Op::Charge => units.min(left),
            Op::Raise => units.min(self.0).saturating_sub(passed.count),
            Op::Refund => 0,
        };
        passed.count += granted;
        if op == Op::Refund {
            passed.count = passed.count.saturating_sub(units);
        }
        let outcome = Outcome::passed(granted).with_remaining(self.0.saturating_sub(passed.count));
        let change = if units == 0 { Change::Keep } else { Change::Commit(passed) };
        (outcome.with_reset(passed.until.since(now)), change)
    }

    fn commit(&self, state: &mut Passed, change: Passed) {
        *state = change;
    }
}

/// How many requests callers sent, and how many of them passed: name, class, sent, passed.
#[derive(Debug)]
pub struct Table(pub [(&'static str, u8, u32, u32); 3]);

/// Ten seconds in which 180 requests come for every 100 that may pass.
pub async fn overload() -> Table {
    let clock = ManualClock::new();
    let layer = RateLimitLayer::with(Limit::custom(per_second(100), Fair(100)))
        .class_by(|head| head.header("x-class").map_or(0, |class| u8::from(class != "0")))
        .clock(clock.clock());
    let handler = |_| async { Ok::<_, Infallible>(Response::new(String::new())) };
    let mut service = layer.layer(service_fn(handler));
    let mut table = Table([("crawler", 0, 0, 0), ("checkout", 1, 0, 0), ("search", 0, 0, 0)]);
    for _tenth in 0..100 {
        for ((_, class, sent, passed), rate) in table.0.iter_mut().zip([12, 4, 2]) {
            for _ in 0..rate {
                let mut request = Request::new(());
                request.headers_mut().insert("x-class", u32::from(*class).into());
                let Ok(ready) = service.ready().await;
                let Ok(response) = ready.call(request).await;
                *sent += 1;
                *passed += u32::from(response.status() == 200);
            }
        }
        clock.advance(Duration::from_millis(100));
    }
    table
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "caller    class   sent  passed")?;
        for (caller, class, sent, passed) in &self.0 {
            writeln!(f, "{caller:<9} {class:>5} {sent:>6} {passed:>7}")?;
        }
        Ok(())
    }
}
