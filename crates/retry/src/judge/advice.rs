//! What is advised after an attempt.

use std::time::Duration;

/// What to do after an attempt.
///
/// ```
/// use std::time::Duration;
/// use palisade_retry::Advice;
///
/// let busy = Advice::again().unsent().after(Duration::from_secs(1));
/// assert_ne!(busy, Advice::Stop);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// It is the answer.
    Done,
    /// It failed, and another attempt would not help, or is not wanted.
    Stop,
    /// It failed, and another attempt may succeed.
    Again(Again),
}

/// How another attempt is to be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Again {
    /// Whether the call can be made again whatever it does, since this attempt did nothing.
    pub unsent: bool,
    /// How long to wait at least, if somebody said so.
    pub after: Option<Duration>,
}

impl Advice {
    /// Another attempt may succeed; it is made if the request is one that may be sent twice.
    #[must_use]
    pub const fn again() -> Self {
        Self::Again(Again { unsent: false, after: None })
    }

    /// The attempt did nothing, so that another one may be made whatever the request is.
    #[must_use]
    pub const fn unsent(self) -> Self {
        match self {
            Self::Again(again) => Self::Again(Again { unsent: true, ..again }),
            other => other,
        }
    }

    /// Not before so much time has passed. The wait of the backoff is added to it, so that those who
    /// were told the same time do not all come at once.
    #[must_use]
    pub const fn after(self, wait: Duration) -> Self {
        match self {
            Self::Again(again) => Self::Again(Again { after: Some(wait), ..again }),
            other => other,
        }
    }
}
