//! A range of addresses.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use crate::text::ParseError;

/// Bits by which an IPv4 prefix is shorter than that of the same addresses as IPv6.
const MAPPED: u8 = 96;

/// A network: an address and how many of its leading bits count.
///
/// Prints and reads as `10.0.0.0/8`; an address alone is a network of one. Bits beyond the prefix
/// are dropped. IPv4 networks written as IPv6 (`::ffff:10.0.0.0/104`) are IPv4.
///
/// ```
/// use palisade_core::key::Cidr;
///
/// let net: Cidr = "10.0.0.0/8".parse()?;
/// assert!(net.contains([10, 1, 2, 3].into()));
/// assert!(!net.contains([11, 1, 2, 3].into()));
/// assert_eq!("::1".parse::<Cidr>()?.to_string(), "::1/128");
/// assert_eq!(
///     "10.0.0.0/33".parse::<Cidr>().unwrap_err().to_string(),
///     r#"cidr "10.0.0.0/33": prefix 33, must be 0 to 32"#
/// );
/// # Ok::<(), palisade_core::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cidr {
    /// Without the bits that do not count.
    network: IpAddr,
    prefix: u8,
}

// ===== impl Cidr =====

impl Cidr {
    /// The network of `ip` with a prefix of that many bits; more than the address has are all.
    ///
    /// ```
    /// use palisade_core::key::Cidr;
    ///
    /// assert_eq!(Cidr::new([10, 1, 2, 3].into(), 8).to_string(), "10.0.0.0/8");
    /// ```
    #[must_use]
    pub fn new(ip: IpAddr, prefix: u8) -> Self {
        match (ip, ip.to_canonical()) {
            (IpAddr::V4(ip), _) => Self::v4(ip, prefix.min(32)),
            (IpAddr::V6(_), IpAddr::V4(ip)) if prefix >= MAPPED => {
                Self::v4(ip, prefix.min(128) - MAPPED)
            }
            (IpAddr::V6(ip), _) => {
                let prefix = prefix.min(128);
                let network = Ipv6Addr::from_bits(ip.to_bits() & mask(prefix));
                Self { network: IpAddr::V6(network), prefix }
            }
        }
    }

    /// Whether the network has this address. IPv4 written as IPv6 is IPv4.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.network, ip.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(ip)) => {
                ip.to_bits() & mask_v4(self.prefix) == network.to_bits()
            }
            (IpAddr::V6(network), IpAddr::V6(ip)) => {
                ip.to_bits() & mask(self.prefix) == network.to_bits()
            }
            _ => false,
        }
    }

    fn v4(ip: Ipv4Addr, prefix: u8) -> Self {
        let network = Ipv4Addr::from_bits(ip.to_bits() & mask_v4(prefix));
        Self { network: IpAddr::V4(network), prefix }
    }
}

/// The address alone.
impl From<IpAddr> for Cidr {
    fn from(ip: IpAddr) -> Self {
        Self::new(ip, 128)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

/// Reads "10.0.0.0/8" or "::1".
///
/// # Errors
///
/// What is not an address; a prefix longer than it.
impl FromStr for Cidr {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let malformed = || ParseError::malformed("cidr", text, r#"e.g. "10.0.0.0/8" or "::1""#);

        let (ip, prefix) = match text.trim().split_once('/') {
            None => (text.trim(), None),
            Some((ip, prefix)) => (ip, Some(prefix)),
        };
        let ip: IpAddr = ip.parse().map_err(|_| malformed())?;
        let Some(prefix) = prefix else { return Ok(Self::from(ip)) };
        if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(malformed());
        }
        let (longest, range) = if ip.is_ipv4() { (32, "0 to 32") } else { (128, "0 to 128") };
        match prefix.parse() {
            Ok(bits) if bits <= longest => Ok(Self::new(ip, bits)),
            _ => Err(ParseError::out_of_range("cidr", text, ("prefix", prefix), range)),
        }
    }
}

/// The leading `prefix` bits of an IPv6 address.
#[inline]
pub(super) fn mask(prefix: u8) -> u128 {
    !u128::MAX.checked_shr(u32::from(prefix)).unwrap_or(0)
}

fn mask_v4(prefix: u8) -> u32 {
    !u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0)
}
