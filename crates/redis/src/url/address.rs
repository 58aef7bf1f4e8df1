//! Where a server listens.

use std::fmt;
use std::path::PathBuf;

use super::Expected;

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Address {
    /// A name or an address, without brackets, and a port.
    Tcp(String, u16),
    /// A socket among the files.
    Unix(PathBuf),
}

impl Address {
    /// Reads `host`, `host:port` or `[address]:port`.
    pub(super) fn parse(text: &str, default: u16) -> Result<Self, Expected> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']').ok_or("one whose brackets are closed")?;
                match rest.strip_prefix(':') {
                    Some(port) => (host, Some(port)),
                    None if rest.is_empty() => (host, None),
                    None => return Err("one with nothing but a port after the brackets"),
                }
            }
            None => match text.split_once(':') {
                Some((_, port)) if port.contains(':') => {
                    return Err("one with IPv6 addresses in brackets, such as redis://[::1]:6379");
                }
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        if host.is_empty() {
            return Err("one with a host, such as redis://host:6379");
        }
        let port = match port.map(str::parse) {
            None => default,
            Some(Ok(port)) if port > 0 => port,
            Some(_) => return Err("one whose port is a number from 1 to 65535"),
        };
        Ok(Self::Tcp(host.to_owned(), port))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}
