//! The way to Redis, over real servers.
//!
//! Time is real here: servers do not follow a paused clock. Nothing waits for a span, all for a condition.

mod cluster;
mod login;
mod one;
mod outage;
mod pool;
mod sentinel;
mod sharing;
#[cfg(feature = "tls")]
mod tls;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::store::StoreError;
use redis::{Cmd, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::{Failed, Link};
use crate::RedisConfig;

/// How long an answer may take where the test is not about it: machines that build are slow at times.
const ANSWER: Duration = Duration::from_secs(1);

fn config(url: impl Into<String>) -> RedisConfig {
    RedisConfig {
        url: url.into(),
        connection_timeout: Duration::from_secs(1),
        ..RedisConfig::default()
    }
}

fn open(url: impl Into<String>) -> Link {
    Link::open(&config(url), ANSWER).unwrap()
}

fn words(words: &[&str]) -> Cmd {
    let mut command = Cmd::new();
    for word in words {
        command.arg(word);
    }
    command
}

async fn send(link: &Link, command: &[&str]) -> Result<Value, Failed> {
    link.send(&words(command)).await
}

/// One answer that is a number.
async fn number(link: &Link, command: &[&str]) -> i64 {
    match send(link, command).await {
        Ok(Value::Int(number)) => number,
        other => panic!("not a number: {other:?}"),
    }
}

/// The same by so many callers at once.
async fn all(link: &Arc<Link>, callers: usize, command: &[&str]) -> Vec<Result<Value, Failed>> {
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let (link, command) = (Arc::clone(link), words(command));
        tasks.spawn(async move { link.send(&command).await });
    }
    tasks.join_all().await
}

/// What kind of failure, and what it says.
fn told(answer: Result<Value, Failed>) -> (&'static str, String) {
    let Err(Failed::Store(error)) = answer else { panic!("no failure of the store: {answer:?}") };
    let kind = match error {
        StoreError::NotSent(_) => "not sent",
        StoreError::Unknown(_) => "unknown",
        StoreError::Rejected(_) => "rejected",
        _ => panic!("{error:?}"),
    };
    (kind, error.source().unwrap().to_string())
}

/// What kind of failure.
fn kind(answer: Result<Value, Failed>) -> &'static str {
    told(answer).0
}

/// Returns when `look` finds something, and what.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let search = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            sleep(Duration::from_millis(2)).await;
        }
    };
    let found = timeout(Duration::from_secs(20), search).await;
    found.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// Asks until there is an answer, and says how long that took.
async fn until_it_answers(link: &Link) -> Duration {
    let begun = Instant::now();
    until("an answer", async || send(link, &["PING"]).await.ok()).await;
    begun.elapsed()
}

/// A server that answers whatever it is sent with these in turn, each connection anew: its port, and a word for
/// each connection that the other side has closed.
async fn scripted(answers: &[&str]) -> (u16, mpsc::UnboundedReceiver<()>) {
    let answers: Vec<String> = answers.iter().map(ToString::to_string).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (ends, ended) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (answers, ends) = (answers.clone(), ends.clone());
            tokio::spawn(async move {
                let (mut answers, mut heard) = (answers.into_iter(), [0; 4096]);
                while stream.read(&mut heard).await.is_ok_and(|length| length > 0) {
                    let answer = answers.next().unwrap_or_default();
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
                let _ = ends.send(());
            });
        }
    });
    (port, ended)
}
