//! The bare services: always ready, and ready with an answer at the first or the second poll. One fails
//! now and then.

mod client;
mod http;
mod made;
mod plain;

pub use self::client::{Client, client_request};
pub use self::http::{Http, Page, request_from};
pub use self::made::{By, PendingOnce, Second};
pub use self::plain::{FAILS, Failed, Flaky, FlakyOnce, Plain};
