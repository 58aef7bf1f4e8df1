//! A store that answers as it is told, and tells what it was asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use palisade_core::Micros;
use palisade_core::algorithm::{Op, Outcome};
use palisade_core::store::{Answer, Charge, Source, Store, StoreError};
use tokio::sync::mpsc;
use tokio::time::sleep;

struct Scripted<F> {
    source: Source,
    answer: F,
    asked: mpsc::UnboundedSender<(Op, Vec<Charge>)>,
}

/// What a store was asked, in order.
pub struct Questions(mpsc::UnboundedReceiver<(Op, Vec<Charge>)>);

/// One question, in short: what is to be done with how many units of which keys.
pub type Asked = (Op, Vec<(String, u64)>);

/// A store that answers each question with the outcomes that `answer` has for it.
pub fn scripted<F>(answer: F) -> (impl Store, Questions)
where
    F: Fn(Op, &[Charge]) -> Result<Vec<Outcome>, StoreError> + Send + Sync + 'static,
{
    scripted_by(Source::Store, answer)
}

/// The same, on behalf of `source`.
pub fn scripted_by<F>(source: Source, answer: F) -> (impl Store, Questions)
where
    F: Fn(Op, &[Charge]) -> Result<Vec<Outcome>, StoreError> + Send + Sync + 'static,
{
    let (sender, asked) = mpsc::unbounded_channel();
    (Scripted { source, answer, asked: sender }, Questions(asked))
}

/// A store that lets everything pass.
pub fn passing() -> (impl Store, Questions) {
    scripted(|_, charges| Ok(charges.iter().map(|charge| Outcome::passed(charge.units)).collect()))
}

/// A store that is out of reach.
pub fn failing() -> (impl Store, Questions) {
    scripted(|_, _| Err(StoreError::NotSent("no route".into())))
}

impl<F> Store for Scripted<F>
where
    F: Fn(Op, &[Charge]) -> Result<Vec<Outcome>, StoreError> + Send + Sync + 'static,
{
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        let outcomes = (self.answer)(op, &charges);
        // Whoever does not ask for the questions has dropped them.
        let _ = self.asked.send((op, charges));
        Ok(Answer { outcomes: outcomes?, now: Micros::ZERO, source: self.source })
    }
}

impl Questions {
    /// The next question, if one was asked.
    pub fn charges(&mut self) -> Option<(Op, Vec<Charge>)> {
        self.0.try_recv().ok()
    }

    /// The same in short.
    pub fn next(&mut self) -> Option<Asked> {
        let (op, charges) = self.charges()?;
        let key = |charge: &Charge| format!("{}|{}", charge.policy.name(), charge.subject);
        let short = |charge: Charge| (key(&charge), charge.units);
        Some((op, charges.into_iter().map(short).collect()))
    }
}

/// A store that takes so long for each answer.
pub struct Slow<S>(pub S, pub Duration);

impl<S: Store> Store for Slow<S> {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        sleep(self.1).await;
        self.0.execute(op, charges).await
    }

    async fn reset(&self, charges: Vec<Charge>) -> Result<(), StoreError> {
        sleep(self.1).await;
        self.0.reset(charges).await
    }
}

/// A store that can be cut off.
pub struct Cut<S> {
    pub store: S,
    pub is_cut: Arc<AtomicBool>,
}

impl<S: Store> Store for Cut<S> {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        if self.is_cut.load(Ordering::Relaxed) {
            return Err(StoreError::Unknown("cut".into()));
        }
        self.store.execute(op, charges).await
    }
}
