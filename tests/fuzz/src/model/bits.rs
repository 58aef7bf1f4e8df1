//! Addresses, bit by bit.

use std::net::IpAddr;

/// The address with each of its bits turned over, from the left.
pub(crate) fn flipped(ip: IpAddr) -> impl Iterator<Item = (usize, IpAddr)> {
    let octets = octets(ip);
    (0..octets.len() * 8).map(move |at| {
        let mut octets = octets.clone();
        octets[at / 8] ^= 0x80 >> (at % 8);
        (at, of(&octets))
    })
}

/// What counts of a caller's address: IPv4 in either form whole, of IPv6 the first bits.
pub(crate) fn counted(ip: IpAddr, prefix: usize) -> IpAddr {
    let ip = ip.to_canonical();
    let mut octets = octets(ip);
    if ip.is_ipv6() {
        for at in prefix..128 {
            octets[at / 8] &= !(0x80 >> (at % 8));
        }
    }
    of(&octets)
}

fn octets(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

fn of(octets: &[u8]) -> IpAddr {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).expect("4 or 16 octets")
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{counted, flipped};

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn bits_count_from_the_left() {
        let of_v4: Vec<_> = flipped(ip("10.0.0.1")).collect();
        assert_eq!(of_v4.len(), 32);
        assert_eq!((of_v4[0], of_v4[31]), ((0, ip("138.0.0.1")), (31, ip("10.0.0.0"))));
        assert_eq!(flipped(ip("::")).last(), Some((127, ip("::1"))));
    }

    #[test]
    fn only_ipv6_is_cut() {
        assert_eq!(counted(ip("2001:db8:1:2ff:3::4"), 56), ip("2001:db8:1:200::"));
        assert_eq!(counted(ip("2001:db8::1"), 128), ip("2001:db8::1"));
        assert_eq!(counted(ip("192.0.2.1"), 0), ip("192.0.2.1"));
        assert_eq!(counted(ip("::ffff:192.0.2.1"), 64), ip("192.0.2.1"));
    }
}
