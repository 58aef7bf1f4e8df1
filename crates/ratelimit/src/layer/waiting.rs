//! A call that waits: for a store that takes its time, or for its turn.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use palisade_core::{Alarm, Respond};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::layer::load::{Load, enter};
use crate::layer::manner::Front;
use crate::layer::stamp::refuse;
use crate::shared::ask::{Answered, Ask};
use crate::shared::turn::Turn;
use crate::shared::verdict::Verdict;

pin_project! {
    /// All that is needed only while a call waits, in one box.
    pub(crate) struct Waiting<S, Req, R> {
        ask: Option<Ask>,
        #[pin]
        alarm: Alarm,
        turn: Option<Turn>,
        load: Option<Load>,
        front: Arc<Front>,
        inner: S,
        request: Option<Req>,
        respond: R,
    }
}

/// How a wait ends.
pub(crate) enum Next<F, T, E> {
    Call(F, Option<Load>),
    Done(Result<T, E>),
}

impl<S, Req, R> Waiting<S, Req, R> {
    /// Waits for a store's answer, and then perhaps for its turn.
    pub(crate) fn answer(ask: Ask, front: Arc<Front>, inner: S, request: Req, respond: R) -> Self {
        let (alarm, request) = (Alarm::new(), Some(request));
        Self { ask: Some(ask), alarm, turn: None, load: None, front, inner, request, respond }
    }

    /// Waits for its turn.
    pub(crate) fn turn(
        turn: Turn,
        load: Option<Load>,
        front: Arc<Front>,
        inner: S,
        request: Req,
        respond: R,
    ) -> Self {
        let (alarm, request) = (Alarm::new(), Some(request));
        Self { ask: None, alarm, turn: Some(turn), load, front, inner, request, respond }
    }

    /// Decides, waits, then readies the inner service, then calls it.
    #[allow(clippy::type_complexity)] // The service's own associated types, spelled out.
    pub(crate) fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Next<S::Future, R::Response, R::Error>>
    where
        S: Service<Req>,
        R: Respond<Req, S::Response, S::Error>,
    {
        let mut this = self.project();
        if let Some(ask) = this.ask {
            let heard = ready!(ask.poll(this.alarm.as_mut(), cx));
            let Some(ask) = this.ask.take() else { return Poll::Pending };
            this.alarm.set(Alarm::new());
            let Answered { verdict, shared, call, remote, ticket } = ask.judge(heard);
            let seen = match verdict {
                Verdict::Pass(seen) => seen,
                Verdict::Refuse(why, seen) => {
                    let Some(request) = this.request.take() else { return Poll::Pending };
                    let meta = R::meta(&request);
                    let stamps = this.front.stamps::<_, _, _, R>(&call, &seen);
                    let answer = refuse(stamps.as_ref(), this.respond, why, meta);
                    return Poll::Ready(Next::Done(answer));
                }
            };
            let stamps = this.front.stamps::<_, _, _, R>(&call, &seen);
            // Of a call that no limit was asked about nothing is owed.
            let billed = !seen.outcomes.is_empty();
            let bill = billed.then(|| shared.bill(&call, remote.as_ref())).flatten();
            *this.load = Load::new(stamps, bill, seen.source);
            if let Some(ticket) = ticket {
                *this.turn = Some(Turn::new(shared, call, remote, &seen, ticket));
            }
        }
        if let Some(turn) = this.turn {
            ready!(turn.poll(this.alarm.as_mut(), cx));
        }
        let readied = this.inner.poll_ready(cx);
        if let Some(turn) = this.turn {
            let late = match &readied {
                Poll::Pending => turn.poll_late(this.alarm, cx).is_ready(),
                Poll::Ready(readied) => readied.is_ok() && turn.is_late(),
            };
            if late && let (Some(turn), Some(request)) = (this.turn.take(), this.request.take()) {
                let answer = refuse(None, this.respond, turn.expire(), R::meta(&request));
                return Poll::Ready(Next::Done(answer));
            }
        }
        let is_ready = ready!(readied);
        if let Some(turn) = this.turn.take() {
            turn.take();
        }
        if let Err(error) = is_ready {
            return Poll::Ready(Next::Done(Err(R::fail(error))));
        }
        match this.request.take() {
            Some(request) => {
                let load = this.load.take();
                let future = enter(load.as_ref(), || this.inner.call(request));
                Poll::Ready(Next::Call(future, load))
            }
            None => Poll::Pending,
        }
    }
}
