//! What is known of a call when an attempt of it is judged.

use std::fmt;

use http::StatusCode;
use palisade_core::Micros;

/// A call whose attempt is judged.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    is_grpc: bool,
    rules: &'a dyn Rules,
}

/// What a layer knows that judges.
pub(crate) trait Rules {
    fn now(&self) -> Micros;

    fn retries(&self, status: StatusCode) -> bool;
}

impl<'a> Asked<'a> {
    pub(crate) const fn new(is_grpc: bool, rules: &'a dyn Rules) -> Self {
        Self { is_grpc, rules }
    }

    /// Whether it is a gRPC call, as far as its head tells.
    #[must_use]
    pub const fn is_grpc(&self) -> bool {
        self.is_grpc
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Micros {
        self.rules.now()
    }

    /// Whether a response of this status is one to try again after, as the layer was told.
    #[must_use]
    pub fn retries(&self, status: StatusCode) -> bool {
        self.rules.retries(status)
    }
}

impl fmt::Debug for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("is_grpc", &self.is_grpc).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::convert::Infallible;

    use http::Response;

    use super::*;
    use crate::judge::{Advice, Judge as _, Standard};

    #[derive(Default)]
    struct Looked(Cell<u32>);

    impl Rules for Looked {
        fn now(&self) -> Micros {
            self.0.set(self.0.get() + 1);
            Micros::ZERO
        }

        fn retries(&self, status: StatusCode) -> bool {
            status == 503
        }
    }

    /// How often the clock is looked at for a response with an extension, as a connector's, and this.
    fn looks(is_grpc: bool, status: u16, code: Option<&str>) -> u32 {
        let mut response = Response::builder().status(status).extension("of the connection");
        if is_grpc {
            response = response.header("content-type", "application/grpc");
        }
        if let Some(code) = code {
            response = response.header("grpc-status", code);
        }
        let response = response.body(String::new()).expect("a response");
        let looked = Looked::default();
        let asked = Asked::new(is_grpc, &looked);
        let advice = Standard.judge(Ok::<_, &Infallible>(&response), &asked);
        assert_eq!(advice != Advice::Done, status == 503 || code == Some("14"));
        looked.0.get()
    }

    #[test]
    fn an_answer_is_judged_without_a_look_at_the_clock() {
        assert_eq!([200, 204, 304, 404].map(|status| looks(false, status, None)), [0; 4]);
        assert_eq!([None, Some("0"), Some("5")].map(|code| looks(true, 200, code)), [0; 3]);
        assert_eq!((looks(false, 503, None), looks(true, 200, Some("14"))), (1, 1));
    }
}
