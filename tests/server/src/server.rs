//! One server.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use crate::directory::Directory;
use crate::port::Port;
use crate::process::Process;
use crate::wait::eventually_some;
use crate::{Builder, Client, Reply, program};

/// How often another port is tried, if something else has taken one in the moment before the server did.
const ATTEMPTS: usize = 5;

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

    pub(crate) fn launch(builder: Builder) -> Result<Self, String> {
        let program = program::find()?;
        let mut failure = String::new();
        for _ in 0..ATTEMPTS {
            let server = Self {
                process: Mutex::new(None),
                builder: builder.clone(),
                directory: Directory::new()?,
                port: Port::take()?,
                program: program.clone(),
            };
            if builder.sentinel {
                let file = server.directory.file("sentinel.conf");
                File::create(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            }
            match server.run() {
                Ok(()) => return Ok(server),
                Err(error) if error.contains("Address already in use") => failure = error,
                Err(error) => return Err(error),
            }
        }
        Err(failure)
    }

    /// Starts the process, and returns when it answers.
    fn run(&self) -> Result<(), String> {
        // What it has written for a replica, or because a test told it to, would be read again.
        let _ = fs::remove_file(self.directory.file("dump.rdb"));
        let file = self.directory.file("log");
        let log = File::options().create(true).append(true).open(&file);
        let log = log.map_err(|error| format!("cannot open {}: {error}", file.display()))?;
        let mut process =
            Process::start(&self.program, &self.arguments(), self.directory.path(), log)?;
        let outcome = eventually_some(
            || match Client::connect(self.port()).and_then(|mut client| client.command(&["PING"])) {
                Ok(_) => Some(Ok(())),
                // It answers; it only wants a password first.
                Err(error) if error.starts_with("NOAUTH") => Some(Ok(())),
                Err(_) if process.runs() => None,
                Err(_) => Some(Err(format!(
                    "{} {} ended at once:\n{}",
                    self.program.display(),
                    self.arguments().join(" "),
                    self.log()
                ))),
            },
            "a Redis server to answer",
        );
        *self.process.lock() = Some(process);
        outcome
    }

    fn arguments(&self) -> Vec<String> {
        let directory = self.directory.path().display().to_string();
        let port = self.port().to_string();
        let mut arguments = Vec::new();
        let mut set =
            |setting: &[&str]| arguments.extend(setting.iter().map(|&word| word.to_owned()));
        if self.builder.sentinel {
            // It keeps what it learns in a file, which must be there.
            set(&[&self.directory.file("sentinel.conf").display().to_string(), "--sentinel"]);
        } else {
            set(&["--save", "", "--appendonly", "no"]);
            // Through a file, which goes at once: else a replica gets its data when a second is full.
            set(&["--repl-diskless-sync", "no", "--rdb-del-sync-files", "yes"]);
        }
        set(&["--port", &port, "--bind", "127.0.0.1", "--dir", &directory]);
        set(&["--daemonize", "no", "--loglevel", "warning"]);
        if self.builder.unixsocket {
            set(&["--unixsocket", &self.unixsocket().display().to_string()]);
        }
        arguments.extend_from_slice(&self.builder.arguments);
        arguments
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
        match &self.builder.password {
            Some(password) => self.url_as("", password),
            None => format!("redis://127.0.0.1:{}", self.port()),
        }
    }

    /// The URL of a user, of whom the server need not know.
    #[must_use]
    pub fn url_as(&self, name: &str, password: &str) -> String {
        format!("redis://{name}:{password}@127.0.0.1:{}", self.port())
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
