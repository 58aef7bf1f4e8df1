//! A gateway on a free port, and connections whose bytes a test writes and reads itself.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use palisade::ratelimit::config::{LimitConfig, RateLimitConfig};
use palisade::{Quota, per_second};
use palisade_examples::gateway::banner::Banner;
use palisade_examples::gateway::config;
use palisade_examples::gateway::metrics::Metrics;
use palisade_examples::gateway::plan::{Plan, Protocol, Route, Upstream, authority};
use palisade_examples::gateway::server::{Ending, Gateway};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Ends a test that would otherwise hang; no test that passes waits for it.
const HUNG: Duration = Duration::from_secs(20);

pub(crate) const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// The recorder that all gateways of this process publish to.
pub(crate) fn metrics() -> Metrics {
    static METRICS: LazyLock<Metrics> = LazyLock::new(|| Metrics::install().unwrap());
    METRICS.clone()
}

/// An upstream without a breaker.
pub(crate) fn at(address: SocketAddr) -> Upstream {
    Upstream { address: authority(address), protocol: Protocol::Http1, breaker: None }
}

/// `/up/*`, to the upstream of that name.
pub(crate) fn route() -> Route {
    Route {
        name: "up".to_owned(),
        prefix: "/up".to_owned(),
        upstream: "up".to_owned(),
        timeout: Duration::from_secs(60),
        idle_timeout: None,
        total_timeout: None,
        retry: None,
        bulkhead: None,
        limits: Vec::new(),
    }
}

/// A token bucket for each address.
pub(crate) fn per_client(name: &str, quota: Quota) -> RateLimitConfig {
    RateLimitConfig {
        name: name.to_owned(),
        by: "client_ip".parse().unwrap(),
        limits: vec![LimitConfig::new(quota)],
        skip_preflights: false,
        ..RateLimitConfig::default()
    }
}

/// One route to an upstream, and a limit that nobody meets.
pub(crate) fn plan(upstream: SocketAddr) -> Plan {
    Plan {
        listen: LOOPBACK.into(),
        limits: vec![per_client("per-client", per_second(1_000))],
        upstreams: [("up".to_owned(), at(upstream))].into(),
        routes: vec![route()],
        grace: Duration::from_secs(60),
        ..Plan::default()
    }
}

/// A gateway that serves until it is stopped.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    /// What it says of itself.
    pub(crate) banner: String,
    stop: oneshot::Sender<()>,
    served: JoinHandle<io::Result<Ending>>,
}

impl Running {
    pub(crate) async fn start(plan: Plan) -> Self {
        let gateway = Gateway::bind(plan, metrics()).await.unwrap();
        let address = gateway.address();
        let banner = Banner::new(gateway.plan(), address).alone(gateway.is_alone()).to_string();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(gateway.serve(async move {
            let _ = stopped.await;
        }));
        Self { address, banner, stop, served }
    }

    /// Asks for the end; what is returned waits for it.
    pub(crate) fn stop(self) -> JoinHandle<io::Result<Ending>> {
        self.stop.send(()).unwrap();
        self.served
    }
}

/// A gateway before an upstream whose connections the test accepts itself.
pub(crate) async fn before_a_listener() -> (Running, TcpListener) {
    let upstream = TcpListener::bind(LOOPBACK).await.unwrap();
    let gateway = Running::start(plan(upstream.local_addr().unwrap())).await;
    (gateway, upstream)
}

/// A gateway before an axum upstream.
pub(crate) async fn before(app: Router, protocol: Protocol) -> Running {
    let upstream = Upstream { protocol, ..at(upstream(app).await) };
    let upstreams = [("up".to_owned(), upstream)].into();
    Running::start(Plan { upstreams, ..plan(LOOPBACK.into()) }).await
}

/// A gateway with these settings, and two routes to an upstream `up` that answers at once: `/down/*`,
/// and `/up/*` with settings of its own.
pub(crate) async fn configured(settings: &str, of_route: &str) -> Running {
    configured_before(Router::new().fallback(async || "ok"), settings, of_route).await
}

