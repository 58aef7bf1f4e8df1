//! Connections of a pool that the application has.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::Pool;
use palisade_core::text::duration;
use redis::aio::ConnectionLike as _;
use redis::{Cmd, RedisError, Value};
use tokio::time::timeout;

use super::fault::{Fault, Refusal, Trouble};

/// A pool that was made elsewhere, with its own ways of connecting. How long it may take is ours.
pub(super) struct Lent {
    pool: Pool,
    patience: Duration,
}

impl Lent {
    pub(super) const fn new(pool: Pool, patience: Duration) -> Self {
        Self { pool, patience }
    }

    pub(super) fn with_patience(&self, patience: Duration) -> Self {
        Self::new(self.pool.clone(), patience)
    }

    pub(super) async fn send(&self, command: &Cmd) -> Result<Value, Fault> {
        let lent = self.within("lend a connection", self.pool.get()).await;
        let mut connection = lent.map_err(Fault::NotSent)?.map_err(|error| {
            Fault::NotSent(Trouble::new(format_args!("no connection to redis: {error}")))
        })?;
        let sent = self.within("answer", connection.req_packed_command(command)).await;
        let answer = sent.map_err(Fault::Unknown)?;
        answer.and_then(Value::extract_error).map_err(|error| told(&error))
    }

    async fn within<F: Future>(&self, what: &str, work: F) -> Result<F::Output, Trouble> {
        timeout(self.patience, work).await.map_err(|_| {
            let limit = duration::display(self.patience);
            Trouble::new(format_args!("the pool to redis did not {what} within {limit}"))
        })
    }
}

/// A server's answer names a code; all else may have happened after the command was sent.
fn told(error: &RedisError) -> Fault {
    match error.code() {
        Some(code) => {
            let detail = error.detail().unwrap_or_default();
            Fault::Refused(Refusal {
                code: code.into(),
                detail: detail.into(),
                by: Arc::from("the pool"),
            })
        }
        None => Fault::Unknown(Trouble::new(format_args!("lost redis: {error}"))),
    }
}
