//! A body that is timed.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use palisade_core::body::Watch;
use palisade_core::guard::End;
use palisade_core::{Alarm, Clock, Late, Micros, Rejection};
use pin_project_lite::pin_project;

use crate::tab::Tab;

pin_project! {
    /// Cuts a body that has nothing for too long, or does not end in time.
    ///
    /// What is timed is how long the body lets its reader wait: a reader who takes a while to come back
    /// finds the time as it was. One timer is registered at the first wait and runs out; only then is the
    /// next one registered, for what is left of the time. So a body of many frames costs a timer per
    /// `idle`, and not one per frame.
    pub(crate) struct Pace {
        tab: Option<Tab>,
        clock: Clock,
        start: Micros,
        end: Micros,
        idle: Micros,
        // Whether it has had a frame, or none when it was asked for one.
        begun: bool,
        // Since when the reader has waited for the next frame.
        since: Option<Micros>,
        #[pin]
        alarm: Alarm,
    }
}

impl Pace {
    pub(crate) const fn new(
        tab: Tab,
        clock: Clock,
        start: Micros,
        end: Micros,
        idle: Micros,
    ) -> Self {
        let tab = Some(tab);
        Self { tab, clock, start, end, idle, begun: false, since: None, alarm: Alarm::new() }
    }
}

impl Watch for Pace {
    /// A body that always has a frame would never be asked otherwise. The frame that is there as the
    /// head is passes in any case: what a timeout inside answers at the very end is all in it.
    fn frame(self: Pin<&mut Self>) -> Option<Rejection> {
        let this = self.project();
        *this.since = None;
        if !mem::replace(this.begun, true) || this.tab.is_none() || *this.end == Micros::MAX {
            return None;
        }
        let now = this.clock.now();
        if now <= *this.end {
            return None;
        }
        this.tab.take()?.late(Late::Total, this.end.since(*this.start), now.since(*this.start))
    }

    fn poll_cut(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Rejection> {
        let mut this = self.project();
        *this.begun = true;
        if this.tab.is_none() {
            return Poll::Pending;
        }
        let since = *this.since.get_or_insert_with(|| this.clock.now());
        let silent = since + *this.idle;
        let due = silent.min(*this.end);
        let now = loop {
            let remaining = || due.since(this.clock.now()).to_duration();
            ready!(this.alarm.as_mut().poll(cx, remaining));
            let now = this.clock.now();
            if now >= due {
                break now;
            }
            // It was set for an earlier wait.
            this.alarm.set(Alarm::new());
        };
        let Some(tab) = this.tab.take() else { return Poll::Pending };
        let cut = if silent < *this.end {
            tab.late(Late::Idle, *this.idle, now.since(since))
        } else {
            tab.late(Late::Total, this.end.since(*this.start), now.since(*this.start))
        };
        cut.map_or(Poll::Pending, Poll::Ready)
    }

    fn end(self: Pin<&mut Self>, end: End) {
        if let Some(tab) = self.project().tab.take() {
            tab.close(end != End::Failure);
        }
    }
}
