//! URLs of Redis: one server, a cluster, sentinels.
//!
//! Read here and not by a library of URLs: several hosts in one are none of theirs, and what is wrong is
//! to be said without repeating the password.

mod address;
mod login;
mod redact;

use std::path::PathBuf;

pub(crate) use self::address::Address;
pub(crate) use self::login::Login;
pub(crate) use self::redact::redacted;

/// Where sentinels listen unless said.
const SENTINEL_PORT: u16 = 26_379;
/// Where servers listen unless said.
const SERVER_PORT: u16 = 6_379;

/// What a URL names.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) place: Place,
    pub(crate) login: Login,
    pub(crate) database: u32,
    #[cfg_attr(
        not(feature = "tls"),
        expect(dead_code, reason = "it is an error before it is read")
    )]
    pub(crate) encrypted: bool,
}

/// Which servers.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// This one.
    Server(Address),
    /// All that these know of.
    Cluster(Vec<Address>),
    /// The primary of this service, which these know.
    Sentinels(Vec<Address>, String),
}

/// What a URL must be, where it is not: the end of "must be ...".
pub(crate) type Expected = &'static str;

impl Target {
    /// Reads a URL.
    pub(crate) fn parse(text: &str) -> Result<Self, Expected> {
        let (scheme, rest) = text.split_once("://").ok_or("one such as redis://host:6379")?;
        if rest.contains('#') {
            return Err("one without #: certificates are always checked");
        }
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(a, b)| (a, Some(b)));
        if let "unix" | "redis+unix" = scheme {
            return Self::unix(rest, query.unwrap_or_default());
        }
        if query.is_some() {
            return Err("one without ?: only unix sockets have parameters");
        }

        let (kind, encrypted) = match scheme {
            "redis" | "redis+cluster" | "redis+sentinel" => (scheme, false),
            "rediss" => ("redis", true),
            "rediss+cluster" => ("redis+cluster", true),
            "rediss+sentinel" => ("redis+sentinel", true),
            _ => return Err("one of redis, rediss, redis+unix, redis+cluster and redis+sentinel"),
        };
        if encrypted && cfg!(not(feature = "tls")) {
            return Err("one without TLS, since the feature `tls` of palisade-redis is off");
        }

        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, hosts) = match authority.rsplit_once('@') {
            Some((login, hosts)) => (Login::parse(login)?, hosts),
            None => (Login::default(), authority),
        };
        let all = |port| -> Result<Vec<_>, _> {
            hosts.split(',').map(|host| Address::parse(host, port)).collect()
        };
        let (place, database) = match kind {
            "redis+cluster" if path.is_empty() || path == "0" => {
                (Place::Cluster(all(SERVER_PORT)?), "")
            }
            "redis+cluster" => return Err("one without a database: a cluster has only the first"),
            "redis+sentinel" => {
                let (service, database) = path.split_once('/').unwrap_or((path, ""));
                if service.is_empty() {
                    return Err("one that ends in the name of a service, such as /primary");
                }
                (Place::Sentinels(all(SENTINEL_PORT)?, login::decoded(service)?), database)
            }
            _ if hosts.contains(',') => {
                return Err("one host, or of the scheme redis+cluster or redis+sentinel");
            }
            _ => (Place::Server(Address::parse(hosts, SERVER_PORT)?), path),
        };
        Ok(Self { place, login, database: self::database(database)?, encrypted })
    }

    fn unix(path: &str, query: &str) -> Result<Self, Expected> {
        if cfg!(not(unix)) {
            return Err("one without a unix socket, which this system does not have");
        }
        if !path.starts_with('/') {
            return Err("one with an absolute path, such as redis+unix:///run/redis.sock");
        }
        let (mut number, mut user, mut password) = (0, None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("db", value)) => number = database(value)?,
                Some(("user", value)) => user = Some(login::decoded(value)?),
                Some(("pass", value)) => password = Some(login::decoded(value)?),
                _ => return Err("one without parameters but db, user and pass"),
            }
        }
        let address = Address::Unix(PathBuf::from(login::decoded(path)?));
        let login = Login::new(user, password)?;
        Ok(Self { place: Place::Server(address), login, database: number, encrypted: false })
    }
}

fn database(text: &str) -> Result<u32, Expected> {
    let expected = "one whose database is a number from 0 to 4294967295";
    if text.is_empty() { Ok(0) } else { text.parse().map_err(|_| expected) }
}
