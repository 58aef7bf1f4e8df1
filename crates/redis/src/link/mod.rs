//! The way to Redis.
//!
//! ```text
//!             ┌ Shared   one connection for all calls ── Kept ─┐
//! Link::send ─┼ Pooled   one of several for each call ─────────┼── Route ── Dial ── Live
//!             └ Cluster  one for each node ─────── Kept, Kept ─┘   (asks sentinels)
//! ```
//!
//! The connections are ours and not the library's managed ones, which cannot say whether a command that
//! failed was sent. Of that all depends: what was not sent may be repeated, and what may have been sent may
//! have been charged.

mod cluster;
mod dial;
mod fault;
mod flight;
mod hint;
mod kept;
#[cfg(feature = "deadpool-redis")]
mod lent;
mod live;
mod pause;
mod pool;
mod sentinel;
#[cfg(test)]
mod tests;
#[cfg(feature = "tls")]
mod tls;

use std::sync::Arc;
use std::time::Duration;

use palisade_core::text::Problems;
use redis::{Cmd, Value, cmd};
use tokio::runtime::Handle;

use self::cluster::Cluster;
use self::dial::Dial;
pub(crate) use self::fault::Failed;
use self::fault::{Fault, Trouble};
use self::kept::{Kept, Route, Way};
#[cfg(feature = "deadpool-redis")]
use self::lent::Lent;
use self::pool::Pooled;
use self::sentinel::Sentinels;
use crate::RedisConfig;
use crate::url::Place;

/// The way to Redis, whatever it is: a server, a primary, a cluster. Dropping it closes its connections.
pub(crate) struct Link(Kind);

enum Kind {
    Shared(Kept),
    Pooled(Pooled),
    Cluster(Cluster),
    #[cfg(feature = "deadpool-redis")]
    Lent(Lent),
}

impl Link {
    /// A way as `config` says, on which a command waits `response_timeout` for its answer.
    ///
    /// Nothing is connected to before the first command.
    pub(crate) fn open(config: &RedisConfig, response_timeout: Duration) -> Result<Self, Problems> {
        let target = config.target()?;
        let patience = config.connection_timeout;
        let dial = Arc::new(Dial::new(&target, patience, response_timeout));
        let way = match target.place {
            Place::Cluster(seeds) => return Ok(Self(Kind::Cluster(Cluster::new(seeds, dial)))),
            Place::Server(address) => Way::To(address),
            Place::Sentinels(at, service) => Way::ToPrimary(Sentinels::new(at, &service, &dial)),
        };
        let route = Route::new(way, dial);
        Ok(Self(match config.pool_size {
            0 => Kind::Shared(Kept::new(route)),
            size => Kind::Pooled(Pooled::new(route, size, patience)),
        }))
    }

    /// Connections of a pool that is somebody else's.
    #[cfg(feature = "deadpool-redis")]
    pub(crate) const fn lent(pool: deadpool_redis::Pool, patience: Duration) -> Self {
        Self(Kind::Lent(Lent::new(pool, patience)))
    }

    /// The same way once more with another patience; `config` is what it was opened with.
    pub(crate) fn with_response_timeout(
        &self,
        config: Option<&RedisConfig>,
        timeout: Duration,
    ) -> Result<Self, Problems> {
        match (&self.0, config) {
            #[cfg(feature = "deadpool-redis")]
            (Kind::Lent(lent), _) => Ok(Self(Kind::Lent(lent.with_patience(timeout)))),
            (_, Some(config)) => Self::open(config, timeout),
            // Only what is lent has none.
            (_, None) => Self::open(&RedisConfig::default(), timeout),
        }
    }

    /// Sends `command`, in a cluster to the node of its first key, and gives the server's answer.
    ///
    /// A future that is dropped leaves behind what is unknown: the command may be executed.
    pub(crate) async fn send(&self, command: &Cmd) -> Result<Value, Failed> {
        within_a_runtime()?;
        let answer = match &self.0 {
            Kind::Shared(kept) => kept.send(command).await,
            // A future has room for the largest of its ways, and is copied at each level above: with these
            // in it, that would cost the first one more than all the rest.
            Kind::Pooled(pooled) => Box::pin(pooled.send(command)).await,
            Kind::Cluster(cluster) => Box::pin(cluster.send(command)).await,
            #[cfg(feature = "deadpool-redis")]
            Kind::Lent(lent) => Box::pin(lent.send(command)).await,
        };
        answer.map_err(Failed::from)
    }

    /// Has the server keep `script`, in a cluster all primaries that can be reached.
    pub(crate) async fn load(&self, script: &str) -> Result<(), Failed> {
        within_a_runtime()?;
        let mut command = cmd("SCRIPT");
        command.arg("LOAD").arg(script);
        match &self.0 {
            Kind::Cluster(cluster) => cluster.send_to_all(&command).await.map_err(Failed::from),
            _ => self.send(&command).await.map(drop),
        }
    }

    /// Whether the keys of one call must share a hash tag.
    pub(crate) const fn is_cluster(&self) -> bool {
        matches!(self.0, Kind::Cluster(_))
    }
}

/// Sockets and timers would panic without one, and a limit may be asked by any executor.
fn within_a_runtime() -> Result<(), Fault> {
    let message = "redis is reached from within a tokio runtime only";
    Handle::try_current().map(drop).map_err(|_| Fault::NotSent(Trouble::new(message)))
}
