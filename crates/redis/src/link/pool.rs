//! Several connections, each lent to one call at a time.

use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, RecycleError, RecycleResult};
use palisade_core::text::duration;
use parking_lot::Mutex;
use redis::{Cmd, Value};
use tokio::time::Instant;

use super::fault::{Fault, Trouble};
use super::flight::Usable;
use super::kept::Route;
use super::live::Live;
use super::pause;

/// A pool of connections.
pub(super) struct Pooled {
    pool: Pool<Maker>,
    /// How long one may wait for a connection that others have.
    patience: Duration,
}

impl Pooled {
    pub(super) fn new(route: Route, size: usize, patience: Duration) -> Self {
        let maker = Maker { route: Arc::new(route), failed: Mutex::new(None) };
        let pool = Pool::builder(maker)
            .max_size(size)
            .wait_timeout(Some(patience))
            .runtime(Runtime::Tokio1)
            .build()
            .expect("what a timeout needs, a runtime, is named");
        Self { pool, patience }
    }

    /// Sends a command on a connection of its own.
    pub(super) async fn send(&self, command: &Cmd) -> Result<Value, Fault> {
        self.lent().await.map_err(Fault::NotSent)?.send(command).await
    }

    async fn lent(&self) -> Result<Object<Maker>, Trouble> {
        let status = self.pool.status();
        let lent = if status.available == 0 && status.size < status.max_size {
            // One will be made: in a task, so that who goes away leaves it to the others, and not half of it.
            let pool = self.pool.clone();
            let made = tokio::spawn(async move { pool.get().await });
            made.await.map_err(|_| Trouble::new("the runtime that connected to redis has ended"))?
        } else {
            self.pool.get().await
        };
        lent.map_err(|error| match error {
            PoolError::Backend(trouble) => trouble,
            PoolError::Timeout(_) => Trouble::new(format_args!(
                "none of the {} connections to redis was free within {} (raise `pool_size`, or make it 0 \
                 and share one)",
                status.max_size,
                duration::display(self.patience),
            )),
            error => Trouble::new(format_args!("no connection to redis: {error}")),
        })
    }
}

struct Maker {
    route: Arc<Route>,
    /// Why the last attempt failed, and how long it is not repeated.
    failed: Mutex<Option<(Trouble, Instant)>>,
}

impl Manager for Maker {
    type Type = Live;
    type Error = Trouble;

    async fn create(&self) -> Result<Live, Trouble> {
        if let Some((trouble, until)) = &*self.failed.lock()
            && Instant::now() < *until
        {
            return Err(trouble.clone());
        }
        let made = self.route.connect().await;
        *self.failed.lock() = made.as_ref().err().map(|trouble| (trouble.clone(), pause::end()));
        made
    }

    /// Without asking the server: its next answer tells as much, and the question would double the time that
    /// a call takes.
    async fn recycle(&self, live: &mut Live, _: &Metrics) -> RecycleResult<Trouble> {
        if live.is_usable() { Ok(()) } else { Err(RecycleError::message("lost")) }
    }
}
