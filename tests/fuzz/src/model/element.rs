//! The address in one entry of a forwarding header.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `1.2.3.4`, `1.2.3.4:567`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:567`; a port may also
/// be a name that begins with `_`.
pub(crate) fn node(text: &str) -> Option<IpAddr> {
    let bracketed =
        |text: &str| text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    if let Ok(ip) = text.parse() {
        return Some(ip);
    }
    if let Some(ip) = bracketed(text) {
        return Some(ip.into());
    }
    let (host, port) = text.rsplit_once(':')?;
    if !is_port(port) {
        return None;
    }
    host.parse::<Ipv4Addr>().map(IpAddr::from).ok().or_else(|| bracketed(host).map(IpAddr::from))
}

fn is_port(text: &str) -> bool {
    let is_in_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    match text.strip_prefix('_') {
        Some(name) => !name.is_empty() && name.chars().all(is_in_name),
        None => !text.starts_with('+') && text.parse::<u16>().is_ok(),
    }
}

/// The values of all `for` of an element of `Forwarded` (RFC 7239), or `None` if it is not whole:
/// pairs with semicolons between them, each a token, `=`, and a token or a string in quotes. No
/// backslash, which no address needs; tokens may have colons and brackets, as many proxies write
/// addresses without quotes.
pub(crate) fn addressees(element: &str) -> Option<Vec<&str>> {
    if element.contains('\\') {
        return None;
    }
    let mut is_quoted = false;
    let pairs = element.split(|c| {
        is_quoted ^= c == '"';
        c == ';' && !is_quoted
    });
    let mut found = Vec::new();
    for pair in pairs {
        let (name, value) = pair.trim_ascii().split_once('=')?;
        let name = name.trim_ascii_end();
        let is_in_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(is_in_token) {
            return None;
        }
        let in_quotes = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let value = match in_quotes {
            Some(value) => value,
            None if value.is_empty() || value.contains([' ', '\t', '=']) => return None,
            None => value,
        };
        if value.contains('"') {
            return None;
        }
        if name.eq_ignore_ascii_case("for") {
            found.push(value);
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::{addressees, node};

    #[test]
    fn an_address_may_have_a_port() {
        for text in ["1.2.3.4", "1.2.3.4:567", "1.2.3.4:_a1"] {
            assert_eq!(node(text), "1.2.3.4".parse().ok(), "{text}");
        }
        for text in ["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:567"] {
            assert_eq!(node(text), "2001:db8::1".parse().ok(), "{text}");
        }
        for text in ["", "unknown", "_x", "1.2.3.4:", "1.2.3.4:+1", "[::1", "[1.2.3.4]", "::1%1"] {
            assert_eq!(node(text), None, "{text}");
        }
    }

    #[test]
    fn an_element_is_whole_or_nothing() {
        assert_eq!(addressees("by=a ; FOR=\"b;c\";x=\"\""), Some(vec!["b;c"]));
        assert_eq!(addressees("for=a;for=b"), Some(vec!["a", "b"]));
        for element in ["", "for", "for=a;", "for=\"a", "for=a\"", "n\";for=a", "for=\"\\a\"", "=a"]
        {
            assert_eq!(addressees(element), None, "{element}");
        }
    }
}
