//! A client that needs nothing and knows nothing: what is tested must not arrange its own tests.

use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::Reply;

/// How long a stopped server is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// One connection, for what depends on it: `MULTI`, `WATCH`, `CLIENT ID`, `SUBSCRIBE`, `ASKING`.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects to `port` on 127.0.0.1: a server's, or a proxy's.
    pub fn connect(port: u16) -> Result<Self, String> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let open = || {
            let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Ok(stream)
        };
        let stream = open().map_err(|error: std::io::Error| format!("{address}: {error}"))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends a command and waits for its answer, for 5 seconds at most.
    ///
    /// An error that the server answers is an `Err`, as is a connection that fails.
    pub fn command<A: AsRef<[u8]>>(&mut self, arguments: &[A]) -> Result<Reply, String> {
        self.send(arguments)?;
        self.receive()
    }

    /// Sends a command; does not wait for its answer.
    pub fn send<A: AsRef<[u8]>>(&mut self, arguments: &[A]) -> Result<(), String> {
        let mut bytes = format!("*{}\r\n", arguments.len()).into_bytes();
        for argument in arguments.iter().map(AsRef::as_ref) {
            bytes.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
            bytes.extend_from_slice(argument);
            bytes.extend_from_slice(b"\r\n");
        }
        self.stream.get_mut().write_all(&bytes).map_err(|error| error.to_string())
    }

    /// Waits for the next answer or message, for 5 seconds at most.
    pub fn receive(&mut self) -> Result<Reply, String> {
        match Reply::read(&mut self.stream) {
            Ok(Reply::Error(error)) => Err(error),
            Ok(reply) => Ok(reply),
            Err(error) => Err(error.to_string()),
        }
    }
}
