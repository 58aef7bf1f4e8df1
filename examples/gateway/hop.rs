//! Fields that belong to one connection and must not reach the next (RFC 9110, section 7.6.1).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// `Proxy-Status` is not among them: it is meant for whoever asked. Nor is `Trailer`: it announces
/// trailers, and those are passed on.
const OF_ONE_CONNECTION: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// The fields that the sender of a message named in its `Connection` field.
#[derive(Clone, Debug, Default)]
pub struct Listed(Vec<HeaderName>);

impl Listed {
    /// Removes the fields of one connection from the head of a message.
    pub fn remove_from_head(headers: &mut HeaderMap) -> Self {
        let listed = Self(tokens(headers, &header::CONNECTION).filter_map(name).collect());
        listed.remove_from(headers);
        listed
    }

    /// Removes them from the trailers of the same message, which may carry them too.
    pub fn remove_from(&self, fields: &mut HeaderMap) {
        for name in OF_ONE_CONNECTION {
            fields.remove(name);
        }
        for name in &self.0 {
            fields.remove(name);
        }
    }
}

/// Whether the sender of a request takes trailers in the answer.
#[must_use]
pub fn takes_trailers(headers: &HeaderMap) -> bool {
    tokens(headers, &header::TE).any(|token| token.eq_ignore_ascii_case("trailers"))
}

/// Says so to the next hop. HTTP/1 wants `TE` listed as the hop's own field; HTTP/2 forbids that.
pub fn ask_for_trailers(headers: &mut HeaderMap, http1: bool) {
    headers.insert(header::TE, HeaderValue::from_static("trailers"));
    if http1 {
        headers.insert(header::CONNECTION, HeaderValue::from_static("te"));
    }
}

/// The comma-separated elements of all lines of a field; lines that are not text have none.
fn tokens<'h>(headers: &'h HeaderMap, field: &HeaderName) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(field).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

fn name(token: &str) -> Option<HeaderName> {
    HeaderName::from_bytes(token.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn named_fields_go_with_those_that_always_go() {
        let mut headers = head(&[
            ("connection", "close, X-Secret"),
            ("connection", " x-other,, not a name "),
            ("keep-alive", "timeout=5"),
            ("x-secret", "1"),
            ("x-other", "2"),
            ("x-kept", "3"),
            ("proxy-status", "cache; hit"),
        ]);
        let listed = Listed::remove_from_head(&mut headers);
        assert_eq!(headers, head(&[("x-kept", "3"), ("proxy-status", "cache; hit")]));

        let mut trailers = head(&[("x-secret", "4"), ("te", "gzip"), ("grpc-status", "0")]);
        listed.remove_from(&mut trailers);
        assert_eq!(trailers, head(&[("grpc-status", "0")]));
    }

    #[test]
    fn trailers_are_taken_wherever_te_lists_them() {
        assert!(takes_trailers(&head(&[("te", "gzip;q=0.5, Trailers")])));
        assert!(!takes_trailers(&head(&[("te", "gzip")])));
        assert!(!takes_trailers(&head(&[])));
    }
}
