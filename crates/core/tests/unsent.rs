//! Errors of calls that never left.

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

/// The client's own word, where its connector says nothing that is known: its kind of error is not ours.
#[cfg(not(loom))]
#[tokio::test]
async fn hyper_utils_error_of_connecting_is_one_if_its_feature_is_on() {
    use bytes::Bytes;
    use http::{Request, Uri};
    use http_body_util::Empty;
    use hyper_util::client::legacy::{Client, connect::HttpConnector};
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use tokio::net::TcpStream;

    let send = || Request::post("http://127.0.0.1:1/").body(Empty::<Bytes>::new()).unwrap();

    let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let refused = client.request(send()).await.unwrap_err();
    assert!(is_unsent(&refused), "the `io::Error` tells, whatever the features are: {refused:?}");

    let connector = tower::service_fn(|_: Uri| {
        std::future::ready(Err::<TokioIo<TcpStream>, _>(io::Error::from(ErrorKind::TimedOut)))
    });
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let late = client.request(send()).await.unwrap_err();
    assert_eq!(is_unsent(&late), cfg!(feature = "hyper-util"), "{late:?}");
}
