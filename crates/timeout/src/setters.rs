//! The times of a layer, and what it does with deadlines.

use std::time::Duration;

use crate::forward::Forward;
use crate::layer::TimeoutLayer;
use crate::shared::Shared;
use crate::shared::settings::{Settings, micros};

impl<R, T, D> TimeoutLayer<R, T, D> {
    /// Changes the time until the response's head.
    #[must_use]
    pub fn head(self, head: Duration) -> Self {
        self.edit(|shared| shared.set(|old| Settings { head: head.into(), ..old }))
    }

    /// Cuts a body that has nothing for so long: for its first frame, or between two. Unlimited unless set;
    /// `None` is unlimited again.
    ///
    /// It is the body that must not be silent: a reader who takes a while to ask for more is not waited
    /// for by this. Does nothing in the modes for any service (`plain` and its siblings), whose responses
    /// have no body that could be watched, nor to upgraded connections.
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade_timeout::TimeoutLayer;
    ///
    /// TimeoutLayer::new(Duration::from_secs(2)).idle(Duration::from_secs(10));
    /// ```
    #[must_use]
    pub fn idle(self, idle: impl Into<Option<Duration>>) -> Self {
        let idle = micros(idle.into());
        self.edit(|shared| shared.set(|old| Settings { idle, ..old }))
    }

    /// Cuts a call whose response has not ended after so long, its body included. Unlimited unless set;
    /// `None` is unlimited again.
    ///
    /// What has no end of its own is exempt once its head is there: `text/event-stream`, responses with
    /// status 101, and those to `CONNECT`. In the modes for any service (`plain` and its siblings), whose
    /// responses have no body that could be watched, it bounds the response as the head's time does.
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade_timeout::TimeoutLayer;
    ///
    /// TimeoutLayer::new(Duration::from_secs(2)).total(Duration::from_secs(30));
    /// ```
    #[must_use]
    pub fn total(self, total: impl Into<Option<Duration>>) -> Self {
        let total = micros(total.into());
        self.edit(|shared| shared.set(|old| Settings { total, ..old }))
    }

    /// Whether requests bring deadlines, which is the default: gRPC calls in `grpc-timeout`, others in
    /// `x-request-timeout-ms`. Such a deadline is for the whole answer, as [`total`](Self::total) is; it
    /// never gives more time than the layer does. One that is malformed is ignored.
    ///
    /// Only in the modes for HTTP services. Those of the [call context](palisade_core::CallContext) hold
    /// in any case.
    #[must_use]
    pub fn read_deadline(self, read: bool) -> Self {
        self.edit(|shared| shared.deadlines.read = read)
    }

    /// Which requests tell whoever they go to how much time remains; [`Forward::Grpc`] unless set.
    ///
    /// What is told is until when the *whole* answer must be there: by [`total`](Self::total), by the
    /// deadline that the request brought, or by what a layer outside said of the two. The time for the head
    /// is not: a server that was told it would end its streams by then.
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade_timeout::{Forward, TimeoutLayer};
    ///
    /// let second = Duration::from_secs(1);
    /// TimeoutLayer::new(second).total(second).send_deadline(Forward::Always);
    /// ```
    #[must_use]
    pub fn send_deadline(self, send: Forward) -> Self {
        self.edit(|shared| shared.deadlines.send = send)
    }

    /// Whether requests get a [`Deadline`](palisade_core::Deadline) among their extensions; not unless
    /// set. It is until when the response's head must be there.
    ///
    /// Costs the allocations of an extension. The [call context](palisade_core::CallContext) says the same
    /// for nothing, to whatever runs within the call.
    #[must_use]
    pub fn in_extensions(self, attach: bool) -> Self {
        self.edit(|shared: &mut Shared| shared.deadlines.in_extensions = attach)
    }
}
