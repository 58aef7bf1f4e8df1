//! As whom.

use std::fmt;

use super::Expected;

/// Who one is, and the proof.
#[derive(Clone, Default)]
pub(crate) struct Login {
    user: Option<String>,
    password: Option<String>,
}

impl Login {
    /// Reads `user:password` or `:password`.
    pub(super) fn parse(text: &str) -> Result<Self, Expected> {
        let (user, password) =
            text.split_once(':').ok_or("one with a password: user:password@ or :password@")?;
        let user = if user.is_empty() { None } else { Some(decoded(user)?) };
        Self::new(user, Some(decoded(password)?))
    }

    pub(super) fn new(user: Option<String>, password: Option<String>) -> Result<Self, Expected> {
        if user.is_some() && password.is_none() {
            return Err("one with a password for its user");
        }
        Ok(Self { user, password })
    }

    /// The user, unless it is the default one.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    pub(crate) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }
}

/// Without the password.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = self.password.as_ref().map(|_| "***");
        f.debug_struct("Login").field("user", &self.user).field("password", &password).finish()
    }
}

/// Reads percent-encoding.
pub(super) fn decoded(text: &str) -> Result<String, Expected> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next()), digit(rest.next()));
                match (high, low) {
                    (Some(high), Some(low)) => (high * 16 + low) as u8,
                    _ => return Err("one with two hexadecimal digits after each %"),
                }
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| "one that is UTF-8 once it is decoded")
}
