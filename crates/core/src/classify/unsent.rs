//! Errors of calls that never left.

use std::error::Error;
use std::io::{self, ErrorKind};

/// Whether an error says that the call was never sent, since there was no connection to send it on: it
/// can be made again whatever it does.
///
/// Found anywhere in the sources: an [`io::Error`] that the other side refused the connection or that
/// there is no way to it, and, with the features of their names, what `hyper-util`, `tonic` and `reqwest`
/// call an error of connecting. `false` where nobody can tell.
///
/// A service that does something and then fails to reach another one may pass that error on: around such
/// a one this says too much, and its errors are to be judged otherwise.
#[must_use]
pub fn is_unsent(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source()).any(says_so)
}

fn says_so(error: &(dyn Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        // An `io::Error` that wraps another shows that one's source, and not the error itself.
        let within = error.get_ref().is_some_and(|within| is_unsent(within));
        return within || is_no_way(error.kind());
    }
    #[cfg(feature = "hyper-util")]
    if let Some(error) = error.downcast_ref::<hyper_util::client::legacy::Error>() {
        return error.is_connect();
    }
    #[cfg(feature = "reqwest")]
    if let Some(error) = error.downcast_ref::<reqwest::Error>() {
        return error.is_connect();
    }
    #[cfg(feature = "tonic")]
    if error.is::<tonic::ConnectError>() {
        return true;
    }
    false
}

const fn is_no_way(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::AddrNotAvailable
            | ErrorKind::NetworkDown
    )
}
