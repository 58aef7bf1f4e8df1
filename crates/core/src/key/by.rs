//! What builds a key from a request.

use super::Key;

/// How a layer finds the key of a request.
///
/// Implemented by the types of this module, by tuples of up to four of them, and by closures in
/// [`by_fn`](super::by_fn) and [`request`](super::request). `None` means that the request has no
/// such key, as when the header is missing: what then happens is the layer's setting.
///
/// ```
/// use palisade_core::{Header, Key, KeyBy, Method};
///
/// let request = http::Request::get("/").header("x-api-key", "k1").body(()).unwrap();
/// let by = (Method, Header("x-api-key"));
/// assert_eq!(by.key(&request), Some(Key::from(("GET", "k1"))));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot find the key of a `{Req}`",
    label = "not a key for this request type",
    note = "for HTTP requests use `.by(ClientIp::peer())`, `.by(Header(\"x-api-key\"))` or `.by_fn(|head| ..)`",
    note = "for requests that are not HTTP use `.by(key::request(|request: &{Req}| ..))`"
)]
pub trait KeyBy<Req> {
    /// Whether every request has the same key, so that a layer need not keep a table.
    const UNKEYED: bool = false;

    /// Whether each limit of several has a key of its own, so that each is [asked for](Self::key_of);
    /// if not, only the first is.
    const EACH: bool = false;

    /// The request's key, or `None` if it has none. Must not block and should not allocate.
    fn key<'r>(&'r self, request: &'r Req) -> Option<Key<'r>>;

    /// What the key is, for messages: the `client ip` of "by client ip". Empty if there is nothing
    /// to say.
    fn describe(&self) -> &'static str {
        "key"
    }

    /// The request's key for one of several limits, known by its index: the same for all, unless it
    /// finds one for each.
    #[inline]
    fn key_of<'r>(&'r self, request: &'r Req, limit: usize) -> Option<Key<'r>> {
        let _ = limit;
        self.key(request)
    }

    /// What that key is, for messages.
    #[inline]
    fn describe_of(&self, limit: usize) -> &'static str {
        let _ = limit;
        self.describe()
    }
}

/// One key for all requests, of any type: the limit is shared by everybody.
///
/// ```
/// use palisade_core::{Global, Key, KeyBy};
///
/// assert_eq!(Global.key(&"any request"), Some(Key::global()));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Global;

impl<Req> KeyBy<Req> for Global {
    const UNKEYED: bool = true;

    fn key<'r>(&'r self, _: &'r Req) -> Option<Key<'r>> {
        Some(Key::global())
    }

    fn describe(&self) -> &'static str {
        ""
    }
}

macro_rules! tuple {
    ($first:ident $($next:ident)+) => {
        /// All of them together; `None` if any has none.
        impl<Req, $first: KeyBy<Req>, $($next: KeyBy<Req>),+> KeyBy<Req> for ($first, $($next),+) {
            const UNKEYED: bool = $first::UNKEYED $(&& $next::UNKEYED)+;

            #[allow(non_snake_case)] // The parts are named as their types are.
            fn key<'r>(&'r self, request: &'r Req) -> Option<Key<'r>> {
                let ($first, $($next),+) = self;
                Some($first.key(request)?$(.and($next.key(request)?))+)
            }

            fn describe(&self) -> &'static str {
                "combined key"
            }
        }
    };
}

tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
