//! What happens on the way to a server that is well.

use std::time::Duration;

use palisade_test_server::{Proxy, Server};

use crate::ordeal::{Beyond, Scenario, Shows};

fn start() -> (Server, Proxy) {
    let server = Server::start();
    let proxy = Proxy::to(server.port());
    (server, proxy)
}

#[test]
fn a_link_that_is_slow() {
    Scenario {
        name: "slow",
        start,
        harm: Some(|(_, proxy): &(Server, Proxy)| proxy.delay(Duration::from_millis(4))),
        heal: |_| {},
        shows: Shows::No,
        fails: &[],
        beyond: Beyond::Nothing,
    }
    .run();
}

#[test]
fn a_link_that_is_too_slow() {
    Scenario {
        name: "too_slow",
        start,
        harm: Some(|(_, proxy): &(Server, Proxy)| proxy.delay(Duration::from_millis(70))),
        heal: |(_, proxy)| proxy.delay(Duration::ZERO),
        shows: Shows::Outage,
        fails: &["not sent", "unknown"],
        beyond: Beyond::Nothing,
    }
    .run();
}

#[test]
fn a_link_that_is_cut() {
    Scenario {
        name: "cut",
        start,
        harm: Some(|(_, proxy): &(Server, Proxy)| proxy.cut()),
        heal: |(_, proxy)| proxy.open(),
        shows: Shows::Outage,
        fails: &["not sent", "unknown"],
        beyond: Beyond::Nothing,
    }
    .run();
}

#[test]
fn a_link_that_is_silent() {
    Scenario {
        name: "silent",
        start,
        harm: Some(|(_, proxy): &(Server, Proxy)| proxy.hang()),
        heal: |(_, proxy)| proxy.open(),
        shows: Shows::Outage,
        fails: &["not sent", "unknown"],
        beyond: Beyond::Nothing,
    }
    .run();
}
