//! What an operation on a limit came to.

use crate::Micros;

/// What an operation on a limit came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the call may go on.
    pub allowed: bool,
    /// The units that were taken: all or none for a decision, any number for a take.
    pub granted: u64,
    /// The units that a further call could take at once.
    pub remaining: u64,
    /// When the same call would pass if nobody else called.
    pub retry: Retry,
    /// How long until the limit is as good as new.
    pub reset: Micros,
    /// How long the call is to wait before it goes on; zero unless the limit shapes.
    pub delay: Micros,
}

/// When the same call would pass if nobody else called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Retry {
    /// It has passed.
    Now,
    /// After this span: exactly then, and not a microsecond earlier.
    After(Micros),
    /// It asks for more than the limit ever has.
    Never,
}

impl Retry {
    /// The span to wait; `None` if waiting does not help.
    #[must_use]
    pub const fn wait(self) -> Option<Micros> {
        match self {
            Self::Now => Some(Micros::ZERO),
            Self::After(span) => Some(span),
            Self::Never => None,
        }
    }
}

impl Outcome {
    /// The call goes on, whatever the limit says: nothing is known of it.
    pub const UNLIMITED: Self = Self {
        allowed: true,
        granted: 0,
        remaining: u64::MAX,
        retry: Retry::Now,
        reset: Micros::ZERO,
        delay: Micros::ZERO,
    };
}
