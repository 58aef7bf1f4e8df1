//! The numbers that are read on every call.

use std::fmt;
use std::time::Duration;

use palisade_core::Micros;
use palisade_core::hot::Words;
use palisade_core::switch::Switch;
use palisade_core::text::duration;

use crate::times::Times;

/// [`Micros::MAX`] is no limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Until the response's head.
    pub(crate) head: Micros,
    /// For each wait for more of the body.
    pub(crate) idle: Micros,
    /// Until the end of the body.
    pub(crate) total: Micros,
    pub(crate) switch: Switch,
}

impl Settings {
    pub(crate) fn new(head: Duration) -> Self {
        let (head, switch) = (head.into(), Switch::default());
        Self { head, idle: Micros::MAX, total: Micros::MAX, switch }
    }

    /// With what a request has of its own.
    #[inline]
    pub(crate) fn with(mut self, times: Times) -> Self {
        let own = |time: Option<Duration>, layer| time.map_or(layer, Micros::from);
        self.head = own(times.head, self.head);
        self.idle = own(times.idle, self.idle);
        self.total = own(times.total, self.total);
        self
    }
}

/// A limit as a number; `None` is none.
pub(crate) fn micros(time: Option<Duration>) -> Micros {
    time.map_or(Micros::MAX, Micros::from)
}

/// The limit of this number.
pub(crate) fn limit(time: Micros) -> Option<Duration> {
    (time != Micros::MAX).then(|| time.to_duration())
}

impl Words<4> for Settings {
    #[inline]
    fn pack(self) -> [u64; 4] {
        [self.head.0, self.idle.0, self.total.0, u64::from(self.switch.pack())]
    }

    #[inline]
    fn unpack([head, idle, total, switch]: [u64; 4]) -> Self {
        let switch = Switch::unpack(switch as u32);
        Self { head: Micros(head), idle: Micros(idle), total: Micros(total), switch }
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = duration::display(self.head.to_duration());
        write!(f, "{head} until the response's head")?;
        if let Some(idle) = limit(self.idle) {
            write!(f, ", {} for each wait for more", duration::display(idle))?;
        }
        if let Some(total) = limit(self.total) {
            write!(f, ", {} until its end", duration::display(total))?;
        }
        Ok(())
    }
}
