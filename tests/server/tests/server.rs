//! One server: what it is asked for, and what is done to it.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use palisade_test_server::{Client, Reply, Server};

#[test]
fn a_server_answers_as_soon_as_it_is_there() {
    let server = Server::start();
    assert_eq!(server.command(&["SET", "a", "b"]), Ok(Reply::Simple("OK".to_owned())));
    assert_eq!(server.command(&["GET", "a"]).unwrap().text(), "b");
    assert_eq!(server.command(&["INCR", "n"]), Ok(Reply::Integer(1)));
    assert_eq!(server.command(&["MGET", "a", "none"]).unwrap().array().len(), 2);
    assert!(server.command(&["GET", "none"]).unwrap().is_nil());
    assert_eq!(server.url(), format!("redis://127.0.0.1:{}", server.port()));
}

#[test]
fn an_error_that_is_answered_is_an_error() {
    let server = Server::start();
    let error = server.command(&["NO-SUCH-COMMAND"]).unwrap_err();
    assert!(error.starts_with("ERR unknown command"), "{error}");
}

#[test]
fn settings_reach_the_server() {
    let server = Server::builder().arg("--maxmemory", "2mb").start();
    let limit = server.command(&["CONFIG", "GET", "maxmemory"]).unwrap();
    assert_eq!(limit.array()[1].integer(), 2 * 1024 * 1024);
}

#[test]
#[should_panic(expected = "no-such-setting")]
fn a_setting_that_the_server_refuses_is_told_with_its_log() {
    let _ = Server::builder().arg("--no-such-setting", "1").start();
}

#[test]
fn servers_share_neither_ports_nor_data() {
    let servers: Vec<_> = (0..4).map(|_| Server::start()).collect();
    for (server, name) in servers.iter().zip(["a", "b", "c", "d"]) {
        server.command(&["SET", "name", name]).unwrap();
    }
    let names = servers.iter().map(|server| server.command(&["GET", "name"]).unwrap().text());
    assert_eq!(names.collect::<String>(), "abcd");
}

#[test]
fn a_killed_server_refuses_and_comes_back_empty_on_its_port() {
    let server = Server::start();
    let port = server.port();
    server.command(&["SET", "a", "b"]).unwrap();
    server.command(&["SAVE"]).unwrap();
    server.kill();
    assert!(!server.runs());
    assert!(Client::connect(port).unwrap_err().contains("refused"));
    server.restart();
    assert_eq!(server.port(), port);
    assert!(server.command(&["GET", "a"]).unwrap().is_nil());
}

#[test]
fn a_stopped_server_answers_when_it_goes_on() {
    let server = Server::start();
    let mut client = server.client().unwrap();
    server.stop();
    client.send(&["PING"]).unwrap();
    assert!(server.runs());
    // 5 seconds of silence would take 5 seconds to show: the process's state says it.
    let state = std::fs::read_to_string(format!("/proc/{}/stat", server.process_id().unwrap()));
    if let Ok(state) = state {
        assert!(state.contains(") T "), "{state}");
    }
    server.cont();
    assert_eq!(client.receive().unwrap().text(), "PONG");
}

#[test]
fn a_server_that_is_dropped_while_stopped_leaves_nothing() {
    let server = Server::start();
    let (port, directory) = (server.port(), server.directory().to_owned());
    server.stop();
    drop(server);
    assert!(Client::connect(port).is_err());
    assert!(!Path::exists(&directory));
}

#[test]
fn a_panic_ends_the_server() {
    let (port, directory) = std::thread::spawn(|| {
        let server = Server::start();
        std::panic::panic_any((server.port(), server.directory().to_owned()));
    })
    .join()
    .map_err(|panic| *panic.downcast::<(u16, std::path::PathBuf)>().unwrap())
    .unwrap_err();
    assert!(Client::connect(port).is_err());
    assert!(!directory.exists());
}

#[test]
fn a_password_is_wanted_and_is_in_the_url() {
    let server = Server::builder().password("secret").start();
    let error = Client::connect(server.port()).unwrap().command(&["GET", "a"]).unwrap_err();
    assert!(error.starts_with("NOAUTH"), "{error}");
    server.command(&["GET", "a"]).unwrap();
    assert_eq!(server.url(), format!("redis://:secret@127.0.0.1:{}", server.port()));
}

#[test]
fn a_user_may_what_its_rules_say() {
    let server = Server::builder().user("alice", "secret", ["~a*", "+get"]).start();
    let mut client = Client::connect(server.port()).unwrap();
    client.command(&["AUTH", "alice", "secret"]).unwrap();
    assert!(client.command(&["GET", "apple"]).unwrap().is_nil());
    assert!(client.command(&["GET", "pear"]).unwrap_err().starts_with("NOPERM"));
    assert!(client.command(&["SET", "apple", "1"]).unwrap_err().starts_with("NOPERM"));
    let url = format!("redis://alice:secret@127.0.0.1:{}", server.port());
    assert_eq!(server.url_as("alice", "secret"), url);
}

#[test]
fn a_unix_socket_answers_if_it_is_asked_for() {
    let server = Server::builder().unixsocket().start();
    let mut socket = UnixStream::connect(server.unixsocket()).unwrap();
    socket.write_all(b"PING\r\n").unwrap();
    let mut answer = [0; 7];
    socket.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"+PONG\r\n");
}
