//! Clients that send traffic through the gateway, and a report of what each got.
//!
//! | file | its one idea |
//! |---|---|
//! | [`bound`] | how much a limit allows in a time |
//! | [`caller`] | who asks what, how often |
//! | [`seen`] | what the gateway's limits see of a caller |
//! | [`crowd`] | one client that asks many times at once |
//! | [`deciders`] | who decided on the limits |
//! | [`insistence`] | one client whose requests are sent again |
//! | [`load`] | requests that are sent when they are due, whatever became of those before |
//! | [`manner`] | when each client asks |
//! | [`tally`] | what came back, and how late |
//! | [`trial`] | an upstream that breaks down and recovers, before its only caller |
//! | [`verdict`] | whether the layers did what their settings say |
//! | [`report`], [`table`] | all of it, to be read |

pub mod bound;
pub mod caller;
pub mod crowd;
pub mod deciders;
pub mod insistence;
pub mod load;
pub mod manner;
pub mod report;
pub mod seen;
pub mod table;
pub mod tally;
pub mod trial;
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
use super::demo::Demo;
use super::server::Gateway;

/// Serves for as long as the clients send, and until the last of them is answered. `demo` is what serves
/// the plan's upstreams, as far as they are its.
///
/// # Errors
///
/// Where there is nothing to report.
pub async fn run(
    gateway: Gateway,
    demo: Option<&Demo>,
    lasting: Duration,
) -> Result<Report, BoxError> {
    let (address, plan) = (gateway.address(), gateway.plan().clone());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(gateway.serve(async {
        // An error: the drive failed, and is over as well.
        let _over = stopped.await;
    }));

    let callers = Caller::all(&plan, demo, lasting);
    let mut senders = Vec::new();
    for caller in &callers {
        own(caller.address).map_err(|cause| NoAddress { address: caller.address, cause })?;
        senders.push(Sender::connect(caller, address).await?);
    }
    let Some(scraper) = senders.first().cloned() else { return Err("no route to ask".into()) };

    let begin = Instant::now();
    let sending = callers
        .iter()
        .zip(senders)
        .map(|(caller, sender)| tokio::spawn(caller.manner.clone().send(sender, begin, lasting)));
    let sending: Vec<_> = sending.collect();
    let mut rows = Vec::new();
    for (caller, sent) in callers.into_iter().zip(sending) {
        let (tally, manner) = sent.await?;
        rows.push(Row { caller: Caller { manner, ..caller }, tally });
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
