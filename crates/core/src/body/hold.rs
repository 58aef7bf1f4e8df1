//! What a body holds: a guard to be settled when it ends, or somebody who watches it.
//!
//! Behind a box, so that a body that holds none (as most do) is eight bytes larger and not forty:
//! responses are moved around a lot, and a stack of layers nests its bodies. (Inline it cost each
//! HTTP layer of a stack 25 ns of 125, row "http, by ip".) A box that is done with is kept by the
//! thread for its next one, so that holding a guard does not allocate as a rule.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::HeaderMap;

use super::watch::Watch;
use crate::Rejection;
use crate::classify::{self, Verdict};
use crate::guard::{End, Guard};

/// How many boxes a thread keeps.
const SPARE: usize = 64;

thread_local! {
    #[allow(clippy::vec_box)] // The boxes are what is kept.
    static BOXES: RefCell<Vec<Box<Option<Inner>>>> = const { RefCell::new(Vec::new()) };
}

/// What is held, or nothing. Dropped, it drops that.
pub(super) struct Hold(Option<Box<Option<Inner>>>);

/// Whoever is told of the end, and what the response's head says of it.
struct Inner {
    held: Held,
    verdict: Verdict,
}

enum Held {
    Guard(Guard),
    Watch { watch: Pin<Box<dyn Watch>>, is_grpc: bool },
}

/// Why a body is cut off, and whether that is said in trailers.
pub(super) struct Cut {
    pub(super) why: Rejection,
    pub(super) is_grpc: bool,
}

impl Hold {
    /// Nothing.
    pub(super) const NONE: Self = Self(None);

    /// Holds `guard` for the body of a response with these headers.
    pub(super) fn guard(guard: Guard, headers: &HeaderMap, at_end: bool) -> Self {
        Self::new(Held::Guard(guard), headers, at_end)
    }

    /// Lets `watch` watch the body of a response with these headers.
    pub(super) fn watch(watch: Pin<Box<dyn Watch>>, headers: &HeaderMap, at_end: bool) -> Self {
        let is_grpc = classify::is_grpc_response(headers);
        Self::new(Held::Watch { watch, is_grpc }, headers, at_end)
    }

    fn new(held: Held, headers: &HeaderMap, at_end: bool) -> Self {
        let verdict = classify::headers(headers, at_end);
        let spare = BOXES.try_with(|boxes| boxes.try_borrow_mut().ok()?.pop()).ok().flatten();
        let mut place = spare.unwrap_or_default();
        *place = Some(Inner { held, verdict });
        let mut hold = Self(Some(place));
        if at_end {
            hold.complete(None);
        }
        hold
    }

    /// The body has another frame; whether it is cut off before that.
    pub(super) fn frame(&mut self) -> Option<Cut> {
        let (watch, is_grpc) = self.watching()?;
        let cut = Cut { why: watch.frame()?, is_grpc };
        drop(self.take());
        Some(cut)
    }

    /// The body has nothing yet; ready when it is cut off.
    pub(super) fn poll_cut(&mut self, cx: &mut Context<'_>) -> Poll<Cut> {
        let Some((watch, is_grpc)) = self.watching() else { return Poll::Pending };
        let why = ready!(watch.poll_cut(cx));
        drop(self.take());
        Poll::Ready(Cut { why, is_grpc })
    }

    fn watching(&mut self) -> Option<(Pin<&mut dyn Watch>, bool)> {
        match &mut self.0.as_mut()?.as_mut().as_mut()?.held {
            Held::Watch { watch, is_grpc } => Some((watch.as_mut(), *is_grpc)),
            Held::Guard(_) => None,
        }
    }

    /// Whether there is anything.
    #[inline]
    pub(super) const fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// The body came to its proper end, with these trailers.
    pub(super) fn complete(&mut self, trailers: Option<&HeaderMap>) {
        if let Some(Inner { held, verdict }) = self.take() {
            let verdict = match verdict {
                Verdict::AtEnd => classify::grpc_status(trailers),
                known => known,
            };
            held.end(if verdict == Verdict::Failure { End::Failure } else { End::Success });
        }
    }

    /// The body broke off.
    pub(super) fn fail(&mut self) {
        if let Some(Inner { held, .. }) = self.take() {
            held.end(End::Failure);
        }
    }

    /// Takes it out, and keeps the box for the next one.
    fn take(&mut self) -> Option<Inner> {
        let mut spare = self.0.take()?;
        let inner = spare.take();
        let _ = BOXES.try_with(|boxes| {
            if let Ok(mut boxes) = boxes.try_borrow_mut()
                && boxes.len() < SPARE
            {
                boxes.push(spare);
            }
        });
        inner
    }
}

impl Held {
    fn end(self, end: End) {
        match self {
            Self::Guard(guard) => guard.settle(end),
            Self::Watch { mut watch, .. } => watch.as_mut().end(end),
        }
    }
}

impl Drop for Hold {
    #[inline]
    fn drop(&mut self) {
        if self.is_some() {
            drop(self.take());
        }
    }
}
