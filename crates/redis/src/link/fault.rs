//! What goes wrong, and whether the command was executed.

use std::fmt;
use std::sync::Arc;

use palisade_core::store::StoreError;

use super::hint;

/// Why a command did not do what it was sent for.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The server does not have the script (any more): load it and send the command again.
    NoScript,
    /// Anything else.
    Store(StoreError),
}

/// A message, made once and told to all whom it concerns.
#[derive(Clone)]
pub(super) struct Trouble(Arc<str>);

/// What a single connection may answer besides a value.
#[derive(Debug)]
pub(super) enum Fault {
    /// Never written to a socket.
    NotSent(Trouble),
    /// Written, and no answer.
    Unknown(Trouble),
    /// The server said no.
    Refused(Refusal),
}

/// What a server says instead of a value, such as `MOVED 3999 127.0.0.1:6381`.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: Box<str>,
    pub(super) detail: Box<str>,
    /// Which server.
    pub(super) by: Arc<str>,
}

impl Trouble {
    pub(super) fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string().into())
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl std::error::Error for Trouble {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "redis at {} answered {}", self.by, self.code)?;
        if !self.detail.is_empty() {
            write!(f, " {}", self.detail)?;
        }
        match hint::of(&self.code) {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl Failed {
    /// What a caller is told who can do nothing more about it.
    pub(crate) fn told(self) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::NoScript => StoreError::Rejected(
                "redis forgets scripts as soon as it has them (NOSCRIPT): something runs SCRIPT FLUSH all the time"
                    .into(),
            ),
        }
    }
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self::Store(match fault {
            Fault::NotSent(trouble) => StoreError::NotSent(trouble.into()),
            Fault::Unknown(trouble) => StoreError::Unknown(trouble.into()),
            Fault::Refused(refusal) if &*refusal.code == "NOSCRIPT" => return Self::NoScript,
            Fault::Refused(refusal) => StoreError::Rejected(Trouble::new(refusal).into()),
        })
    }
}
