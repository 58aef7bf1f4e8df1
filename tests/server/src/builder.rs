//! What a server is started with.

use crate::Server;

/// Settings of a server that is to start.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    pub(crate) arguments: Vec<String>,
    pub(crate) password: Option<String>,
    pub(crate) unixsocket: bool,
    pub(crate) tls: bool,
    pub(crate) sentinel: bool,
}

impl Builder {
    /// A setting as on the command line: `.arg("--maxmemory", "2mb")`.
    #[must_use]
    pub fn arg(self, name: &str, value: &str) -> Self {
        self.args(name, [value])
    }

    /// A setting with several values, or with none.
    #[must_use]
    pub fn args<'a>(mut self, name: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        self.arguments.push(name.to_owned());
        self.arguments.extend(values.into_iter().map(str::to_owned));
        self
    }

    /// Wants this password of the user "default". It is in [`url`](Server::url).
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self.arg("--requirepass", password)
    }

    /// Adds a user with a password and rules of Redis's access control lists, such as `["~*", "+@all"]`.
    /// [`Server::url_as`] is that user's URL.
    #[must_use]
    pub fn user<'a>(
        self,
        name: &'a str,
        password: &str,
        rules: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let secret = format!(">{password}");
        let mut builder = self.args("--user", [name, "on", &secret]);
        builder.arguments.extend(rules.into_iter().map(str::to_owned));
        builder
    }

    /// Listens on a Unix socket as well: [`Server::unixsocket`].
    #[must_use]
    pub fn unixsocket(mut self) -> Self {
        self.unixsocket = true;
        self
    }

    /// Listens on a second port with TLS: [`Server::tls_url`], and [`Server::authority`] to trust.
    ///
    /// Needs the program `openssl`, 3.0 or later, and a server that was built with TLS.
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Watches servers instead of being one.
    pub(crate) fn sentinel(mut self) -> Self {
        self.sentinel = true;
        self
    }

    /// Starts the server, and returns when it answers.
    ///
    /// Panics if it does not, with what it has logged.
    #[must_use]
    #[track_caller]
    pub fn start(self) -> Server {
        match Server::launch(&self) {
            Ok(server) => server,
            Err(error) => panic!("{error}"),
        }
    }
}
