//! What somebody sends who means harm.

use std::collections::HashSet;

use allocation_counter::measure;
use http::{HeaderValue, Request};
use palisade_core::{ClientIp, Header, Host, KeyBy, key::Fingerprinter};

mod support;

use support::proxied::{PEER, forwarded, found, private, request, xff};

/// A host as a proxy writes it into its own element.
fn quoted(host: &str) -> String {
    format!("\"{}\"", host.replace('\\', "\\\\").replace('"', "\\\""))
}

#[test]
fn no_part_of_a_quoted_host_passes_for_an_element() {
    for host in [
        "x,for=6.6.6.6;n",
        "x,for=6.6.6.6;a=",
        "x,for=6.6.6.6;a=b;",
        "x,for=6.6.6.6;a=\"",
        "x,for=6.6.6.6;\"a",
        "x,for=6.6.6.6;\"=\"",
        "x,for=6.6.6.6;a=\"b\";c",
        "x,n;for=6.6.6.6;n",
        "x, ;for=6.6.6.6; ",
    ] {
        let host = quoted(host);
        for element in [
            format!("for=203.0.113.7;host={host}"),
            format!("for=203.0.113.7;host={host};proto=http"),
            format!("for=203.0.113.7;host={host};proto=\"http\""),
            format!("for=203.0.113.7;host={host};by=\"\";proto=http"),
            format!("host={host};for=203.0.113.7;path={host};proto=http"),
        ] {
            for by in [ClientIp::behind_proxies(1), private()] {
                let found = found(&by, &forwarded(&element));
                assert!([PEER, "203.0.113.7"].contains(&&*found), "{element}");
            }
        }
    }
}

#[test]
fn a_host_cut_in_three_does_not_move_the_count_of_proxies() {
    let by = ClientIp::behind_proxies(2);
    // The inner proxy's only element: its quoted host must not stand for the outer proxy's.
    let inner = r#"for=10.0.0.5;host="x,for=6.6.6.6,y""#;
    for value in [inner.to_owned(), format!("for=203.0.113.7, {inner}")] {
        assert_eq!(found(&by, &forwarded(&value)), PEER, "{value}");
    }
    assert_eq!(by.malformed(), 2);
    // What is whole is stepped over, whatever it says.
    for inner in ["for=10.0.0.5;host=\"x\"", "for=unknown", "for=_hidden", "by=_x;proto=https"] {
        let value = format!("for=203.0.113.7, {inner}");
        assert_eq!(found(&by, &forwarded(&value)), "203.0.113.7", "{value}");
    }
    assert_eq!(by.malformed(), 2);
}

#[test]
fn an_endless_host_does_not_lead_to_the_clients_own_line() {
    let by = ClientIp::behind_proxies(2);
    let proxies = format!("for=203.0.113.7, for=10.0.0.5;host=\"{}\"", "x".repeat(2_000));
    let lines = [("forwarded", &b"for=6.6.6.6"[..]), ("forwarded", proxies.as_bytes())];
    assert_eq!(found(&by, &request(Some(PEER), &lines)), PEER);
    assert_eq!(by.malformed(), 1);
}

#[test]
fn an_entry_of_one_kibibyte_is_read_wherever_it_stands() {
    let by = ClientIp::behind_proxies(1);
    let padded = |bytes: usize| format!("{:>bytes$}", "1.2.3.4");
    for front in ["", ",", "6.6.6.6,"] {
        assert_eq!(found(&by, &xff(&format!("{front}{}", padded(1_024)))), "1.2.3.4", "{front}");
        assert_eq!(found(&by, &xff(&format!("{front}{}", padded(1_025)))), PEER, "{front}");
    }
    assert_eq!(by.malformed(), 3);
}

#[test]
fn a_mebibyte_in_front_of_the_proxies_changes_nothing_and_costs_nothing() {
    const MEBIBYTE: usize = 1 << 20;
    let forged = ["6.6.6.6,", ",", "x", "10.0.0.1,", "for=6.6.6.6,", "for=\"", "\"", " ", "\\\","];
    for piece in forged {
        let forged = piece.repeat(MEBIBYTE / piece.len());
        let plain = xff(&format!("{forged},203.0.113.7, 10.0.0.5"));
        let elements = forwarded(&format!("{forged},for=203.0.113.7, for=10.0.0.5"));
        for by in [ClientIp::behind_proxies(2), private()] {
            for request in [&plain, &elements] {
                let info = measure(|| assert!(by.key(request).is_some()));
                assert_eq!(info.count_total, 0, "{piece}");
                assert_eq!(found(&by, request), "203.0.113.7", "{piece}");
            }
            assert_eq!(by.malformed(), 0, "{piece}");
        }
    }
}

#[test]
fn thousands_of_lines_in_front_of_the_proxies_change_nothing() {
    for name in ["x-forwarded-for", "forwarded"] {
        let [client, edge] = match name {
            "forwarded" => [&b"for=203.0.113.7"[..], b"for=10.0.0.5"],
            _ => [&b"203.0.113.7"[..], b"10.0.0.5"],
        };
        for forged in [&b"for=6.6.6.6"[..], b"6.6.6.6", b"10.0.0.1", b"for=\"", b"", b"\xff"] {
            let mut lines = vec![(name, forged); 8_000];
            lines.extend([(name, client), (name, edge)]);
            let request = request(Some(PEER), &lines);
            for by in [ClientIp::behind_proxies(2), private()] {
                assert_eq!(found(&by, &request), "203.0.113.7");
                assert_eq!(by.malformed(), 0);
            }
        }
    }
}

