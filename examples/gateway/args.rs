//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use lexopt::prelude::*;
use palisade::RedisConfig;

/// What `--help` prints.
pub const HELP: &str = "\
A reverse proxy with rate limits, retries, breakers, bulkheads and timeouts, and three upstreams of
its own to try it with.

usage: cargo run --release --example gateway -- [options]

  --config FILE     what to serve, and under which limits; without it, the three upstreams
  --print-config    print the configuration without a file, which describes the format, and end
  --listen IP:PORT  where to listen instead; port 0 takes a free one
  --drive SECONDS   send traffic from several clients for so long, print what each got, and end
  --redis URL       keep the limits in this Redis, shared by all gateways that name it, such as
                    redis://127.0.0.1:6379; while it is away each keeps its part of them. A
                    password is better told in the configuration: others see a command line
  --no-retry        send each request once, whatever the configuration says of retries
  --seed NUMBER     what the flaky upstream draws its moods from (default 7)
  --help            this text
";

const DRIVE_SECONDS: RangeInclusive<u64> = 1..=3600;

/// What the gateway is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Print [`HELP`].
    Help,
    /// Print [`DEFAULT`](super::config::DEFAULT).
    PrintConfig,
    /// Serve until a signal comes.
    Serve {
        /// What to serve.
        config: Option<PathBuf>,
        /// Where to listen, if not where the configuration says.
        listen: Option<SocketAddr>,
        /// Where the limits are kept, if not where the configuration says.
        redis: Option<RedisConfig>,
        /// Whether retries are made where the configuration says so.
        retries: bool,
        /// For the flaky upstream.
        seed: u64,
    },
    /// Serve on a free port and send traffic.
    Drive {
        /// What to serve.
        config: Option<PathBuf>,
        /// For how long.
        lasting: Duration,
        /// Where the limits are kept, if not where the configuration says.
        redis: Option<RedisConfig>,
        /// Whether retries are made where the configuration says so.
        retries: bool,
        /// For the flaky upstream.
        seed: u64,
    },
}

impl Command {
    /// Reads the arguments that follow the program's name.
    ///
    /// # Errors
    ///
    /// For a person: the argument, its value and what would be right.
    pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        let (mut config, mut listen, mut lasting, mut redis) = (None, None, None, None);
        let (mut retries, mut seed) = (true, 7);
        let mut args = lexopt::Parser::from_args(args);
        while let Some(arg) = args.next()? {
            match arg {
                Long("config") => config = Some(PathBuf::from(args.value()?)),
                Long("listen") => {
                    let wanted = "an address and a port, such as 127.0.0.1:8080";
                    listen = Some(value(&mut args, "--listen", wanted)?);
                }
                Long("drive") => lasting = Some(seconds(&mut args)?),
                Long("redis") => redis = Some(server(&mut args)?),
                Long("no-retry") => retries = false,
                Long("seed") => {
                    let wanted = "a whole number from 0 to 18446744073709551615";
                    seed = value(&mut args, "--seed", wanted)?;
                }
                Long("print-config") => return Ok(Self::PrintConfig),
                Long("help") | Short('h') => return Ok(Self::Help),
                Short(_) | Long(_) | Value(_) => return Err(arg.unexpected()),
            }
        }
        match (listen, lasting) {
            (Some(_), Some(_)) => {
                Err("--drive listens on a free port of its own; leave out --listen".into())
            }
            (None, Some(lasting)) => Ok(Self::Drive { config, lasting, redis, retries, seed }),
            (listen, None) => Ok(Self::Serve { config, listen, redis, retries, seed }),
        }
    }
}

fn value<T: FromStr>(
    args: &mut lexopt::Parser,
    name: &str,
    wanted: &str,
) -> Result<T, lexopt::Error> {
    let value = args.value()?.string()?;
    value.parse().map_err(|_| format!("{name}: {value:?} is not {wanted}").into())
}

/// What is wrong with a URL is told without its password.
fn server(args: &mut lexopt::Parser) -> Result<RedisConfig, lexopt::Error> {
    let config = RedisConfig { url: args.value()?.string()?, ..RedisConfig::default() };
    let problems = config.validate().err();
    match problems.as_ref().and_then(|problems| problems.iter().next()) {
        Some(why) => Err(format!("--redis: {}, must be {}", why.value(), why.expected()).into()),
        None => Ok(config),
    }
}

fn seconds(args: &mut lexopt::Parser) -> Result<Duration, lexopt::Error> {
    let (least, most) = (DRIVE_SECONDS.start(), DRIVE_SECONDS.end());
    let wanted = format!("a whole number of seconds from {least} to {most}");
    let seconds = value(args, "--drive", &wanted)?;
    if DRIVE_SECONDS.contains(&seconds) {
        Ok(Duration::from_secs(seconds))
    } else {
        Err(format!("--drive: {seconds} is not {wanted}").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Command, String> {
        Command::parse(args.iter().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn without_arguments_it_serves_what_is_built_in() {
        assert_eq!(
            parse(&[]),
            Ok(Command::Serve { config: None, listen: None, redis: None, retries: true, seed: 7 })
        );
    }

    #[test]
    fn values_follow_their_name_or_its_equals_sign() {
        let (config, lasting) = (Some(PathBuf::from("a b.toml")), Duration::from_secs(5));
        assert_eq!(
            parse(&["--drive", "5", "--seed=1", "--config=a b.toml", "--no-retry"]),
            Ok(Command::Drive { config, lasting, redis: None, retries: false, seed: 1 })
        );
        let listen = Some("[::1]:0".parse().unwrap());
        let url = "redis://cache:6379".to_owned();
        let redis = Some(RedisConfig { url, ..RedisConfig::default() });
        assert_eq!(
            parse(&["--listen=[::1]:0", "--redis", "redis://cache:6379"]),
            Ok(Command::Serve { config: None, listen, redis, retries: true, seed: 7 })
        );
        assert_eq!(parse(&["--seed", "1", "-h"]), Ok(Command::Help));
        assert_eq!(parse(&["--print-config", "--seed", "x"]), Ok(Command::PrintConfig));
    }

    #[test]
    fn errors_name_the_argument_its_value_and_the_range() {
        for (args, error) in [
            (
                &["--listen", "8080"][..],
                "--listen: \"8080\" is not an address and a port, such as 127.0.0.1:8080",
            ),
            (&["--drive", "0"], "--drive: 0 is not a whole number of seconds from 1 to 3600"),
            (
                &["--drive", "soon"],
                "--drive: \"soon\" is not a whole number of seconds from 1 to 3600",
            ),
            (
                &["--seed", "-1"],
                "--seed: \"-1\" is not a whole number from 0 to 18446744073709551615",
            ),
            (
                &["--drive", "5", "--listen", "127.0.0.1:1"],
                "--drive listens on a free port of its own; leave out --listen",
            ),
            (
                &["--redis", "redis://me:secret@cache/first"],
                "--redis: \"redis://***@cache/first\", must be one whose database is a number from 0 to \
                 4294967295",
            ),
            (&["--drive"], "missing argument for option '--drive'"),
            (&["--config"], "missing argument for option '--config'"),
            (&["--port", "1"], "invalid option '--port'"),
        ] {
            assert_eq!(parse(args), Err(error.to_owned()));
        }
    }
}
