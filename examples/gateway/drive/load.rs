//! Requests that are sent when they are due, whatever became of those before.
//!
//! A client that waits for an answer before it asks again slows down with the server, and what it
//! measures then leaves out the very requests that would have waited ("coordinated omission").
//! Here each request has its moment, fixed beforehand, and its latency counts from that moment.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use palisade::BoxError;
use serde::Deserialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::caller::{self, Caller};
use super::tally::{Asked, Tally};
use crate::gateway::decided::DECIDED_BY;

/// After so long a request counts as unanswered. The gateway's own timeouts are far below.
const PATIENCE: Duration = Duration::from_secs(30);

/// A caller and its connections, which clones share.
#[derive(Clone, Debug)]
pub struct Sender {
    gateway: SocketAddr,
    method: Method,
    target: Uri,
    api_key: Option<(HeaderName, HeaderValue)>,
    every: Duration,
    client: Client<HttpConnector, Empty<Bytes>>,
}

impl Sender {
    /// Opens a connection, so that the first request is not late by it.
    ///
    /// # Errors
    ///
    /// Where the gateway is not well.
    pub async fn connect(caller: &Caller, gateway: SocketAddr) -> Result<Self, BoxError> {
        let mut connector = HttpConnector::new();
        connector.set_local_address(Some(caller.address));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let target = uri(gateway, [&caller.prefix, caller::PATH].concat().parse()?)?;
        let (api_key, every) = (caller.api_key.clone(), caller.every);
        let method = caller.method.clone();
        let sender = Self { gateway, method, target, api_key, every, client };
        sender.get("/healthz").await?;
        Ok(sender)
    }

    /// The body at a path.
    ///
    /// # Errors
    ///
    /// Where there is no answer, or none that is a success.
    pub async fn get(&self, path: &'static str) -> Result<String, BoxError> {
        let uri = uri(self.gateway, PathAndQuery::from_static(path))?;
        let Ok(answer) = timeout(PATIENCE, self.exchange(Method::GET, uri)).await else {
            return Err(format!("no answer from {path} within {PATIENCE:?}").into());
        };
        let Answer { status, body, .. } = answer?;
        match status.is_success() {
            true => Ok(String::from_utf8(body.into())?),
            false => Err(format!("{status} from {path}").into()),
        }
    }

    /// How far requests are apart.
    #[must_use]
    pub fn every(&self) -> Duration {
        self.every
    }

    /// Sends what is due from `begin` on, and waits for the answers.
    pub async fn send_when_due(self, begin: Instant, lasting: Duration) -> Tally {
        let mut tally = Tally::default();
        let mut under_way = JoinSet::new();
        let offsets = (0..).map(|n| self.every * n).take_while(|offset| *offset < lasting);
        for due in offsets.map(|offset| begin + offset) {
            sleep_until(due).await;
            under_way.spawn(self.clone().ask(due));
            while let Some(Ok(asked)) = under_way.try_join_next() {
                tally.add(&asked);
            }
        }
        for asked in under_way.join_all().await {
            tally.add(&asked);
        }
        tally
    }

    /// Sends one now, which was due then.
    pub async fn ask(self, due: Instant) -> Asked {
        let sent = Instant::now();
        let answer =
            timeout(PATIENCE, self.exchange(self.method.clone(), self.target.clone())).await;
        let ended = Instant::now();
        let answer = answer.ok().and_then(Result::ok);
        Asked {
            due,
            sent,
            ended,
            status: answer.as_ref().map(|answer| answer.status),
            reason: answer.as_ref().and_then(|answer| reason(&answer.body)),
            decided_by: answer.and_then(|answer| answer.decided_by),
        }
    }

    /// The answer, to the end of its body.
    async fn exchange(&self, method: Method, uri: Uri) -> Result<Answer, BoxError> {
        let mut request = Request::new(Empty::new());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        request.headers_mut().extend(self.api_key.clone());
        let response = self.client.request(request).await?;
        let decided_by = response.headers().get(DECIDED_BY);
        let decided_by = decided_by.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = response.status();
        Ok(Answer { status, decided_by, body: response.into_body().collect().await?.to_bytes() })
    }
}

/// What is read of an answer.
struct Answer {
    status: StatusCode,
    decided_by: Option<String>,
    body: Bytes,
}

/// The reason in a problem document of a layer's.
fn reason(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Document {
        reason: String,
    }
    serde_json::from_slice(body).ok().map(|Document { reason }| reason)
}

fn uri(gateway: SocketAddr, path: PathAndQuery) -> Result<Uri, axum::http::Error> {
    Uri::builder().scheme("http").authority(gateway.to_string()).path_and_query(path).build()
}
