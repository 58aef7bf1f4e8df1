//! How a server comes to run.

use std::fs::{self, File};

use parking_lot::Mutex;

use super::Server;
use crate::directory::Directory;
use crate::port::Port;
use crate::process::Process;
use crate::wait::eventually_some;
use crate::{Builder, Client, program, tls};

/// How often another port is tried, if something else has taken one in the moment before the server did.
const ATTEMPTS: usize = 5;

const SENTINEL: &str = "sentinel.conf";

impl Server {
    pub(crate) fn launch(builder: &Builder) -> Result<Self, String> {
        let mut failure = String::new();
        for _ in 0..ATTEMPTS {
            let server = Self::prepare(builder.clone())?;
            match server.run() {
                Ok(()) => return Ok(server),
                Err(error) if error.contains("Address already in use") => failure = error,
                Err(error) => return Err(error),
            }
        }
        Err(failure)
    }

    /// Everything but the process.
    fn prepare(mut builder: Builder) -> Result<Self, String> {
        let directory = Directory::new()?;
        let tls = builder.tls.then(Port::take).transpose()?;
        if let Some(port) = &tls {
            builder.arguments.extend(tls::settings(&directory, port.number())?);
        }
        if builder.sentinel {
            // What it learns it keeps in this file, which must be there.
            let file = directory.file(SENTINEL);
            File::create(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        let (program, port) = (program::find()?, Port::take()?);
        Ok(Self { process: Mutex::new(None), builder, directory, port, tls, program })
    }

    /// Starts the process, and returns when it answers.
    pub(super) fn run(&self) -> Result<(), String> {
        // What it has written for a replica, or because a test told it to, would be read again.
        let _ = fs::remove_file(self.directory.file("dump.rdb"));
        let file = self.directory.file("log");
        let log = File::options().create(true).append(true).open(&file);
        let log = log.map_err(|error| format!("cannot open {}: {error}", file.display()))?;
        let arguments = self.arguments();
        let mut process = Process::start(&self.program, &arguments, self.directory.path(), log)?;
        let answers = || {
            let answer =
                Client::connect(self.port()).and_then(|mut client| client.command(&["PING"]));
            match answer {
                Ok(_) => Some(Ok(())),
                // It answers; it only asks who wants to know.
                Err(error) if error.starts_with("NOAUTH") || error.starts_with("NOPERM") => {
                    Some(Ok(()))
                }
                Err(_) if process.runs() => None,
                Err(_) => Some(Err(format!(
                    "{} {} ended at once:\n{}",
                    self.program.display(),
                    arguments.join(" "),
                    self.log()
                ))),
            }
        };
        let outcome = eventually_some(answers, "a Redis server to answer");
        *self.process.lock() = Some(process);
        outcome
    }

    fn arguments(&self) -> Vec<String> {
        let directory = self.directory.path().display().to_string();
        let port = self.port().to_string();
        let mut arguments = Vec::new();
        let mut set = |words: &[&str]| arguments.extend(words.iter().map(|&word| word.to_owned()));
        if self.builder.sentinel {
            set(&[&self.directory.file(SENTINEL).display().to_string(), "--sentinel"]);
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
}
