//! A server with TLS, seen by a client that is not ours.

use std::path::Path;
use std::process::{Command, Stdio};

use palisade_test_server::Server;

/// Whether a client that trusts `authority` alone takes the server for `name`.
fn trusts(server: &Server, authority: &Path, name: &str) -> bool {
    let url = server.tls_url();
    let address = url.strip_prefix("rediss://").expect("the scheme of TLS");
    Command::new("openssl")
        .args(["s_client", "-brief", "-verify_return_error", "-connect", address, "-CAfile"])
        .arg(authority)
        .args(["-verify_hostname", name])
        .stdin(Stdio::null())
        .output()
        .expect("openssl, with which the server's certificate was made")
        .status
        .success()
}

#[test]
fn the_authority_vouches_for_the_server_and_for_no_other() {
    let (server, other) = (Server::builder().tls().start(), Server::builder().tls().start());
    assert!(trusts(&server, &server.authority(), "localhost"));
    assert!(!trusts(&server, &server.authority(), "example.com"));
    assert!(!trusts(&server, &other.authority(), "localhost"));
    server.restart();
    assert!(trusts(&server, &server.authority(), "localhost"));
}

#[test]
fn a_server_with_tls_has_a_port_without_it() {
    let server = Server::builder().tls().password("secret").start();
    assert_eq!(server.command(&["PING"]).unwrap().text(), "PONG");
    let url = server.tls_url();
    assert!(url.starts_with("rediss://:secret@127.0.0.1:"), "{url}");
    assert!(!url.ends_with(&format!(":{}", server.port())), "{url}");
}
