//! The sentinels: who is the primary, and who is it when that one is lost.

use palisade_test_server::{Sentinel, eventually};

#[test]
fn the_replica_is_the_primary_after_a_failover() {
    let sentinel = Sentinel::start();
    let (old, new) = (sentinel.primary(), sentinel.replica());
    let mut client = old.client().unwrap();
    client.command(&["SET", "a", "kept"]).unwrap();
    assert_eq!(client.command(&["WAIT", "1", "5000"]).unwrap().integer(), 1);

    old.kill();
    eventually(|| sentinel.primary().port() == new.port(), "the fail-over");
    assert_eq!(new.command(&["GET", "a"]).unwrap().text(), "kept");
    let writes = || new.command(&["SET", "a", "changed"]).is_ok();
    eventually(writes, "the new primary to take writes");

    old.restart();
    sentinel.settle();
    assert_eq!(sentinel.replica().port(), old.port());
    assert_eq!(old.command(&["GET", "a"]).unwrap().text(), "changed");
}

#[test]
fn the_url_names_all_sentinels_and_the_primary() {
    let sentinel = Sentinel::start();
    let ports: Vec<_> =
        sentinel.sentinels().iter().map(|one| format!("127.0.0.1:{}", one.port())).collect();
    let url = format!("redis+sentinel://{}/{}", ports.join(","), sentinel.name());
    assert_eq!(sentinel.url(), url);
    // One may be lost.
    sentinel.sentinels()[0].kill();
    assert_eq!(sentinel.primary().info("replication", "role").as_deref(), Some("master"));
}
