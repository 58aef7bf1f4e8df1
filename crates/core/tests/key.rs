//! Keys: what they are equal to, how they hash, how they are spelled.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::{collections::HashSet, net::IpAddr};

use http::{HeaderValue, Request};
use palisade_core::{
    Global, Header, Host, Key, KeyBy, Method, Route,
    key::{self, Fingerprinter},
};
use proptest::prelude::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn spelled(key: &Key<'_>) -> String {
    let mut out = String::new();
    key.spell(&mut out);
    out
}

/// Pairwise different in content, kind or borders.
fn different() -> Vec<Key<'static>> {
    vec![
        Key::global(),
        Key::from(""),
        Key::from("1"),
        Key::from("#1"),
        Key::from("%"),
        Key::from("%25"),
        Key::from("A"),
        Key::from("a"),
        Key::from("a|b"),
        Key::from(("a", "b")),
        Key::from(("b", "a")),
        Key::from(("ab", "")),
        Key::from(("", "ab")),
        Key::from("ab"),
        Key::from(("a", "bc")),
        Key::from(("ab", "c")),
        Key::from(("a", "b", "c")),
        Key::from(1_u64),
        Key::from(u128::MAX),
        Key::from(u64::MAX),
        Key::from([0; 16]),
        Key::from([1; 16]),
        Key::from(ip("0.0.0.1")),
        Key::from("0.0.0.1"),
        Key::from("ip#0.0.0.1"),
        Key::from(ip("::1")),
        Key::from(ip("::")),
        Key::from(0_u64),
        Key::from("ä"),
        Key::from(&[0xe4][..]),
        Key::from("\u{0}"),
        Key::from("x".repeat(64)),
        Key::from("x".repeat(65)),
        Key::from("x".repeat(129)),
        Key::from((("a", "b", "c"), ("d", "e"))),
        Key::from((("a", "b", "c"), ("de", ""))),
        Key::from((("a", "b", "c"), ("d", "e", "f"))),
        Key::from(("a", "b", "c", "d")),
        Key::from(("a", "b", "c", "d|e")),
    ]
}

#[test]
fn different_keys_differ_in_fingerprint_and_spelling() {
    let fingerprinter = Fingerprinter::random();
    let keys = different();
    for (i, a) in keys.iter().enumerate() {
        for b in &keys[..i] {
            assert_ne!(a, b);
            assert_ne!(a.fingerprint(&fingerprinter), b.fingerprint(&fingerprinter), "{a:?} {b:?}");
            assert_ne!(spelled(a), spelled(b), "{a:?} {b:?}");
        }
    }
}

#[test]
fn equal_keys_agree_however_they_are_made() {
    let fingerprinter = Fingerprinter::random();
    let long = "LONG ".repeat(100);
    let lower = long.to_lowercase();
    let header = HeaderValue::from_static("k1");
    for (a, b) in [
        (Key::from("k1"), Key::from(&header)),
        (Key::from("k1"), Key::from(String::from("k1"))),
        (Key::from("k1"), Key::from(&b"k1"[..])),
        (Key::caseless("K1"), Key::from("k1")),
        (Key::caseless("K1"), Key::caseless("k1")),
        (Key::caseless(&long), Key::from(&lower)),
        (Key::from(7_u64), Key::from(7_u128)),
        (Key::from(ip("::ffff:192.0.2.1")), Key::from(ip("192.0.2.1"))),
        (Key::from(("a", ("b", "c"))), Key::from((("a", "b"), "c"))),
        (Key::global().and("a"), Key::global().and("a").and(Key::global())),
        (Key::from((("a", "b"), ("c", "d", "e"))), Key::from((("a", "b", "c"), ("d", "e")))),
    ] {
        assert_eq!(a, b);
        assert_eq!(b, a);
        assert_eq!(a.fingerprint(&fingerprinter), b.fingerprint(&fingerprinter));
        assert_eq!(spelled(&a), spelled(&b));
    }
}

