//! The caller's address, also behind proxies.
//!
//! Whoever opens a connection can send any `X-Forwarded-For`. What a client writes stands on the
//! left; each proxy appends the address that it saw on the right. So all reading is from the
//! right, and only as far as a proxy is trusted:
//!
//! ```text
//! X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.0.0.5      peer 10.0.0.9
//!                  forged   client       edge proxy         inner proxy
//!                           └ behind_proxies(2), trusting(["10.0.0.0/8"])
//! ```
//!
//! # Which header
//!
//! `X-Forwarded-For` if there is one, since nearly all proxies write it; else `Forwarded`
//! (RFC 7239). A proxy that writes only `Forwarded` and passes a client's `X-Forwarded-For` on
//! needs [`ClientIp::forwarded_only`].
//!
//! # Cost
//!
//! No allocation. At most 64 entries of at most 1 KiB are looked at, whatever is sent.

mod cidr;
mod entry;
mod from_right;
mod peer;
mod walk;

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

pub use self::{cidr::Cidr, peer::PeerAddr};
use super::{Key, KeyBy};
use crate::head::HasHead;

/// IPv6 customers get at least a /64, so one caller has 2^64 addresses to choose from.
const IPV6_PREFIX: u8 = 64;

/// The caller's address: IPv4 addresses whole, IPv6 by its /64 network.
///
/// [`peer`](Self::peer), the default, believes nobody: it is the address at the other end of the
/// connection. Behind a load balancer this is the balancer, for all callers: say then how many
/// proxies there are ([`behind_proxies`](Self::behind_proxies)) or which
/// ([`trusting`](Self::trusting)).
///
/// A request whose forwarding header is too short or not readable counts for the peer, and in
/// [`malformed`](Self::malformed). A request without a peer address has no key. The peer's address
/// is taken from the request's extensions: [`PeerAddr`], axum's `ConnectInfo<SocketAddr>` (feature
/// `axum`; serve with `into_make_service_with_connect_info::<SocketAddr>()`), or tonic's
/// `TcpConnectInfo` (feature `tonic`; tonic sets it).
///
/// Clones share the count of malformed headers; a setting on a clone starts a count of its own.
///
/// ```
/// use std::net::{IpAddr, SocketAddr};
/// use palisade_core::{ClientIp, Key, KeyBy, PeerAddr};
///
/// let request = http::Request::get("/")
///     .header("x-forwarded-for", "6.6.6.6, 203.0.113.7")
///     .extension(PeerAddr(SocketAddr::from(([10, 0, 0, 9], 443))))
///     .body(())
///     .unwrap();
/// let key = |ip: &str| Some(Key::from(ip.parse::<IpAddr>().unwrap()));
///
/// assert_eq!(ClientIp::peer().key(&request), key("10.0.0.9"));
/// assert_eq!(ClientIp::behind_proxies(1).key(&request), key("203.0.113.7"));
/// let net = "10.0.0.0/8".parse().unwrap();
/// assert_eq!(ClientIp::trusting([net]).key(&request), key("203.0.113.7"));
/// ```
#[derive(Clone, Debug)]
pub struct ClientIp {
    trust: Trust,
    forwarded_only: bool,
    ipv6_prefix: u8,
    /// Only where headers are read: elsewhere the count of its references would cost for nothing.
    malformed: Option<Arc<AtomicU64>>,
}

/// Whose word counts.
#[derive(Clone, Debug)]
enum Trust {
    Nobody,
    /// That many proxies, whoever they are.
    Hops(u8),
    /// Proxies with an address in one of these.
    Nets(Arc<[Cidr]>),
}

/// The forwarding header does not have the address that it should.
#[derive(Debug)]
struct Malformed;

// ===== impl ClientIp =====

impl ClientIp {
    /// The address at the other end of the connection, whatever the headers say.
    ///
    /// ```
    /// let by = palisade_core::ClientIp::peer();
    /// assert_eq!(by.malformed(), 0);
    /// ```
    #[must_use]
    pub fn peer() -> Self {
        Self::with(Trust::Nobody)
    }

