//! What somebody sends who means harm.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use palisade_core::ClientIp;

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
