//! Counts what a limit or a breaker lets through.

use std::time::Duration;

use tokio::io::{self, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::time::timeout;

use crate::CONNECTIONS;
use crate::serve::{Handler, Limit, Way};

/// How long nothing must happen for the requests that are left to be taken as waiting.
///
/// Those that wait do so for a day, or until a handler is done, which none ever is: it is of no
/// consequence for the count unless this machine needs longer than that to take one step.
const QUIET: Duration = Duration::from_secs(2);

/// What happens to a request, unless it waits.
#[derive(Debug)]
pub(crate) enum Event {
    /// It has reached the handler, which keeps it.
    Reached,
    /// It has been answered by somebody else, with this status.
    Refused(u16),
}

/// How many of so many requests, each on a connection of its own, reach the handler while it keeps
/// those that it has.
pub(crate) fn let_through(way: Way, layer: impl Limit) -> usize {
    let runtime = Runtime::new().expect("a runtime needs a few threads and file descriptors only");
    runtime.block_on(count(way, layer)).expect("a free port on this machine")
}

/// How many of so many requests, each on a connection of its own and made when the one before has been
/// answered, reach the handler while it fails.
pub(crate) fn let_fail(way: Way, layer: impl Limit) -> usize {
    let runtime = Runtime::new().expect("a runtime needs a few threads and file descriptors only");
    runtime.block_on(count_failures(way, layer)).expect("a free port on this machine")
}

async fn count(way: Way, layer: impl Limit) -> io::Result<usize> {
    let (events, mut happened) = mpsc::unbounded_channel();
    for connection in connections(way, layer, Handler::Keeps, events.clone()).await? {
        tokio::spawn(tell(connection, events.clone()));
    }

    let mut reached = 0;
    for _ in 0..CONNECTIONS {
        match timeout(QUIET, happened.recv()).await {
            Ok(Some(Event::Reached)) => reached += 1,
            Ok(Some(Event::Refused(status))) => {
                assert!(matches!(status, 429 | 503), "{status} is no refusal");
            }
            // All that are left wait.
            Ok(None) | Err(_) => break,
        }
    }
    Ok(reached)
}

async fn count_failures(way: Way, layer: impl Limit) -> io::Result<usize> {
    let (events, mut happened) = mpsc::unbounded_channel();
    let mut reached = 0;
    for connection in connections(way, layer, Handler::Fails, events).await? {
        let status = ask(connection).await?;
        match happened.try_recv() {
            Ok(_) => reached += 1,
            Err(_) => assert_eq!(status, 503, "this is no refusal"),
        }
    }
    Ok(reached)
}

/// Serves an app and opens the connections, which are idle.
async fn connections(
    way: Way,
    layer: impl Limit,
    handler: Handler,
    events: UnboundedSender<Event>,
) -> io::Result<Vec<TcpStream>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(way.serve(listener, layer, handler, events));
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(TcpStream::connect(address).await?);
    }
    Ok(connections)
}

/// Makes a request and says how it is answered, if ever.
async fn tell(connection: TcpStream, events: UnboundedSender<Event>) -> io::Result<()> {
    let status = ask(connection).await?;
    // Nobody listens any more when all have been counted.
    events.send(Event::Refused(status)).ok();
    Ok(())
}

/// Makes a request, and waits for the status of the answer.
async fn ask(mut connection: TcpStream) -> io::Result<u16> {
    connection.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await?;
    let mut line = [0; "HTTP/1.1 200".len()];
    connection.read_exact(&mut line).await?;
    Ok(line[9..].iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0')))
}