    /// The address that the outermost of `n` proxies saw: the `n`-th forwarded entry from the
    /// right.
    ///
    /// Right only if every request passes `n` proxies that append to the header: who can reach the
    /// service past them can forge its address, and with too large an `n` every client can. 0 is
    /// [`peer`](Self::peer), more than 64 is 64. Needs no peer address unless the header is
    /// missing, short or odd; all three count as [`malformed`](Self::malformed).
    ///
    /// ```
    /// use palisade_core::{ClientIp, Key, KeyBy};
    ///
    /// let by = ClientIp::behind_proxies(2);
    /// let request = http::Request::get("/")
    ///     .header("x-forwarded-for", "6.6.6.6, 203.0.113.7, 10.0.0.5")
    ///     .body(())
    ///     .unwrap();
    /// assert_eq!(by.key(&request), Some(Key::from(std::net::IpAddr::from([203, 0, 113, 7]))));
    /// ```
    #[must_use]
    pub fn behind_proxies(n: u8) -> Self {
        Self::with(if n == 0 { Trust::Nobody } else { Trust::Hops(n.min(from_right::ENTRIES)) })
    }

    /// The first address from the right, beginning with the peer, that is not in one of `nets`.
    ///
    /// The header is not looked at unless the peer is in `nets`. If all addresses are, the
    /// leftmost one counts. A trusted peer that forwards nothing is itself the client.
    ///
    /// ```
    /// use palisade_core::ClientIp;
    ///
    /// let by = ClientIp::trusting(["10.0.0.0/8".parse()?, "fd00::/8".parse()?]);
    /// # Ok::<(), palisade_core::ParseError>(())
    /// ```
    #[must_use]
    pub fn trusting(nets: impl IntoIterator<Item = Cidr>) -> Self {
        Self::with(Trust::Nets(nets.into_iter().collect()))
    }

    /// How many leading bits of an IPv6 address count: 64 by default, more than 128 is 128, and
    /// with 0 all IPv6 callers are one.
    ///
    /// ```
    /// let by = palisade_core::ClientIp::peer().ipv6_prefix(56);
    /// ```
    #[must_use]
    pub fn ipv6_prefix(self, bits: u8) -> Self {
        Self { ipv6_prefix: bits.min(128), ..self }.with_own_count()
    }

    /// Read `Forwarded` only, for proxies that write it and leave `X-Forwarded-For` to the client.
    ///
    /// ```
    /// let by = palisade_core::ClientIp::behind_proxies(1).forwarded_only();
    /// ```
    #[must_use]
    pub fn forwarded_only(self) -> Self {
        Self { forwarded_only: true, ..self }.with_own_count()
    }

    /// How many requests counted for their peer because their forwarding header was short or odd.
    /// If this grows with every request, the setting does not fit the proxies.
    #[must_use]
    pub fn malformed(&self) -> u64 {
        self.malformed.as_ref().map_or(0, |malformed| malformed.load(Ordering::Relaxed))
    }

    fn with(trust: Trust) -> Self {
        Self { trust, forwarded_only: false, ipv6_prefix: IPV6_PREFIX, malformed: None }
            .with_own_count()
    }

    fn with_own_count(mut self) -> Self {
        let reads_headers = !matches!(self.trust, Trust::Nobody);
        self.malformed = reads_headers.then(Arc::default);
        self
    }

    /// IPv4 that is written as IPv6 is not to be cut.
    #[inline]
    fn network_of(&self, ip: IpAddr) -> IpAddr {
        match ip {
            IpAddr::V6(v6) if v6.to_bits() >> 32 != 0xffff => {
                IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & cidr::mask(self.ipv6_prefix)))
            }
            _ => ip,
        }
    }
}

/// The same as [`ClientIp::peer`].
impl Default for ClientIp {
    fn default() -> Self {
        Self::peer()
    }
}

impl<Req: HasHead> KeyBy<Req> for ClientIp {
    #[inline]
    fn key<'r>(&'r self, request: &'r Req) -> Option<Key<'r>> {
        let head = request.head();
        let ip = match self.trust {
            Trust::Nobody => peer::address(&head)?,
            _ => self.forwarded(&head)?,
        };
        Some(Key::from(self.network_of(ip)))
    }

    fn describe(&self) -> &'static str {
        "client ip"
    }
}
