//! The rules unless somebody has others.
//!
//! From the most specific on:
//!
//! - A rejection by one of our layers inside (in an error's sources or in a response's extensions). One
//!   of origin `Upstream`, such as an attempt's timeout, is made again. Of those of origin `Local`, which
//!   were never sent, only what passes by itself: a rate limit, after the time that it names, and a
//!   bulkhead that is full. An open circuit, a call that is too late and all others end it at once.
//! - A gRPC response: UNAVAILABLE in its head is made again, and so is RESOURCE_EXHAUSTED that comes with
//!   a pushback. A negative pushback ends it, and so do the other codes that are failures of the service;
//!   the rest are answers. What stands in the trailers comes too late for us.
//! - An HTTP response whose status is one of [`statuses`](crate::RetryLayer::statuses), 502, 503 and 504
//!   unless set; and 429 if it has a `Retry-After`. To a gRPC call these are a proxy's UNAVAILABLE.
//! - Any other response is the answer.
//! - An error: it is made again. If it says that the call was never sent, whatever the call does.

use std::error::Error;

use http::StatusCode;
use palisade_core::classify::{Pushback, is_grpc_response, is_unsent, pushback};
use palisade_core::{BoxError, Origin, Reason, Rejection, rejection};

use super::{Advice, Answer, Judge};
use crate::asked::Asked;

/// The rules of HTTP and gRPC, for a service whose error is a `std::error::Error`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standard;

/// The same for a service whose error is a [`BoxError`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BoxErrors;

/// The rules of errors alone: any response is the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plain;

/// The same for a service whose error is a [`BoxError`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlainBoxed;

/// An error, whatever it is.
type Fault<'a> = &'a (dyn Error + 'static);

impl<Res: Answer, E: Error + 'static> Judge<Res, E> for Standard {
    #[inline]
    fn judge(&self, outcome: Result<&Res, &E>, asked: &Asked<'_>) -> Advice {
        by_answer(outcome.map_err(|error| error as Fault<'_>), asked)
    }

    fn discard(&self, outcome: Result<Res, E>) {
        discard(outcome);
    }
}

impl<Res: Answer> Judge<Res, BoxError> for BoxErrors {
    #[inline]
    fn judge(&self, outcome: Result<&Res, &BoxError>, asked: &Asked<'_>) -> Advice {
        by_answer(outcome.map_err(|error| &**error as Fault<'_>), asked)
    }

    fn discard(&self, outcome: Result<Res, BoxError>) {
        discard(outcome);
    }
}

impl<Res, E: Error + 'static> Judge<Res, E> for Plain {
    #[inline]
    fn judge(&self, outcome: Result<&Res, &E>, _: &Asked<'_>) -> Advice {
        outcome.map_or_else(|error| on_error(error), |_| Advice::Done)
    }
}

impl<Res> Judge<Res, BoxError> for PlainBoxed {
    #[inline]
    fn judge(&self, outcome: Result<&Res, &BoxError>, _: &Asked<'_>) -> Advice {
        outcome.map_or_else(|error| on_error(&**error), |_| Advice::Done)
    }
}

#[inline]
fn by_answer<Res: Answer>(outcome: Result<&Res, Fault<'_>>, asked: &Asked<'_>) -> Advice {
    match outcome {
        Ok(response) => on_answer(response, asked),
        Err(error) => on_error(error),
    }
}

fn discard<Res: Answer, E>(outcome: Result<Res, E>) {
    if let Ok(response) = outcome {
        response.discard();
    }
}

#[inline]
fn on_answer<Res: Answer>(response: &Res, asked: &Asked<'_>) -> Advice {
    let fine = !is_error(response.status()) && !asked.is_grpc();
    if fine && response.extensions().is_empty() {
        return Advice::Done;
    }
    on_suspect(response, asked)
}

#[inline(never)]
fn on_suspect<Res: Answer>(response: &Res, asked: &Asked<'_>) -> Advice {
    if let Some(why) = response.extensions().get::<Rejection>() {
        return on_rejection(why);
    }
    let (status, headers) = (response.status(), response.headers());
    // Asked last: a date is compared with the clock, and most responses say nothing.
    let said = || pushback(status, headers, asked.now());
    if is_grpc_response(headers) {
        let code = headers.get("grpc-status").map(http::HeaderValue::as_bytes);
        return match code {
            Some(code @ (b"8" | b"14")) => match said() {
                Pushback::After(wait) => Advice::again().unsent().after(wait),
                Pushback::Unsaid if code == b"14" => Advice::again().unsent(),
                // Without a pushback it is the caller who has used up what it may.
                Pushback::Unsaid => Advice::Done,
                Pushback::Never => Advice::Stop,
            },
            // UNKNOWN, DEADLINE_EXCEEDED and INTERNAL, as for every layer.
            Some(b"2" | b"4" | b"13") => Advice::Stop,
            _ => Advice::Done,
        };
    }
    let listed = is_error(status) && asked.retries(status);
    if !(listed || status == StatusCode::TOO_MANY_REQUESTS) {
        return if status.is_server_error() { Advice::Stop } else { Advice::Done };
    }
    let again = match asked.is_grpc() {
        true => Advice::again().unsent(),
        false => Advice::again(),
    };
    match said() {
        Pushback::After(wait) => again.after(wait),
        _ if listed => again,
        _ => Advice::Done,
    }
}

fn is_error(status: StatusCode) -> bool {
    status.as_u16() >= 400
}

fn on_error(error: &(dyn Error + 'static)) -> Advice {
    match rejection(error) {
        Some(why) => on_rejection(why),
        None if is_unsent(error) => Advice::again().unsent(),
        None => Advice::again(),
    }
}

fn on_rejection(why: &Rejection) -> Advice {
    if why.origin() == Origin::Upstream {
        return Advice::again();
    }
    match (why.reason(), why.retry_after()) {
        (Reason::RateLimited { .. }, Some(wait)) => Advice::again().unsent().after(wait),
        (
            Reason::BulkheadFull { .. } | Reason::QueueFull { .. } | Reason::QueueTimeout { .. },
            wait,
        ) => Advice::again().unsent().after(wait.unwrap_or_default()),
        _ => Advice::Stop,
    }
}
