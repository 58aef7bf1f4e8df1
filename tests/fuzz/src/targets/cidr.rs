//! `"10.0.0.0/8"`.

use std::net::IpAddr;

use palisade_core::key::Cidr;

use super::{
    Target,
    text::{lossy, parsed},
};
use crate::model::bits;

/// Networks and single addresses of both families.
pub static CIDR: Target = Target {
    name: "cidr",
    texts: &[
        b"10.0.0.0/8",
        b"192.0.2.1",
        b"0.0.0.0/0",
        b"::/0",
        b"2001:db8::/33",
        b"::1",
        b" ::ffff:10.0.0.0/104 ",
        b"::ffff:192.0.2.1/96",
        b"::ffff:0:0/95",
        b"fd00:1:2:3:4:5:6:7/128",
    ],
    words: &[
        b"/", b"/0", b"/32", b"/33", b"/95", b"/96", b"/128", b"/129", b":", b"::", b".",
        b"::ffff:", b"255", b"256", b"ffff", b"0", b"00", b"1", b"%eth0", b"[", b"]",
    ],
    check,
};

fn check(input: &[u8]) {
    let text = lossy(input);
    let Some(net) = parsed("cidr", &text, str::parse::<Cidr>) else { return };

    let printed = net.to_string();
    assert_eq!(printed.parse(), Ok(net), "{printed}");
    let (network, prefix) = printed.split_once('/').expect("a network prints its prefix");
    let network: IpAddr = network.parse().expect("a network prints its address");
    assert_eq!(network, network.to_canonical(), "IPv4 as IPv6");
    let prefix: usize = prefix.parse().expect("a prefix is a number");

    // Just the prefix decides: flip one bit at a time. What is IPv4 is in no network of IPv6.
    let written = text.trim().split('/').next().and_then(|ip| ip.parse().ok());
    let written: IpAddr = written.expect("what was read begins with an address");
    for ip in [network, written.to_canonical()] {
        let in_family = |ip: IpAddr| ip.to_canonical().is_ipv4() == network.is_ipv4();
        assert_eq!(net.contains(ip), in_family(ip), "{net}, {ip}");
        for (at, flipped) in bits::flipped(ip) {
            let is_in = at >= prefix && in_family(flipped);
            assert_eq!(net.contains(flipped), is_in, "{net}, {flipped}");
        }
    }
}
