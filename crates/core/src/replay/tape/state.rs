//! What is recorded, and who needs it: plain data under the tape's lock.
//!
//! Nothing that others wrote runs here. What has to be woken or dropped goes into [`After`], for when the lock is free.

use std::collections::VecDeque;
use std::mem;
use std::task::Waker;

use http_body::SizeHint;

use super::frame::Recorded;
use super::place::{Place, Places};
use super::step::{After, Next};
use crate::replay::Lost;

/// The tape.
pub(super) struct State {
    most: usize,
    /// Whether the body knew its size when it was given; if not no reader may say that it does, or trailers and
    /// transfer coding would differ between the attempts.
    exact: bool,
    /// Whether readers can be added: then the record is whole.
    kept: bool,
    frames: VecDeque<Recorded>,
    held: usize,
    source: Source,
    /// What the rest said when it was last put back.
    left: SizeHint,
    places: Places,
}

/// Where the rest of the body is.
enum Source {
    Here,
    /// A reader polls it; `missed`: another one would have, meanwhile.
    Out {
        missed: bool,
    },
    /// Only one reader was left, and has taken it for good.
    Taken,
    Ended,
    BrokeOff,
}

impl State {
    pub(super) fn new(most: usize, left: SizeHint) -> Self {
        Self {
            most,
            exact: left.exact().is_some(),
            kept: true,
            frames: VecDeque::new(),
            held: 0,
            source: Source::Here,
            left,
            places: Places::default(),
        }
    }

    /// Whether a reader can be added.
    pub(super) const fn is_whole(&self) -> bool {
        self.kept
    }

    /// Adds a reader, at the beginning.
    pub(super) fn sit(&mut self) -> Option<usize> {
        if !self.kept {
            return None;
        }
        let ahead = self.frames.iter().map(|frame| frame.data_len() as u64).sum();
        Some(self.places.add(Place { ahead, ..Place::default() }))
    }

    /// What the reader of this number does next. If it has to wait or to poll, its waker is taken and an older one put
    /// into its place.
    pub(super) fn next(
        &mut self,
        number: usize,
        waker: &mut Option<Waker>,
        after: &mut After,
    ) -> Next {
        let alone = self.able().count() == 1;
        let Some(place) = self.places.get_mut(number) else { return Next::Lost(Lost::BrokeOff) };
        if let Source::BrokeOff = self.source {
            return Next::Lost(Lost::BrokeOff);
        }
        if place.lost {
            return Next::Lost(Lost::TooLarge { most: self.most });
        }
        if let Some(frame) = self.frames.get(place.at).cloned() {
            place.at += 1;
            place.ahead = place.ahead.saturating_sub(frame.data_len() as u64);
            self.let_go(after);
            return Next::Frame(frame);
        }
        match &mut self.source {
            Source::Ended => return Next::End,
            Source::Taken | Source::BrokeOff => return Next::Lost(Lost::BrokeOff),
            Source::Here if alone && !self.kept => {
                self.source = Source::Taken;
                return Next::Own;
            }
            Source::Here | Source::Out { .. } => {}
        }
        mem::swap(&mut place.waker, waker);
        if let Source::Out { missed } = &mut self.source {
            *missed = true;
            return Next::Wait;
        }
        self.source = Source::Out { missed: false };
        Next::Poll
    }

    /// The rest is back and has nothing yet. Who came meanwhile has to ask it, too.
    pub(super) fn pending(&mut self, number: usize, after: &mut After) {
        if let Source::Out { missed: true } = self.source {
            self.wake_others(number, after);
        }
        self.source = Source::Here;
    }

    /// The rest gave the reader this frame. Then it was put back and says what is left, or has ended.
    pub(super) fn record(
        &mut self,
        number: usize,
        frame: Option<Recorded>,
        left: Option<SizeHint>,
        after: &mut After,
    ) {
        self.source = if left.is_some() { Source::Here } else { Source::Ended };
        self.left = left.unwrap_or_else(|| SizeHint::with_exact(0));
        if let Some(frame) = frame {
            for place in self.places.others(number) {
                place.ahead = place.ahead.saturating_add(frame.data_len() as u64);
            }
            self.held = self.held.saturating_add(frame.weight());
            self.frames.push_back(frame);
            if let Some(place) = self.places.get_mut(number) {
                place.at = self.frames.len();
            }
            self.kept &= !self.is_over();
            self.let_go(after);
            while self.is_over() {
                self.throw(1, after);
            }
        }
        self.wake_others(number, after);
    }

    /// The rest has ended, without another frame.
    pub(super) fn end(&mut self, number: usize, after: &mut After) {
        self.record(number, None, None, after);
    }

    /// The rest failed: the error is the reader's who met it, and there is nothing to tell the others.
    pub(super) fn break_off(&mut self, number: usize, after: &mut After) {
        self.source = Source::BrokeOff;
        self.kept = false;
        self.throw(usize::MAX, after);
        self.wake_others(number, after);
    }

    /// Nobody makes readers any more.
    pub(super) fn close(&mut self, after: &mut After) {
        self.kept = false;
        self.let_go(after);
    }

    /// Removes a reader; gives its waker back, to be dropped. Whether nobody will ever need the rest.
    pub(super) fn leave(&mut self, number: usize, after: &mut After) -> (Option<Waker>, bool) {
        let waker = self.places.remove(number).and_then(|place| place.waker);
        self.let_go(after);
        let last = !self.kept && self.able().next().is_none();
        (waker, last)
    }

    /// Everybody who waits, since the rest has something.
    pub(super) fn wake_all(&mut self, after: &mut After) {
        after.wake.extend(self.places.iter_mut().filter_map(|place| place.waker.take()));
    }

    pub(super) fn is_at_end(&self, number: usize) -> bool {
        let Some(place) = self.places.get(number) else { return true };
        !place.lost && place.at >= self.frames.len() && matches!(self.source, Source::Ended)
    }

    /// Of what this reader has not read.
    pub(super) fn size_hint(&self, number: usize) -> SizeHint {
        let mut hint = SizeHint::default();
        let broken = matches!(self.source, Source::BrokeOff | Source::Taken);
        let Some(place) = self.places.get(number).filter(|place| !place.lost && !broken) else {
            return hint;
        };
        let lower = self.left.lower().saturating_add(place.ahead);
        let upper = self.left.upper().map(|upper| upper.saturating_add(place.ahead));
        hint.set_lower(lower);
        if let Some(upper) = upper.filter(|upper| self.exact || *upper != lower) {
            hint.set_upper(upper);
        }
        hint
    }

    fn wake_others(&mut self, number: usize, after: &mut After) {
        after.wake.extend(self.places.others(number).filter_map(|place| place.waker.take()));
    }

    /// The readers that can still read the whole body.
    fn able(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(|place| !place.lost)
    }

    fn is_over(&self) -> bool {
        self.held > self.most || self.frames.len() > self.most / 64 + 1024
    }

    /// Lets go what no living reader needs.
    fn let_go(&mut self, after: &mut After) {
        if !self.kept {
            let needed = self.able().map(|place| place.at).min();
            self.throw(needed.unwrap_or(usize::MAX), after);
        }
    }

    /// Throws the first frames away, whoever needs them.
    fn throw(&mut self, count: usize, after: &mut After) {
        let count = count.min(self.frames.len());
        for frame in self.frames.drain(..count) {
            self.held = self.held.saturating_sub(frame.weight());
            after.let_go.push(frame);
        }
        for place in self.places.iter_mut() {
            place.lost |= place.at < count;
            place.at = place.at.saturating_sub(count);
        }
    }
}
