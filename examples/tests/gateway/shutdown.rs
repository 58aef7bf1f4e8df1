//! An end is graceful, and it comes.

use std::time::Duration;

use palisade_examples::gateway::server::Ending;
use tokio::net::{TcpListener, TcpStream};

use crate::support::{LOOPBACK, Running, Wire, before_a_listener, plan};

#[tokio::test]
async fn a_request_under_way_is_finished() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("GET /up/a HTTP/1.1\nHost: a\n\n").await;
    let mut upstream = Wire::accept(&upstream).await;
    upstream.head().await;

    let served = gateway.stop();
    upstream.send("HTTP/1.1 200 OK\nContent-Length: 4\n\ndone").await;
    assert_eq!(caller.head().await.first_line(), "http/1.1 200 ok");
    assert_eq!(caller.rest().await, "done", "and the connection is closed behind it");
    assert_eq!(served.await.unwrap().unwrap(), Ending::Finished);
}

#[tokio::test]
async fn idle_connections_are_closed_and_new_ones_refused() {
    let (gateway, _upstream) = before_a_listener().await;
    let address = gateway.address;
    let mut idle = Wire::to(&gateway).await;
    idle.send("GET /healthz HTTP/1.1\nHost: a\n\n").await;
    idle.until("ok").await;

    let served = gateway.stop();
    assert_eq!(idle.rest().await, "\n", "the end of its answer, then of the connection");
    assert_eq!(served.await.unwrap().unwrap(), Ending::Finished);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn the_grace_bounds_the_wait_for_a_request_that_hangs() {
    let upstream = TcpListener::bind(LOOPBACK).await.unwrap();
    let mut plan = plan(upstream.local_addr().unwrap());
    plan.grace = Duration::ZERO;
    let gateway = Running::start(plan).await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("GET /up/a HTTP/1.1\nHost: a\n\n").await;
    let mut hanging = Wire::accept(&upstream).await;
    hanging.head().await;
    assert_eq!(gateway.stop().await.unwrap().unwrap(), Ending::Cut);
}
