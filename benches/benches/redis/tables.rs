//! Who is measured at what.

use std::time::Duration;

use palisade::Quota;
use palisade_benches::{Bench, Rounds};
use palisade_redis::RedisStore;

use crate::command::Asked;
use crate::contender::Contender;
use crate::drive::Load;
use crate::ours::{
    self, Limited, api, day, leasing, narrow, pooled, quota, resilient, store, wide,
};
use crate::peers::{self, ByHand, Counted, Managed, Pooled, Trypema};
use crate::rounds;
use crate::site::Site;

/// How long a sample is.
const SPAN: Duration = Duration::from_millis(400);

/// How many samples of each, unless it is said.
const ROUNDS: usize = 9;

/// Keys, unless it is a single one.
const KEYS: u64 = 10_000;

/// The window of those who have one.
const WINDOW: Duration = Duration::from_secs(1);

/// Connections of a pool.
const POOL: usize = 10;

type Entrants = fn(&Site, &Asked) -> Vec<Contender>;

/// A table: what is decided, and who decides.
#[derive(Debug)]
struct Table {
    title: String,
    callers: u64,
    keys: u64,
    /// The limit of most of them.
    quota: fn() -> Quota,
    /// Whether all calls pass.
    passes: bool,
    entrants: Entrants,
}

pub(crate) fn benches() -> Vec<Bench> {
    let kinds = [
        ("10 000 keys", KEYS, quota as fn() -> Quota, true, many_keys as Entrants),
        ("one key that passes", 1, wide, true, one_key_passing),
        ("one key, far over its limit", 1, narrow, false, one_key_refusing),
    ];
    let tables = kinds.into_iter().flat_map(|(what, keys, quota, passes, entrants)| {
        [1, 16, 256].map(|callers| {
            let title = format!("redis, {what}, callers: {callers}");
            Table { title, callers, keys, quota, passes, entrants }
        })
    });
    tables.map(|table| Bench::Rounds(Box::new(table))).collect()
}

impl Table {
    fn load(&self, span: Duration) -> Load {
        let Self { callers, keys, passes, .. } = *self;
        Load { callers, keys, span, passes }
    }

    fn asked(&self, site: &Site) -> Asked {
        Asked::about(site, api((self.quota)()))
    }
}

impl Rounds for Table {
    fn title(&self) -> &str {
        &self.title
    }

    fn smoke(&self) {
        let site = Site::start();
        let contenders = (self.entrants)(&site, &self.asked(&site));
        rounds::smoke(&site, &contenders, self.load(Duration::from_millis(10)));
    }

    fn report(&self, rounds: Option<usize>) {
        let site = Site::start();
        let asked = self.asked(&site);
        let mut contenders: Vec<Contender> =
            Contender::ceiling(&asked, 50, 16).into_iter().collect();
        if contenders.is_empty() {
            missing();
        } else {
            contenders.extend(Contender::ceiling(&asked, self.callers, 1));
        }
        contenders.extend((self.entrants)(&site, &asked));
        let rounds = rounds.unwrap_or(ROUNDS);
        rounds::report(&self.title, &site, &contenders, self.load(SPAN), rounds);
    }
}

/// Who has the same limit has the same keys, and finds them as the others have left them.
fn many_keys(site: &Site, asked: &Asked) -> Vec<Contender> {
    let url = || site.server.url();
    let one = |store| Limited::new(store, [api(quota())]);
    let lent = RedisStore::with_pool(peers::pool(site, POOL));
    vec![
        Contender::ours("palisade", one(store(url()))),
        Contender::ours("palisade, no deny cache", one(store(url()).deny_cache(false))),
        Contender::ours("palisade, pool of 10", one(pooled(url(), POOL))),
        Contender::ours("palisade, deadpool-redis pool of 10", one(lent)),
        Contender::ours(
            "palisade, two limits in one hash",
            Limited::new(store(url()), [api(quota()), day()]),
        ),
        Contender::ours(
            "palisade, resilient",
            Limited::new(resilient(store(url())), [api(quota())]),
        ),
        Contender::ours("palisade, layer", ours::layered(store(url()))),
        Contender::ours("palisade, layer, resilient", ours::layered(resilient(store(url())))),
        Contender::floor("the script by hand, one connection", ByHand::new(site, asked)),
        Contender::floor("the script by hand, `ConnectionManager`", Managed::new(site, asked)),
        Contender::floor("`INCR` and `PEXPIRE` by hand", Counted::new(site, WINDOW)),
        Contender::peer(
            "the script by hand, deadpool-redis pool of 10",
            Pooled::new(peers::pool(site, POOL), asked),
        ),
        Contender::peer("trypema", Trypema::new(site, WINDOW)),
    ]
}

fn one_key_passing(site: &Site, _: &Asked) -> Vec<Contender> {
    let url = || site.server.url();
    let wide = || [api(wide())];
    vec![
        Contender::ours("palisade", Limited::new(store(url()), wide())),
        Contender::ours("palisade, lease", Limited::new(leasing(store(url())), wide())),
        Contender::ours(
            "palisade, lease, resilient",
            Limited::new(resilient(leasing(store(url()))), wide()),
        ),
    ]
}

fn one_key_refusing(site: &Site, _: &Asked) -> Vec<Contender> {
    let url = || site.server.url();
    let narrow = || [api(narrow())];
    let forgetful = || store(url()).deny_cache(false);
    vec![
        Contender::ours("palisade, no deny cache", Limited::new(forgetful(), narrow())),
        Contender::ours("palisade", Limited::new(store(url()), narrow())),
        Contender::ours("palisade, resilient", Limited::new(resilient(store(url())), narrow())),
        Contender::ours(
            "palisade, lease, no deny cache",
            Limited::new(leasing(forgetful()), narrow()),
        ),
        Contender::ours("palisade, lease", Limited::new(leasing(store(url())), narrow())),
    ]
}

#[expect(clippy::print_stderr, reason = "what cannot be measured is said, and the rest goes on")]
fn missing() {
    eprintln!(
        "no redis-benchmark beside the server that PALISADE_REDIS_SERVER names, and none on PATH: no ceiling"
    );
}
