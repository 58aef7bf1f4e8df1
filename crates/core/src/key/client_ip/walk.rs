//! From the peer to the client, as far as proxies are trusted.

use std::{net::IpAddr, sync::atomic::Ordering};

use http::header::{FORWARDED, HeaderName};

use super::{Cidr, ClientIp, Malformed, Trust, entry::Syntax, from_right::FromRight, peer};
use crate::head::Head;

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

impl ClientIp {
    /// Apart, so that the common case stays small enough to inline.
    #[inline(never)]
    pub(super) fn forwarded(&self, head: &Head<'_>) -> Option<IpAddr> {
        let found = match &self.trust {
            Trust::Nobody => return peer::address(head),
            Trust::Hops(n) => self.nth(head, *n),
            Trust::Nets(nets) => self.first_outside(head, nets, peer::address(head)?),
        };
        found.ok().or_else(|| {
            if let Some(malformed) = &self.malformed {
                malformed.fetch_add(1, Ordering::Relaxed);
            }
            peer::address(head)
        })
    }

    fn nth(&self, head: &Head<'_>, n: u8) -> Result<IpAddr, Malformed> {
        let (mut entries, syntax) = self.entries(head);
        for _ in 1..n {
            syntax.step_over(entries.next().ok_or(Malformed)??)?;
        }
        syntax.parse(entries.next().ok_or(Malformed)??)
    }

    fn first_outside(
        &self,
        head: &Head<'_>,
        nets: &[Cidr],
        peer: IpAddr,
    ) -> Result<IpAddr, Malformed> {
        let is_trusted = |ip: IpAddr| nets.iter().any(|net| net.contains(ip));
        let (mut entries, syntax) = self.entries(head);
        let mut client = peer;
        while is_trusted(client) {
            match entries.next() {
                Some(entry) => client = syntax.parse(entry?)?,
                None => break,
            }
        }
        Ok(client)
    }

    fn entries<'a>(&self, head: &Head<'a>) -> (FromRight<'a>, Syntax) {
        let lines = head.headers().get_all(&X_FORWARDED_FOR);
        if !self.forwarded_only && lines.iter().next().is_some() {
            (FromRight::new(lines), Syntax::XForwardedFor)
        } else {
            (FromRight::new(head.headers().get_all(FORWARDED)), Syntax::Forwarded)
        }
    }
}
