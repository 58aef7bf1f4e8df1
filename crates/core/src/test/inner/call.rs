//! One call to an `Inner`, from both sides.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::sync::oneshot;

/// A call that waits for its answer. See [`inner`](super::inner()).
///
/// Dropped without one, it never completes: the caller sees a service that went silent.
pub struct Call<Req, Res, Err> {
    request: Req,
    answer: oneshot::Sender<Result<Res, Err>>,
}

/// The future of an [`Inner`](super::Inner): ready once its [`Call`] is answered.
#[must_use = "futures do nothing unless polled"]
pub struct InnerFuture<Res, Err> {
    answer: Option<oneshot::Receiver<Result<Res, Err>>>,
}

impl<Req, Res, Err> Call<Req, Res, Err> {
    pub(super) fn new(request: Req) -> (Self, InnerFuture<Res, Err>) {
        let (answer, answered) = oneshot::channel();
        (Self { request, answer }, InnerFuture { answer: Some(answered) })
    }

    /// The request, as it reached the service.
    #[must_use]
    pub fn request(&self) -> &Req {
        &self.request
    }

    /// Answers the call. If the caller has gone away nothing happens.
    pub fn respond(self, response: Res) {
        let _ = self.answer.send(Ok(response));
    }

    /// Fails the call. If the caller has gone away nothing happens.
    pub fn fail(self, error: Err) {
        let _ = self.answer.send(Err(error));
    }

    /// Whether the caller has dropped the future before it was ready.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        self.answer.is_closed()
    }

    /// Waits until the caller drops the future.
    ///
    /// ```
    /// use palisade_core::test::inner;
    /// use tower::Service;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let (mut service, handle) = inner::<(), (), ()>();
    /// let caller = tokio::spawn(service.call(()));
    /// let mut call = handle.next_call().await;
    ///
    /// caller.abort();
    /// call.dropped().await;
    /// assert!(call.is_dropped());
    /// # }
    /// ```
    pub async fn dropped(&mut self) {
        self.answer.closed().await;
    }
}

impl<Res, Err> Future for InnerFuture<Res, Err> {
    type Output = Result<Res, Err>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(answer) = &mut self.answer else { return Poll::Pending };
        match std::task::ready!(Pin::new(answer).poll(cx)) {
            Ok(answer) => Poll::Ready(answer),
            // The call was dropped unanswered: silence, without asking the channel again.
            Err(_) => {
                self.answer = None;
                Poll::Pending
            }
        }
    }
}

impl<Req: fmt::Debug, Res, Err> fmt::Debug for Call<Req, Res, Err> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("request", &self.request)
            .field("dropped", &self.is_dropped())
            .finish_non_exhaustive()
    }
}

impl<Res, Err> fmt::Debug for InnerFuture<Res, Err> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InnerFuture").finish_non_exhaustive()
    }
}
