//! Who is the primary now.

use std::sync::Arc;

use palisade_core::text::duration;
use redis::{Value, cmd};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::dial::Dial;
use super::fault::{Fault, Trouble};
use super::live::Live;
use crate::url::Address;

/// A service, and the sentinels that know its primary.
pub(super) struct Sentinels {
    at: Vec<Address>,
    service: Arc<str>,
    /// To the sentinels, unless they want to know who asks.
    anonymous: Arc<Dial>,
    /// And then.
    known: Arc<Dial>,
}

impl Sentinels {
    pub(super) fn new(at: Vec<Address>, service: &str, dial: &Dial) -> Self {
        let anonymous = Arc::new(dial.anonymous());
        Self { at, service: service.into(), anonymous, known: Arc::new(dial.first_database()) }
    }

    /// Connects to the primary.
    ///
    /// All sentinels are asked at once, so that one that hangs costs nothing, and the first that names a
    /// server which is a primary is believed: one that was cut off may still name an old one.
    pub(super) async fn connect(&self, dial: &Dial) -> Result<Live, Trouble> {
        let mut asked = JoinSet::new();
        for at in &self.at {
            let (at, service) = (at.clone(), Arc::clone(&self.service));
            let (anonymous, known) = (Arc::clone(&self.anonymous), Arc::clone(&self.known));
            asked.spawn(async move { ask(&anonymous, &known, &at, &service).await });
        }
        let deadline = Instant::now() + dial.connection_timeout();
        let limit = duration::display(dial.connection_timeout());
        let service = &self.service;
        let late = format!("no sentinel named a primary of {service:?} within {limit}");
        let mut trouble = Trouble::new(late);
        let mut tried = Vec::new();
        while let Ok(Some(answer)) = timeout_at(deadline, asked.join_next()).await {
            match answer {
                Ok(Ok(primary)) if tried.contains(&primary) => {}
                Ok(Ok(primary)) => {
                    match to_primary(dial, &primary).await {
                        Ok(live) => return Ok(live),
                        Err(error) => trouble = error,
                    }
                    tried.push(primary);
                }
                // What the server said that was named is worth more than what a sentinel did not.
                Ok(Err(error)) if tried.is_empty() => trouble = error,
                Ok(Err(_)) | Err(_) => {}
            }
        }
        Err(trouble)
    }
}

async fn ask(
    anonymous: &Dial,
    known: &Dial,
    at: &Address,
    service: &str,
) -> Result<Address, Trouble> {
    let not = |what: &dyn std::fmt::Display| {
        Trouble::new(format_args!("the sentinel at {at} does not name a primary: {what}"))
    };
    let sentinel = match anonymous.connect(at).await {
        Err(_) if known.has_password() => known.connect(at).await,
        connected => connected,
    };
    let mut question = cmd("SENTINEL");
    question.arg("GET-MASTER-ADDR-BY-NAME").arg(service);
    let answer = match sentinel?.send(&question).await {
        Ok(answer) => answer,
        Err(Fault::Refused(refusal)) => return Err(not(&refusal)),
        Err(Fault::NotSent(trouble) | Fault::Unknown(trouble)) => return Err(not(&trouble)),
    };
    match redis::from_redis_value::<Option<(String, u16)>>(answer) {
        Ok(Some((host, port))) => Ok(Address::Tcp(host, port)),
        Ok(None) => Err(not(&format_args!("it knows no service {service:?}"))),
        Err(error) => Err(not(&error)),
    }
}

async fn to_primary(dial: &Dial, at: &Address) -> Result<Live, Trouble> {
    let live = dial.connect(at).await?;
    let role = live.send(&cmd("ROLE")).await;
    let is = |role: &Value| match role {
        Value::Array(parts) => match parts.first() {
            Some(Value::BulkString(role)) => role == b"master",
            _ => false,
        },
        _ => false,
    };
    match role {
        Ok(role) if is(&role) => Ok(live),
        Ok(_) => Err(Trouble::new(format_args!("redis at {at} is not the primary any more"))),
        // Without the right to ask it is taken as what the sentinel says; a replica says so later.
        Err(Fault::Refused(refusal)) if &*refusal.code == "NOPERM" => Ok(live),
        Err(Fault::Refused(refusal)) => Err(Trouble::new(refusal)),
        Err(Fault::NotSent(trouble) | Fault::Unknown(trouble)) => Err(trouble),
    }
}
