//! `http::Request`: its head is cloned, its body is asked.

use http::request::Parts;
use http::{HeaderMap, Method, Request, header};

use super::{Repeat, Replay};

/// What an `http::Request` is remade from; `K` is what its body is.
///
/// Method, target, version, headers and extensions are clones. That allocates for headers and for extensions if there
/// are any (each extension is cloned as its own type does it), and nothing else, unless the method is one of your own.
#[derive(Debug)]
pub struct KeptRequest<K> {
    parts: Parts,
    body: K,
}

impl<B: Replay> Repeat for Request<B> {
    type Kept = KeptRequest<B::Kept>;

    fn keep(self, most: usize) -> (Self, Option<Self::Kept>) {
        if changes_protocol(self.method(), self.headers()) {
            return (self, None);
        }
        let (parts, body) = self.into_parts();
        let (body, kept) = body.keep(most);
        let kept = kept.map(|body| KeptRequest { parts: parts.clone(), body });
        (Self::from_parts(parts, body), kept)
    }

    fn is_whole(kept: &Self::Kept) -> bool {
        B::is_whole(&kept.body)
    }

    fn remake(kept: &Self::Kept) -> Option<Self> {
        let body = B::remake(&kept.body)?;
        Some(Self::from_parts(kept.parts.clone(), body))
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.headers_mut()
    }
}

/// Whether what follows the head may be no HTTP: the connection is handed over to whoever asked.
pub(super) fn changes_protocol(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::CONNECT || headers.contains_key(header::UPGRADE)
}
