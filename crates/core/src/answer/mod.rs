//! The responses that rejections become.

mod grpc;
mod problem;
mod protobuf;

use bytes::Bytes;
use http::Response;

use crate::{Meta, Rejection};

/// Answers a request with a rejection: trailers-only to a gRPC call, else a problem document.
///
/// The rejection itself goes into the response's extensions.
pub(crate) fn respond(why: Rejection, meta: Meta) -> Response<Bytes> {
    let mut response = if meta.is_grpc() { grpc::respond(&why) } else { problem::respond(&why) };
    response.extensions_mut().insert(why);
    response
}
