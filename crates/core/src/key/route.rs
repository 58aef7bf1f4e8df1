//! The route of a request, as axum sees it.

use super::{Key, KeyBy};
use crate::head::{HasHead, Head};

/// The pattern of the matched route (`/users/{id}`), so that one limit counts all its paths.
///
/// Needs the feature `axum` and a layer inside of the router (`Router::layer`,
/// `Router::route_layer`): before that, and for paths without a route, the key is `unmatched`.
///
/// ```
/// use palisade_core::{Key, KeyBy, Route};
///
/// assert_eq!(Route.key(&http::Request::new(())), Some(Key::from("unmatched")));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Route;

impl<Req: HasHead> KeyBy<Req> for Route {
    fn key<'r>(&'r self, request: &'r Req) -> Option<Key<'r>> {
        Some(Key::from(pattern(&request.head()).unwrap_or("unmatched")))
    }

    fn describe(&self) -> &'static str {
        "route"
    }
}

#[cfg(feature = "axum")]
fn pattern<'a>(head: &Head<'a>) -> Option<&'a str> {
    head.extension::<axum::extract::MatchedPath>().map(axum::extract::MatchedPath::as_str)
}

#[cfg(not(feature = "axum"))]
fn pattern<'a>(_: &Head<'a>) -> Option<&'a str> {
    None
}
