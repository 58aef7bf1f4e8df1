//! Requests that can be sent again, although their bodies can be read only once.
//!
//! A retry, a hedge and a fallback send a request twice. The service that they send it to takes one type of body,
//! tonic's or hyper's or its own, so the copy has to be of that same type. These traits make it:
//!
//! ```text
//! request ── keep(most) ──┬── request   to send now; as it is read, it is recorded
//!                         └── kept ──── remake(&kept) ── the same request, to send again, any number of times
//! ```
//!
//! [`Repeat`] is for requests and [`Replay`] for bodies. A body of bytes that are all there is cloned. One that is still
//! to come (behind a box, as most are) is recorded by its first reader, and every reader serves itself from the
//! record; who comes to its end reads on, for all. So nothing is read ahead, nothing is copied, and several may be
//! read at once: a first attempt that is still being sent while the second one is, or both halves of a hedge.
//!
//! ```
//! use http::Request;
//! use http_body_util::{BodyExt, Full};
//! use palisade_core::replay::Repeat;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! type Body = http_body_util::combinators::BoxBody<bytes::Bytes, palisade_core::BoxError>;
//!
//! let body = Body::new(Full::from("hello").map_err(|never| match never {}));
//! let request = Request::put("/greeting").body(body).unwrap();
//!
//! let (first, kept) = request.keep(64 * 1024);
//! let kept = kept.expect("five bytes are not too many");
//! assert_eq!(first.into_body().collect().await.unwrap().to_bytes(), "hello");
//!
//! let second = Request::<Body>::remake(&kept).unwrap();
//! assert_eq!(second.uri(), "/greeting");
//! assert_eq!(second.into_body().collect().await.unwrap().to_bytes(), "hello");
//! # }
//! ```
//!
//! # Which bodies
//!
//! | body | feature | how |
//! |---|---|---|
//! | `()`, `String`, `Full`, `Empty` of http-body-util | | cloned (a `String` is copied) |
//! | `BoxBody` and `UnsyncBoxBody` of http-body-util, with errors that are `From<`[`Lost`]`>` | | recorded |
//! | `tonic::body::Body` | `tonic` | recorded |
//! | `axum::body::Body` | `axum` | recorded |
//! | the body of a `reqwest::Request` | `reqwest` | cloned if it is bytes, recorded if it is a stream |
//!
//! A boxed body of your own becomes one of them with [`Recording`].
//!
//! # What is not kept
//!
//! - A body that is larger than `most` bytes. If its size is known it is not touched. If not, recording stops once there
//!   are too many: the reader in front goes on unharmed, nothing can be remade, and a reader that still needs what was
//!   thrown away gets [`Lost`] as its error. It never gets another body, nor a shorter one.
//! - A body that broke off, with an error or a panic: what an attempt has met is not repeated to the others.
//! - A request that asks for another protocol (`CONNECT`, or with an `Upgrade`): what follows it is no body.
//!
//! # Cost
//!
//! Keeping a request clones its head: nothing is allocated where there are no headers and no extensions. A body that is
//! empty allocates nothing. A recorded one takes four small allocations, and two locks per frame as long as it can be
//! remade. Once it cannot (its record was dropped, or became too large) and one reader is left, that one reads the body
//! directly. A record holds at most `most` bytes, trailers among them, in at most `most / 64 + 1024` frames of 32 bytes
//! each; a frame may be a piece of a larger buffer, which is then held as a whole.

mod boxed;
mod head;
mod lost;
#[cfg(feature = "reqwest")]
mod reqwest;
mod tape;
mod traits;
mod values;

pub use self::head::KeptRequest;
pub use self::lost::Lost;
#[cfg(feature = "reqwest")]
pub use self::reqwest::KeptReqwest;
pub use self::tape::{Reader, Recording};
pub use self::traits::{Repeat, Replay};
