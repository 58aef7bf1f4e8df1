//! Installing what the tests start, with the system's own package manager.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use crate::{command, redis};

struct Manager {
    program: &'static str,
    /// Fetches the lists of packages, where the manager does not do so by itself.
    refresh: Option<&'static str>,
    install: &'static [&'static str],
    /// Tried in this order: which of the two a system carries changed with Redis's licence.
    packages: [&'static str; 2],
    needs_root: bool,
}

const MANAGERS: [Manager; 5] = [
    Manager {
        program: "apt-get",
        refresh: Some("update"),
        install: &["install", "--yes", "--no-install-recommends"],
        packages: ["redis-server", "valkey-server"],
        needs_root: true,
    },
    Manager {
        program: "dnf",
        refresh: None,
        install: &["install", "--assumeyes"],
        packages: ["valkey", "redis"],
        needs_root: true,
    },
    Manager {
        program: "apk",
        refresh: Some("update"),
        install: &["add"],
        packages: ["valkey", "redis"],
        needs_root: true,
    },
    Manager {
        program: "pacman",
        // Refreshing the lists without upgrading the system is what pacman's manual warns of.
        refresh: None,
        install: &["--sync", "--noconfirm", "--needed"],
        packages: ["valkey", "redis"],
        needs_root: true,
    },
    Manager {
        program: "brew",
        refresh: None,
        install: &["install"],
        packages: ["redis", "valkey"],
        needs_root: false,
    },
];

/// Tries each package manager on `path` until one reports success; the caller looks for the server afterwards.
pub(crate) fn redis(path: &OsStr) {
    any_of(path, |manager| &manager.packages);
}

/// The same for the program that makes certificates; its package has one name everywhere.
pub(crate) fn openssl(path: &OsStr) {
    any_of(path, |_| &["openssl"]);
}

fn any_of(path: &OsStr, packages: fn(&Manager) -> &[&str]) {
    let present = |manager: &&Manager| redis::find(&[manager.program], path).is_some();
    for manager in MANAGERS.iter().filter(present) {
        let Some(prefix) = prefix(manager.needs_root) else { continue };
        if manager.install(prefix, packages(manager)) {
            return;
        }
    }
}

impl Manager {
    fn install(&self, prefix: &[&str], packages: &[&str]) -> bool {
        if let Some(refresh) = self.refresh {
            // A list that could not be fetched may still be there from before.
            let _ = command::run(&mut self.command(prefix, &[refresh]));
        }
        packages.iter().any(|package| {
            let arguments = [self.install, &[*package]].concat();
            command::run(&mut self.command(prefix, &arguments)).is_ok()
        })
    }

    fn command(&self, prefix: &[&str], arguments: &[&str]) -> Command {
        let words = [prefix, &[self.program], arguments].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).stdin(Stdio::null());
        command
    }
}

/// What goes before a command so that it runs with the rights it needs; `None` where we cannot have them unasked.
fn prefix(needs_root: bool) -> Option<&'static [&'static str]> {
    let answers = |program: &str, argument: &[&str]| {
        command::output(Command::new(program).args(argument)).unwrap_or_default()
    };
    if !needs_root || answers("id", &["-u"]).trim_ascii() == b"0" {
        return Some(&[]);
    }
    let sudo: &[&str] = &["sudo", "-n"];
    (answers("sudo", &["-n", "id", "-u"]).trim_ascii() == b"0").then_some(sudo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_reads_as_typed_with_and_without_sudo() {
        let [apt, ..] = MANAGERS;
        let words = |command: &Command| {
            let words = std::iter::once(command.get_program()).chain(command.get_args());
            words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        let arguments = [apt.install, &["redis-server"]].concat();
        let typed = "apt-get install --yes --no-install-recommends redis-server";
        assert_eq!(words(&apt.command(&[], &arguments)), typed);
        let prefix = ["sudo", "-n"];
        assert_eq!(words(&apt.command(&prefix, &arguments)), format!("sudo -n {typed}"));
    }

    #[test]
    fn what_needs_no_root_gets_no_prefix() {
        assert_eq!(prefix(false), Some([].as_slice()));
    }
}
