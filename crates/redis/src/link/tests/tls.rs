//! Encrypted connections, to a server behind an end of TLS that the test has certificates for.

use std::net::Ipv4Addr;

use palisade_test_server::Server;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use redis::cmd;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{RootCertStore, ServerConfig, crypto};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::link::dial::Dial;
use crate::link::fault::Trouble;
use crate::link::live::Live;
use crate::link::tls::Tls;
use crate::url::{Address, Target};

/// An end of TLS in front of a server, as "localhost"; its port, and who is to be trusted.
async fn encrypted(server: &Server) -> (u16, Tls) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &authority).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();

    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = ServerConfig::builder_with_provider(crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (port, behind) = (listener.local_addr().unwrap().port(), server.port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut outer) = acceptor.accept(stream).await {
                let mut inner = TcpStream::connect((Ipv4Addr::LOCALHOST, behind)).await.unwrap();
                tokio::spawn(async move { copy_bidirectional(&mut outer, &mut inner).await });
            }
        }
    });
    (port, Tls::trusting(roots).unwrap())
}

async fn connect(host: &str, port: u16, trust: Option<Tls>) -> Result<Live, Trouble> {
    let target = Target::parse("rediss://:secret@localhost").unwrap();
    let mut dial = Dial::new(&target, Duration::from_secs(5), ANSWER);
    if let Some(tls) = trust {
        dial = dial.with_tls(tls);
    }
    dial.connect(&Address::Tcp(host.to_owned(), port)).await
}

#[tokio::test]
async fn a_server_with_a_trusted_certificate_is_spoken_to() {
    let server = Server::builder().password("secret").start();
    let (port, tls) = encrypted(&server).await;
    let live = connect("localhost", port, Some(tls)).await.unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(live.send(&cmd("PING")).await.unwrap(), Value::SimpleString("PONG".to_owned()));
}

#[tokio::test]
async fn a_certificate_of_another_name_or_of_nobody_is_not_trusted() {
    let server = Server::builder().password("secret").start();
    let (port, tls) = encrypted(&server).await;
    let (_, stranger) = encrypted(&server).await;
    for (host, tls, expected) in [
        ("127.0.0.1", tls, "not valid for name"),
        ("localhost", stranger, "invalid peer certificate"),
    ] {
        let why = connect(host, port, Some(tls)).await.err().unwrap().to_string();
        assert!(why.starts_with(&format!("cannot connect to redis at {host}:{port}: ")), "{why}");
        assert!(why.contains(expected), "{why}");
    }
}

#[tokio::test]
async fn what_the_system_trusts_does_not_vouch_for_a_stranger() {
    let server = Server::builder().password("secret").start();
    let (port, _) = encrypted(&server).await;
    let why = connect("localhost", port, None).await.err().unwrap().to_string();
    assert!(why.contains("invalid peer certificate") || why.contains("trusts no cert"), "{why}");
}

#[tokio::test]
async fn a_server_without_tls_is_not_told_the_password() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let read = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = vec![0; 4096];
        let length = stream.read(&mut heard).await.unwrap();
        stream.write_all(b"-ERR unknown command\r\n").await.unwrap();
        heard.truncate(length);
        heard
    };
    let tls = Tls::trusting(RootCertStore::empty()).unwrap();
    let (connected, heard) = tokio::join!(connect("localhost", port, Some(tls)), read);
    assert_eq!(heard.first(), Some(&22), "the first byte of a handshake");
    assert!(!heard.windows(6).any(|bytes| bytes == b"secret"));
    let why = connected.err().unwrap().to_string();
    assert!(why.starts_with("cannot connect to redis at localhost:"), "{why}");
}
