//! A store that answers as it is told, and tells what it was asked.

use palisade_core::Micros;
use palisade_core::algorithm::{Op, Outcome};
use palisade_core::store::{Answer, Charge, Source, Store, StoreError};
use tokio::sync::mpsc;

struct Scripted<F> {
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
    let (sender, asked) = mpsc::unbounded_channel();
    (Scripted { answer, asked: sender }, Questions(asked))
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
        Ok(Answer { outcomes: outcomes?, now: Micros::ZERO, source: Source::Store })
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
