//! A store that notes what the one in it answers, past all metrics.

use std::collections::BTreeMap;
use std::sync::Arc;

use palisade::algorithm::{Op, Portion};
use palisade::store::{Answer, Charge, Source, Store, StoreError};
use parking_lot::Mutex;

/// Notes who decided. Clones note together.
pub(crate) struct Noted<S>(Arc<Inner<S>>);

struct Inner<S> {
    store: S,
    by: Mutex<BTreeMap<&'static str, u64>>,
    asked: Mutex<Vec<Charge>>,
}

/// How a decision that failed is noted.
pub(crate) const DENIED: &str = "denied";

impl<S: Store> Noted<S> {
    pub(crate) fn new(store: S) -> Self {
        Self(Arc::new(Inner { store, by: Mutex::default(), asked: Mutex::default() }))
    }

    pub(crate) fn store(&self) -> &S {
        &self.0.store
    }

    /// What was asked for last.
    pub(crate) fn asked(&self) -> Vec<Charge> {
        self.0.asked.lock().clone()
    }

    /// How many decisions were made, by their sources' labels.
    pub(crate) fn all(&self) -> BTreeMap<&'static str, u64> {
        self.0.by.lock().clone()
    }

    /// How many were made by the store inside, or by what it has said a moment ago.
    pub(crate) fn by_store(&self) -> u64 {
        self.sum(|source| !source.is_degraded())
    }

    /// How many were made in its absence.
    pub(crate) fn without_store(&self) -> u64 {
        self.sum(Source::is_degraded) + self.all().get(DENIED).copied().unwrap_or(0)
    }

    fn sum(&self, counts: impl Fn(Source) -> bool) -> u64 {
        let all = self.all();
        let sources = Source::ALL.into_iter().filter(|&source| counts(source));
        sources.filter_map(|source| all.get(source.label())).sum()
    }
}

impl<S: Store> Store for Noted<S> {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        self.0.asked.lock().clone_from(&charges);
        let answer = self.0.store.execute(op, charges).await;
        let label = answer.as_ref().map_or(DENIED, |answer| answer.source.label());
        *self.0.by.lock().entry(label).or_default() += 1;
        answer
    }

    async fn heartbeat(&self, instance: u64) -> Result<Option<Portion>, StoreError> {
        self.0.store.heartbeat(instance).await
    }
}

impl<S> Clone for Noted<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
