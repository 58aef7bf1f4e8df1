//! One connection that passes through.

use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use socket2::SockRef;

use super::pump;
use super::state::State;

/// How long a thread stays in a write to a peer that does not read, before it looks whether to go on.
const STUCK: Duration = Duration::from_millis(20);

/// The client's connection and the server's. Both are closed when the last of the link's threads lets go of it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) client: TcpStream,
    pub(super) server: TcpStream,
    reset: AtomicBool,
}

impl Link {
    /// Connects `client` to the server, and passes on what both say in threads of their own.
    pub(super) fn join(client: TcpStream, state: &Arc<State>) {
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, state.target)) else {
            let _ = reset_on_close(&client);
            return;
        };
        let link = Arc::new(Self { client, server, reset: AtomicBool::new(false) });
        let set = [&link.client, &link.server].into_iter().try_for_each(|stream| {
            stream.set_nodelay(true)?;
            stream.set_write_timeout(Some(STUCK))
        });
        if set.is_ok() && state.add(&link) {
            pump::start(&link, state, |link| &link.client, |link| &link.server);
            pump::start(&link, state, |link| &link.server, |link| &link.client);
        } else {
            link.reset();
        }
    }

    /// Both connections will be closed by a reset, as soon as those who read from them see it.
    pub(super) fn reset(&self) {
        self.reset.store(true, Ordering::SeqCst);
        for stream in [&self.client, &self.server] {
            let _ = reset_on_close(stream);
            // Wakes its reader, and sends the peer nothing: a peer that was told of an orderly end
            // would take it for one.
            let _ = stream.shutdown(Shutdown::Read);
        }
    }

    pub(super) fn is_reset(&self) -> bool {
        self.reset.load(Ordering::SeqCst)
    }
}

fn reset_on_close(stream: &TcpStream) -> io::Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}
