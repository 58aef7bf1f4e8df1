//! What does the same job on Redis, and the least that could.

use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::{Config, Pool, Runtime};
use redis::aio::{ConnectionManager, MultiplexedConnection};
use redis::io::tcp::TcpSettings;
use redis::{Client, Cmd, IntoConnectionInfo as _, RedisError, Value, pipe};
use trypema::redis::{RedisKey, RedisRateLimiterProvider};
use trypema::{BucketSize, RateLimit, RateLimitDecision, RateLimiterBuilder, WindowSize};

use crate::command::Asked;
use crate::drive::{Caller, Verdict};
use crate::site::Site;
use crate::subject::Subject;

/// The same `EVALSHA` as ours, written by hand for one connection: whoever writes it has to see to scripts that
/// are lost, connections that are lost, and what an answer means.
#[derive(Clone)]
pub(crate) struct ByHand {
    connection: MultiplexedConnection,
    asked: Arc<Asked>,
}

/// The same, on a connection that is made anew when it is lost.
#[derive(Clone)]
pub(crate) struct Managed {
    connection: ConnectionManager,
    asked: Arc<Asked>,
}

/// The same, on connections of a pool.
#[derive(Clone)]
pub(crate) struct Pooled {
    pool: Pool,
    asked: Arc<Asked>,
}

/// Counts, and forgets the count after its window: less than any limit of ours does.
#[derive(Clone)]
pub(crate) struct Counted {
    connection: ConnectionManager,
    window: i64,
}

/// trypema: a window that slides in steps, by a script.
#[derive(Clone)]
pub(crate) struct Trypema(Arc<RedisRateLimiterProvider>);

impl ByHand {
    pub(crate) fn new(site: &Site, asked: &Asked) -> Self {
        let connection = site.block_on(client(site).get_multiplexed_async_connection());
        Self { connection: connection.expect("the server runs"), asked: Arc::new(asked.clone()) }
    }
}

impl Caller for ByHand {
    async fn decide(&mut self, key: u64) -> Verdict {
        of_script(command(&self.asked, key).query_async(&mut self.connection).await)
    }
}

impl Managed {
    pub(crate) fn new(site: &Site, asked: &Asked) -> Self {
        Self { connection: managed(site), asked: Arc::new(asked.clone()) }
    }
}

impl Caller for Managed {
    async fn decide(&mut self, key: u64) -> Verdict {
        of_script(command(&self.asked, key).query_async(&mut self.connection).await)
    }
}

impl Pooled {
    pub(crate) fn new(pool: Pool, asked: &Asked) -> Self {
        Self { pool, asked: Arc::new(asked.clone()) }
    }
}

impl Caller for Pooled {
    async fn decide(&mut self, key: u64) -> Verdict {
        let command = command(&self.asked, key);
        match self.pool.get().await {
            Ok(mut connection) => of_script(command.query_async(&mut connection).await),
            Err(_) => Verdict::Failed,
        }
    }
}

impl Counted {
    pub(crate) fn new(site: &Site, window: Duration) -> Self {
        Self { connection: managed(site), window: window.as_millis() as i64 }
    }
}

impl Caller for Counted {
    async fn decide(&mut self, key: u64) -> Verdict {
        let key = Subject::new(key);
        let mut both = pipe();
        both.atomic().cmd("INCR").arg(key.as_str());
        both.cmd("PEXPIRE").arg(key.as_str()).arg(self.window).arg("NX").ignore();
        match both.query_async::<(u64,)>(&mut self.connection).await {
            Ok((count,)) if count <= 1_000 => Verdict::Passed,
            Ok(_) => Verdict::Refused,
            Err(_) => Verdict::Failed,
        }
    }
}

impl Trypema {
    /// As its documentation has it, but for the window.
    pub(crate) fn new(site: &Site, window: Duration) -> Self {
        let _entered = site.enter();
        let provider = RedisRateLimiterProvider::builder(managed(site))
            .window_size(WindowSize::seconds_or_panic(window.as_secs()))
            .bucket_size(BucketSize::milliseconds_or_panic(10))
            .cleanup_interval(Duration::from_secs(30))
            .build();
        Self(provider.expect("a bucket is smaller than the window"))
    }
}

impl Caller for Trypema {
    async fn decide(&mut self, key: u64) -> Verdict {
        let Ok(key) = RedisKey::new(Subject::new(key).as_str().replace(':', "_")) else {
            return Verdict::Failed;
        };
        let rate = RateLimit::per_second_or_panic(1_000.0);
        match self.0.absolute().inc(&key, &rate, 1).await {
            Ok(RateLimitDecision::Allowed) => Verdict::Passed,
            Ok(_) => Verdict::Refused,
            Err(_) => Verdict::Failed,
        }
    }
}

/// A pool of so many connections.
pub(crate) fn pool(site: &Site, size: usize) -> Pool {
    let pool = Config::from_url(site.server.url()).builder().expect("the server's own URL is one");
    pool.max_size(size).runtime(Runtime::Tokio1).build().expect("no timeout is set")
}

/// Small commands go out at once, as ours do.
fn client(site: &Site) -> Client {
    let info = site.server.url().into_connection_info().expect("the server's own URL is one");
    let at_once = TcpSettings::default().set_nodelay(true);
    Client::open(info.set_tcp_settings(at_once)).expect("it names a server")
}

fn managed(site: &Site) -> ConnectionManager {
    site.block_on(client(site).get_connection_manager()).expect("the server runs")
}

fn command(asked: &Asked, key: u64) -> Cmd {
    let mut command = Cmd::with_capacity(16, 256);
    for word in asked.words_about(Subject::new(key).as_str()) {
        command.arg(&*word);
    }
    command
}

/// The second number that a script of ours answers says whether the call passes.
fn of_script(answer: Result<Value, RedisError>) -> Verdict {
    match answer {
        Ok(Value::Array(numbers)) if numbers.get(1) == Some(&Value::Int(1)) => Verdict::Passed,
        Ok(Value::Array(_)) => Verdict::Refused,
        Ok(_) | Err(_) => Verdict::Failed,
    }
}
