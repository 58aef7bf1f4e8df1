//! Errors of calls that never left.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::io::{self, ErrorKind};

use palisade_core::classify::is_unsent;
use palisade_core::{BoxError, LayerError};

#[test]
fn a_connection_that_was_refused_sent_nothing() {
    for kind in
        [ErrorKind::ConnectionRefused, ErrorKind::HostUnreachable, ErrorKind::NetworkUnreachable]
    {
        assert!(is_unsent(&io::Error::from(kind)), "{kind}");
    }
}

#[test]
fn a_connection_that_broke_may_have_sent_something() {
    for kind in [
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionAborted,
        ErrorKind::BrokenPipe,
        ErrorKind::UnexpectedEof,
        ErrorKind::TimedOut,
    ] {
        assert!(!is_unsent(&io::Error::from(kind)), "{kind}");
    }
}

#[test]
fn it_is_found_in_the_sources() {
    let refused = || io::Error::from(ErrorKind::ConnectionRefused);
    assert!(is_unsent(&LayerError::Inner(refused())));
    assert!(is_unsent(&io::Error::other(refused())), "an `io::Error` hides the one within");
    let boxed: BoxError = LayerError::Inner(LayerError::Inner(refused())).into();
    assert!(is_unsent(&*boxed));
    assert!(!is_unsent(&io::Error::other("refused")));
}

#[cfg(all(feature = "tonic", not(loom)))]
#[test]
fn tonics_error_of_connecting_is_one() {
    assert!(is_unsent(&tonic::ConnectError("no such host".into())));
}

#[cfg(all(feature = "reqwest", not(loom)))]
#[tokio::test]
async fn reqwests_error_of_connecting_is_one() {
    let error = reqwest::get("http://127.0.0.1:1/").await.unwrap_err();
    assert!(is_unsent(&error), "{error:?}");
}
