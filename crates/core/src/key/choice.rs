//! Which key, as text: what a configuration says.

use std::{fmt, str::FromStr, sync::Arc};

use http::HeaderName;

use super::{Cidr, ClientIp, Global, Host, Key, KeyBy, Method, Route};
use crate::{Name, ParseError, head::HasHead};

/// A key that is chosen when the program runs, by a configuration.
///
/// | text | is |
/// |---|---|
/// | `global` | [`Global`] |
/// | `client_ip` | [`ClientIp::peer`] |
/// | `client_ip behind 2` | [`ClientIp::behind_proxies`], 0 to 64 |
/// | `client_ip trusting 10.0.0.0/8,fd00::/8` | [`ClientIp::trusting`] |
/// | `client_ip prefix 56` | [`ClientIp::ipv6_prefix`], 1 to 128; also after the others |
/// | `client_ip behind 1 forwarded_only` | [`ClientIp::forwarded_only`] |
/// | `header x-api-key` | [`Header`](super::Header) |
/// | `host`, `method`, `route` | [`Host`], [`Method`], [`Route`] |
/// | `route and header x-tenant` | both together, and so on: four at most |
///
/// ```
/// use palisade_core::{Key, KeyBy, key::By};
///
/// let by: By = "method and header x-api-key".parse()?;
/// let request = http::Request::get("/").header("x-api-key", "k1").body(()).unwrap();
/// assert_eq!(by.key(&request), Some(Key::from(("GET", "k1"))));
///
/// let error = "header x api key".parse::<By>().unwrap_err();
/// assert!(error.to_string().starts_with(r#"key "header x api key": header x api key, must be"#));
/// # Ok::<(), palisade_core::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct By {
    text: Arc<str>,
    choices: Arc<[Choice]>,
}

#[derive(Clone, Debug)]
enum Choice {
    Global,
    ClientIp(ClientIp),
    Header(HeaderName, Name),
    Host,
    Method,
    Route,
}

/// How many keys are one key at most, as in a tuple.
const MOST: usize = 4;

const EXPECTED: &str =
    r#"e.g. "client_ip behind 1", "header x-api-key", "route and host", "global""#;

impl<Req: HasHead> KeyBy<Req> for By {
    fn key<'r>(&'r self, request: &'r Req) -> Option<Key<'r>> {
        let mut keys = self.choices.iter().map(|choice| choice.key(request));
        let first = keys.next()??;
        keys.try_fold(first, |key, next| Some(key.and(next?)))
    }

    fn describe(&self) -> &'static str {
        match &*self.choices {
            [Choice::Global] => "",
            [Choice::ClientIp(ip)] => KeyBy::<Req>::describe(ip),
            [Choice::Header(_, name)] => name.as_str(),
            [Choice::Host] => KeyBy::<Req>::describe(&Host),
            [Choice::Method] => KeyBy::<Req>::describe(&Method),
            [Choice::Route] => KeyBy::<Req>::describe(&Route),
            _ => "combined key",
        }
    }
}

impl Choice {
    fn key<'r, Req: HasHead>(&'r self, request: &'r Req) -> Option<Key<'r>> {
        match self {
            Self::Global => Global.key(request),
            Self::ClientIp(ip) => ip.key(request),
            Self::Header(name, _) => {
                request.head().header(name).map(|value| Key::from(value.as_bytes()))
            }
            Self::Host => Host.key(request),
            Self::Method => Method.key(request),
            Self::Route => Route.key(request),
        }
    }
}

/// # Errors
/// A text of another form; a number, a network or a header's name that is none.
impl FromStr for By {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let parts = text.split(" and ").take(MOST + 1);
        let choices: Vec<_> =
            parts.map(|part| choice(text, part.trim())).collect::<Result<_, _>>()?;
        if choices.len() > MOST {
            return Err(ParseError::malformed("key", text, EXPECTED));
        }
        let words: Vec<_> = text.split_whitespace().collect();
        Ok(Self { text: words.join(" ").into(), choices: choices.into() })
    }
}

fn choice(text: &str, part: &str) -> Result<Choice, ParseError> {
    let (kind, rest) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
    match (kind, rest.trim()) {
        ("global", "") => Ok(Choice::Global),
        ("host", "") => Ok(Choice::Host),
        ("method", "") => Ok(Choice::Method),
        ("route", "") => Ok(Choice::Route),
        ("header", name) => match HeaderName::from_str(name) {
            Ok(header) => {
                let name = Name::new(header.as_str());
                Ok(Choice::Header(header, name))
            }
            Err(_) => Err(wrong(text, "header", name, "the name of a header, such as x-api-key")),
        },
        ("client_ip", rest) => client_ip(text, rest).map(Choice::ClientIp),
        _ => Err(ParseError::malformed("key", text, EXPECTED)),
    }
}

fn client_ip(text: &str, settings: &str) -> Result<ClientIp, ParseError> {
    let (mut ip, mut trusts) = (ClientIp::peer(), false);
    let mut words = settings.split_whitespace();
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or("");
        match word {
            // First, since they start from the defaults; and one of the two.
            "behind" if !trusts => {
                let hops = value();
                ip = match hops.parse() {
                    Ok(hops @ 0..=64) => ClientIp::behind_proxies(hops),
                    _ => return Err(wrong(text, "behind", hops, "0 to 64 proxies")),
                };
                trusts = true;
            }
            "trusting" if !trusts => {
                let nets = value();
                let parsed: Result<Vec<Cidr>, _> = nets.split(',').map(str::parse).collect();
                let expected = "networks without spaces, such as 10.0.0.0/8,fd00::/8";
                ip = match parsed {
                    Ok(nets) => ClientIp::trusting(nets),
                    Err(_) => return Err(wrong(text, "trusting", nets, expected)),
                };
                trusts = true;
            }
            "prefix" => {
                let bits = value();
                ip = match bits.parse() {
                    Ok(bits @ 1..=128) => ip.ipv6_prefix(bits),
                    _ => return Err(wrong(text, "prefix", bits, "1 to 128 bits")),
                };
                trusts = true;
            }
            "forwarded_only" => {
                ip = ip.forwarded_only();
                trusts = true;
            }
            _ => return Err(ParseError::malformed("key", text, EXPECTED)),
        }
    }
    Ok(ip)
}

fn wrong(text: &str, part: &'static str, value: &str, expected: &'static str) -> ParseError {
    ParseError::out_of_range("key", text, (part, value), expected)
}

impl Default for By {
    /// One key for all.
    fn default() -> Self {
        Self { text: "global".into(), choices: Arc::from([Choice::Global]) }
    }
}

impl PartialEq for By {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for By {}

/// As it was read, with single spaces.
impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
