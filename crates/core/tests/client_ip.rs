//! Which address a request counts for, whatever its sender writes.

use palisade_core::{ClientIp, KeyBy, key::Cidr};
use proptest::prelude::*;

mod support;

use support::proxied::{PEER, forwarded, found, private, request, xff};

#[test]
fn the_peer_counts_whatever_the_headers_say() {
    let request = xff("1.2.3.4");
    assert_eq!(found(&ClientIp::peer(), &request), PEER);
    assert_eq!(found(&ClientIp::default(), &request), PEER);
    assert_eq!(found(&ClientIp::behind_proxies(0), &request), PEER);
}

#[test]
fn what_a_client_writes_on_the_left_does_not_matter() {
    let by = ClientIp::behind_proxies(2);
    for forged in ["", "6.6.6.6, ", "6.6.6.6, 7.7.7.7,8.8.8.8 ,", "garbage, for=\",", "\",", ",,,"]
    {
        let request = xff(&format!("{forged}203.0.113.7, 10.0.0.5"));
        assert_eq!(found(&by, &request), "203.0.113.7", "{forged}");
        assert_eq!(found(&private(), &request), "203.0.113.7", "{forged}");
    }
    assert_eq!(by.malformed(), 0);
}

#[test]
fn a_clients_own_header_line_comes_before_the_proxys() {
    let request = request(
        Some(PEER),
        &[("x-forwarded-for", b"6.6.6.6"), ("x-forwarded-for", b"203.0.113.7, 10.0.0.5")],
    );
    assert_eq!(found(&ClientIp::behind_proxies(1), &request), "10.0.0.5");
    assert_eq!(found(&ClientIp::behind_proxies(2), &request), "203.0.113.7");
    assert_eq!(found(&ClientIp::behind_proxies(3), &request), "6.6.6.6");
    assert_eq!(found(&private(), &request), "203.0.113.7");
}

#[test]
fn a_missing_short_or_odd_header_counts_for_the_peer() {
    let by = ClientIp::behind_proxies(2);
    let odd = [
        "",
        "1.2.3.4",
        "unknown, 10.0.0.5",
        "_obf, 10.0.0.5",
        "1.2.3, 10.0.0.5",
        "1.2.3.4:x, 1.1.1.1",
        "1.2.3.4:99999, 1.1.1.1",
        "[::1, 1.1.1.1",
        "[::1]80, 1.1.1.1",
        "[1.2.3.4]:80, 1.1.1.1",
        "::1%eth0, 1.1.1.1",
        "\"1.2.3.4\", 1.1.1.1",
        "for=1.2.3.4, 1.1.1.1",
        "1.2.3.4:, 1.1.1.1",
    ];
    for (i, value) in odd.into_iter().enumerate() {
        assert_eq!(found(&by, &xff(value)), PEER, "{value}");
        assert_eq!(by.malformed(), i as u64 + 1);
    }
    assert_eq!(found(&by, &request(Some(PEER), &[])), PEER);
    assert_eq!(by.malformed(), odd.len() as u64 + 1);
}

