//! Retries without Tower.

use std::future::Future;
use std::task::{Context, Poll};

use tower_layer::Layer as _;
use tower_service::Service;

use crate::judge::Judge;
use crate::layer::RetryLayer;
use crate::layer::future::ResponseFuture;
use crate::repeat::Cloned;

/// A closure as a service.
#[derive(Clone, Debug)]
pub struct Calls<F>(F);

/// The future of [`RetryLayer::run`].
pub type Run<F, J> = ResponseFuture<Calls<F>, (), J, Cloned>;

impl<J: Clone, K> RetryLayer<J, K> {
    /// Calls `call` until it succeeds, or there are no more attempts, for work that is no service.
    ///
    /// ```
    /// use palisade_retry::RetryLayer;
    /// # use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), std::io::Error> {
    /// # let calls = AtomicU32::new(0);
    /// # let fetch = || {
    /// #     let first = calls.fetch_add(1, Ordering::Relaxed) == 0;
    /// #     async move { if first { Err(std::io::Error::other("reset")) } else { Ok("fetched") } }
    /// # };
    /// let retry = RetryLayer::standard().plain().name("fetch");
    /// assert_eq!(retry.run(|| fetch()).await?, "fetched");
    /// # Ok(())
    /// # }
    /// ```
    pub fn run<F, Fut, T, E>(&self, call: F) -> Run<F, J>
    where
        F: FnMut() -> Fut + Clone,
        Fut: Future<Output = Result<T, E>>,
        J: Judge<T, E>,
    {
        self.clone_with(Cloned).layer(Calls(call)).call(())
    }
}

impl<F, Fut, T, E> Service<()> for Calls<F>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    type Response = T;
    type Error = E;
    type Future = Fut;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Fut {
        (self.0)()
    }
}
