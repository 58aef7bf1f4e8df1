//! Services that need nobody to answer for them.

use std::{
    convert::Infallible,
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use tower_service::Service;

mod future;

pub use self::future::CannedFuture;
use self::future::Course;

/// Answers each request with itself, at the first poll.
///
/// ```
/// # use palisade_core::test::echo;
/// # use tower::ServiceExt;
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// assert_eq!(echo().oneshot("hello").await, Ok("hello"));
/// # }
/// ```
#[must_use]
pub fn echo<T>() -> Canned<T, T> {
    Canned::answering(0, |request| request)
}

/// Answers each request with a clone of `value`, at the first poll.
///
/// ```
/// # use palisade_core::test::ready;
/// # use tower::ServiceExt;
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// assert_eq!(ready(200).oneshot("status?").await, Ok(200));
/// # }
/// ```
#[must_use]
pub fn ready<Req, Res>(value: Res) -> Canned<Req, Res>
where
    Res: Clone + Send + Sync + 'static,
{
    after(0, value)
}

/// Answers with a clone of `value` after `polls` polls that return `Pending`, each of which wakes
/// its task at once.
///
/// ```
/// # use palisade_core::test::{after, count_polls};
/// # use tower::ServiceExt;
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let (answer, polls) = count_polls(after(2, "late").oneshot(())).await;
/// assert_eq!((answer, polls.polls), (Ok("late"), 3));
/// # }
/// ```
#[must_use]
pub fn after<Req, Res>(polls: usize, value: Res) -> Canned<Req, Res>
where
    Res: Clone + Send + Sync + 'static,
{
    Canned::answering(polls, move |_| value.clone())
}

/// Never answers, and never wakes.
///
/// ```
/// # use palisade_core::test::pending;
/// # use tower::Service;
/// # use tokio_test::{assert_pending, task};
/// let mut answer = task::spawn(pending::<(), ()>().call(()));
/// assert_pending!(answer.poll());
/// ```
#[must_use]
pub fn pending<Req, Res>() -> Canned<Req, Res> {
    Canned::silent(Course::Never)
}

/// Never answers: each poll uses up all of tokio's cooperative budget and asks for another.
///
/// A handler that always finds more to do behaves like this. A timer that is polled after it, in
/// the same poll and with the budget that is left, never fires.
///
/// ```
/// # use palisade_core::test::greedy;
/// # use tokio::{task::coop::has_budget_remaining, time::{Duration, timeout}};
/// # use tower::ServiceExt;
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// // Tokio's own timeout takes care of it.
/// let answer = greedy::<(), ()>().oneshot(());
/// assert!(timeout(Duration::from_millis(1), answer).await.is_err());
/// # }
/// ```
#[must_use]
pub fn greedy<Req, Res>() -> Canned<Req, Res> {
    Canned::silent(Course::Greedy)
}

/// Panics at the first poll of the future.
///
/// ```
/// # use palisade_core::test::panics;
/// # use tower::ServiceExt;
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let task = tokio::spawn(panics::<(), ()>().oneshot(()));
/// assert!(task.await.unwrap_err().is_panic());
/// # }
/// ```
#[must_use]
pub fn panics<Req, Res>() -> Canned<Req, Res> {
    Canned::silent(Course::Panics)
}

/// A service that answers by itself: always ready, never fails. Made by [`echo`], [`ready`],
/// [`after`], [`pending`], [`greedy`] and [`panics`].
///
/// Calling it and cloning it does not allocate, unless cloning the answer does.
pub struct Canned<Req, Res> {
    // `None` where there never is an answer.
    answer: Option<Arc<dyn Fn(Req) -> Res + Send + Sync>>,
    course: Course,
}

impl<Req, Res> Canned<Req, Res> {
    fn answering(polls: usize, answer: impl Fn(Req) -> Res + Send + Sync + 'static) -> Self {
        Self { answer: Some(Arc::new(answer)), course: Course::After(polls) }
    }

    fn silent(course: Course) -> Self {
        Self { answer: None, course }
    }
}

impl<Req, Res> Service<Req> for Canned<Req, Res> {
    type Response = Res;
    type Error = Infallible;
    type Future = CannedFuture<Res>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let answer = self.answer.as_ref().map(|answer| answer(request));
        CannedFuture { answer, course: self.course }
    }
}

impl<Req, Res> Clone for Canned<Req, Res> {
    fn clone(&self) -> Self {
        Self { answer: self.answer.clone(), course: self.course }
    }
}

impl<Req, Res> fmt::Debug for Canned<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canned").field("course", &self.course).finish_non_exhaustive()
    }
}
