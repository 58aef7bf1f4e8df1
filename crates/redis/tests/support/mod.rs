//! What the tests of the store share.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::sync::Arc;
use std::time::Duration;

use palisade_core::Name;
use palisade_core::algorithm::{Algorithm, Op};
use palisade_core::store::{Answer, Charge, Policy, Store, StoreError};
use palisade_redis::{RedisConfig, RedisStore};
use palisade_test_server::{Client, Server};

/// A store that is patient: a machine may be busy with other tests.
pub(crate) fn store(url: String) -> RedisStore {
    let connection_timeout = Duration::from_secs(5);
    let config = RedisConfig { url, connection_timeout, ..RedisConfig::default() };
    RedisStore::new(config).unwrap().response_timeout(Duration::from_secs(10))
}

/// One unit of a limit by itself.
pub(crate) fn charge(subject: &str, name: &str, limit: impl Algorithm) -> Charge {
    let policy = Policy::new(Name::new(name), limit);
    Charge { subject: Arc::from(subject), policy, units: 1, class: 0, together: false }
}

pub(crate) fn together(charge: Charge) -> Charge {
    Charge { together: true, ..charge }
}

pub(crate) fn units(units: u64, charge: Charge) -> Charge {
    Charge { units, ..charge }
}

pub(crate) async fn run(
    store: &RedisStore,
    op: Op,
    charges: &[Charge],
) -> Result<Answer, StoreError> {
    store.execute(op, charges.to_vec()).await
}

/// Whether a decision on `charges` passes.
pub(crate) async fn passes(store: &RedisStore, charges: &[Charge]) -> bool {
    run(store, Op::Decide, charges).await.unwrap().allowed()
}

/// What remains of a limit.
pub(crate) async fn left(store: &RedisStore, charge: &Charge) -> u64 {
    let peek = units(0, charge.clone());
    run(store, Op::Decide, &[peek]).await.unwrap().outcomes[0].remaining()
}

/// All keys of a server, in order.
pub(crate) fn keys(server: &Server) -> Vec<String> {
    let script =
        "local keys = redis.call('KEYS', '*') table.sort(keys) return table.concat(keys, '\\n')";
    let keys = server.command(&["EVAL", script, "0"]).unwrap().text();
    keys.lines().map(str::to_owned).collect()
}

/// An answer that is a number.
pub(crate) fn number(client: &mut Client, command: &[&str]) -> i64 {
    client.command(command).unwrap().text().parse().unwrap()
}
