//! The calls of a short while, taken together.

use palisade_core::Micros;

use super::{Outcome, Sample};

/// Gathers the calls that ended within a span of time, a hundred milliseconds or so.
///
/// A single call's latency says little; and a limit that moved with each call would move a hundred
/// times as fast under a hundred times the load.
#[derive(Clone, Debug)]
pub(super) struct Window {
    span: Micros,
    opened: Option<Micros>,
    seen: Seen,
}

/// What was seen in a window.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    rtts: u64,
    served: u32,
    /// Whether any call had the limit in use.
    pub(super) in_use: bool,
    /// Whether any call that had the limit in use was dropped.
    pub(super) dropped: bool,
    calls: u32,
}

// ===== impl Window =====

impl Window {
    /// With fewer calls a window stays open for longer, lest one slow call be an average.
    const FEWEST: u32 = 10;

    pub(super) const fn new(span: Micros) -> Self {
        const NOTHING: Seen = Seen { rtts: 0, served: 0, in_use: false, dropped: false, calls: 0 };
        Self { span, opened: None, seen: NOTHING }
    }

    /// Takes a call in; if it is the window's last, what was seen.
    pub(super) fn add(&mut self, sample: &Sample, in_use: bool) -> Option<Seen> {
        let ended = sample.ended();
        // Whatever ends before the window opened comes of a clock that was set back: begin there.
        let opened = self.opened.map_or(ended, |opened| opened.min(ended));
        self.opened = Some(opened);
        self.seen.add(sample, in_use);
        if ended.since(opened) < self.span || self.seen.calls < Self::FEWEST {
            return None;
        }
        self.opened = Some(ended);
        Some(std::mem::take(&mut self.seen))
    }
}

// ===== impl Seen =====

impl Seen {
    /// Twelve days: the most that a call can count for, so that sums fit.
    const LONGEST: u64 = 1 << 40;

    fn add(&mut self, sample: &Sample, in_use: bool) {
        self.calls = self.calls.saturating_add(1);
        self.in_use |= in_use;
        match sample.outcome {
            // A refusal may be quick: it would pass for a fast answer.
            Outcome::Dropped => self.dropped |= in_use,
            Outcome::Served => {
                let rtt = sample.rtt.0.min(Self::LONGEST);
                self.rtts = self.rtts.saturating_add(rtt);
                self.served = self.served.saturating_add(1);
            }
        }
    }

    /// The mean latency of served calls in millionths of a microsecond, at least one microsecond;
    /// none if none was served.
    pub(super) fn mean(&self) -> Option<u64> {
        let millionths = (u128::from(self.rtts) * 1_000_000).checked_div(self.served.into())?;
        // At most 2^40 * 10^6, less than 2^60.
        Some((millionths as u64).max(1_000_000))
    }
}
