//! Keys that the head of a request contains.

use super::{Key, KeyBy};
use crate::head::HasHead;

/// The value of a header, of this name in any case. Of several lines the first counts.
///
/// A request without the header has no key; so has every request if this is not a header's name.
///
/// ```
/// use palisade_core::{Header, Key, KeyBy};
///
/// let request = http::Request::get("/").header("X-Api-Key", "k1").body(()).unwrap();
/// assert_eq!(Header("x-api-key").key(&request), Some(Key::from("k1")));
/// assert_eq!(Header("authorization").key(&request), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header(pub &'static str);

/// The host that is asked for, without its port, in any case: of the target, else of the `Host`
/// header.
///
/// For a client it is where the request goes. For a server it is what the caller says, so it
/// identifies nobody.
///
/// ```
/// use palisade_core::{Host, Key, KeyBy};
///
/// let request = http::Request::get("https://API.example.com:8443/").body(()).unwrap();
/// assert_eq!(Host.key(&request), Some(Key::from("api.example.com")));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Host;

/// The request's method.
///
/// ```
/// use palisade_core::{Key, KeyBy, Method};
///
/// assert_eq!(Method.key(&http::Request::new(())), Some(Key::from("GET")));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Method;

impl<Req: HasHead> KeyBy<Req> for Header {
    fn key<'r>(&'r self, request: &'r Req) -> Option<Key<'r>> {
        request.head().header(self.0).map(Key::from)
    }

    /// The header's name.
    fn describe(&self) -> &'static str {
        self.0
    }
}

impl<Req: HasHead> KeyBy<Req> for Host {
    fn key<'r>(&'r self, request: &'r Req) -> Option<Key<'r>> {
        request.head().host().map(Key::caseless)
    }

    fn describe(&self) -> &'static str {
        "host"
    }
}

impl<Req: HasHead> KeyBy<Req> for Method {
    fn key<'r>(&'r self, request: &'r Req) -> Option<Key<'r>> {
        Some(Key::from(request.head().method().as_str()))
    }

    fn describe(&self) -> &'static str {
        "method"
    }
}
