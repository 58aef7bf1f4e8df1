//! What a server answers.

use std::io::{self, BufRead};

/// An answer, in version 2 of Redis's protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A status, such as `OK`.
    Simple(String),
    /// An error inside of an array; elsewhere it is the `Err` of [`command`](crate::Server::command).
    Error(String),
    /// An integer.
    Integer(i64),
    /// A text, or any bytes.
    Bulk(Vec<u8>),
    /// Nothing: of a key that is not there, for example.
    Nil,
    /// A list of answers.
    Array(Vec<Self>),
}

impl Reply {
    /// The text of a status, of bytes or of an integer; what is no UTF-8 is replaced.
    ///
    /// Panics if it is none of these.
    #[must_use]
    #[track_caller]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// The bytes of a text. Panics as [`text`](Self::text) does.
    #[must_use]
    #[track_caller]
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Simple(text) => text.clone().into_bytes(),
            Self::Bulk(bytes) => bytes.clone(),
            Self::Integer(number) => number.to_string().into_bytes(),
            Self::Error(_) | Self::Nil | Self::Array(_) => panic!("not a text: {self:?}"),
        }
    }

    /// An integer, or the one that a text is. Panics if it is neither.
    #[must_use]
    #[track_caller]
    pub fn integer(&self) -> i64 {
        let text = self.text();
        text.parse().unwrap_or_else(|_| panic!("not an integer: {text:?}"))
    }

    /// The elements of a list. Panics if it is none.
    #[must_use]
    #[track_caller]
    pub fn array(&self) -> &[Self] {
        match self {
            Self::Array(elements) => elements,
            Self::Simple(_) | Self::Error(_) | Self::Integer(_) | Self::Bulk(_) | Self::Nil => {
                panic!("not an array: {self:?}")
            }
        }
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    pub(crate) fn read(from: &mut impl BufRead) -> io::Result<Self> {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection was closed"));
        }
        let line = line.trim_end();
        let odd = || io::Error::new(io::ErrorKind::InvalidData, format!("not a reply: {line:?}"));
        let (kind, rest) = line.split_at_checked(1).ok_or_else(odd)?;
        let number = || rest.parse::<i64>().map_err(|_| odd());
        Ok(match kind {
            "+" => Self::Simple(rest.to_owned()),
            "-" => Self::Error(rest.to_owned()),
            ":" => Self::Integer(number()?),
            // A negative length is how there being nothing is said.
            "$" => match usize::try_from(number()?) {
                Ok(length) => Self::read_bulk(from, length)?,
                Err(_) => Self::Nil,
            },
            "*" => match usize::try_from(number()?) {
                Ok(count) => {
                    Self::Array((0..count).map(|_| Self::read(from)).collect::<Result<_, _>>()?)
                }
                Err(_) => Self::Nil,
            },
            _ => return Err(odd()),
        })
    }

    fn read_bulk(from: &mut impl BufRead, length: usize) -> io::Result<Self> {
        let mut bytes = vec![0; length + "\r\n".len()];
        from.read_exact(&mut bytes)?;
        bytes.truncate(length);
        Ok(Self::Bulk(bytes))
    }
}
