//! One server.

mod launch;

use std::fs;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use crate::directory::Directory;
use crate::port::Port;
use crate::process::Process;
use crate::tls;
use crate::{Builder, Client, Reply};

/// A real server on a port of its own on 127.0.0.1, with a log and nothing else on disk.
///
/// Starts within some tens of ms. It can be killed, stopped and restarted while others use it; killed and
/// removed when dropped.
#[derive(Debug)]
pub struct Server {
    // First: a process ends before its directory is removed and its port is let go.
    process: Mutex<Option<Process>>,
    pub(crate) builder: Builder,
    directory: Directory,
    port: Port,
    tls: Option<Port>,
    program: PathBuf,
}

impl Server {
    /// Starts a server with nothing set but where it listens, and no persistence.
    ///
    /// Panics if it does not start, with what it has logged.
    #[must_use]
    #[track_caller]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// A server with settings.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Sends a command on a connection of its own, and waits for its answer, for 5 seconds at most.
    ///
    /// An error that the server answers is an `Err`, as is a connection that fails.
    pub fn command<A: AsRef<[u8]>>(&self, arguments: &[A]) -> Result<Reply, String> {
        self.client()?.command(arguments)
    }

    /// A connection, logged in as the user "default".
    pub fn client(&self) -> Result<Client, String> {
        let mut client = Client::connect(self.port())?;
        if let Some(password) = &self.builder.password {
            client.command(&["AUTH", password])?;
        }
        Ok(client)
    }

    /// The port on 127.0.0.1: the same after a restart.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// `redis://127.0.0.1:PORT`, with the password if one is set.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}127.0.0.1:{}", self.login(), self.port())
    }

    /// The URL of a user, of whom the server need not know.
    #[must_use]
    pub fn url_as(&self, name: &str, password: &str) -> String {
        format!("redis://{name}:{password}@127.0.0.1:{}", self.port())
    }

    /// `rediss://127.0.0.1:PORT`, with the password if one is set: the port for TLS, which is another one.
    ///
    /// Panics if the server was started without [`tls`](Builder::tls).
    #[must_use]
    #[track_caller]
    pub fn tls_url(&self) -> String {
        match &self.tls {
            Some(port) => format!("rediss://{}127.0.0.1:{}", self.login(), port.number()),
            None => panic!("the server on port {} was started without TLS", self.port()),
        }
    }

    /// The file with the certificate of the authority that vouches for a server with [`tls`](Builder::tls), as PEM.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.directory.file(tls::AUTHORITY)
    }

    /// The password as a URL has it.
    fn login(&self) -> String {
        let password = self.builder.password.as_ref();
        password.map_or_else(String::new, |password| format!(":{password}@"))
    }

    /// The Unix socket's path, of a server that was started with one.
    #[must_use]
    pub fn unixsocket(&self) -> PathBuf {
        self.directory.file("socket")
    }

    /// The server's own directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What the server has printed so far, with all of its starts.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.file("log")).unwrap_or_default()
    }

    /// A field of `INFO`: `info("replication", "role")`. None if there is none, or no answer.
    #[must_use]
    pub fn info(&self, section: &str, field: &str) -> Option<String> {
        let reply = self.command(&["INFO", section]).ok()?;
        value(&reply.text(), field)
    }

    /// Whether its process has not ended. A stopped one runs.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.process.lock().as_mut().is_some_and(Process::runs)
    }

    /// The number of its process, unless it was killed. Another one after a restart.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.process.lock().as_ref().map(Process::id)
    }

    /// Kills it with SIGKILL, and returns when it is gone: its connections are reset, new ones refused.
    pub fn kill(&self) {
        *self.process.lock() = None;
    }

    /// Stops it with SIGSTOP: connections are accepted by the system and nothing is answered.
    #[track_caller]
    pub fn stop(&self) {
        self.signal("STOP", |state| matches!(state, 'T' | 't'));
    }

    /// Lets it go on after [`stop`](Self::stop): it answers what it was sent meanwhile.
    #[track_caller]
    pub fn cont(&self) {
        self.signal("CONT", |state| !matches!(state, 'T' | 't'));
    }

    #[track_caller]
    fn signal(&self, name: &str, reached: impl Fn(char) -> bool) {
        let sent = match &*self.process.lock() {
            Some(process) => process.signal(name, reached),
            None => Err("it was killed".to_owned()),
        };
        if let Err(error) = sent {
            panic!("cannot send SIG{name} to the server on port {}: {error}", self.port());
        }
    }

    /// Kills it if it runs, and starts it on the same port; it has forgotten all its data.
    #[track_caller]
    pub fn restart(&self) {
        self.kill();
        if let Err(error) = self.run() {
            panic!("{error}");
        }
    }
}

/// What stands behind `field:` in one of the lines of `text`.
pub(crate) fn value(text: &str, field: &str) -> Option<String> {
    let named = |line: &str| Some(line.strip_prefix(field)?.strip_prefix(':')?.to_owned());
    text.lines().find_map(named)
}
