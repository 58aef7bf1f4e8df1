//! What goes wrong with a store.

use std::error::Error;
use std::fmt;

use crate::BoxError;

/// Why a store did not decide, and whether it may have charged all the same.
///
/// A command that timed out on a multiplexed connection is executed later: that is
/// [`Unknown`](Self::Unknown), and repeating it may charge twice.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// It was never sent: certainly not charged, safe to repeat.
    NotSent(BoxError),
    /// It was sent, and no answer came: maybe charged.
    Unknown(BoxError),
    /// The store refused it (out of memory, read-only, no permission): not charged, and not worth
    /// repeating.
    Rejected(BoxError),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSent(_) => "the store was not reached; nothing was charged",
            Self::Unknown(_) => "the store did not answer; the charge may have happened",
            Self::Rejected(_) => "the store refused the command; nothing was charged",
        })
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotSent(cause) | Self::Unknown(cause) | Self::Rejected(cause) => Some(&**cause),
        }
    }
}
