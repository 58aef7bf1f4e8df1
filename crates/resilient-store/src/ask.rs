//! One question: to the store if it is there, in time; else to the memory that stands in for it.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};

use palisade_core::algorithm::Op;
use palisade_core::classify::Verdict;
use palisade_core::store::{Answer, Charge, Source, Store, StoreError};
use palisade_core::{LayerError, Origin, Rejection};
use palisade_retry::judge::Judge;
use palisade_retry::{Advice, Asked};
use tokio::runtime::Handle;
use tower_layer::Layer as _;
use tower_service::Service;

use crate::counters::{DENIED, TIMED_OUT, by, of};
use crate::shared::Shared;

/// Only what was not sent is asked again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unsent;

/// Why there is no answer.
pub(crate) enum Trouble {
    /// The store was not asked: somebody else is telling it of a key, or there is nothing to tell.
    Unasked,
    Store(StoreError),
}

/// How a question to the store ends.
pub(crate) type Asking<T> = Result<T, LayerError<LayerError<Trouble>>>;

impl<S: Store> Shared<S> {
    pub(crate) async fn decide(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        let parts = self.parts();
        if parts.health.is_away() {
            return self.stand_in(op, &charges, true, away);
        }
        // Whether the charges themselves may have reached the store.
        let asked = AtomicBool::new(false);
        let asking = self.ask(|| async {
            self.tell(&charges).await?;
            asked.store(true, Relaxed);
            let attempt = || boxed(self.store.execute(op, charges.clone()));
            let answer = match Handle::try_current() {
                Ok(_) => parts.retry.run(attempt).await,
                Err(_) => attempt().await,
            };
            answer.map_err(Trouble::Store)
        });
        let unsent = || !asked.load(Relaxed);
        match asking.await {
            Ok(answer) => {
                self.hear(&charges, &answer);
                self.base.meter().add(by(answer.source));
                Ok(answer)
            }
            Err(LayerError::Inner(LayerError::Inner(Trouble::Store(error)))) => {
                let owes = !matches!(error, StoreError::Unknown(_)) || unsent();
                self.stand_in(op, &charges, owes, || error)
            }
            Err(LayerError::Inner(LayerError::Rejected(late))) => {
                let (owes, late) = (unsent(), Box::new(late));
                self.stand_in(op, &charges, owes, || match owes {
                    true => StoreError::NotSent(late),
                    false => StoreError::Unknown(late),
                })
            }
            Err(_) => self.stand_in(op, &charges, true, away),
        }
    }

    /// Tells the store of what was decided without it; whether there was anything to tell.
    pub(crate) async fn tell(&self, charges: &[Charge]) -> Result<bool, Trouble> {
        let parts = self.parts();
        let outage = parts.health.outage();
        // Without one all is told.
        if outage == 0 && !parts.health.owing.load(Relaxed) {
            return Ok(false);
        }
        let (portion, now, meter) = (self.portion(), self.store_now(), self.base.meter());
        let merge = parts.memory.begin(charges, outage, portion, now, meter);
        merge.ok_or(Trouble::Unasked)?.run(&*self.store).await.map_err(Trouble::Store)
    }

    /// Asks the store by a `question`, in the time that there is and if the breaker lets it pass. Outside of
    /// a runtime there are no timers: then it takes the time that it takes.
    pub(crate) async fn ask<F, Fut, T>(&self, question: F) -> Asking<T>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, Trouble>>,
    {
        let (parts, mut question) = (self.parts(), Question(question));
        let timed = async {
            match Handle::try_current() {
                Ok(_) => parts.timeout.layer(question).call(()).await,
                Err(_) => question.call(()).await.map_err(LayerError::Inner),
            }
        };
        let asking = parts.circuit.call_judged(timed, judge).await;
        match &asking {
            Ok(_) => parts.health.succeed(),
            Err(LayerError::Inner(LayerError::Inner(Trouble::Store(error)))) => {
                self.base.meter().add(of(error));
                parts.health.fail();
            }
            Err(LayerError::Inner(LayerError::Rejected(late))) if is_late(late) => {
                self.base.meter().add(TIMED_OUT);
            }
            Err(_) => {}
        }
        asking
    }

    /// Remembers what the store said.
    fn hear(&self, charges: &[Charge], answer: &Answer) {
        let parts = self.parts();
        if answer.source == Source::Store {
            parts.time.hear(answer.now, self.now());
        }
        if !answer.source.is_degraded() {
            parts.memory.hear(charges, answer, parts.health.outage());
        }
    }

    /// Decides without the store.
    fn stand_in(
        &self,
        op: Op,
        charges: &[Charge],
        owes: bool,
        why: impl FnOnce() -> StoreError,
    ) -> Result<Answer, StoreError> {
        let (parts, meter) = (self.parts(), self.base.meter());
        match parts.memory.decide(op, charges, self.portion(), owes, || self.store_now()) {
            Some(answer) => {
                if !parts.health.owing.load(Relaxed) {
                    parts.health.owing.store(true, Relaxed);
                }
                meter.add(by(answer.source));
                Ok(answer)
            }
            None => {
                meter.add(DENIED);
                Err(why())
            }
        }
    }
}

/// Ends the type of the store's future here: within all of ours it would be too deep for the compiler, where a
/// store has many layers of its own. One allocation for a command that travels.
pub(crate) fn boxed<'s, T>(
    future: impl Future<Output = Result<T, StoreError>> + Send + 's,
) -> Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 's>> {
    Box::pin(future)
}

/// What is told of a store that was not even asked.
fn away() -> StoreError {
    StoreError::NotSent("the store is away, and is not asked until it is back".into())
}

fn is_late(why: &Rejection) -> bool {
    why.origin() == Origin::Upstream
}

/// What a question says of the store.
fn judge<T>(asked: &Result<T, LayerError<Trouble>>) -> Verdict {
    match asked {
        Ok(_) => Verdict::Success,
        Err(LayerError::Inner(Trouble::Store(_))) => Verdict::Failure,
        Err(LayerError::Rejected(why)) if is_late(why) => Verdict::Failure,
        // It was not asked.
        Err(_) => Verdict::Neutral,
    }
}

impl Judge<Answer, StoreError> for Unsent {
    fn judge(&self, outcome: Result<&Answer, &StoreError>, _: &Asked<'_>) -> Advice {
        match outcome {
            Ok(_) => Advice::Done,
            Err(StoreError::NotSent(_)) => Advice::again().unsent(),
            Err(_) => Advice::Stop,
        }
    }
}

/// A closure as a service.
struct Question<F>(F);

impl<F, Fut, T> Service<()> for Question<F>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, Trouble>>,
{
    type Response = T;
    type Error = Trouble;
    type Future = Fut;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Trouble>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Fut {
        (self.0)()
    }
}
