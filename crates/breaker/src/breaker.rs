//! The primitive: a breaker without tower.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;

use palisade_core::base::{edit, share};
use palisade_core::classify::{self, Verdict};
use palisade_core::{LayerError, Rejection};

use crate::call::Call;
use crate::handle::BreakerHandle;
use crate::layer::{BreakerLayer, throttling};
use crate::plan::Flags;
use crate::setters::breaker_setters;
use crate::shared::{Decided, SHADOW, Shared};
use crate::trip::Throttle;

/// A circuit breaker around anything.
///
/// Clones share it. A setter on one that already has a clone or a handle starts afresh.
///
/// ```
/// use palisade_breaker::Breaker;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let breaker = Breaker::new().consecutive_failures(2).name("disk");
/// for _ in 0..2 {
///     let error = breaker.call(async { Err::<(), _>(std::io::Error::other("full")) }).await;
///     assert!(error.is_err());
/// }
/// let why = breaker.try_acquire().unwrap_err();
/// assert!(why.to_string().contains("(2 calls failed in a row); next probe in"));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Breaker {
    shared: Arc<Shared>,
}

breaker_setters!(Breaker);

impl Breaker {
    /// A breaker that opens when half of the calls of the last 10 s failed, of 20 at least.
    #[must_use]
    pub fn new() -> Self {
        Self { shared: share(Shared::new()) }
    }

    /// Refuses a share of the calls instead of opening; see [`Throttle`].
    #[must_use]
    pub fn throttle(throttle: Throttle) -> Self {
        Self::new().settings(throttling(throttle))
    }

    /// Awaits `future`, if calls pass, and judges its result: an error is a failure, unless it is a
    /// refusal of a layer inside. Dropped, the call was abandoned.
    ///
    /// # Errors
    /// The breaker's refusal, or the future's own error.
    pub async fn call<F, T, E>(&self, future: F) -> Result<T, LayerError<E>>
    where
        F: Future<Output = Result<T, E>>,
        E: Error + 'static,
    {
        let verdict = |result: &Result<T, E>| match result {
            Ok(_) => Verdict::Success,
            Err(error) => classify::error(error),
        };
        self.call_judged(future, verdict).await
    }

    /// Awaits `future`, if calls pass, and judges its result by what `verdict` says.
    ///
    /// # Errors
    /// The breaker's refusal, or the future's own error.
    pub async fn call_judged<F, T, E>(
        &self,
        future: F,
        verdict: impl FnOnce(&Result<T, E>) -> Verdict,
    ) -> Result<T, LayerError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let mut permit = self.try_acquire().map_err(LayerError::Rejected)?;
        let mut future = std::pin::pin!(future);
        let result = std::future::poll_fn(|cx| {
            let polled = future.as_mut().poll(cx);
            if polled.is_pending() {
                permit.began();
            }
            polled
        })
        .await;
        permit.settle(verdict(&result));
        result.map_err(LayerError::Inner)
    }

    /// Asks for a call by hand. Say how it ended by the permit; dropped, it was abandoned.
    ///
    /// ```
    /// # use palisade_breaker::Breaker;
    /// let breaker = Breaker::new();
    /// let permit = breaker.try_acquire()?;
    /// match std::fs::read("/etc/hostname") {
    ///     Ok(_) => permit.success(),
    ///     Err(_) => permit.failure(),
    /// }
    /// # Ok::<(), palisade_core::Rejection>(())
    /// ```
    ///
    /// # Errors
    /// Calls do not pass; the rejection says why, and when to come back.
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit, Rejection> {
        let flags = self.shared.desk.flags();
        if flags.enabled()
            && let Some(call) = self.shared.admit_quickly(flags)
        {
            return Ok(Permit(Held::Judged(call)));
        }
        self.acquire_slowly(flags)
    }

    #[cold]
    fn acquire_slowly(&self, flags: Flags) -> Result<Permit, Rejection> {
        if !flags.enabled() {
            return Ok(Permit(Held::Free));
        }
        match self.shared.decide(flags) {
            Decided::Admitted(call) => Ok(Permit(Held::Judged(call))),
            Decided::Shadowed(ticket) => {
                ticket.close(SHADOW);
                Ok(Permit(Held::Free))
            }
            Decided::Refused(why) => Err(why),
        }
    }

    /// Whether a call may pass. Report how it ended by [`record_success`](Self::record_success) or
    /// [`record_failure`](Self::record_failure); a call whose end nobody reports is as good as none, and
    /// a probe's place is free again after its timeout. [`try_acquire`](Self::try_acquire) cannot be
    /// forgotten.
    #[must_use]
    pub fn allow_request(&self) -> bool {
        match self.try_acquire() {
            Ok(permit) => {
                permit.forget();
                true
            }
            Err(_) => false,
        }
    }

    /// A call that [`allow_request`](Self::allow_request) let pass was a success.
    pub fn record_success(&self) {
        self.record(Verdict::Success);
    }

    /// A call that [`allow_request`](Self::allow_request) let pass was a failure.
    pub fn record_failure(&self) {
        self.record(Verdict::Failure);
    }

    fn record(&self, verdict: Verdict) {
        if !self.shared.desk.flags().enabled() {
            return;
        }
        let pass = self.shared.desk.circuit.machine.oldest_probe(self.shared.clock().now());
        self.shared.recorded(pass).finish(verdict);
    }

    /// A layer on this breaker. Its setters start one of its own, but for those that choose what a
    /// refusal becomes and what counts as a failure.
    #[must_use]
    pub fn layer(&self) -> BreakerLayer {
        BreakerLayer::on(Arc::clone(&self.shared))
    }

    /// Reads and changes the breaker while it is in use, and opens or closes it by hand.
    #[must_use]
    pub fn handle(&self) -> BreakerHandle {
        BreakerHandle::new(Arc::clone(&self.shared))
    }

    fn edit(self, change: impl FnOnce(&mut Shared)) -> Self {
        Self { shared: edit(self.shared, change) }
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self::new()
    }
}

/// A call that passes, until somebody says how it ended. Dropped, it was abandoned: which says
/// nothing of the service, unless the breaker times calls anyway
/// ([`Trip::slow_rate`](crate::Trip::slow_rate)) and it took as long as an
/// [`Abandoned`](crate::Abandoned) call may. (Around a future, [`Breaker::call`] always knows.)
#[derive(Debug)]
#[must_use = "dropping a permit says that the call was abandoned"]
pub struct Permit(Held);

#[derive(Debug)]
enum Held {
    Judged(Call),
    /// Nobody asks how it ends.
    Free,
}

impl Permit {
    /// The service did its work.
    #[inline]
    pub fn success(self) {
        self.settle(Verdict::Success);
    }

    /// The service failed.
    pub fn failure(self) {
        self.settle(Verdict::Failure);
    }

    /// The call ended so. [`Verdict::AtEnd`] is a success.
    #[inline]
    pub fn settle(self, verdict: Verdict) {
        if let Held::Judged(call) = self.0 {
            call.finish(verdict);
        }
    }

    /// The call takes its time: from now on it is known since when.
    fn began(&mut self) {
        if let Held::Judged(call) = &mut self.0 {
            call.began();
        }
    }

    fn forget(self) {
        if let Held::Judged(call) = self.0 {
            call.forget();
        }
    }
}
