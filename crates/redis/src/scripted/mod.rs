//! Limits as scripts that Redis runs.

mod apart;
mod compare;
mod heartbeat;
mod one;
mod part;
mod reset;
mod several;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::algorithm::{Algorithm, Op, Portion, Retry};
use palisade_core::store::{Answer, Charge, Policy, Source, Store, StoreError};
use palisade_core::text::Problems;
use palisade_core::{Clock, Micros};

use self::part::Part;
use crate::RedisConfig;
use crate::key;
use crate::link::Link;
use crate::script::Scripts;

/// Decides each call by one script.
#[derive(Clone)]
pub(crate) struct Scripted {
    /// None over connections of somebody else's.
    config: Option<Arc<RedisConfig>>,
    link: Arc<Link>,
    scripts: Arc<Scripts>,
    prefix: Arc<str>,
    /// In place of the server's, for tests.
    clock: Option<Clock>,
}

/// How long a command waits for its answer unless told otherwise.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(50);

// ===== impl Scripted =====

impl Scripted {
    pub(crate) fn new(config: RedisConfig) -> Result<Self, Problems> {
        let link = Link::open(&config, RESPONSE_TIMEOUT)?;
        Ok(Self { config: Some(Arc::new(config)), ..Self::over(link) })
    }

    /// Through connections of somebody else's.
    #[cfg(feature = "deadpool-redis")]
    pub(crate) fn lent(pool: deadpool_redis::Pool) -> Self {
        Self::over(Link::lent(pool, RESPONSE_TIMEOUT))
    }

    fn over(link: Link) -> Self {
        let (link, scripts) = (Arc::new(link), Arc::new(Scripts::new()));
        Self { config: None, link, scripts, prefix: Arc::from("palisade"), clock: None }
    }

    pub(crate) fn prefix(self, prefix: &str) -> Result<Self, Problems> {
        key::check_prefix(prefix)?;
        Ok(Self { prefix: Arc::from(prefix), ..self })
    }

    pub(crate) fn response_timeout(self, timeout: Duration) -> Self {
        let timeout = timeout.max(Duration::from_millis(1));
        match self.link.with_response_timeout(self.config.as_deref(), timeout) {
            Ok(link) => Self { link: Arc::new(link), ..self },
            // It was found good before.
            Err(_) => self,
        }
    }

    /// Decides by this clock, and not by the server's, which keeps states for a day at least then.
    pub(crate) fn at(self, clock: Clock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// The time that a script is told: 0 is the server's.
    fn virtual_now(&self) -> u64 {
        self.clock.as_ref().map_or(0, |clock| clock.now().0)
    }

    async fn execute_all(&self, op: Op, charges: &[Charge]) -> Result<Answer, StoreError> {
        if let [charge] = charges
            && let Some(answer) = self.denied(op, charge)
        {
            return Ok(answer);
        }
        let parts = charges.iter().map(|charge| Part::new(&self.prefix, charge));
        let mut parts: Vec<Part<'_>> = parts.collect::<Result<_, _>>()?;
        let (outcomes, now) = match &mut *parts {
            [part] if part.is_alone() => {
                let (outcome, now) = self.one(op, part).await?;
                (vec![outcome], now)
            }
            // As in `Link::send`: the first way has less to carry with the others apart.
            parts if self.link.is_cluster() => Box::pin(self.apart(op, parts)).await?,
            parts => Box::pin(self.together(op, &parts.iter().collect::<Vec<_>>())).await?,
        };
        Ok(Answer { outcomes, now, source: Source::Store })
    }

    /// The answer of a limit that denies all: one unit is more than it ever has.
    fn denied(&self, op: Op, charge: &Charge) -> Option<Answer> {
        let Charge { policy, units, class, .. } = charge;
        if op != Op::Decide || *units == 0 {
            return None;
        }
        let plan = |units, now| policy.plan(&AnyState::default(), now, op, units, *class).0;
        if plan(1, Micros::ZERO).retry != Retry::Never || policy.twin().is_none() {
            return None;
        }
        let now = self.clock.clone().unwrap_or_default().now();
        Some(Answer { outcomes: vec![plan(*units, now)], now, source: Source::Store })
    }
}

type AnyState = <Policy as Algorithm>::State;

impl Store for Scripted {
    async fn execute(&self, op: Op, charges: Vec<Charge>) -> Result<Answer, StoreError> {
        self.execute_all(op, &charges).await
    }

    async fn reset(&self, charges: Vec<Charge>) -> Result<(), StoreError> {
        self.forget(&charges).await
    }

    async fn heartbeat(&self, instance: u64) -> Result<Option<Portion>, StoreError> {
        self.beat(instance).await.map(Some)
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted")
            .field("config", &self.config)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
