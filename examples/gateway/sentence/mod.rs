//! What stands before a plan's upstreams, in words.

mod breaker;
mod bulkhead;
mod kept;
mod limit;
mod retry;

use std::fmt;

pub use self::breaker::BreakerSentence;
pub use self::bulkhead::BulkheadSentence;
pub use self::kept::KeptSentence;
pub use self::limit::LimitSentence;
pub use self::retry::RetrySentence;
use super::plan::Plan;

/// A line for each layer of a plan: the limits of all routes, what one has of its own, then the breakers.
#[derive(Clone, Copy, Debug)]
pub struct Sentences<'p>(pub &'p Plan);

impl fmt::Display for Sentences<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(plan) = self;
        for layer in &plan.limits {
            writeln!(f, "  {}", LimitSentence(layer))?;
        }
        for route in &plan.routes {
            for layer in &route.limits {
                writeln!(f, "  {}/*: {}", route.prefix, LimitSentence(layer))?;
            }
            if let Some(retry) = route.retry() {
                writeln!(f, "  {}/*: {}", route.prefix, RetrySentence(&retry))?;
            }
            if let Some(bulkhead) = route.bulkhead() {
                writeln!(f, "  {}/*: {}", route.prefix, BulkheadSentence(&bulkhead))?;
            }
        }
        for (name, upstream) in &plan.upstreams {
            if let Some(breaker) = upstream.breaker(name) {
                writeln!(f, "  {name}: {}", BreakerSentence(&breaker))?;
            }
        }
        Ok(())
    }
}

/// What follows on what a layer does.
fn switched(enabled: bool) -> &'static str {
    if enabled { "" } else { ", and is switched off" }
}
