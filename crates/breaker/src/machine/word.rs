//! The word: a state and a generation in one atomic.

use crate::state::State;

/// The states, of which `Ramping` is one of [`State::Closed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    Closed = 0,
    Ramping = 1,
    Open = 2,
    HalfOpen = 3,
    Forced = 4,
}

const CODE_BITS: u32 = 3;

/// The word at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Glance(pub(super) u64);

impl Glance {
    /// The word of this generation and state.
    pub(super) const fn of(generation: u64, code: Code) -> Self {
        Self(generation << CODE_BITS | code as u64)
    }

    /// Whether calls pass without a further look.
    #[inline]
    pub(crate) const fn is_closed(self) -> bool {
        self.0 & ((1 << CODE_BITS) - 1) == Code::Closed as u64
    }

    /// Whether calls that pass are judged by the window.
    pub(crate) const fn lets_pass(self) -> bool {
        matches!(self.code(), Code::Closed | Code::Ramping)
    }

    #[inline]
    pub(crate) const fn generation(self) -> u64 {
        self.0 >> CODE_BITS
    }

    pub(crate) const fn state(self) -> State {
        match self.code() {
            Code::Closed | Code::Ramping => State::Closed,
            Code::Open => State::Open,
            Code::HalfOpen => State::HalfOpen,
            Code::Forced => State::ForcedOpen,
        }
    }

    pub(super) const fn code(self) -> Code {
        match self.0 & ((1 << CODE_BITS) - 1) {
            0 => Code::Closed,
            1 => Code::Ramping,
            2 => Code::Open,
            3 => Code::HalfOpen,
            _ => Code::Forced,
        }
    }
}
