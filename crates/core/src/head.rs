//! What a key may look at: a request without its body.

use http::{
    Extensions, HeaderMap, HeaderValue, Method, Request, Uri,
    header::{self, AsHeaderName},
    request::Parts,
};

use crate::classify;

/// The head of an HTTP request: method, target, headers and extensions, whatever the body is.
///
/// Free to make and to copy. What it returns lives as long as the request, not as long as the
/// `Head`, so a key may borrow from it.
///
/// ```
/// use palisade_core::HasHead;
///
/// let request = http::Request::get("http://example.com:8080/users?page=2")
///     .header("x-api-key", "k1")
///     .body(())
///     .unwrap();
/// let head = request.head();
/// assert_eq!(head.host(), Some("example.com"));
/// assert_eq!(head.path(), "/users");
/// assert_eq!(head.header("X-Api-Key").unwrap(), "k1");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    method: &'a Method,
    target: Target<'a>,
    headers: &'a HeaderMap,
    /// Other clients' requests may have none that we can see.
    extensions: Option<&'a Extensions>,
}

/// Where a request goes. The clients that we support do not all use [`Uri`].
#[derive(Clone, Copy, Debug)]
enum Target<'a> {
    Uri(&'a Uri),
    #[cfg(feature = "reqwest")]
    Url {
        host: Option<&'a str>,
        path: &'a str,
    },
}

/// Requests with an HTTP head: what layers with a key ask of a request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no HTTP head to take a key from",
    label = "not an HTTP request",
    note = "for requests that are not HTTP use `.by(key::request(|request: &Request| ..))`",
    note = "`reqwest::Request` needs the feature `reqwest`"
)]
pub trait HasHead {
    /// The request without its body.
    fn head(&self) -> Head<'_>;
}

// ===== impl Head =====

impl<'a> Head<'a> {
    /// The head of a request that is taken apart; whole ones have [`HasHead::head`].
    ///
    /// ```
    /// use palisade_core::Head;
    ///
    /// let (parts, _) = http::Request::new(()).into_parts();
    /// let head = Head::new(&parts.method, &parts.uri, &parts.headers, &parts.extensions);
    /// assert_eq!(head.path(), "/");
    /// ```
    #[must_use]
    #[inline]
    pub fn new(
        method: &'a Method,
        uri: &'a Uri,
        headers: &'a HeaderMap,
        extensions: &'a Extensions,
    ) -> Self {
        Self { method, target: Target::Uri(uri), headers, extensions: Some(extensions) }
    }

    /// The request's method.
    #[must_use]
    #[inline]
    pub fn method(&self) -> &'a Method {
        self.method
    }

    /// All headers.
    #[must_use]
    #[inline]
    pub fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// The first header of this name, in any case; `None` also for what is not a valid name.
    #[must_use]
    pub fn header(&self, name: impl AsHeaderName) -> Option<&'a HeaderValue> {
        self.headers.get(name)
    }

    /// Whether it is a CORS preflight: an `OPTIONS` with `Access-Control-Request-Method`, which a
    /// browser sends ahead of a request. A page's script cannot; who is no browser can.
    #[must_use]
    #[inline]
    pub fn is_preflight(&self) -> bool {
        self.method == Method::OPTIONS
            && self.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// Whether it is a gRPC call: a `POST` whose content type begins with `application/grpc`, gRPC-Web
    /// included.
    #[must_use]
    #[inline]
    pub fn is_grpc(&self) -> bool {
        // Other requests are spared the look at their headers.
        self.method == Method::POST && classify::content_type_begins(self.headers, classify::GRPC)
    }

    /// The host that is asked for, without its port: of the target, else of the `Host` header.
    ///
    /// As it was sent: in any case, IPv6 addresses in brackets. `None` if there is none or if the
    /// header is not a host.
    #[must_use]
    pub fn host(&self) -> Option<&'a str> {
        let host = match self.target {
            Target::Uri(uri) => uri.host(),
            #[cfg(feature = "reqwest")]
            Target::Url { host, .. } => host,
        };
        host.filter(|host| !host.is_empty())
            .or_else(|| without_port(self.headers.get(header::HOST)?.to_str().ok()?))
    }

    /// The path that is asked for, without its query.
    #[must_use]
    #[inline]
    pub fn path(&self) -> &'a str {
        match self.target {
            Target::Uri(uri) => uri.path(),
            #[cfg(feature = "reqwest")]
            Target::Url { path, .. } => path,
        }
    }

    /// What a server or an outer layer has attached to the request. Always `None` on a
    /// `reqwest::Request`, which does not show its extensions.
    #[must_use]
    #[inline]
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&'a T> {
        self.extensions?.get()
    }
}

impl<B> HasHead for Request<B> {
    fn head(&self) -> Head<'_> {
        Head::new(self.method(), self.uri(), self.headers(), self.extensions())
    }
}

impl HasHead for Parts {
    fn head(&self) -> Head<'_> {
        Head::new(&self.method, &self.uri, &self.headers, &self.extensions)
    }
}

#[cfg(feature = "reqwest")]
impl HasHead for reqwest::Request {
    fn head(&self) -> Head<'_> {
        let target = Target::Url { host: self.url().host_str(), path: self.url().path() };
        Head { method: self.method(), target, headers: self.headers(), extensions: None }
    }
}

fn without_port(authority: &str) -> Option<&str> {
    let end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, port) = authority.split_at(end);
    let port_is_valid =
        port.is_empty() || port.strip_prefix(':')?.bytes().all(|byte| byte.is_ascii_digit());
    let ends_host = |byte| matches!(byte, b'/' | b'?' | b'#' | b'@' | b'\\' | b',' | b' ' | b'\t');
    (port_is_valid && !host.is_empty() && !host.bytes().any(ends_host)).then_some(host)
}
