//! Ports that are nobody else's, for as long as they are needed.
//!
//! A port that is merely free now may be taken while its server is down, and the server then cannot come
//! back: by another test's server, or by any connection that the system gives it as its local port. So
//! ports are taken below those that systems give to connections, and each is held by a UDP socket of the
//! same number: what TCP does with that number is not affected, no other test can have it, and the
//! system lets go of it when this process ends, in whatever way.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};

/// A cluster node's second port is 10 000 above its first: that one, too, must be below 32 768.
const FIRST: u16 = 11_000;
const COUNT: u16 = 10_000;
const BUS: u16 = 10_000;

/// A port on 127.0.0.1, and the one 10 000 above it.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    _held: UdpSocket,
}

impl Port {
    pub(crate) fn take() -> Result<Self, String> {
        // A start of its own in each process, lest they queue for the same ports.
        let start = RandomState::new().hash_one(()) % u64::from(COUNT);
        let start = u16::try_from(start).unwrap_or_default();
        (0..COUNT)
            .map(|step| FIRST + (start + step) % COUNT)
            .find_map(Self::hold)
            .ok_or_else(|| format!("no free port from {FIRST} to {}", FIRST + COUNT - 1))
    }

    fn hold(number: u16) -> Option<Self> {
        let held = UdpSocket::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
        let free = |number| TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok();
        (free(number) && free(number + BUS)).then_some(Self { number, _held: held })
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_nobody_elses_before_it_is_dropped() {
        let port = Port::take().unwrap();
        let number = port.number();
        // Nobody listens on it: it is held all the same, as while its server is down.
        assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok());
        assert!(Port::hold(number).is_none());
        drop(port);
        assert!(Port::hold(number).is_some());
    }

    #[test]
    fn a_port_on_which_somebody_listens_is_not_free() {
        let port = Port::take().unwrap().number();
        let _first = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert!(Port::hold(port).is_none());
    }
}
