//! Keys that a text chooses.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::net::IpAddr;

use http::Request;
use palisade_core::key::By;
use palisade_core::{ClientIp, Global, Header, Host, Key, KeyBy, Method, PeerAddr, Route};

fn by(text: &str) -> By {
    text.parse().unwrap()
}

fn error(text: &str) -> String {
    text.parse::<By>().unwrap_err().to_string()
}

/// From a client behind two proxies, with an API key.
fn request() -> Request<()> {
    Request::post("http://api.example/things")
        .header("x-forwarded-for", "2001:db8:1:2:3::4, 192.0.2.1")
        .header("x-api-key", "k1")
        .extension(PeerAddr(([10, 0, 0, 1], 80).into()))
        .body(())
        .unwrap()
}

#[test]
fn each_text_is_the_key_that_it_names() {
    let nets = || ["10.0.0.0/8", "192.0.2.0/24"].map(|net| net.parse().unwrap());
    fn same(text: &str, named: impl KeyBy<Request<()>>) {
        let (by, request) = (by(text), request());
        let described: &str = KeyBy::<Request<()>>::describe(&by);
        assert_eq!(by.key(&request), named.key(&request), "{text}");
        assert_eq!(described, named.describe(), "{text}");
    }
    same("global", Global);
    same("host", Host);
    same("method", Method);
    same("route", Route);
    same("header x-api-key", Header("x-api-key"));
    same("header X-API-Key", Header("x-api-key"));
    same("client_ip", ClientIp::peer());
    same("client_ip behind 0", ClientIp::behind_proxies(0));
    same("client_ip behind 1", ClientIp::behind_proxies(1));
    same("client_ip behind 2", ClientIp::behind_proxies(2));
    same("client_ip behind 64", ClientIp::behind_proxies(64));
    same("client_ip trusting 10.0.0.0/8,192.0.2.0/24", ClientIp::trusting(nets()));
    same("client_ip trusting 10.0.0.0/8", ClientIp::trusting(nets().into_iter().take(1)));
    same("client_ip behind 2 prefix 48", ClientIp::behind_proxies(2).ipv6_prefix(48));
    same("client_ip behind 2 prefix 128", ClientIp::behind_proxies(2).ipv6_prefix(128));
    same("client_ip behind 2 prefix 1", ClientIp::behind_proxies(2).ipv6_prefix(1));
    same("client_ip prefix 56", ClientIp::peer().ipv6_prefix(56));
    let hidden = || ClientIp::behind_proxies(3).forwarded_only();
    same("client_ip behind 3 forwarded_only", hidden());
    same("client_ip behind 3 prefix 56 forwarded_only", hidden().ipv6_prefix(56));
    same("method and header x-api-key", (Method, Header("x-api-key")));
    same("host and route and method and client_ip", (Host, Route, Method, ClientIp::peer()));
}

#[test]
fn the_texts_of_client_addresses_find_different_ones() {
    for (text, address) in [
        ("client_ip", "10.0.0.1"),
        ("client_ip behind 1", "192.0.2.1"),
        ("client_ip behind 2", "2001:db8:1:2::"),
        ("client_ip behind 2 prefix 48", "2001:db8:1::"),
        ("client_ip trusting 10.0.0.0/8", "192.0.2.1"),
    ] {
        let address: IpAddr = address.parse().unwrap();
        assert_eq!(by(text).key(&request()), Some(Key::from(address)), "{text}");
    }
}

#[test]
fn more_spaces_than_one_do_not_matter() {
    for text in ["  method and header x-api-key ", "method  and  header   x-api-key"] {
        assert_eq!(by(text).key(&request()), Some(Key::from(("POST", "k1"))), "{text:?}");
    }
    assert_eq!(
        by(" client_ip  behind  1 ").key(&request()),
        by("client_ip behind 1").key(&request())
    );
    assert_eq!(by(" client_ip behind 1 ").to_string(), "client_ip behind 1");
}

#[test]
fn several_have_a_key_only_if_each_has() {
    let by = by("method and header x-missing");
    assert_eq!(by.key(&request()), None);
}

#[test]
fn it_prints_the_text_that_it_was_read_from() {
    for text in ["global", "header X-API-Key", "client_ip behind 2 prefix 48", "host and method"] {
        assert_eq!(by(text).to_string(), text);
        assert_eq!(by(&by(text).to_string()), by(text));
    }
    assert_eq!(By::default(), by("global"));
    assert_ne!(by("host"), by("method"));
}

#[test]
fn a_text_that_names_no_key_is_told_what_would() {
    let expected = r#"e.g. "client_ip behind 1", "header x-api-key", "route and host", "global""#;
    for text in [
        "",
        "ip",
        "Global",
        "global please",
        "host and",
        "and host",
        "host and and method",
        "host, method",
        "client_ip twice",
        "client_ip behind 1 behind 2",
        "client_ip behind 1 trusting 10.0.0.0/8",
        "client_ip trusting 10.0.0.0/8 behind 1",
        // Settings come after what they change.
        "client_ip prefix 56 behind 1",
        "client_ip forwarded_only behind 1",
        // Five.
        "host and host and host and host and host",
    ] {
        assert_eq!(error(text), format!("key {text:?}: expected {expected}"));
    }
}

#[test]
fn a_part_that_cannot_be_is_told_what_could() {
    for (text, wrong) in [
        ("header", "header , must be the name of a header, such as x-api-key"),
        ("header x api", "header x api, must be the name of a header, such as x-api-key"),
        ("method and header ü", "header ü, must be the name of a header, such as x-api-key"),
        ("client_ip behind", "behind , must be 0 to 64 proxies"),
        ("client_ip behind 65", "behind 65, must be 0 to 64 proxies"),
        ("client_ip behind -1", "behind -1, must be 0 to 64 proxies"),
        ("client_ip prefix 0", "prefix 0, must be 1 to 128 bits"),
        ("client_ip prefix 129", "prefix 129, must be 1 to 128 bits"),
        ("client_ip behind 1 prefix x", "prefix x, must be 1 to 128 bits"),
        (
            "client_ip trusting 10.0.0.0/33",
            "trusting 10.0.0.0/33, must be networks without spaces, such as 10.0.0.0/8,fd00::/8",
        ),
        (
            "client_ip trusting 10.0.0.0/8, fd00::/8",
            "trusting 10.0.0.0/8,, must be networks without spaces, such as 10.0.0.0/8,fd00::/8",
        ),
    ] {
        assert_eq!(error(text), format!("key {text:?}: {wrong}"));
    }
}
