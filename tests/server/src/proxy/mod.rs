//! A link between a client and a server that can be slow, silent or cut.

mod link;
mod pump;
mod state;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::Mutex;

use self::link::Link;
use self::state::{Mode, State};
use crate::port::Port;
use crate::wait::eventually;

/// A TCP proxy on 127.0.0.1 whose settings act at once, on connections that are there and on new ones.
///
/// ```
/// use std::time::Duration;
/// use palisade_test_server::{Client, Proxy, Server};
///
/// let server = Server::start();
/// let proxy = Proxy::to(server.port());
/// proxy.delay(Duration::from_millis(5));
/// let mut client = Client::connect(proxy.port()).unwrap();
/// assert_eq!(client.command(&["PING"]).unwrap().text(), "PONG"); // 10 ms later
/// ```
#[derive(Debug)]
pub struct Proxy {
    state: Arc<State>,
    acceptor: Mutex<Option<JoinHandle<()>>>,
    port: Port,
}

impl Proxy {
    /// Passes everything on to `port` on 127.0.0.1 and back, without delay.
    ///
    /// A client whose connection that port refuses is reset.
    #[must_use]
    #[track_caller]
    pub fn to(port: u16) -> Self {
        let own = match Port::take() {
            Ok(own) => own,
            Err(error) => panic!("{error}"),
        };
        let state = Arc::new(State::new(port));
        let proxy = Self { state, acceptor: Mutex::new(None), port: own };
        proxy.open();
        proxy
    }

    /// The port on 127.0.0.1 to connect to: the same for the proxy's life.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// `redis://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port())
    }

    /// Each chunk is passed on this long after it came, both ways: a round trip takes twice as long.
    ///
    /// Chunks wait side by side and keep their order: it delays, and leaves the throughput as it is. Stays
    /// until it is set again, whatever else is done to the link.
    pub fn delay(&self, delay: Duration) {
        self.state.change(|setting| setting.delay = delay);
    }

    /// From now on connections are accepted and nothing is passed on, ends of connections included: a link that
    /// loses every packet.
    pub fn hang(&self) {
        self.accept(Mode::Hang);
    }

    /// Passes things on again: what has come while the link hung, too, and on the same connections.
    pub fn open(&self) {
        self.accept(Mode::Open);
    }

    /// Resets all connections, on both sides, and refuses new ones. Returns when that is done.
    pub fn cut(&self) {
        let mut acceptor = self.acceptor.lock();
        self.state.change(|setting| setting.mode = Mode::Cut);
        if let Some(thread) = acceptor.take() {
            // It waits in `accept`, and looks at the mode when it comes back.
            drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port())));
            let _ = thread.join();
        }
        self.state.reset_all();
        eventually(|| self.connections() == 0, "the proxy's connections to close");
    }

    /// Connections that are open now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.state.connections()
    }

    /// Connections that were accepted so far.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.state.accepted.load(Ordering::Relaxed)
    }

    /// Bytes that came so far, from both sides, whether or not they were passed on.
    #[must_use]
    pub fn bytes_seen(&self) -> u64 {
        self.state.bytes.load(Ordering::Relaxed)
    }

    #[track_caller]
    fn accept(&self, mode: Mode) {
        let mut acceptor = self.acceptor.lock();
        self.state.change(|setting| setting.mode = mode);
        if acceptor.is_some() {
            return;
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port()));
        match TcpListener::bind(address) {
            Ok(listener) => {
                let state = Arc::clone(&self.state);
                *acceptor = Some(thread::spawn(move || accept_all(&listener, &state)));
            }
            Err(error) => panic!("cannot listen on {address}: {error}"),
        }
    }
}

/// Accepts until the link is cut. The listener goes with the thread: new connections are refused then.
fn accept_all(listener: &TcpListener, state: &Arc<State>) {
    for client in listener.incoming() {
        if state.mode() == Mode::Cut {
            return;
        }
        // One that failed before it was accepted is nobody's loss.
        if let Ok(client) = client {
            state.accepted.fetch_add(1, Ordering::Relaxed);
            Link::join(client, state);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.change(|setting| setting.mode = Mode::Cut);
        // Not `cut`: nothing is waited for, and so nothing can panic, in a test that panics already.
        if let Some(thread) = self.acceptor.lock().take() {
            drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port())));
            let _ = thread.join();
        }
        self.state.reset_all();
    }
}
