//! What a queue did not take.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// An item that a queue did not take, and why.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Refused<T> {
    item: T,
    why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Full { max_size: usize, waited: Duration },
    Closed,
}

// ===== impl Refused =====

impl<T> Refused<T> {
    pub(super) const fn full(item: T, max_size: usize, waited: Duration) -> Self {
        Self { item, why: Why::Full { max_size, waited } }
    }

    pub(super) const fn closed(item: T) -> Self {
        Self { item, why: Why::Closed }
    }

    /// The item.
    pub const fn item(&self) -> &T {
        &self.item
    }

    /// The item, to try again or elsewhere.
    pub fn into_item(self) -> T {
        self.item
    }

    /// Whether there was no room in time. It may be worth trying again.
    pub const fn is_full(&self) -> bool {
        matches!(self.why, Why::Full { .. })
    }

    /// Whether the queue was closed. It stays so.
    pub const fn is_closed(&self) -> bool {
        matches!(self.why, Why::Closed)
    }
}

/// Says why, and not what: an item need not be `Debug`.
impl<T> fmt::Debug for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("why", &self.why).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.why {
            Why::Full { max_size, waited } if waited.is_zero() => {
                write!(f, "queue full: no room among {max_size}")
            }
            Why::Full { max_size, waited } => {
                write!(f, "queue full: no room among {max_size} within {waited:?}")
            }
            Why::Closed => f.write_str("queue closed"),
        }
    }
}

impl<T> Error for Refused<T> {}
