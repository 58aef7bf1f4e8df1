//! How a connection is made.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::text::duration;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ProtocolVersion, RedisConnectionInfo, RedisError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::fault::Trouble;
use super::hint;
use super::live::Live;
#[cfg(feature = "tls")]
use super::tls::Tls;
use crate::url::{Address, Target};

/// The kernel gives a connection up if what was sent is not acknowledged for so long. It would try for a
/// quarter of an hour.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const UNACKNOWLEDGED: Duration = Duration::from_secs(1);

/// Makes connections: all that is the same for all servers of a URL.
///
/// Not left to the client of the library: it reads the system's certificates from disk at each connection,
/// panics if a process has two providers of cryptography, and keeps to itself when a connection has ended.
pub(super) struct Dial {
    info: RedisConnectionInfo,
    settings: AsyncConnectionConfig,
    connection_timeout: Duration,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
}

impl Dial {
    pub(super) fn new(
        target: &Target,
        connection_timeout: Duration,
        response_timeout: Duration,
    ) -> Self {
        // The newer protocol greets, so that a connection is one only when the server has answered; a kernel
        // accepts connections to a process that hangs.
        let mut info = RedisConnectionInfo::default()
            .set_protocol(ProtocolVersion::RESP3)
            .set_db(i64::from(target.database))
            .set_skip_set_lib_name();
        if let Some(user) = target.login.user() {
            info = info.set_username(user);
        }
        if let Some(password) = target.login.password() {
            info = info.set_password(password);
        }
        let settings = AsyncConnectionConfig::new().set_response_timeout(Some(response_timeout));
        Self {
            info,
            settings,
            connection_timeout,
            #[cfg(feature = "tls")]
            tls: target.encrypted.then(Tls::default),
        }
    }

    /// The same with other certificates to trust.
    #[cfg(all(test, feature = "tls"))]
    pub(super) fn with_tls(self, tls: Tls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// The same without a login and a database: for sentinels, which have neither unless they say so.
    pub(super) fn anonymous(&self) -> Self {
        let info = RedisConnectionInfo::default()
            .set_protocol(ProtocolVersion::RESP3)
            .set_skip_set_lib_name();
        self.with(info)
    }

    /// The same without a database.
    pub(super) fn first_database(&self) -> Self {
        self.with(self.info.clone().set_db(0))
    }

    fn with(&self, info: RedisConnectionInfo) -> Self {
        Self {
            info,
            settings: self.settings.clone(),
            connection_timeout: self.connection_timeout,
            #[cfg(feature = "tls")]
            tls: self.tls.clone(),
        }
    }

    /// Whether there is a password to show.
    pub(super) fn has_password(&self) -> bool {
        self.info.password().is_some()
    }

    /// How long connecting may take.
    pub(super) const fn connection_timeout(&self) -> Duration {
        self.connection_timeout
    }

    /// Connects, and says who we are.
    pub(super) async fn connect(&self, to: &Address) -> Result<Live, Trouble> {
        timeout(self.connection_timeout, self.connect_at_leisure(to)).await.unwrap_or_else(|_| {
            let limit = duration::display(self.connection_timeout);
            Err(Trouble::new(format_args!("cannot connect to redis at {to} within {limit}")))
        })
    }

    async fn connect_at_leisure(&self, to: &Address) -> Result<Live, Trouble> {
        let failed = |error: io::Error| {
            Trouble::new(format_args!("cannot connect to redis at {to}: {error}"))
        };
        match to {
            Address::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(failed)?;
                tune(&stream).map_err(failed)?;
                #[cfg(feature = "tls")]
                if let Some(tls) = &self.tls {
                    let stream = tls.wrap(host, stream).await.map_err(failed)?;
                    return self.greet(to, stream).await;
                }
                self.greet(to, stream).await
            }
            #[cfg(unix)]
            Address::Unix(path) => {
                let stream = tokio::net::UnixStream::connect(path).await.map_err(failed)?;
                self.greet(to, stream).await
            }
            #[cfg(not(unix))]
            Address::Unix(_) => Err(failed(io::ErrorKind::Unsupported.into())),
        }
    }

    async fn greet<S>(&self, to: &Address, stream: S) -> Result<Live, Trouble>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let settings = self.settings.clone();
        let (connection, driver) =
            MultiplexedConnection::new_with_config(&self.info, stream, settings)
                .await
                .map_err(|error| not_welcome(to, &error))?;
        let driver = tokio::spawn(driver).abort_handle();
        Ok(Live::new(connection, driver, Arc::from(to.to_string())))
    }
}

/// Small commands go out at once, and a link that swallows them is noticed.
fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    socket2::SockRef::from(stream).set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    Ok(())
}

fn not_welcome(to: &Address, error: &RedisError) -> Trouble {
    let Some(code) = error.code() else {
        return Trouble::new(format_args!("cannot connect to redis at {to}: {error}"));
    };
    let detail = error.detail().unwrap_or_default();
    let hint = hint::of(code).map(|hint| format!(" ({hint})")).unwrap_or_default();
    let what = match code {
        "WRONGPASS" | "NOAUTH" => "authentication failed",
        _ => "not let in",
    };
    Trouble::new(format_args!("cannot connect to redis at {to}: {what}: {code} {detail}{hint}"))
}
