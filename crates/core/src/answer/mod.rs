//! The responses that rejections become.

mod grpc;
mod problem;
mod protobuf;

use bytes::Bytes;
use http::{HeaderMap, Response};

use crate::{Meta, Rejection};

/// Answers a request with a rejection: trailers-only to a gRPC call, else a problem document.
///
/// The rejection itself goes into the response's extensions.
pub(crate) fn respond(why: Rejection, meta: Meta) -> Response<Bytes> {
    let mut response = match meta.grpc() {
        Some(kind) => grpc::respond(&why, kind.content_type()),
        None => problem::respond(&why),
    };
    response.extensions_mut().insert(why);
    response
}

/// The trailers of a gRPC response that is cut off.
pub(crate) fn trailers(why: &Rejection) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    grpc::write(why, &mut trailers);
    trailers
}
