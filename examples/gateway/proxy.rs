//! One request on its way to the upstream, one answer on its way back.

use std::error::Error as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::uri::{Authority, Scheme};
use axum::http::{Method, StatusCode, Uri, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::body::Passed;
use super::forwarded;
use super::hop::{self, Listed};
use super::plan::{self, Protocol};
use super::problem::Problem;

/// An upstream and the connections to it, which clones share.
#[derive(Clone, Debug)]
pub struct Upstream {
    authority: Authority,
    protocol: Protocol,
    client: Client<HttpConnector, Passed<Body>>,
}

/// Passes a request on and its answer back; both bodies flow while both are still being written.
///
/// A caller who goes away drops this future, and with it the request to the upstream.
///
/// # Errors
///
/// A [`Problem`] where the upstream gave no answer that can be passed on.
pub async fn forward(
    State(upstream): State<Upstream>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, Problem> {
    let request = upstream.outgoing(request, peer.ip());
    let response = upstream.client.request(request).await.map_err(|error| no_answer(&error))?;
    if response.status().is_informational() {
        // 101: but no upgrade was asked for.
        return Err(Problem::new(StatusCode::BAD_GATEWAY, "the upstream broke the protocol"));
    }
    Ok(returning(response))
}

/// Refuses what no upstream is asked for.
///
/// # Errors
///
/// A [`Problem`] for a request that wants a tunnel.
pub async fn no_tunnels(request: Request, next: Next) -> Result<Response, Problem> {
    if request.method() == Method::CONNECT {
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "this gateway opens no tunnels"));
    }
    Ok(next.run(request).await)
}

impl Upstream {
    /// Connects to nothing yet.
    #[must_use]
    pub fn new(upstream: &plan::Upstream) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .http2_only(upstream.protocol == Protocol::Http2)
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .build(connector);
        Self { authority: upstream.address.clone(), protocol: upstream.protocol, client }
    }

    fn outgoing(&self, request: Request, peer: IpAddr) -> hyper::Request<Passed<Body>> {
        let (mut parts, body) = request.into_parts();
        let takes_trailers = hop::takes_trailers(&parts.headers);

        // First what came goes, then what is ours comes: a caller who lists one of the fields
        // below in `Connection` loses its own, not ours.
        let listed = Listed::remove_from_head(&mut parts.headers);
        forwarded::introduce(&mut parts, peer);
        forwarded::add_via(&mut parts.headers, parts.version);
        forwarded::join_cookies(&mut parts.headers);
        if takes_trailers {
            hop::ask_for_trailers(&mut parts.headers, self.protocol == Protocol::Http1);
        }

        let mut outgoing = hyper::Request::new(Passed::new(body, listed));
        *outgoing.uri_mut() = self.uri(parts.uri);
        *outgoing.method_mut() = parts.method;
        *outgoing.headers_mut() = parts.headers;
        *outgoing.version_mut() = match self.protocol {
            Protocol::Http1 => Version::HTTP_11,
            Protocol::Http2 => Version::HTTP_2,
        };
        outgoing
    }

    /// The same path and query, at the upstream.
    fn uri(&self, asked: Uri) -> Uri {
        let mut parts = asked.into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.authority.clone());
        Uri::from_parts(parts).expect("a routed URI has a path")
    }
}

fn returning(response: hyper::Response<Incoming>) -> Response {
    let (mut parts, body) = response.into_parts();
    let listed = Listed::remove_from_head(&mut parts.headers);
    forwarded::add_via(&mut parts.headers, parts.version);
    // Each hop has its own version; the server writes the one of its connection.
    parts.version = Version::HTTP_11;
    Response::from_parts(parts, Passed::new(body, listed)).into_response()
}

fn no_answer(error: &Error) -> Problem {
    let (status, detail) = if error.is_connect() {
        (StatusCode::BAD_GATEWAY, "the upstream cannot be reached")
    } else if is_callers(error) {
        // Not a 5xx: a breaker would count it, and a caller could keep all others from the upstream.
        (StatusCode::BAD_REQUEST, "the request's body broke off")
    } else {
        (StatusCode::BAD_GATEWAY, "the upstream closed the connection before it answered")
    };
    Problem::new(status, detail)
}

/// Whether it was the request's own body that failed.
fn is_callers(error: &Error) -> bool {
    let hyper = error.source().and_then(|source| source.downcast_ref::<hyper::Error>());
    hyper.is_some_and(hyper::Error::is_user)
}
