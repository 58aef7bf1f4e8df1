//! What an operation on a limit came to.

use std::fmt;

use crate::Micros;

/// What an operation on a limit came to.
///
/// What is left is kept as fractions and divided only when somebody asks: most calls pass, and
/// nobody does.
#[derive(Clone, Copy)]
pub struct Outcome {
    /// Whether the call may go on.
    pub allowed: bool,
    /// The units that were taken: all or none for a decision, any number for a take.
    pub granted: u64,
    /// When the same call would pass if nobody else called.
    pub retry: Retry,
    /// How long the call is to wait before it goes on; zero unless the limit shapes.
    pub delay: Micros,
    room: Fraction,
    debt: Fraction,
}

#[derive(Clone, Copy)]
struct Fraction {
    of: u64,
    by: u64,
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
    pub const UNLIMITED: Self = Self::passed(0).with_remaining(u64::MAX);

    /// The call goes on, and took `granted` units.
    #[inline]
    #[must_use]
    pub const fn passed(granted: u64) -> Self {
        let nothing = Fraction { of: 0, by: 1 };
        let (retry, delay) = (Retry::Now, Micros::ZERO);
        Self { allowed: true, granted, retry, delay, room: nothing, debt: nothing }
    }

    /// The call is refused.
    #[inline]
    #[must_use]
    pub const fn refused(retry: Retry) -> Self {
        Self { allowed: false, retry, ..Self::passed(0) }
    }

    /// A further call could take `units` at once.
    #[inline]
    #[must_use]
    pub const fn with_remaining(self, units: u64) -> Self {
        self.with_room(units, 1)
    }

    /// A further call could take `room / unit` units, rounded down; a `unit` of 0 counts as 1.
    #[inline]
    #[must_use]
    pub const fn with_room(mut self, room: u64, unit: u64) -> Self {
        self.room = Fraction { of: room, by: unit };
        self
    }

    /// The limit will be as good as new after `span`.
    #[inline]
    #[must_use]
    pub const fn with_reset(self, span: Micros) -> Self {
        self.with_debt(span.0, 1)
    }

    /// The limit will be as good as new after `debt / per_micro` microseconds, rounded up; a
    /// `per_micro` of 0 counts as 1.
    #[inline]
    #[must_use]
    pub const fn with_debt(mut self, debt: u64, per_micro: u64) -> Self {
        self.debt = Fraction { of: debt, by: per_micro };
        self
    }

    /// The units that a further call could take at once.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.room.of / self.room.by.max(1)
    }

    /// How long until the limit is as good as new.
    #[must_use]
    pub fn reset(&self) -> Micros {
        Micros(self.debt.of.div_ceil(self.debt.by.max(1)))
    }
}

impl PartialEq for Outcome {
    fn eq(&self, other: &Self) -> bool {
        let all = |outcome: &Self| {
            let Self { allowed, granted, retry, delay, .. } = *outcome;
            (allowed, granted, retry, delay, outcome.remaining(), outcome.reset())
        };
        all(self) == all(other)
    }
}

impl Eq for Outcome {}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcome")
            .field("allowed", &self.allowed)
            .field("granted", &self.granted)
            .field("remaining", &self.remaining())
            .field("retry", &self.retry)
            .field("reset", &self.reset())
            .field("delay", &self.delay)
            .finish()
    }
}
