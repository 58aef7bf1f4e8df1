//! Why a circuit breaker opened.

use std::fmt;

use crate::Ratio;

/// Why a circuit breaker is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// So many calls of a window failed.
    Failed {
        /// How many.
        calls: u32,
        /// Of how many.
        of: u32,
    },
    /// So many calls of a window were slow.
    Slow {
        /// How many.
        calls: u32,
        /// Of how many.
        of: u32,
    },
    /// So many calls failed one after another.
    InARow {
        /// How many.
        calls: u32,
    },
    /// Calls failed far more often than they usually do.
    Raised {
        /// How many of the window failed.
        calls: u32,
        /// Of how many.
        of: u32,
        /// The share that usually fails.
        usual: Ratio,
    },
    /// The service answered too few of the calls that were sent, and this one is of the share that
    /// is not.
    Throttled {
        /// How many it accepted.
        accepts: u32,
        /// Of how many that were made.
        of: u32,
    },
    /// Calls that tried whether the service has recovered failed.
    Probes {
        /// How many.
        calls: u32,
        /// Of how many.
        of: u32,
    },
    /// Recovery took longer than it may.
    Unproven,
    /// Somebody opened it.
    Forced,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { calls, of } => write!(f, "{calls} of {of} calls failed"),
            Self::Slow { calls, of } => write!(f, "{calls} of {of} calls were slow"),
            Self::InARow { calls } => write!(f, "{calls} calls failed in a row"),
            Self::Raised { calls, of, usual } => {
                write!(f, "{calls} of {of} calls failed, usually {usual}")
            }
            Self::Throttled { accepts, of } => write!(f, "{accepts} of {of} calls were accepted"),
            Self::Probes { calls, of } => write!(f, "{calls} of {of} probes failed"),
            Self::Unproven => f.write_str("probes did not end in time"),
            Self::Forced => f.write_str("by hand"),
        }
    }
}
