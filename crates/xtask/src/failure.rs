//! Why a run stopped, and the exit code it passes on.

use std::fmt;
use std::io;
use std::process::{ExitCode, ExitStatus};

pub(crate) type Result<T> = std::result::Result<T, Failure>;

#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// What a check found.
    pub(crate) fn found(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }

    /// A command line that makes no sense; 2, as usual for that.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }

    /// A command that ran and failed: its own code, or 128 + the signal that ended it, as a shell has it.
    pub(crate) fn status(command: &str, status: ExitStatus) -> Self {
        let code = status.code().or_else(|| signal(status).map(|signal| 128 + signal));
        // Windows has wider codes than the eight bits that every shell can pass on.
        let code = code.and_then(|code| u8::try_from(code).ok()).filter(|&code| code != 0);
        Self { message: format!("{status}: {command}"), code: code.unwrap_or(1) }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::found(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::found(format!("cargo metadata: {error}"))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn an_exit_code_passes_through() {
        assert_eq!(Failure::status("cargo test", ExitStatus::from_raw(101 << 8)).code, 101);
    }

    #[test]
    fn an_interrupt_reads_as_a_shell_reports_it() {
        assert_eq!(Failure::status("cargo test", ExitStatus::from_raw(2)).code, 130);
    }
}
