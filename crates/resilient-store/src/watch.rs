//! What watches the store while nobody asks: health checks, the sweep after an outage, and the clean-up.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::time::Duration;

use fastrand::Rng;
use palisade_breaker::State;
use palisade_core::store::{Charge, Store, StoreError};
use palisade_core::{LayerError, telemetry};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout, timeout_at};

use crate::ask::{Trouble, boxed};
use crate::config::HealthCheckConfig;
use crate::counters::LAYER;
use crate::health::Status;
use crate::shared::Shared;

/// How often a store is asked at least that is away.
const AWAY: Duration = Duration::from_secs(1);

/// How often keys are looked for that nobody asks for, and how many are told at a time.
const SWEEP: Duration = Duration::from_secs(1);
const SWEPT: usize = 100;

/// What happens when, next.
struct Rounds {
    check: Instant,
    sweep: Instant,
    cleanup: Option<Instant>,
    rng: Rng,
    /// Whether the breaker was told to try, since it opened.
    has_hinted: bool,
}

/// Says when it does not run any more: with its runtime it may end at any time.
struct Running(Arc<AtomicBool>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.store(false, Relaxed);
    }
}

impl<S: Store> Shared<S> {
    /// Begins to watch the store, unless it is watched.
    #[inline]
    pub(crate) fn keep_watch(self: &Arc<Self>) {
        if !self.is_watched.load(Relaxed) {
            self.begin_watch();
        }
    }

    #[cold]
    fn begin_watch(self: &Arc<Self>) {
        let Ok(runtime) = Handle::try_current() else {
            if !self.warned.swap(true, Relaxed) {
                let message = "used outside of a tokio runtime: the store's health is not checked, \
                               and its answers take the time that they take";
                telemetry::warn(LAYER, self.base.name(), message);
            }
            return;
        };
        let mut watch = self.watch.lock();
        if self.is_watched.swap(true, Relaxed) {
            return;
        }
        let running = Running(Arc::clone(&self.is_watched));
        let task = runtime.spawn(run(Arc::downgrade(self), running));
        *watch = Some(task.abort_handle());
    }
}

async fn run<S: Store>(store: Weak<Shared<S>>, _running: Running) {
    let Some(mut rounds) = store.upgrade().map(|shared| Rounds::new(&shared)) else { return };
    loop {
        let Some(shared) = store.upgrade() else { return };
        let (health, interval) = (Arc::clone(&shared.parts().health), pace(&shared));
        let now = Instant::now();
        if rounds.check <= now {
            rounds.check(&shared).await;
            rounds.check = Instant::now() + rounds.jittered(pace(&shared));
        }
        if rounds.cleanup.is_some_and(|due| due <= now) {
            shared.parts().memory.tidy(shared.store_now());
            rounds.cleanup = rounds.cleanup(&shared);
        }
        let owing = match rounds.sweep <= now {
            true => rounds.owing(&shared),
            false => Vec::new(),
        };
        drop(shared);
        sweep(&store, owing).await;

        let next = rounds.check.min(rounds.sweep).min(rounds.cleanup.unwrap_or(rounds.check));
        if timeout_at(next, health.bell.notified()).await.is_ok() {
            rounds.check = rounds.check.min(Instant::now() + rounds.jittered(interval.min(AWAY)));
        }
    }
}

/// How often to check, at the moment.
fn pace<S: Store>(shared: &Shared<S>) -> Duration {
    let HealthCheckConfig { check_interval, .. } = shared.settings.config.health_check;
    let interval = check_interval.max(Duration::from_millis(1));
    if shared.is_degraded() { interval.min(AWAY) } else { interval }
}

/// Tells the store of keys that nobody asks for, one after another, as long as it takes them.
async fn sweep<S: Store>(store: &Weak<Shared<S>>, owing: Vec<Charge>) {
    for charge in owing {
        let Some(shared) = store.upgrade() else { return };
        let charges = [charge];
        let telling = || async {
            // What was not asked says nothing of the store.
            shared.tell(&charges).await?.then_some(()).ok_or(Trouble::Unasked)
        };
        if shared.state() != State::Closed {
            return;
        }
        match shared.ask(telling).await {
            Ok(()) | Err(LayerError::Inner(LayerError::Inner(Trouble::Unasked))) => {}
            Err(_) => return,
        }
    }
}

impl Rounds {
    fn new<S: Store>(shared: &Shared<S>) -> Self {
        let (now, rng) = (Instant::now(), Rng::with_seed(shared.settings.instance));
        let mut rounds =
            Self { check: now, sweep: now + SWEEP, cleanup: None, rng, has_hinted: false };
        rounds.cleanup = rounds.cleanup(shared);
        rounds
    }

    fn cleanup<S: Store>(&self, shared: &Shared<S>) -> Option<Instant> {
        let config = shared.settings.config.in_memory;
        let interval = config.cleanup_interval.max(Duration::from_millis(1));
        config.use_background_task.then(|| Instant::now().checked_add(interval)).flatten()
    }

    /// A tenth less at most, so that the instances part.
    fn jittered(&mut self, span: Duration) -> Duration {
        // A check that is hardly ever made is made once a day.
        let micros = span.min(Duration::from_secs(86_400)).as_micros() as u64;
        Duration::from_micros(micros - self.rng.u64(..=micros / 10))
    }

    async fn check<S: Store>(&mut self, shared: &Shared<S>) {
        let (parts, settings) = (shared.parts(), &shared.settings);
        let most = settings.config.health_check.check_timeout;
        let heard = timeout(most, boxed(shared.store.heartbeat(settings.instance))).await;
        let status = match heard {
            Ok(Ok(portion)) => {
                parts.health.set_portion(portion);
                Status::Up
            }
            Ok(Err(StoreError::Rejected(_))) => Status::Refusing,
            _ => Status::Away,
        };
        let before = parts.health.set_status(status);
        if status != before {
            let message = match status {
                Status::Up => "the store is back",
                Status::Refusing => "the store refuses its health check; what decisions say counts",
                Status::Away => "the store is away; limits are kept here meanwhile",
            };
            telemetry::transition(LAYER, shared.base.name(), status != Status::Up, &message);
        }
        if status == Status::Away {
            parts.health.fail();
        }
        self.hint(shared, status, before);
    }

    /// Lets the breaker try a store that is there. Once: what answers checks and nothing else is tried when
    /// the breaker's own time has come.
    fn hint<S: Store>(&mut self, shared: &Shared<S>, status: Status, before: Status) {
        let state = shared.state();
        if state == State::Closed || status != before {
            self.has_hinted = false;
        }
        if state == State::Open && status == Status::Up && !self.has_hinted {
            self.has_hinted = true;
            shared.parts().circuit.handle().probe_now();
        }
    }

    /// What is to be swept now; and when to look again.
    fn owing<S: Store>(&mut self, shared: &Shared<S>) -> Vec<Charge> {
        let health = &shared.parts().health;
        self.sweep = Instant::now() + SWEEP;
        if shared.is_degraded() || !health.owing.load(Relaxed) {
            return Vec::new();
        }
        // Before it is looked for, so that what comes meanwhile is looked for again.
        health.owing.store(false, Relaxed);
        let owing = shared.parts().memory.owing(health.outage(), SWEPT);
        if !owing.is_empty() {
            health.owing.store(true, Relaxed);
        }
        owing
    }
}
