//! A process that does not outlive this one.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::wait::eventually;

/// Waits for a line. If there is none, this process has ended without a word: ends the server, and removes its
/// directory. Signals that a terminal sends to all of its processes are no reason to end before that.
const KEEPER: &str = r#"trap "" INT TERM HUP; read -r line || { kill -KILL "$1"; rm -rf "$2"; }"#;

/// A server's process, and the keeper beside it. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    server: Child,
    keeper: Child,
}

impl Process {
    /// Starts `program` in `directory`, with what it prints in `log`.
    pub(crate) fn start(
        program: &Path,
        arguments: &[String],
        directory: &Path,
        log: File,
    ) -> Result<Self, String> {
        let errors = log.try_clone().map_err(|error| error.to_string())?;
        let mut server = Command::new(program)
            .args(arguments)
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper", &server.id().to_string()])
            .arg(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match keeper {
            Ok(keeper) => Ok(Self { server, keeper }),
            Err(error) => {
                let _ = server.kill().and_then(|()| server.wait());
                Err(format!("cannot start sh: {error}"))
            }
        }
    }

    /// Whether it has not ended. A stopped process runs.
    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.server.try_wait(), Ok(None))
    }

    pub(crate) fn id(&self) -> u32 {
        self.server.id()
    }

    /// Sends a signal, and returns when the process has `state`, one of the letters that Linux has for them.
    /// Elsewhere it returns when the signal is sent.
    pub(crate) fn signal(&self, name: &str, reached: impl Fn(char) -> bool) -> Result<(), String> {
        let id = self.id();
        // The shell's own command: a program of that name is not everywhere.
        let sent = Command::new("sh")
            .args(["-c", r#"kill -s "$1" "$2""#, "kill", name, &id.to_string()])
            .output()
            .map_err(|error| format!("cannot start sh: {error}"))?;
        if !sent.status.success() {
            return Err(String::from_utf8_lossy(&sent.stderr).trim().to_owned());
        }
        let arrived = || state(id).is_none_or(&reached);
        eventually(arrived, &format!("process {id} to obey {name}"));
        Ok(())
    }
}

/// The letter of a process's state: it stands behind the program's name, which is in parentheses.
fn state(id: u32) -> Option<char> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    text.rsplit_once(") ")?.1.chars().next()
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL ends a stopped process as well. Waited for, so that its port is free.
        let _ = self.server.kill();
        let _ = self.server.wait();
        if let Some(mut keeper) = self.keeper.stdin.take() {
            let _ = keeper.write_all(b"\n");
        }
        let _ = self.keeper.wait();
    }
}
