//! How a caller waits who has nothing else to do.

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use palisade_core::{Alarm, CallContext, Rejection};

use crate::engine::Engine;
use crate::engine::call::Call;
use crate::shared::Shared;
use crate::shared::turn::Turn;
use crate::shared::verdict::Seen;

impl Turn {
    /// Waits until it comes, and takes it.
    pub(super) async fn come(self) {
        let mut alarm = pin!(Alarm::new());
        poll_fn(|cx| alarm.as_mut().poll(cx, || self.remaining())).await;
        self.take();
    }
}

impl Shared {
    /// Waits as long as a refusal of the call says.
    ///
    /// # Errors
    /// Waiting does not help, or not before the call's deadline, or the call is not to wait longer.
    pub(super) async fn wait_out(
        &self,
        why: Rejection,
        call: &Call,
        seen: &Seen,
    ) -> Result<(), Rejection> {
        let wait = match why.retry_after() {
            // At least the shortest timer, whatever an algorithm of the user's own says.
            Some(wait) if !self.has_waited(call, seen) => wait.max(Duration::from_micros(1)),
            _ => return Err(why),
        };
        let deadline = CallContext::current().deadline();
        if deadline.is_some_and(|deadline| self.now().to_duration() + wait > deadline.to_duration())
        {
            return Err(why);
        }
        let mut alarm = pin!(Alarm::new());
        poll_fn(|cx| alarm.as_mut().poll(cx, || wait)).await;
        Ok(())
    }

    /// Whether a shaper refuses: it has already been asked to wait.
    fn has_waited(&self, call: &Call, seen: &Seen) -> bool {
        let Engine::Several(several) = &self.engine else { return false };
        let refusing = seen.refusal().and_then(|(at, _)| call.parts.get(at));
        refusing.is_some_and(|part| several.book().shapes(part.limit))
    }
}