#[test]
fn a_spelling_is_the_same_in_every_release() {
    let token = "a".repeat(65);
    for (key, text) in [
        (Key::global(), "#"),
        (Key::from(""), "%"),
        (Key::from("alice"), "alice"),
        (Key::from("a b|c#d%e{f}ö"), "a%20b%7cc%23d%25e%7bf%7d%c3%b6"),
        (Key::caseless("API.example"), "api.example"),
        (Key::from(42_u64), "#42"),
        (Key::from(u128::MAX), "#340282366920938463463374607431768211455"),
        (Key::from(ip("192.0.2.1")), "ip#192.0.2.1"),
        (Key::from(ip("2001:db8::")), "ip#2001:db8::"),
        (Key::from([0xab; 16]), "id#abababababababababababababababab"),
        // As `sha256sum` says, here and below.
        (Key::from(&token), "sha#635361c48bb9eab14198e76ea8ab7f1a"),
        (Key::from(&[0xff, 0][..]), "sha#ea5dbf9596d187e9500f23e9a6801094"),
        (Key::from(("alice", 1_u64)), "alice|#1"),
        (Key::from(("a", "b", "c", ("d", "e"))), "a|b|c|etc#9a79d5a61e91b51cc26f7c79057f9d2a"),
    ] {
        assert_eq!(spelled(&key), text);
    }
}

#[test]
fn a_long_secret_is_not_stored() {
    let token = "eyJhbGciOiJIUzI1NiJ9.".repeat(10);
    let text = spelled(&Key::from(&token));
    assert!(text.starts_with("sha#") && text.len() == 36, "{text}");
}

#[test]
fn debug_shows_kinds_and_lengths_only() {
    let key = Key::from(("secret", ip("192.0.2.1"), [7; 16], 12_u64));
    assert_eq!(format!("{key:?}"), "Key(text of 6, ip, id, number)");
    assert_eq!(format!("{:?}", Key::global()), "Key");
    assert_eq!(format!("{:?}", Fingerprinter::random()), "Fingerprinter { .. }");
}

#[test]
fn fingerprinters_have_seeds_of_their_own() {
    let key = Key::from("alice");
    let prints: HashSet<u64> =
        (0..100).map(|_| key.fingerprint(&Fingerprinter::random())).collect();
    assert_eq!(prints.len(), 100);
    assert_ne!(
        key.fingerprint(&Fingerprinter::seeded(1)),
        key.fingerprint(&Fingerprinter::seeded(2))
    );
}

#[test]
fn every_bit_of_a_fingerprint_is_as_good_as_any_other() {
    let fingerprinter = Fingerprinter::seeded(42);
    const KEYS: u32 = 40_000;
    let kinds: [&dyn Fn(u32) -> u64; 4] = [
        &|i| Key::from(IpAddr::from((0x0a00_0000 + i).to_be_bytes())).fingerprint(&fingerprinter),
        &|i| Key::from(ip("2001:db8::")).and(u64::from(i)).fingerprint(&fingerprinter),
        &|i| Key::from(u64::from(i)).fingerprint(&fingerprinter),
        &|i| Key::from(format!("user-{i}")).fingerprint(&fingerprinter),
    ];
    for (kind, print) in kinds.iter().enumerate() {
        let prints: Vec<u64> = (0..KEYS).map(print).collect();
        for bit in 0..64 {
            let ones = prints.iter().filter(|print| *print >> bit & 1 == 1).count() as f64;
            let expected = f64::from(KEYS) / 2.0;
            // Ten standard deviations.
            assert!((ones - expected).abs() < 1_000.0, "kind {kind}, bit {bit}: {ones}");
        }
        // The birthday bound: 40 000 keys in 2^32 values share 0.2 pairs on average.
        for half in [0, 32] {
            let distinct: HashSet<u32> = prints.iter().map(|p| (p >> half) as u32).collect();
            assert!(distinct.len() + 8 > KEYS as usize, "kind {kind}, from bit {half}");
        }
    }
}

#[test]
fn a_tuple_has_a_key_only_if_all_its_parts_have() {
    let with = Request::get("/").header("x-api-key", "k1").body(()).unwrap();
    let without = Request::get("/").body(()).unwrap();
    let by = (Header("X-API-Key"), Method);
    assert_eq!(by.key(&with), Some(Key::from(("k1", "GET"))));
    assert_eq!(by.key(&without), None);
    let by = (Global, Method, Route, Header("x-api-key"));
    assert_eq!(by.key(&with), Some(Key::from(("GET", "unmatched", "k1"))));
}

#[test]
fn only_keys_that_never_differ_are_unkeyed() {
    fn unkeyed<K: KeyBy<Request<()>>>(_: K) -> bool {
        K::UNKEYED
    }
    assert!(unkeyed(Global));
    assert!(unkeyed((Global, Global)));
    assert!(!unkeyed((Global, Host)));
    assert!(!unkeyed(Method));
    assert!(!unkeyed(key::by_fn(|_| None)));
}