#[test]
fn every_form_of_an_entry_is_read() {
    let by = ClientIp::behind_proxies(1);
    for (entry, expected) in [
        ("1.2.3.4", "1.2.3.4"),
        ("\t 1.2.3.4 \t", "1.2.3.4"),
        ("1.2.3.4:567", "1.2.3.4"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::"),
        ("[2001:db8:1:2:3::4]", "2001:db8:1:2::"),
        ("[2001:db8:1:2:3::4]:80", "2001:db8:1:2::"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("[::ffff:1.2.3.4]:80", "1.2.3.4"),
    ] {
        assert_eq!(found(&by, &xff(entry)), expected, "{entry}");
    }
    for (entry, expected) in [
        ("for=1.2.3.4", "1.2.3.4"),
        ("For=\"1.2.3.4:567\"", "1.2.3.4"),
        ("for=1.2.3.4:567", "1.2.3.4"),
        ("for=\"[2001:db8:1:2:3::4]:4711\"", "2001:db8:1:2::"),
        ("for=\"[2001:db8:1:2:3::4]:_a1\"", "2001:db8:1:2::"),
        ("by=10.0.0.1;FOR=1.2.3.4;proto=https;host=\"a.example:80\"", "1.2.3.4"),
        ("proto=http ; for=1.2.3.4", "1.2.3.4"),
        ("for=6.6.6.6, for=1.2.3.4", "1.2.3.4"),
    ] {
        assert_eq!(found(&by, &forwarded(entry)), expected, "{entry}");
    }
    assert_eq!(by.malformed(), 0);
}

#[test]
fn an_odd_forwarded_element_counts_for_the_peer() {
    let by = ClientIp::behind_proxies(1);
    let odd = [
        "for=unknown",
        "for=_hidden",
        "for=\"_hidden:80\"",
        "for=",
        "for",
        "=",
        ";",
        "for=1.2.3.4;",
        "for=1.2.3.4;for=5.6.7.8",
        "for=\"1.2.3.4",
        "for=1.2.3.4\"",
        "by=1.2.3.4",
        "1.2.3.4",
        "for=1.2.3.4 by=x",
        "for=\"1.2.\\3.4\"",
        "for=2001:db8::1]",
    ];
    for (i, value) in odd.into_iter().enumerate() {
        assert_eq!(found(&by, &forwarded(value)), PEER, "{value}");
        assert_eq!(by.malformed(), i as u64 + 1);
    }
}

#[test]
fn quotes_hide_nothing() {
    let by = ClientIp::behind_proxies(1);
    // A client opens a quoted string; the proxy's element after it still counts.
    assert_eq!(found(&by, &forwarded("for=\"6.6.6.6, for=1.2.3.4")), "1.2.3.4");
    assert_eq!(by.malformed(), 0);
    // A client's `Host` with a comma, which a proxy quotes, does not make an element of its own.
    for host in
        ["x,for=6.6.6.6", "x,for=6.6.6.6;a=", "x,for=6.6.6.6;a=\\\"", "x\\\",for=6.6.6.6;a=\\\""]
    {
        let value = format!("for=1.2.3.4;host=\"{host}\"");
        assert_ne!(found(&by, &forwarded(&value)), "6.6.6.6", "{value}");
    }
}

#[test]
fn forwarded_counts_only_without_x_forwarded_for_or_when_asked_for() {
    let request =
        request(Some(PEER), &[("x-forwarded-for", b"1.1.1.1"), ("forwarded", b"for=2.2.2.2")]);
    assert_eq!(found(&ClientIp::behind_proxies(1), &request), "1.1.1.1");
    assert_eq!(found(&ClientIp::behind_proxies(1).forwarded_only(), &request), "2.2.2.2");
    // An odd X-Forwarded-For is no reason to believe the other header.
    let by = ClientIp::behind_proxies(2);
    assert_eq!(found(&by, &request), PEER);
    assert_eq!(by.malformed(), 1);
}

#[test]
fn trusting_walks_to_the_first_stranger() {
    let by = private();
    for (value, expected) in [
        ("6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7, 10.1.1.1, 10.2.2.2", "203.0.113.7"),
        ("203.0.113.7, fd12::1, ::ffff:10.1.1.1", "203.0.113.7"),
        // All trusted: the leftmost is as far as trust reaches.
        ("10.3.3.3, 10.2.2.2", "10.3.3.3"),
    ] {
        assert_eq!(found(&by, &xff(value)), expected, "{value}");
    }
    // A health check from within forwards nothing.
    assert_eq!(found(&by, &request(Some(PEER), &[])), PEER);
    assert_eq!(by.malformed(), 0);
    // Beyond the first stranger nothing is read; before it, an odd entry ends all trust.
    assert_eq!(found(&by, &xff("1.1.1.1, unknown, 10.1.1.1")), PEER);
    assert_eq!(by.malformed(), 1);
}

#[test]
fn a_stranger_cannot_make_trusting_look_at_the_header() {
    let request = request(Some("198.51.100.1"), &[("x-forwarded-for", b"1.2.3.4, \xff")]);
    let by = private();
    assert_eq!(found(&by, &request), "198.51.100.1");
    assert_eq!(found(&ClientIp::trusting([]), &request), "198.51.100.1");
    assert_eq!(by.malformed(), 0);
}

#[test]
fn a_mapped_peer_is_its_ipv4_address() {
    let request = request(Some("::ffff:10.0.0.9"), &[("x-forwarded-for", b"1.2.3.4")]);
    assert_eq!(found(&ClientIp::peer(), &request), PEER);
    assert_eq!(found(&private(), &request), "1.2.3.4");
}

#[test]
fn addresses_of_one_ipv6_network_are_one_caller() {
    let key = |by: &ClientIp, ip: &str| found(by, &request(Some(ip), &[]));
    let by = ClientIp::peer();
    for i in 0..1_000_u16 {
        let rotated = format!("2001:db8:1:2:{i:x}:{:x}::{i:x}", i.wrapping_mul(31_337));
        assert_eq!(key(&by, &rotated), "2001:db8:1:2::");
    }
    assert_ne!(key(&by, "2001:db8:1:3::"), "2001:db8:1:2::");
    let ip = "2001:db8:1:2ff:3::4";
    assert_eq!(key(&ClientIp::peer().ipv6_prefix(56), ip), "2001:db8:1:200::");
    assert_eq!(key(&ClientIp::peer().ipv6_prefix(128), ip), ip);
    assert_eq!(key(&ClientIp::peer().ipv6_prefix(200), ip), ip);
    assert_eq!(key(&ClientIp::peer().ipv6_prefix(0), ip), "::");
    assert_eq!(key(&ClientIp::peer().ipv6_prefix(0), "192.0.2.1"), "192.0.2.1");
}

#[test]
fn without_a_peer_there_is_no_key_unless_the_proxies_say_it() {
    let bare = request(None, &[]);
    assert_eq!(ClientIp::peer().key(&bare), None);
    assert_eq!(ClientIp::behind_proxies(1).key(&bare), None);
    assert_eq!(private().key(&bare), None);
    let proxied = request(None, &[("x-forwarded-for", b"1.2.3.4")]);
    assert_eq!(found(&ClientIp::behind_proxies(1), &proxied), "1.2.3.4");
    assert_eq!(ClientIp::behind_proxies(2).key(&proxied), None);
    assert_eq!(private().key(&proxied), None);
}

#[test]
fn a_huge_header_costs_no_more_than_a_long_one() {
    // One endless entry, endless commas, endless trusted entries, endless lines.
    let entry = "1".repeat(1 << 20);
    let commas = ",".repeat(1 << 20);
    let hops = "10.0.0.1,".repeat(1 << 17);
    for value in [&entry, &commas, &hops] {
        let (by, nets) = (ClientIp::behind_proxies(255), private());
        assert_eq!(found(&nets, &xff(value)), PEER);
        assert_eq!(nets.malformed(), 1);
        let found = found(&by, &xff(value));
        assert!(found == PEER || (found == "10.0.0.1" && value == &hops), "{found}");
    }
    let lines = vec![("x-forwarded-for", &b""[..]); 1_000];
    let by = private();
    assert_eq!(found(&by, &request(Some(PEER), &lines)), PEER);
    assert_eq!(by.malformed(), 1);
    // What a client writes in front of a good entry stays harmless at any length.
    assert_eq!(found(&ClientIp::behind_proxies(1), &xff(&format!("{entry},1.2.3.4"))), "1.2.3.4");
}

#[test]
fn sixty_four_entries_are_the_most() {
    let value = (1..=70).rev().map(|i| format!("10.0.0.{i}")).collect::<Vec<_>>().join(",");
    assert_eq!(found(&ClientIp::behind_proxies(64), &xff(&value)), "10.0.0.64");
    assert_eq!(found(&ClientIp::behind_proxies(255), &xff(&value)), "10.0.0.64");
}

#[test]
fn clones_share_the_count_and_a_setting_starts_a_new_one() {
    let by = ClientIp::behind_proxies(2);
    let clone = by.clone();
    found(&clone, &xff("short"));
    assert_eq!(by.malformed(), 1);
    assert_eq!(clone.ipv6_prefix(56).malformed(), 0);
}

#[test]
fn a_network_contains_its_addresses() {
    for (net, inside, outside) in [
        ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
        ("10.1.2.3/8", "10.0.0.0", "::10.0.0.0"),
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("0.0.0.0/0", "255.255.255.255", "::"),
        ("::/0", "2001:db8::", "192.0.2.1"),
        ("2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"),
        ("::1", "::1", "::2"),
        ("::ffff:10.0.0.0/104", "10.1.1.1", "11.1.1.1"),
        ("10.0.0.0/8", "::ffff:10.1.1.1", "::ffff:11.1.1.1"),
    ] {
        let net: Cidr = net.parse().unwrap();
        assert!(net.contains(inside.parse().unwrap()), "{net} {inside}");
        assert!(!net.contains(outside.parse().unwrap()), "{net} {outside}");
        assert_eq!(net.to_string().parse(), Ok(net));
    }
}

#[test]
fn a_wrong_network_says_what_is_wrong() {
    for (text, expected) in [
        ("10.0.0/8", r#"cidr "10.0.0/8": expected e.g. "10.0.0.0/8" or "::1""#),
        ("10.0.0.0/", r#"cidr "10.0.0.0/": expected e.g. "10.0.0.0/8" or "::1""#),
        ("10.0.0.0/+8", r#"cidr "10.0.0.0/+8": expected e.g. "10.0.0.0/8" or "::1""#),
        ("10.0.0.0/33", r#"cidr "10.0.0.0/33": prefix 33, must be 0 to 32"#),
        ("::/999", r#"cidr "::/999": prefix 999, must be 0 to 128"#),
    ] {
        assert_eq!(text.parse::<Cidr>().unwrap_err().to_string(), expected);
    }
}

proptest! {
    #[test]
    fn no_header_panics_or_loses_the_peer(
        lines in proptest::collection::vec(any_line(), 0..5),
        name in prop_oneof![Just("x-forwarded-for"), Just("forwarded")],
        n: u8,
    ) {
        let headers: Vec<_> = lines.iter().map(|line| (name, &line[..])).collect();
        let request = request(Some(PEER), &headers);
        for by in [ClientIp::behind_proxies(n), private(), private().forwarded_only()] {
            prop_assert!(by.key(&request).is_some());
        }
    }

    #[test]
    fn nothing_in_front_of_the_proxys_entry_is_believed(line in any_line()) {
        let mut value = line;
        value.extend(b", 203.0.113.7");
        let request = request(Some(PEER), &[("x-forwarded-for", &value)]);
        for by in [ClientIp::behind_proxies(1), private()] {
            prop_assert_eq!(found(&by, &request), "203.0.113.7");
        }
    }

    #[test]
    fn no_text_makes_a_network_panic(text in "[0-9a-f.:/]{0,50}|.*") {
        if let Ok(net) = text.parse::<Cidr>() {
            prop_assert_eq!(net.to_string().parse(), Ok(net));
        }
    }
}

/// Any bytes that a header may have, often close to an entry.
fn any_line() -> impl Strategy<Value = Vec<u8>> {
    let bytes =
        proptest::collection::vec(prop_oneof![Just(b'\t'), 0x20..=0x7e_u8, 0x80..=0xff_u8], 0..200);
    prop_oneof![
        bytes,
        "(for=|by=|\"|\\[|\\]|:|;|,| |1\\.2\\.3\\.4|10\\.0\\.0\\.1|::1|_x|unknown){0,20}"
            .prop_map(String::into_bytes),
    ]
}

#[cfg(feature = "serde")]
#[test]
fn a_network_is_a_string_in_a_configuration() {
    let nets: Vec<Cidr> = serde_json::from_str(r#"["10.0.0.0/8", "::1"]"#).unwrap();
    assert_eq!(serde_json::to_string(&nets).unwrap(), r#"["10.0.0.0/8","::1/128"]"#);
    let error = serde_json::from_str::<Cidr>(r#""10.0.0.0/33""#).unwrap_err().to_string();
    assert!(error.contains("prefix 33, must be 0 to 32"), "{error}");
}

#[cfg(feature = "axum")]
#[test]
fn axums_peer_is_read() {
    use std::net::SocketAddr;

    use axum::extract::ConnectInfo;
    use palisade_core::PeerAddr;

    let mut request = request(None, &[]);
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 1))));
    assert_eq!(found(&ClientIp::peer(), &request), "192.0.2.1");
    // Our own extension goes before it.
    request.extensions_mut().insert(PeerAddr(SocketAddr::from(([192, 0, 2, 2], 1))));
    assert_eq!(found(&ClientIp::peer(), &request), "192.0.2.2");
}

#[cfg(feature = "tonic")]
#[test]
fn tonics_peer_is_read() {
    use std::net::SocketAddr;

    use tonic::transport::server::TcpConnectInfo;

    let mut request = request(None, &[]);
    let mut info = TcpConnectInfo { local_addr: None, remote_addr: None };
    request.extensions_mut().insert(info.clone());
    assert_eq!(ClientIp::peer().key(&request), None);
    info.remote_addr = Some(SocketAddr::from(([192, 0, 2, 1], 1)));
    request.extensions_mut().insert(info);
    assert_eq!(found(&ClientIp::peer(), &request), "192.0.2.1");
}
