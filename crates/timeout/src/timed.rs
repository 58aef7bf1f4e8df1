//! A call that is timed.

use palisade_core::classify::is_event_stream;
use palisade_core::{CallContext, Clock, Late, Micros, Name, Rejection, Respond};

use crate::pace::Pace;
use crate::tab::Tab;

/// Until when what of a call must be there. [`Micros::MAX`] is no limit.
pub(crate) struct Timed {
    pub(crate) name: Name,
    /// `None` once the call was late and runs on.
    pub(crate) tab: Option<Tab>,
    pub(crate) clock: Clock,
    /// What the inner service sees.
    pub(crate) context: CallContext,
    pub(crate) start: Micros,
    /// Until when the head must be there.
    pub(crate) head: Micros,
    /// Until when all must be there.
    pub(crate) end: Micros,
    /// For how long the body may have nothing.
    pub(crate) idle: Micros,
    /// Whether the request opens a tunnel.
    pub(crate) is_tunnel: bool,
}

impl Timed {
    /// When a call without a head is late.
    #[inline]
    pub(crate) fn due(&self) -> Micros {
        self.head.min(self.end)
    }

    /// There is no head, and it is time: why the call is cut, unless it is of the share that runs on.
    #[cold]
    pub(crate) fn late(&mut self) -> Option<Rejection> {
        let (late, limit, elapsed) = self.lateness();
        // Two clocks are asked, which may differ by a little.
        self.tab.take()?.late(late, limit, elapsed.max(limit))
    }

    /// There will be no head, since what the call ran on is gone.
    #[cold]
    pub(crate) fn lose(&mut self) -> Rejection {
        let (late, limit, elapsed) = self.lateness();
        match self.tab.take() {
            Some(tab) => tab.cut(late, limit, elapsed),
            None => Tab::why(self.name, late, limit, elapsed),
        }
    }

    /// What was late, how much time it had, and how much it took.
    fn lateness(&self) -> (Late, Micros, Micros) {
        let late = if self.end < self.head { Late::Total } else { Late::Head };
        let limit = self.due().since(self.start);
        (late, limit, self.clock.now().since(self.start))
    }

    /// Whether the call goes on with the body of a response whose head is there in time.
    #[inline]
    pub(crate) fn watches<Req, Res, Err, R>(&self, response: &Res) -> bool
    where
        R: Respond<Req, Res, Err>,
    {
        R::HOLDS && self.idle.min(self.end) < Micros::MAX && !R::at_end(response)
    }

    /// Goes on with the response's body, if that is timed.
    #[inline(never)]
    pub(crate) fn watch<Req, Res, Err, R>(self, response: Res) -> R::Response
    where
        R: Respond<Req, Res, Err>,
    {
        let Self { tab, clock, start, mut end, mut idle, is_tunnel, .. } = self;
        let Some(tab) = tab else { return R::pass(response) };
        if let Some((status, headers)) = R::inner_head(&response) {
            if is_tunnel || status == 101 {
                (end, idle) = (Micros::MAX, Micros::MAX);
            } else if is_event_stream(headers) {
                end = Micros::MAX;
            }
        }
        if idle.min(end) == Micros::MAX {
            tab.close(true);
            return R::pass(response);
        }
        R::watch(response, Box::pin(Pace::new(tab, clock, start, end, idle)))
    }
}
