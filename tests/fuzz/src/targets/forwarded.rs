//! `Forwarded: for=203.0.113.7;host=a.example, for=10.0.0.5`.

use super::{
    Target,
    client::{CLIENT, Caller, EDGE, agrees_with_the_model, appended, found, lines},
};
use crate::model::walk::Syntax;

/// The client's address from `Forwarded` (RFC 7239), a line of the input being one of the header.
pub static FORWARDED: Target = Target {
    name: "forwarded",
    texts: &[
        b"for=203.0.113.7",
        b"For=\"203.0.113.7:567\";proto=https, for=10.0.0.5",
        b"for=6.6.6.6\nfor=203.0.113.7, for=10.0.0.5;by=_x",
        b"for=\"[2001:db8:1:2:3::4]:4711\"; by=\"[fd12::1]\"",
        b"by=10.0.0.1;FOR=203.0.113.7;proto=https;host=\"a.example:80\"",
        b"for=unknown, for=_hidden, for=\"_hidden:_port\", for=10.1.1.1",
        b"for=203.0.113.7;host=\"x,for=6.6.6.6;n\";proto=http",
        b"for=10.0.0.5;host=\"x,for=6.6.6.6,y\"",
        b"x,for=6.6.6.6;a=\"b;c\";d",
    ],
    words: &[
        b",",
        b", ",
        b";",
        b"; ",
        b"=",
        b"\"",
        b"\\\"",
        b"\\",
        b"\n",
        b"for=",
        b"for",
        b"by=",
        b"host=",
        b"proto=http",
        b"a=b",
        b"a=\"",
        b"x",
        b"for=6.6.6.6",
        b",for=6.6.6.6;",
        b",for=6.6.6.6,",
        b"for=10.0.0.1",
        b"for=\"[::1]:80\"",
        b"unknown",
        b"_x",
        b"::ffff:1.2.3.4",
        b"\"\"",
        b" ",
        b"\t",
    ],
    check,
};

fn check(input: &[u8]) {
    let lines = lines(input);
    agrees_with_the_model(&lines, Syntax::Forwarded);

    // What a client sends in front of the proxies' elements does not matter, ...
    let elements = [format!("for={CLIENT}"), format!("for=\"{EDGE}:80\";by=_inner")];
    for lines in appended(&lines, &elements) {
        for caller in found(&lines, Syntax::Forwarded) {
            assert_eq!(caller, Caller::Client);
        }
    }

    // ... nor which host it asks for, if both proxies quote that: nobody can stand in for it.
    let quoted = quoted(&String::from_utf8_lossy(&lines.concat()));
    for rest in ["", ";proto=http", ";by=\"[::1]:80\";proto=\"http\""] {
        let elements = [CLIENT, EDGE].map(|ip| format!("for={ip};host={quoted}{rest}"));
        for lines in appended(&[b"for=6.6.6.6".to_vec()], &elements) {
            for caller in found(&lines, Syntax::Forwarded) {
                assert_ne!(caller, Caller::Somebody, "{rest}");
            }
        }
    }
}

/// A quoted string (RFC 9110, section 5.6.4).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
