//! The states, and how they follow each other.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{Cause, Micros};

/// What a breaker does with calls.
///
/// ```text
///            too many failures              the wait is over
///   Closed ────────────────────▶ Open ────────────────────────▶ HalfOpen
///     ▲                           ▲                               │   │
///     │                           └───────── probes failed ───────┘   │
///     └───────────────────── probes succeeded ────────────────────────┘
///
///   ForcedOpen: from any state by hand, until it is closed by hand.
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Calls pass, and are judged.
    Closed,
    /// Calls are refused until the wait is over.
    Open,
    /// A few calls pass to find out whether the service has recovered; all others are refused.
    HalfOpen,
    /// Calls are refused until somebody closes the breaker.
    ForcedOpen,
}

/// Labels of a metric.
pub(crate) type Labels = &'static [(&'static str, &'static str)];

/// A change of a breaker's state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The breaker's name.
    pub name: &'static str,
    /// Whose breaker it is, if each key has its own, as the key is spelled in a store; of the one
    /// that keys without a place share, `"(overflow)"`.
    pub key: Option<Arc<str>>,
    /// The state that it left.
    pub from: State,
    /// The state that it is in.
    pub to: State,
    /// Why, if it was opened.
    pub cause: Option<Cause>,
    /// When, by the breaker's clock.
    pub at: Micros,
    /// How long it refuses calls, if it was opened and not by hand.
    pub open_for: Option<Duration>,
    /// A number that goes up with each change of this breaker: listeners run outside of all locks,
    /// so two changes may be told in another order.
    pub generation: u64,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Closed, Self::Open, Self::HalfOpen, Self::ForcedOpen];

    /// Its label in metrics: `"closed"`, `"open"`, `"half_open"` or `"forced_open"`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::ForcedOpen => "forced_open",
        }
    }

    /// The labels of its gauge.
    pub(crate) const fn labels(self) -> Labels {
        match self {
            Self::Closed => &[("state", "closed")],
            Self::Open => &[("state", "open")],
            Self::HalfOpen => &[("state", "half_open")],
            Self::ForcedOpen => &[("state", "forced_open")],
        }
    }

    /// Every change that there can be, with the labels of its counter.
    pub(crate) const fn transitions() -> [(Self, Self, Labels); 9] {
        use State::{Closed, ForcedOpen, HalfOpen, Open};
        [
            (Closed, Open, &[("from", "closed"), ("to", "open")]),
            (Closed, ForcedOpen, &[("from", "closed"), ("to", "forced_open")]),
            (Open, HalfOpen, &[("from", "open"), ("to", "half_open")]),
            (Open, Closed, &[("from", "open"), ("to", "closed")]),
            (Open, ForcedOpen, &[("from", "open"), ("to", "forced_open")]),
            (HalfOpen, Closed, &[("from", "half_open"), ("to", "closed")]),
            (HalfOpen, Open, &[("from", "half_open"), ("to", "open")]),
            (HalfOpen, ForcedOpen, &[("from", "half_open"), ("to", "forced_open")]),
            (ForcedOpen, Closed, &[("from", "forced_open"), ("to", "closed")]),
        ]
    }

    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Closed => 0,
            Self::Open => 1,
            Self::HalfOpen => 2,
            Self::ForcedOpen => 3,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
            Self::ForcedOpen => "forced open",
        })
    }
}

/// `circuit "payments" is open, was closed: 6 of 10 calls failed`. Never says the key.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "circuit {:?} is {}, was {}", self.name, self.to, self.from)?;
        match self.cause {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}