#[test]
fn empty_elements_are_no_proxies() {
    let by = ClientIp::behind_proxies(2);
    for value in ["203.0.113.7,,, ,\t, 10.0.0.5,,", ",203.0.113.7 , , 10.0.0.5"] {
        assert_eq!(found(&by, &xff(value)), "203.0.113.7", "{value}");
        let value = value.replace("203", "for=203").replace("10.0", "for=10.0");
        assert_eq!(found(&by, &forwarded(&value)), "203.0.113.7", "{value}");
    }
    // But an element with nothing in it but a semicolon or quotes is an odd one.
    for value in ["for=203.0.113.7, ;, for=10.0.0.5", "for=203.0.113.7, \"\", for=10.0.0.5"] {
        assert_eq!(found(&ClientIp::behind_proxies(3), &forwarded(value)), PEER, "{value}");
    }
    assert_eq!(by.malformed(), 0);
}

#[test]
fn what_looks_like_an_address_is_read_strictly() {
    let by = ClientIp::behind_proxies(1);
    let odd = [
        // Zones mean something on one machine only.
        "fe80::1%eth0",
        "[fe80::1%25eth0]:80",
        "[fe80::1%1]",
        // Octal, hexadecimal, short and too long forms, which other readers take for something.
        "010.0.0.1",
        "0x7f.0.0.1",
        "127.1",
        "2130706433",
        "1.2.3.4.5",
        "1.2.3.4/32",
        "1:2:3:4:5:6:7:8:9",
        ":::1",
        "::ffff:1.2.3.256",
        // Digits of another script.
        "\u{661}.2.3.4",
        "\u{ff11}.2.3.4",
        // Ports.
        "1.2.3.4:65536",
        "1.2.3.4:+80",
        "1.2.3.4:-1",
        "1.2.3.4: 80",
        "1.2.3.4:_",
        "1.2.3.4:_a b",
        "1.2.3.4:80:80",
        "[::1]:",
        "[::1]:_\u{e9}",
        "[[::1]]",
        "[]",
        // Names, and what is none.
        "unknown",
        "_hidden",
        "localhost",
        "1.2.3.4\u{a0}",
        "1.2.3.4;",
        "for=1.2.3.4",
    ];
    for value in odd {
        assert_eq!(found(&by, &xff(value)), PEER, "{value}");
        assert_eq!(found(&by, &forwarded(&format!("for=\"{value}\""))), PEER, "{value}");
    }
    assert_eq!(by.malformed(), 2 * odd.len() as u64);
    for (value, expected) in [
        ("1.2.3.4:0", "1.2.3.4"),
        ("1.2.3.4:65535", "1.2.3.4"),
        ("1.2.3.4:_a.b-c_d", "1.2.3.4"),
        ("::FFFF:102:304", "1.2.3.4"),
        ("[0:0:0:0:0:ffff:1.2.3.4]:80", "1.2.3.4"),
        // IPv4 in any other form of IPv6 is IPv6.
        ("2002:102:304::1", "2002:102:304::"),
        ("64:ff9b::1.2.3.4", "64:ff9b::"),
    ] {
        assert_eq!(found(&by, &xff(value)), expected, "{value}");
        assert_eq!(found(&by, &forwarded(&format!("for=\"{value}\""))), expected, "{value}");
    }
}

#[test]
fn who_changes_addresses_within_a_network_stays_one_caller() {
    let fingerprinter = Fingerprinter::random();
    let rotated = |i: u64| {
        let noise = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let host = [noise >> 48, noise >> 32, noise >> 16, noise].map(|word| word as u16);
        format!("2001:db8:1:{:x}:{:x}:{:x}:{:x}:{:x}", i % 256, host[0], host[1], host[2], host[3])
    };
    let callers = |by: &ClientIp| {
        let key = |ip: &str| by.key(&xff(ip)).unwrap().fingerprint(&fingerprinter);
        (0..2_560).map(|i| key(&rotated(i))).collect::<HashSet<_>>().len()
    };
    // 256 networks of 64 bits, all of them in one of 56.
    let by = ClientIp::behind_proxies(1);
    assert_eq!(callers(&by), 256);
    assert_eq!(callers(&by.clone().ipv6_prefix(56)), 1);
    assert_eq!(callers(&by.ipv6_prefix(128)), 2_560);
}

#[test]
fn every_junk_value_is_a_key_of_its_own_and_none_allocates() {
    const VALUES: usize = 10_000;
    let fingerprinter = Fingerprinter::random();
    let by = Header("x-key");
    let requests: Vec<_> = (0..VALUES)
        .map(|i| {
            // Of any length up to half a KiB, with bytes that are no text.
            let mut value = i.to_be_bytes().map(|byte| byte | 0x80).to_vec();
            value.extend(i.to_string().bytes());
            value.resize(value.len() + i * 7 % 512, b'~');
            let value = HeaderValue::from_bytes(&value).unwrap();
            Request::get("/").header("x-key", value).body(()).unwrap()
        })
        .collect();
    let mut prints = HashSet::with_capacity(VALUES);
    let mut spelling = String::with_capacity(200);
    let info = measure(|| {
        for request in &requests {
            let key = by.key(request).unwrap();
            prints.insert(key.fingerprint(&fingerprinter));
            spelling.clear();
            key.spell(&mut spelling);
            assert!(spelling.len() <= 200);
        }
    });
    assert_eq!(info.count_total, 0);
    assert_eq!(prints.len(), VALUES);
}

#[test]
fn a_host_of_a_mebibyte_is_a_key_without_allocation() {
    let host = "A.".repeat(1 << 19);
    let request = |host: &str| Request::get("/").header("host", host).body(()).unwrap();
    let (plain, with_port) = (request(&host.to_lowercase()), request(&format!("{host}:80")));
    let info = measure(|| {
        assert!(Host.key(&plain).is_some());
        assert!(Host.key(&plain) == Host.key(&with_port));
    });
    assert_eq!(info.count_total, 0);
}
