//! Something that is made once for all who need it.

use std::future::Future;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::fault::Trouble;
use super::pause;

/// What may stop being good by itself.
pub(super) trait Usable: Send + Sync + 'static {
    fn is_usable(&self) -> bool;
}

/// A value that is made when it is needed and made anew when it is not usable any more.
///
/// It is made in a task of its own, so that a caller who goes away does not take the work of all others with
/// him. After a failure nobody tries for a little while, and all are told the same at once.
///
/// ```text
/// Idle ──▶ Running ──▶ Idle, and the value is there
///  ▲          └──────▶ Failed until ──┐
///  └──────────────────────────────────┘
/// ```
pub(super) struct Flight<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    value: ArcSwapOption<T>,
    phase: Mutex<Phase<T>>,
}

enum Phase<T> {
    Idle,
    Running(Outcome<T>, AbortHandle),
    Failed(Trouble, Instant),
}

type Outcome<T> = watch::Receiver<Option<Result<Arc<T>, Trouble>>>;

impl<T: Usable> Flight<T> {
    pub(super) fn new() -> Self {
        let (value, phase) = (ArcSwapOption::empty(), Mutex::new(Phase::Idle));
        Self { shared: Arc::new(Shared { value, phase }) }
    }

    /// The value, if there is one.
    pub(super) fn value(&self) -> Option<Arc<T>> {
        self.shared.value.load_full().filter(|value| value.is_usable())
    }

    /// The value, made by `make` if there is none and nobody makes it already.
    pub(super) async fn get<F>(&self, make: impl FnOnce() -> F) -> Result<Arc<T>, Trouble>
    where
        F: Future<Output = Result<T, Trouble>> + Send + 'static,
    {
        let mut outcome = {
            let mut phase = self.shared.phase.lock();
            // It may have come while the lock was waited for.
            match self.value() {
                Some(value) => return Ok(value),
                None => self.begin(&mut phase, make)?,
            }
        };
        let gone = || Trouble::new("the runtime that connected to redis has ended");
        let outcome = outcome.wait_for(Option::is_some).await.map_err(|_| gone())?;
        outcome.clone().unwrap_or_else(|| Err(gone()))
    }

    /// Makes the value anew in the background, while the present one stays in use; unless that goes on
    /// already, or has just failed.
    pub(super) fn renew<F>(&self, make: impl FnOnce() -> F)
    where
        F: Future<Output = Result<T, Trouble>> + Send + 'static,
    {
        // Whoever needs the value and gets none is told why; nobody waits for this one.
        let _ = self.begin(&mut self.shared.phase.lock(), make);
    }

    fn begin<F>(
        &self,
        phase: &mut Phase<T>,
        make: impl FnOnce() -> F,
    ) -> Result<Outcome<T>, Trouble>
    where
        F: Future<Output = Result<T, Trouble>> + Send + 'static,
    {
        match phase {
            // A runtime that ends drops its tasks, and the next one begins afresh.
            Phase::Running(outcome, _) if outcome.has_changed().is_ok() => {
                return Ok(outcome.clone());
            }
            Phase::Failed(trouble, until) if Instant::now() < *until => {
                return Err(trouble.clone());
            }
            Phase::Idle | Phase::Running(..) | Phase::Failed(..) => {}
        }
        let (sender, outcome) = watch::channel(None);
        let (shared, work) = (Arc::clone(&self.shared), make());
        let task = tokio::spawn(async move {
            let result = work.await.map(Arc::new);
            shared.finish(&result);
            sender.send_replace(Some(result));
        });
        *phase = Phase::Running(outcome.clone(), task.abort_handle());
        Ok(outcome)
    }
}

impl<T> Shared<T> {
    fn finish(&self, result: &Result<Arc<T>, Trouble>) {
        let mut phase = self.phase.lock();
        *phase = match result {
            Ok(value) => {
                self.value.store(Some(Arc::clone(value)));
                Phase::Idle
            }
            Err(trouble) => Phase::Failed(trouble.clone(), pause::end()),
        };
    }
}

impl<T> Drop for Flight<T> {
    fn drop(&mut self) {
        if let Phase::Running(_, task) = &*self.shared.phase.lock() {
            task.abort();
        }
    }
}
