//! From the right to the left of a forwarding header, as the documentation of `ClientIp` has it.

use std::net::IpAddr;

use super::element;

/// Whose word counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trust {
    /// That many proxies.
    Hops(usize),
    /// Proxies in 10.0.0.0/8 and fd00::/8.
    Private,
}

/// How the entries are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    XForwardedFor,
    Forwarded,
}

/// The header is too short, or what matters of it cannot be read.
#[derive(Debug)]
pub(crate) struct Malformed;

/// The client's address, for a peer in a private network.
pub(crate) fn client(
    lines: &[Vec<u8>],
    syntax: Syntax,
    trust: Trust,
    peer: IpAddr,
) -> Result<IpAddr, Malformed> {
    let entries = entries(lines);
    match trust {
        Trust::Hops(n) => {
            let on_the_way = entries.get(..n).ok_or(Malformed)?;
            if syntax == Syntax::Forwarded {
                on_the_way.iter().try_for_each(|entry| whole(entry.as_deref()).map(drop))?;
            } else if on_the_way.contains(&None) {
                return Err(Malformed);
            }
            address(on_the_way[n - 1].as_deref(), syntax)
        }
        Trust::Private => {
            let mut client = peer;
            for entry in entries {
                if !is_private(client) {
                    break;
                }
                client = address(entry.as_deref(), syntax)?;
            }
            Ok(client)
        }
    }
}

/// All lines as one, from the right, without empty entries; `None` for what is too long to be
/// looked at, and for the end of the first 64.
fn entries(lines: &[Vec<u8>]) -> Vec<Option<Vec<u8>>> {
    let joined = lines.join(&b","[..]);
    let mut entries = Vec::new();
    for (i, entry) in joined.rsplit(|byte| *byte == b',').enumerate() {
        if i == 64 {
            entries.push(None);
            break;
        }
        match entry.trim_ascii() {
            _ if entry.len() > 1_024 => entries.push(None),
            b"" => {}
            entry => entries.push(Some(entry.to_vec())),
        }
    }
    entries
}

fn address(entry: Option<&[u8]>, syntax: Syntax) -> Result<IpAddr, Malformed> {
    let text = match syntax {
        Syntax::XForwardedFor => text(entry)?,
        Syntax::Forwarded => match whole(entry)?[..] {
            [only] => only,
            _ => return Err(Malformed),
        },
    };
    element::node(text).ok_or(Malformed)
}

/// An element that is whole has one `for` or none.
fn whole(entry: Option<&[u8]>) -> Result<Vec<&str>, Malformed> {
    element::addressees(text(entry)?).filter(|found| found.len() < 2).ok_or(Malformed)
}

fn text(entry: Option<&[u8]>) -> Result<&str, Malformed> {
    str::from_utf8(entry.ok_or(Malformed)?).map_err(|_| Malformed)
}

fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.octets()[0] == 10,
        IpAddr::V6(ip) => ip.octets()[0] == 0xfd,
    }
}
