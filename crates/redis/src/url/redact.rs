//! What of a URL may be shown.

/// The URL without its login and its parameters, well-formed or not: where it is not, a password may stand
/// in any place, so that nothing is shown which does not look like a host, a port or a name.
pub(crate) fn redacted(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if scheme.len() <= 16 && scheme.chars().all(is_of_scheme) => {
            (scheme, rest)
        }
        _ => return "***".to_owned(),
    };
    if scheme.ends_with("unix") {
        return match rest.split_once('?') {
            Some((path, _)) if path.starts_with('/') => format!("{scheme}://{path}?***"),
            None if rest.starts_with('/') => text.to_owned(),
            _ => format!("{scheme}://***"),
        };
    }
    // The last one: an @ within a password should have been encoded, but who knows.
    let (login, rest) = rest.rsplit_once('@').unwrap_or(("", rest));
    if login.contains(['?', '#']) {
        return format!("{scheme}://***");
    }
    let login = if login.is_empty() { "" } else { "***@" };
    let (rest, query) = rest.split_once(['?', '#']).map_or((rest, ""), |(rest, _)| (rest, "?***"));
    let (hosts, path) = rest.split_once('/').map_or((rest, None), |(a, b)| (a, Some(b)));
    let hosts: Vec<_> = hosts.split(',').map(host).collect();
    let path = path.map(|path| format!("/{path}")).unwrap_or_default();
    format!("{scheme}://{login}{}{path}{query}", hosts.join(","))
}

/// `host:secret` is a login whose @ was forgotten.
fn host(text: &str) -> String {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') && port.parse::<u16>().is_err() => {
            format!("{host}:***")
        }
        _ => text.to_owned(),
    }
}

fn is_of_scheme(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '+'
}
