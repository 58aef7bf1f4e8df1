//! Which statuses are worth another attempt.

use std::fmt;

use http::StatusCode;

/// A set of statuses from 400 to 599.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Statuses([u64; 4]);

const FIRST: u16 = 400;

impl Statuses {
    /// What of these lies between 400 and 599.
    pub(crate) fn of(statuses: impl IntoIterator<Item = u16>) -> Self {
        let mut set = Self([0; 4]);
        for status in statuses {
            if let Some((word, bit)) = Self::place(status) {
                set.0[word] |= bit;
            }
        }
        set
    }

    /// Whether this is one of them.
    pub(crate) fn has(&self, status: StatusCode) -> bool {
        Self::place(status.as_u16()).is_some_and(|(word, bit)| self.0[word] & bit != 0)
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u16> {
        let set = *self;
        (FIRST..600).filter(move |&status| {
            Self::place(status).is_some_and(|(word, bit)| set.0[word] & bit != 0)
        })
    }

    fn place(status: u16) -> Option<(usize, u64)> {
        let at = status.checked_sub(FIRST).filter(|&at| at < 200)?;
        Some((usize::from(at / 64), 1 << (at % 64)))
    }
}

/// 502, 503 and 504: a gateway that got no answer, and a server that says it has none now.
impl Default for Statuses {
    fn default() -> Self {
        Self::of([502, 503, 504])
    }
}

impl fmt::Debug for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