#[test]
fn a_key_says_what_it_is() {
    fn described<K: KeyBy<Request<()>>>(by: K) -> &'static str {
        by.describe()
    }
    assert_eq!(described(Global), "");
    assert_eq!(described(Header("x-api-key")), "x-api-key");
    assert_eq!(described(Host), "host");
    assert_eq!(described(Method), "method");
    assert_eq!(described(Route), "route");
    assert_eq!(described((Host, Method)), "combined key");
    assert_eq!(described(key::by_fn(|_| None)), "key");
}

#[test]
fn closures_infer_over_the_head_and_over_any_request() {
    #[derive(Clone)]
    struct Tenant(String);

    let request = Request::get("/a/b").extension(Tenant("acme".to_owned())).body(()).unwrap();
    let by = key::by_fn(|head| head.extension::<Tenant>().map(|tenant| Key::from(&tenant.0)));
    assert_eq!(by.key(&request), Some(Key::from("acme")));
    let by = key::by_fn(|head| Some(Key::from((head.method().as_str(), head.path()))));
    assert_eq!(by.key(&request), Some(Key::from(("GET", "/a/b"))));
    let by = key::by_fn(|head| Some(Key::from(head.path().to_uppercase())));
    assert_eq!(by.key(&request), Some(Key::from("/A/B")));

    let by = key::request(|line: &String| line.split(' ').next().map(Key::from));
    assert_eq!(by.key(&"alice logs in".to_owned()), Some(Key::from("alice")));
    let by = key::request(|_: &u8| None);
    assert_eq!(by.key(&1), None);
}

#[test]
fn a_header_name_that_is_none_finds_nothing() {
    let request = Request::get("/").header("x", "1").body(()).unwrap();
    assert_eq!(Header("not a header").key(&request), None);
    assert_eq!(Header("").key(&request), None);
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn a_route_is_axums_pattern_whatever_the_path_is() {
    use axum::{Router, extract::Request, routing::any_service};
    use tower::{ServiceExt, service_fn};

    let show = service_fn(|request: Request| async move {
        let text = spelled(&Route.key(&request).unwrap());
        Ok::<_, std::convert::Infallible>(http::Response::new(axum::body::Body::from(text)))
    });
    let router = Router::new().route("/users/{id}", any_service(show)).fallback_service(show);
    for (path, route) in
        [("/users/1", "/users/%7bid%7d"), ("/users/2", "/users/%7bid%7d"), ("/", "unmatched")]
    {
        let request = Request::get(path).body(axum::body::Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        assert_eq!(axum::body::to_bytes(answer.into_body(), 100).await.unwrap(), route);
    }
}

#[test]
fn keys_and_extractors_cross_threads() {
    fn crosses<T: Send + Sync + Unpin>() {}
    crosses::<Key<'static>>();
    crosses::<Fingerprinter>();
    crosses::<(Global, Header, Host, Method)>();
    crosses::<(Route, palisade_core::ClientIp)>();
}

proptest! {
    #[test]
    fn a_spelling_has_one_reading(a in any_key(), b in any_key()) {
        let fingerprinter = Fingerprinter::seeded(1);
        let equal = a == b;
        prop_assert_eq!(spelled(&a) == spelled(&b), equal);
        prop_assert_eq!(a.fingerprint(&fingerprinter) == b.fingerprint(&fingerprinter), equal);
    }

    #[test]
    fn a_spelling_is_short_printable_ascii_without_braces(key in any_key()) {
        let text = spelled(&key);
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'{' && byte != b'}';
        prop_assert!(text.bytes().all(is_plain));
        prop_assert!((1..=4 * 200).contains(&text.len()));
    }
}

/// Short parts of few letters, so that equal keys and shifted borders are common.
fn any_key() -> impl Strategy<Value = Key<'static>> {
    let part = prop_oneof![
        "[ab|%#]{0,3}".prop_map(Key::from),
        any::<Vec<u8>>().prop_map(|bytes| Key::from(String::from_utf8_lossy(&bytes).into_owned())),
        (0_u64..3).prop_map(Key::from),
        (0_u8..3).prop_map(|i| Key::from(IpAddr::from([0, 0, 0, i]))),
    ];
    proptest::collection::vec(part, 0..7)
        .prop_map(|parts| parts.into_iter().fold(Key::global(), Key::and))
}
