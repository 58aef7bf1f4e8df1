//! Two upstreams to try the gateway with: one steady, one flaky.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fastrand::Rng;
use hyper::body::Frame;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::plan::{Plan, authority};

/// What a plan calls them, in the place of a host and a port.
pub const UPSTREAMS: [&str; 2] = ["demo:steady", "demo:flaky"];

const STEADY: Duration = Duration::from_millis(3);
const SLOW: Duration = Duration::from_millis(250);
/// Longer than anybody waits.
const HANGING: Duration = Duration::from_secs(30);

/// The upstreams, on free ports of the loopback interface until this is dropped.
#[derive(Debug)]
pub struct Demo {
    steady: SocketAddr,
    flaky: SocketAddr,
    _servers: JoinSet<io::Result<()>>,
}

impl Demo {
    /// Starts it if `plan` names one of [`UPSTREAMS`], and puts its addresses in their place. The
    /// same `seed` makes the flaky one draw the same moods in the same order.
    ///
    /// # Errors
    ///
    /// Where the loopback interface has no port left.
    pub async fn serve(plan: &mut Plan, seed: u64) -> io::Result<Option<Self>> {
        let mut demo = None;
        for upstream in plan.upstreams.values_mut() {
            let at = UPSTREAMS.iter().position(|name| upstream.address == **name);
            let Some(at) = at else { continue };
            let demo = match &mut demo {
                Some(demo) => demo,
                none => none.insert(Self::start(seed).await?),
            };
            upstream.address = authority(if at == 0 { demo.steady } else { demo.flaky });
        }
        Ok(demo)
    }

    async fn start(seed: u64) -> io::Result<Self> {
        let moods = Arc::new(Mutex::new(Rng::with_seed(seed)));
        let mut servers = JoinSet::new();
        let steady = serve(&mut servers, Router::new().fallback(steady)).await?;
        let flaky = serve(&mut servers, Router::new().fallback(flaky).with_state(moods)).await?;
        Ok(Self { steady, flaky, _servers: servers })
    }
}

async fn serve(servers: &mut JoinSet<io::Result<()>>, app: Router) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    servers.spawn(axum::serve(listener, app).into_future());
    Ok(address)
}

async fn steady(request: Request) -> Response {
    sleep(STEADY).await;
    echo(request)
}

async fn flaky(State(moods): State<Arc<Mutex<Rng>>>, request: Request) -> Response {
    let mood = Mood::asked(request.uri().path()).unwrap_or_else(|| Mood::draw(&mut moods.lock()));
    match mood {
        Mood::Fine => sleep(STEADY).await,
        Mood::Slow => sleep(SLOW).await,
        Mood::Hanging => sleep(HANGING).await,
        Mood::Broken => {
            return (StatusCode::INTERNAL_SERVER_ERROR, "the flaky upstream broke\n")
                .into_response();
        }
    }
    echo(request)
}

/// What the flaky upstream does with a request.
#[derive(Clone, Copy, Debug)]
enum Mood {
    Fine,
    Slow,
    Hanging,
    Broken,
}

impl Mood {
    /// A caller who wants to see one mood asks for it by path.
    fn asked(path: &str) -> Option<Self> {
        match path {
            "/fine" => Some(Self::Fine),
            "/slow" => Some(Self::Slow),
            "/hang" => Some(Self::Hanging),
            "/broken" => Some(Self::Broken),
            _ => None,
        }
    }

    fn draw(rng: &mut Rng) -> Self {
        match rng.u8(..100) {
            ..75 => Self::Fine,
            75..85 => Self::Slow,
            85..90 => Self::Hanging,
            _ => Self::Broken,
        }
    }
}

/// Answers with the request as it arrived: head, body and trailers.
fn echo(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let head = Bytes::from(Head(&parts).to_string());
    let mut response = Response::new(Body::new(Echo { head: Some(head), body }));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if let Some(trailer) = parts.headers.get(header::TRAILER) {
        headers.insert(header::TRAILER, trailer.clone());
    }
    response
}

struct Head<'r>(&'r axum::http::request::Parts);

impl fmt::Display for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.0.method, self.0.uri)?;
        for (name, value) in &self.0.headers {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        writeln!(f)
    }
}

/// The printed head, then the request's own body as it comes in.
struct Echo {
    head: Option<Bytes>,
    body: Body,
}

impl hyper::body::Body for Echo {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.head.take() {
            Some(head) => Poll::Ready(Some(Ok(Frame::data(head)))),
            None => Pin::new(&mut self.body).poll_frame(cx),
        }
    }
}
