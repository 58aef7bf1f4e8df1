//! A script's call, and its answer.

use itoa::Integer;
use palisade_core::store::StoreError;
use redis::{Cmd, Value};

use super::Script;
use crate::link::{Failed, Link};

/// The call of a script: `EVALSHA hash keys key... argument...`.
pub(crate) struct Sent<'s> {
    script: &'s Script,
    command: Cmd,
}

/// The numbers that a script answers with, one after another.
pub(crate) struct Integers(std::vec::IntoIter<Value>);

impl<'s> Sent<'s> {
    /// A call with room for so many keys and arguments, of so many bytes in all.
    pub(crate) fn new<'k>(
        script: &'s Script,
        keys: impl ExactSizeIterator<Item = &'k str>,
        arguments: usize,
    ) -> Self {
        // A guess that suffices for most.
        let (number, each) = (keys.len(), 48);
        let mut command =
            Cmd::with_capacity(3 + number + arguments, 64 + each * number + 16 * arguments);
        command.arg("EVALSHA").arg(&script.hash);
        let mut sent = Self { script, command };
        sent.number(number);
        for key in keys {
            sent.command.arg(key);
        }
        sent
    }

    pub(crate) fn number(&mut self, number: impl Integer) {
        self.command.arg(itoa::Buffer::new().format(number));
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.command.arg(bytes);
    }

    /// Sends it. A server that does not have the script is given it, and asked again: it was restarted, or told
    /// to forget its scripts.
    pub(crate) async fn over(self, link: &Link) -> Result<Value, StoreError> {
        let Self { script, command } = self;
        let answer = match link.send(&command).await {
            Err(Failed::NoScript) => Box::pin(load_and_send(script, &command, link)).await,
            answer => answer,
        };
        answer.map_err(Failed::told)
    }
}

async fn load_and_send(script: &Script, command: &Cmd, link: &Link) -> Result<Value, Failed> {
    link.load(&script.text).await?;
    link.send(command).await
}

impl Integers {
    pub(crate) fn new(answer: Value) -> Result<Self, StoreError> {
        match answer {
            Value::Array(values) => Ok(Self(values.into_iter())),
            other => Err(malformed(&other)),
        }
    }

    pub(crate) fn next(&mut self) -> Result<i64, StoreError> {
        match self.0.next() {
            Some(Value::Int(number)) => Ok(number),
            other => Err(malformed(&other.unwrap_or(Value::Nil))),
        }
    }

    /// A number that is never below zero.
    pub(crate) fn natural(&mut self) -> Result<u64, StoreError> {
        self.next().map(|number| u64::try_from(number).unwrap_or(0))
    }

    /// The rest of the answer.
    pub(crate) fn rest(self) -> impl Iterator<Item = Value> {
        self.0
    }
}

/// The script ran, and what it has done is not known.
pub(crate) fn malformed(answer: &Value) -> StoreError {
    StoreError::Unknown(format!("redis answered {answer:?} where a script of ours was to").into())
}
