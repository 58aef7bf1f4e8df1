//! A server that answers, and refuses.

use palisade_test_server::Server;

use crate::ordeal::{Beyond, Redis, Scenario, Shows};

/// A server, of whom calls are made as the user "limits".
struct Guarded(Server);

const USER: &str = "limits";
const PASSWORD: &str = "secret";

impl Redis for Guarded {
    fn address(&self) -> String {
        self.0.url_as(USER, PASSWORD)
    }
}

impl Guarded {
    fn start() -> Self {
        Self::with(PASSWORD)
    }

    fn with(password: &str) -> Self {
        Self(Server::builder().user(USER, password, ["~*", "+@all"]).start())
    }

    /// Changes what the user may do.
    fn user(&self, rules: &[&str]) {
        tell(&self.0, &[&["ACL", "SETUSER", USER], rules].concat());
    }
}

/// A server, and another one that it may be made to follow.
struct Pair(Server, Server);

impl Redis for Pair {
    fn address(&self) -> String {
        self.0.url()
    }
}

impl Pair {
    fn follow(&self) {
        tell(&self.0, &["REPLICAOF", "127.0.0.1", &self.1.port().to_string()]);
    }

    fn lead(&self) {
        tell(&self.0, &["REPLICAOF", "NO", "ONE"]);
    }
}

fn tell(server: &Server, command: &[&str]) {
    server.command(command).unwrap();
}

#[test]
fn a_server_whose_memory_is_full() {
    Scenario {
        name: "full",
        start: Server::start,
        harm: Some(|server| tell(server, &["CONFIG", "SET", "maxmemory", "1"])),
        heal: |server| tell(server, &["CONFIG", "SET", "maxmemory", "0"]),
        shows: Shows::Outage,
        fails: &["rejected"],
        beyond: Beyond::Nothing,
    }
    .run();
}

#[test]
fn a_replica_that_is_taken_for_a_primary() {
    Scenario {
        name: "replica",
        start: || {
            let primary = Server::start();
            let replica = primary.replica();
            Pair(replica, primary)
        },
        harm: None,
        heal: Pair::lead,
        shows: Shows::Outage,
        fails: &["rejected"],
        beyond: Beyond::Nothing,
    }
    .run();
}

#[test]
fn a_primary_that_is_demoted() {
    Scenario {
        name: "demoted",
        start: || Pair(Server::start(), Server::start()),
        harm: Some(Pair::follow),
        heal: Pair::lead,
        shows: Shows::Outage,
        fails: &["rejected"],
        beyond: Beyond::Little,
    }
    .run();
}

#[test]
fn a_right_that_is_taken_away() {
    Scenario {
        name: "denied",
        start: Guarded::start,
        harm: Some(|server: &Guarded| server.user(&["-evalsha"])),
        heal: |server| server.user(&["+evalsha"]),
        shows: Shows::Outage,
        fails: &["rejected"],
        beyond: Beyond::Nothing,
    }
    .run();
}

#[test]
fn a_password_that_is_wrong_from_the_start() {
    Scenario {
        name: "wrong",
        start: || Guarded::with("another"),
        harm: None,
        heal: |server| server.user(&[&format!(">{PASSWORD}")]),
        shows: Shows::Outage,
        fails: &["not sent"],
        beyond: Beyond::Nothing,
    }
    .run();
}

#[test]
fn a_password_that_is_changed() {
    Scenario {
        name: "changed",
        start: Guarded::start,
        harm: Some(|server: &Guarded| {
            server.user(&["resetpass", ">another"]);
            // Who is in may stay, by the server's rules.
            tell(&server.0, &["CLIENT", "KILL", "USER", USER]);
        }),
        heal: |server| server.user(&[&format!(">{PASSWORD}")]),
        shows: Shows::Outage,
        fails: &["not sent", "unknown"],
        beyond: Beyond::Nothing,
    }
    .run();
}
