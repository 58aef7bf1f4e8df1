//! The link: what each of its settings does to connections that are there, and to new ones.
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use palisade_test_server::{Client, Proxy, Server, eventually};

/// A server that sends back what it gets.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || std::io::copy(&mut stream.try_clone().unwrap(), &mut stream));
        }
    });
    port
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn told(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(bytes)?;
    let mut answer = vec![0; bytes.len()];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

#[expect(clippy::disallowed_methods, reason = "a link's delay is real time")]
fn timed<T>(action: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    let done = action();
    (done, begun.elapsed())
}

#[test]
fn an_open_link_passes_commands_and_counts_them() {
    let server = Server::start();
    let proxy = Proxy::to(server.port());
    let mut client = Client::connect(proxy.port()).unwrap();
    assert_eq!(client.command(&["PING"]).unwrap().text(), "PONG");
    assert_eq!((proxy.accepted(), proxy.connections()), (1, 1));
    let (ping, pong) = ("*1\r\n$4\r\nPING\r\n", "+PONG\r\n");
    assert_eq!(proxy.bytes_seen(), (ping.len() + pong.len()) as u64);
    assert_eq!(proxy.url(), format!("redis://127.0.0.1:{}", proxy.port()));
    drop(client);
    eventually(|| proxy.connections() == 0, "the link to end with its client");
}

#[test]
fn an_orderly_end_of_one_side_lets_the_other_finish() {
    let proxy = Proxy::to(echo());
    let mut stream = connect(&proxy);
    stream.write_all(b"last words").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "last words");
}

#[test]
fn a_delay_holds_each_way_on_connections_that_are_there_and_keeps_order() {
    let proxy = Proxy::to(echo());
    let mut stream = connect(&proxy);
    told(&mut stream, b"before").unwrap();
    proxy.delay(Duration::from_millis(30));
    let (answer, took) = timed(|| told(&mut stream, b"slow").unwrap());
    assert_eq!(answer, b"slow");
    assert!(took >= Duration::from_millis(60), "{took:?}");

    // 20 chunks one after the other would take 1.2 s.
    let mut writer = stream.try_clone().unwrap();
    let (answer, took) = timed(|| {
        for number in 0..20_u8 {
            writer.write_all(&[number]).unwrap();
        }
        let mut answer = [0; 20];
        stream.read_exact(&mut answer).unwrap();
        answer
    });
    assert!(answer.iter().copied().eq(0..20), "{answer:?}");
    assert!(took < Duration::from_millis(600), "{took:?}");
}

#[test]
fn a_delay_that_is_taken_back_frees_what_is_under_way() {
    let proxy = Proxy::to(echo());
    let mut stream = connect(&proxy);
    proxy.delay(Duration::from_secs(3600));
    stream.write_all(b"late").unwrap();
    eventually(|| proxy.bytes_seen() == 4, "the proxy to have it");
    proxy.delay(Duration::ZERO);
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"late");
}

#[test]
fn a_link_that_hangs_accepts_and_passes_nothing_before_it_opens() {
    let proxy = Proxy::to(echo());
    let mut old = connect(&proxy);
    told(&mut old, b"before").unwrap();
    proxy.hang();
    let mut new = connect(&proxy);
    let seen = proxy.bytes_seen();
    for stream in [&mut old, &mut new] {
        stream.write_all(b"held").unwrap();
    }
    eventually(|| proxy.bytes_seen() == seen + 8, "the proxy to have both");
    for stream in [&mut old, &mut new] {
        stream.set_read_timeout(Some(Duration::from_millis(30))).unwrap();
        let error = stream.read(&mut [0; 4]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    }
    proxy.open();
    for stream in [&mut old, &mut new] {
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"held");
    }
}

#[test]
fn a_cut_resets_connections_and_refuses_new_ones_until_it_opens() {
    let proxy = Proxy::to(echo());
    let mut streams = [connect(&proxy), connect(&proxy)];
    for stream in &mut streams {
        told(stream, b"before").unwrap();
    }
    proxy.cut();
    assert_eq!(proxy.connections(), 0);
    for stream in &mut streams {
        assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
    let refused = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    proxy.cut();

    proxy.open();
    assert_eq!(told(&mut connect(&proxy), b"again").unwrap(), b"again");
    assert_eq!(proxy.accepted(), 3);
}

#[test]
fn a_cut_ends_what_hangs_and_what_is_delayed() {
    let proxy = Proxy::to(echo());
    let mut stream = connect(&proxy);
    proxy.delay(Duration::from_secs(3600));
    stream.write_all(b"late").unwrap();
    eventually(|| proxy.bytes_seen() == 4, "the proxy to have it");
    proxy.hang();
    proxy.cut();
    assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_cut_ends_a_link_whose_peer_does_not_read() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = Proxy::to(silent.local_addr().unwrap().port());
    let mut stream = connect(&proxy);
    stream.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
    while stream.write(&[0; 64 * 1024]).is_ok() {}
    proxy.cut();
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn a_server_that_is_killed_resets_its_clients_through_the_proxy() {
    let server = Server::start();
    let proxy = Proxy::to(server.port());
    let mut client = Client::connect(proxy.port()).unwrap();
    client.command(&["PING"]).unwrap();
    server.kill();
    assert!(client.command(&["PING"]).is_err());
    // Accepted by the proxy, refused by its target.
    let mut late = connect(&proxy);
    assert!(told(&mut late, b"PING\r\n").is_err());
    server.restart();
    let mut client = Client::connect(proxy.port()).unwrap();
    assert_eq!(client.command(&["PING"]).unwrap().text(), "PONG");
}
