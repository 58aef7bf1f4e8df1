//! What a request's head shows.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use http::{HeaderValue, Request, header::HOST};
use palisade_core::{HasHead, Host, Key, KeyBy};

fn host(uri: &str, header: Option<&str>) -> Option<String> {
    let mut request = Request::get(uri).body(()).unwrap();
    if let Some(header) = header {
        request.headers_mut().insert(HOST, HeaderValue::from_bytes(header.as_bytes()).unwrap());
    }
    request.head().host().map(str::to_owned)
}

#[test]
fn the_host_of_the_target_goes_before_the_header() {
    assert_eq!(host("http://a.example:81/x", Some("b.example")).unwrap(), "a.example");
    assert_eq!(host("http://user@a.example/x", None).unwrap(), "a.example");
    assert_eq!(host("http://[::1]:81/x", None).unwrap(), "[::1]");
    assert_eq!(host("/x", Some("b.example")).unwrap(), "b.example");
    assert_eq!(host("/x", None), None);
}

#[test]
fn the_host_header_loses_its_port() {
    for (header, expected) in [
        ("b.example:8080", "b.example"),
        ("192.0.2.1:80", "192.0.2.1"),
        ("[2001:db8::1]:80", "[2001:db8::1]"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("b.example:", "b.example"),
    ] {
        assert_eq!(host("/", Some(header)).as_deref(), Some(expected));
    }
}

#[test]
fn an_odd_host_header_is_no_host() {
    for header in
        ["", ":80", "::1", "[::1", "[::1]x", "a:b:c", "a:http", "a@b", "a/b", "a, b", "a b", "ä"]
    {
        assert_eq!(host("/", Some(header)), None, "{header}");
    }
}

#[test]
fn a_head_outlives_itself_but_not_the_request() {
    let request = Request::post("/p?q").header("x", "1").extension(7_u8).body("body").unwrap();
    let (header, path, extension, method) = {
        let head = request.head();
        (head.header("X"), head.path(), head.extension::<u8>(), head.method())
    };
    assert_eq!(header.unwrap(), "1");
    assert_eq!((path, extension, method), ("/p", Some(&7), &http::Method::POST));
    assert_eq!(request.head().headers().len(), 1);

    let (parts, _) = request.into_parts();
    assert_eq!(parts.head().path(), "/p");
}

#[test]
fn a_host_is_one_key_in_any_case() {
    let a = Request::get("http://API.Example:80/").body(()).unwrap();
    let b = Request::get("/").header("host", "api.example:443").body(()).unwrap();
    assert_eq!(Host.key(&a), Host.key(&b));
    assert_eq!(Host.key(&b), Some(Key::from("api.example")));
}

#[cfg(feature = "reqwest")]
#[test]
fn a_reqwest_request_has_a_head() {
    let url = "https://API.example:8443/users?page=2".parse().unwrap();
    let mut request = reqwest::Request::new(reqwest::Method::POST, url);
    request.headers_mut().insert("x", HeaderValue::from_static("1"));
    let head = request.head();
    assert_eq!(head.host(), Some("api.example"));
    assert_eq!(head.path(), "/users");
    assert_eq!(head.method(), http::Method::POST);
    assert_eq!(head.header("x").unwrap(), "1");
    assert_eq!(head.extension::<u8>(), None);
    assert_eq!(Host.key(&request), Some(Key::from("api.example")));
}

#[test]
fn a_grpc_call_is_a_post_of_its_content_type() {
    let is = |method: &str, kind: &str| {
        let request = Request::builder().method(method).header("content-type", kind).body(());
        request.unwrap().head().is_grpc()
    };
    assert!(is("POST", "application/grpc") && is("POST", "Application/GRPC-web+proto"));
    assert!(!is("GET", "application/grpc") && !is("POST", "application/json"));
    assert!(!Request::post("/").body(()).unwrap().head().is_grpc());
}
