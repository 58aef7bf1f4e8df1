//! `reqwest::Request`, whose body is bytes or a stream.

use std::fmt;

use http::HeaderMap;
use http_body::Body as _;
use http_body_util::BodyExt;
use http_body_util::combinators::MapErr;
use reqwest::{Body, Request};

use super::head::changes_protocol;
use super::{Recording, Repeat};
use crate::BoxError;

/// A stream's error is boxed, since none of reqwest's own can be made that says that a record is lost. reqwest boxes
/// it anyway.
type Stream = MapErr<Body, fn(reqwest::Error) -> BoxError>;

/// What a `reqwest::Request` is remade from.
pub struct KeptReqwest {
    /// With its body, if that is bytes.
    request: Request,
    stream: Option<Recording<Stream>>,
}

impl Repeat for Request {
    type Kept = KeptReqwest;

    fn keep(mut self, most: usize) -> (Self, Option<KeptReqwest>) {
        let least = self.body().map_or(0, |body| body.size_hint().lower());
        if least > most as u64 || changes_protocol(self.method(), self.headers()) {
            return (self, None);
        }
        // reqwest refuses to clone exactly what is a stream.
        if let Some(request) = self.try_clone() {
            return (self, Some(KeptReqwest { request, stream: None }));
        }
        let Some(body) = self.body_mut().take() else { return (self, None) };
        let head = self.try_clone();
        let (body, stream) = Recording::of(body.map_err(Into::into as fn(_) -> _), most);
        *self.body_mut() = Some(Body::wrap(body));
        let kept = head.map(|request| KeptReqwest { request, stream: Some(stream) });
        (self, kept)
    }

    /// What was cloned once can be cloned again: its body is bytes, or none.
    fn is_whole(kept: &KeptReqwest) -> bool {
        kept.stream.as_ref().is_none_or(Recording::is_whole)
    }

    fn remake(kept: &KeptReqwest) -> Option<Self> {
        let mut request = kept.request.try_clone()?;
        if let Some(stream) = &kept.stream {
            *request.body_mut() = Some(Body::wrap(stream.reader()?));
        }
        Some(request)
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.headers_mut()
    }
}

impl fmt::Debug for KeptReqwest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptReqwest")
            .field("request", &self.request)
            .field("stream", &self.stream)
            .finish()
    }
}
