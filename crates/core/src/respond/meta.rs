//! What a layer remembers of a request that it has handed on.

use http::{HeaderMap, HeaderValue, Method, Request, Version};

use crate::classify;

/// What is remembered of an HTTP request for the moment it must be refused.
///
/// By the time a timeout fires the request belongs to the inner service, so this is taken before
/// the call: three bytes, without allocation.
///
/// ```
/// use http::{Method, Request};
/// use palisade_core::Meta;
///
/// let request = Request::post("/pkg.Greeter/Hello").header("content-type", "application/grpc").body(());
/// let meta = Meta::of(&request?);
/// assert_eq!(meta.method(), Some(&Method::POST));
/// assert!(meta.is_grpc());
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    method: u8,
    version: u8,
    grpc: Option<Grpc>,
}

/// Which gRPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grpc {
    Plain,
    Web,
}

/// The methods that `http` knows by name; `Meta` holds an index into them.
static METHODS: [Method; 9] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::DELETE,
    Method::CONNECT,
    Method::OPTIONS,
    Method::TRACE,
    Method::PATCH,
];

const VERSIONS: [Version; 5] =
    [Version::HTTP_09, Version::HTTP_10, Version::HTTP_11, Version::HTTP_2, Version::HTTP_3];

const UNKNOWN: u8 = u8::MAX;

impl Meta {
    /// What is to be remembered of `request`.
    #[inline]
    #[must_use]
    pub fn of<B>(request: &Request<B>) -> Self {
        let method = method_index(request.method());
        Self {
            method,
            version: version_index(request.version()),
            // gRPC is always a POST: other requests are spared the look at their headers.
            grpc: (method == 2).then(|| Grpc::of(request.headers())).flatten(),
        }
    }

    /// The method, if it is one of the standard ones.
    #[must_use]
    pub fn method(&self) -> Option<&'static Method> {
        METHODS.get(usize::from(self.method))
    }

    /// The HTTP version.
    #[must_use]
    pub fn version(&self) -> Version {
        VERSIONS.get(usize::from(self.version)).copied().unwrap_or_default()
    }

    /// Whether the request is a gRPC call: a `POST` whose content type begins with
    /// `application/grpc`, gRPC-Web included.
    #[must_use]
    pub const fn is_grpc(&self) -> bool {
        self.grpc.is_some()
    }

    pub(crate) const fn grpc(&self) -> Option<Grpc> {
        self.grpc
    }
}

impl Grpc {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let is = |start| classify::content_type_begins(headers, start);
        is(classify::GRPC).then(|| if is(classify::GRPC_WEB) { Self::Web } else { Self::Plain })
    }

    /// The content type of an answer without a message.
    pub(crate) const fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Plain => classify::GRPC,
            // The client refuses what it cannot parse, though there is nothing to parse.
            Self::Web => "application/grpc-web+proto",
        })
    }
}

fn method_index(method: &Method) -> u8 {
    match *method {
        Method::GET => 0,
        Method::HEAD => 1,
        Method::POST => 2,
        Method::PUT => 3,
        Method::DELETE => 4,
        Method::CONNECT => 5,
        Method::OPTIONS => 6,
        Method::TRACE => 7,
        Method::PATCH => 8,
        _ => UNKNOWN,
    }
}

const fn version_index(version: Version) -> u8 {
    match version {
        Version::HTTP_09 => 0,
        Version::HTTP_10 => 1,
        Version::HTTP_11 => 2,
        Version::HTTP_2 => 3,
        Version::HTTP_3 => 4,
        _ => UNKNOWN,
    }
}
