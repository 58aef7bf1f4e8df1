//! A client of several hosts, with a breaker and a bulkhead for each: one that fails is left alone, and
//! takes nothing from the others.
//!
//! ```text
//! call ─▶ breaker of the host ─▶ bulkhead of the host ─▶ hyper's client
//! ```
//!
//! Both hosts are servers of its own. One of them fails at first; the client is refused until the next
//! probe is due, tries again, and finds it recovered.

use std::collections::BTreeMap;
use std::future::ready;
use std::iter::once;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;
use std::{fmt, io};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use palisade::prelude::*;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

/// How often the broken host fails before it has recovered.
const FAULTS: u32 = 3;

/// What came of all calls, and what the breakers did.
#[derive(Debug, Default)]
pub struct Visit {
    /// How many calls to which host ended how.
    pub calls: BTreeMap<(&'static str, String), u32>,
    /// Each change of a breaker, in order.
    pub changes: Vec<String>,
}

/// Calls two hosts, one of which fails, until that one has recovered.
///
/// # Errors
///
/// The loopback interface has no port left.
pub async fn visit() -> Result<Visit, BoxError> {
    let mut servers = JoinSet::new();
    let sound = serve(&mut servers, Router::new().fallback(async || "ok")).await?;
    let broken = Router::new().fallback(recovering).with_state(Arc::default());
    let broken = serve(&mut servers, broken).await?;
    let hosts = BTreeMap::from([("sound.test", sound), ("broken.test", broken)]);
    let connector = HttpConnector::new_with_resolver(service_fn(move |host: Name| {
        ready(hosts.get(host.as_str()).map(|address| once(*address)).ok_or("no such host"))
    }));

    let breaker = BreakerLayer::new()
        .trip(Trip::consecutive(FAULTS))
        .open_for(Duration::from_millis(50))
        .close_after(2)
        .name("hosts")
        .by(Host)
        .boxed();
    let bulkhead = BulkheadLayer::new(2).name("hosts").by(Host).boxed();
    let (handle, mut changes) = (breaker.handle(), breaker.handle().subscribe());
    let client = ServiceBuilder::new()
        .layer(breaker)
        .layer(bulkhead)
        .service(Client::builder(TokioExecutor::new()).build::<_, Body>(connector));

    let mut visit = Visit::default();
    // Five at once, where two may be: a slow host holds two connections, and no more.
    let mut at_once = JoinSet::new();
    for _ in 0..5 {
        at_once.spawn(call(client.clone(), "http://sound.test/"));
    }
    for outcome in at_once.join_all().await {
        visit.count("sound", outcome);
    }
    // What one host does is nothing to the other.
    for _ in 0..FAULTS + 2 {
        visit.count("broken", call(client.clone(), "http://broken.test/").await);
        visit.count("sound", call(client.clone(), "http://sound.test/").await);
    }
    // The handle knows when the next call may pass.
    while let Some(open) = handle.keys().into_iter().find_map(|key| key.next_probe) {
        tokio::time::sleep(open).await;
        visit.count("broken", call(client.clone(), "http://broken.test/").await);
    }
    while let Some(change) = changes.try_next() {
        visit.changes.push(change.to_string());
    }
    Ok(visit)
}

/// The status of the answer, or the reason of the layer that refused the call.
async fn call<S, B>(client: S, url: &'static str) -> Result<String, BoxError>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError>,
{
    match client.oneshot(Request::get(url).body(Body::empty())?).await {
        Ok(response) => Ok(response.status().to_string()),
        Err(error) => match rejection(&*error) {
            Some(why) => Ok(why.reason().label().to_owned()),
            None => Err(error),
        },
    }
}

/// Serves on a free port, and says where.
async fn serve(servers: &mut JoinSet<io::Result<()>>, app: Router) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    servers.spawn(axum::serve(listener, app).into_future());
    Ok(address)
}

/// A host that fails so often and then no more.
async fn recovering(State(asked): State<Arc<AtomicU32>>) -> StatusCode {
    match asked.fetch_add(1, Relaxed) {
        0..FAULTS => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::OK,
    }
}

impl Visit {
    fn count(&mut self, host: &'static str, outcome: Result<String, BoxError>) {
        let outcome = outcome.unwrap_or_else(|error| error.to_string());
        *self.calls.entry((host, outcome)).or_default() += 1;
    }
}

impl fmt::Display for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((host, outcome), calls) in &self.calls {
            writeln!(f, "{host:<8} {outcome:<26} {calls:>3}")?;
        }
        self.changes.iter().try_for_each(|change| writeln!(f, "{change}"))
    }
}
