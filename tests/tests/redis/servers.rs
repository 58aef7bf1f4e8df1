//! What happens to a server's process, and to what it holds.

use palisade_test_server::Server;

use crate::ordeal::{Beyond, Scenario, Shows};

const LOST: &[&str] = &["not sent", "unknown"];

#[test]
fn a_server_that_is_killed_and_started_again() {
    Scenario {
        name: "killed",
        start: Server::start,
        harm: Some(Server::kill),
        heal: Server::restart,
        shows: Shows::Outage,
        fails: LOST,
        beyond: Beyond::Little,
    }
    .run();
}

#[test]
fn a_server_that_is_stopped_and_goes_on() {
    Scenario {
        name: "stopped",
        start: Server::start,
        harm: Some(Server::stop),
        heal: Server::cont,
        shows: Shows::Outage,
        fails: LOST,
        beyond: Beyond::Nothing,
    }
    .run();
}

#[test]
fn a_server_that_comes_after_its_clients() {
    Scenario {
        name: "late",
        start: || {
            let server = Server::start();
            server.kill();
            server
        },
        harm: None,
        heal: Server::restart,
        shows: Shows::Outage,
        fails: LOST,
        beyond: Beyond::Nothing,
    }
    .run();
}

#[test]
fn a_server_that_is_restarted_and_empty() {
    Scenario {
        name: "restarted",
        start: Server::start,
        harm: Some(Server::restart),
        heal: |_| {},
        shows: Shows::Perhaps,
        fails: LOST,
        beyond: Beyond::Little,
    }
    .run();
}

#[test]
fn a_server_that_forgets_its_scripts() {
    Scenario {
        name: "script_flush",
        start: Server::start,
        harm: Some(|server| drop(server.command(&["SCRIPT", "FLUSH"]).unwrap())),
        heal: |_| {},
        shows: Shows::No,
        fails: &[],
        beyond: Beyond::Nothing,
    }
    .run();
}

#[test]
fn a_server_that_forgets_all_keys() {
    Scenario {
        name: "flushall",
        start: Server::start,
        harm: Some(|server| drop(server.command(&["FLUSHALL"]).unwrap())),
        heal: |_| {},
        shows: Shows::No,
        fails: &[],
        beyond: Beyond::All,
    }
    .run();
}