/// The same before another upstream.
pub(crate) async fn configured_before(app: Router, settings: &str, of_route: &str) -> Running {
    let upstream = upstream(app).await;
    let routes = ["down", "up"].map(|name| {
        format!("[[routes]]\nname = {name:?}\nprefix = \"/{name}\"\nupstream = \"up\"\n")
    });
    let upstreams = format!("upstreams.up.address = \"{upstream}\"\n");
    let text =
        format!("listen = \"127.0.0.1:0\"\n{upstreams}{settings}\n{}{of_route}", routes.concat());
    Running::start(config::read("the test's", &text).unwrap()).await
}

/// An axum upstream.
pub(crate) async fn upstream(app: Router) -> SocketAddr {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app).into_future());
    address
}

/// The value of a series on the page of metrics.
pub(crate) async fn metric(gateway: &Running, series: &str) -> u64 {
    let mut caller = Wire::to(gateway).await;
    caller.send("GET /metrics HTTP/1.1\nHost: a\nConnection: close\n\n").await;
    caller.head().await;
    let page = caller.rest().await;
    let value = page.lines().find_map(|line| line.strip_prefix(series));
    value.unwrap_or_else(|| panic!("no {series} in:\n{page}")).trim().parse().unwrap()
}

/// One end of a connection.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Wire {
    pub(crate) async fn to(gateway: &Running) -> Self {
        Self::to_address(gateway.address).await
    }

    pub(crate) async fn to_address(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }

    /// From another of this machine's addresses: another client.
    pub(crate) async fn to_from(gateway: &Running, from: Ipv4Addr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        Self::over(socket.connect(gateway.address).await.unwrap())
    }

    pub(crate) async fn accept(listener: &TcpListener) -> Self {
        let accepted = timeout(HUNG, listener.accept()).await.expect("nobody connects");
        Self::over(accepted.unwrap().0)
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self { stream, unread: Vec::new() }
    }

    /// Sends `text`, whose line ends are as in the source.
    pub(crate) async fn send(&mut self, text: &str) {
        let text = text.replace('\n', "\r\n");
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads up to and including `mark`.
    pub(crate) async fn until(&mut self, mark: &str) -> String {
        let mark = mark.replace('\n', "\r\n");
        loop {
            let found = self.unread.windows(mark.len()).position(|at| at == mark.as_bytes());
            if let Some(start) = found {
                let rest = self.unread.split_off(start + mark.len());
                let read = std::mem::replace(&mut self.unread, rest);
                return text(&read);
            }
            assert!(self.read().await, "the end came before {mark:?}: {:?}", self.text());
        }
    }

    /// Reads a head, in lower case: the names of fields are in any.
    pub(crate) async fn head(&mut self) -> Head {
        Head(self.until("\n\n").await.to_lowercase())
    }

    /// Reads to the end of the connection.
    pub(crate) async fn rest(&mut self) -> String {
        while self.read().await {}
        self.text()
    }

    async fn read(&mut self) -> bool {
        let read = timeout(HUNG, self.stream.read_buf(&mut self.unread)).await;
        // A reset is an end too.
        read.unwrap_or_else(|_| panic!("hung after {:?}", self.text())).unwrap_or(0) > 0
    }

    fn text(&self) -> String {
        text(&self.unread)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

/// The head of a message.
#[derive(Debug)]
pub(crate) struct Head(String);

impl Head {
    /// The request or status line.
    pub(crate) fn first_line(&self) -> &str {
        self.0.lines().next().unwrap_or_default()
    }

    /// The lines of a field, joined by `|`; empty where there is none.
    pub(crate) fn field(&self, name: &str) -> String {
        let lines = self.0.lines().filter_map(|line| line.split_once(": "));
        let values: Vec<_> = lines.filter(|(field, _)| *field == name).map(|(_, v)| v).collect();
        values.join("|")
    }

    /// The names of the fields, sorted.
    pub(crate) fn fields(&self) -> Vec<&str> {
        let lines = self.0.lines().filter_map(|line| line.split_once(": "));
        let mut names: Vec<_> = lines.map(|(field, _)| field).collect();
        names.sort_unstable();
        names
    }
}
