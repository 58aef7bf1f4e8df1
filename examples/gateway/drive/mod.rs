//! Clients that send traffic through the gateway, and a report of what each got.
//!
//! | file | its one idea |
//! |---|---|
//! | [`bound`] | how much a limit allows in a time |
//! | [`caller`] | who asks what, how often |
//! | [`seen`] | what the gateway's limits see of a caller |
//! | [`load`] | requests that are sent when they are due, whatever became of those before |
//! | [`tally`] | what came back, and how late |
//! | [`verdict`] | whether a client got what its limits allow |
//! | [`report`], [`table`] | all of it, to be read |

pub mod bound;
pub mod caller;
pub mod load;
pub mod report;
pub mod seen;
pub mod table;
pub mod tally;
pub mod verdict;

use std::error::Error;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use palisade::BoxError;
use tokio::net::TcpSocket;
use tokio::sync::oneshot;
use tokio::time::Instant;

use self::caller::Caller;
use self::load::Sender;
use self::report::{Report, Row};
use super::server::Gateway;

/// Serves for as long as the clients send, and until the last of them is answered.
///
/// # Errors
///
/// Where there is nothing to report.
pub async fn run(gateway: Gateway, lasting: Duration) -> Result<Report, BoxError> {
    let (address, plan) = (gateway.address(), gateway.plan().clone());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(gateway.serve(async {
        // An error: the drive failed, and is over as well.
        let _over = stopped.await;
    }));

    let callers = Caller::all(&plan, lasting);
    let mut senders = Vec::new();
    for caller in &callers {
        own(caller.address).map_err(|cause| NoAddress { address: caller.address, cause })?;
        senders.push(Sender::connect(caller, address).await?);
    }
    let Some(scraper) = senders.first().cloned() else { return Err("no route to ask".into()) };

    let begin = Instant::now();
    let sending = senders.into_iter().map(|sender| tokio::spawn(sender.send(begin, lasting)));
    let sending: Vec<_> = sending.collect();
    let mut rows = Vec::new();
    for (caller, tally) in callers.into_iter().zip(sending) {
        rows.push(Row { caller, tally: tally.await? });
    }
    let metrics = scraper.get("/metrics").await?;
    drop(stop);
    serving.await??;

    let report = Report::new(plan, rows, &metrics);
    let (requests, served) = (report.total().requests(), report.total().served);
    if served == 0 {
        return Err(format!("of {requests} requests not one was answered with 200").into());
    }
    Ok(report)
}

/// Tries whether connections can be opened from `address`.
fn own(address: IpAddr) -> io::Result<()> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.bind((address, 0).into())
}

/// A client has no address to come from.
#[derive(Debug)]
struct NoAddress {
    address: IpAddr,
    cause: io::Error,
}

impl fmt::Display for NoAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, cause } = self;
        write!(f, "no client can come from {address}: {cause}; Linux has all of 127.0.0.0/8, ")?;
        write!(f, "elsewhere add it to the loopback interface (ifconfig lo0 alias {address})")
    }
}

impl Error for NoAddress {}
