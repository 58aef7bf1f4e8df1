//! The beginning of a call: until when it must be answered, and who is told.

use std::sync::Arc;

use http::Method;
use palisade_core::base::Shared as _;
use palisade_core::{CallContext, Deadline, Micros, Name, Ratio, Respond, deadline};

use crate::forward::Forward;
use crate::shared::Shared;
use crate::tab::Tab;
use crate::timed::Timed;
use crate::times::Timing;

/// What becomes of a call.
pub(crate) enum Begun {
    Timed(Timed),
    /// The layer is switched off, or the call is late already and of the share that passes.
    Untimed,
    /// It is late already.
    Expired(Name),
}

impl Shared {
    /// Begins to time a call.
    #[inline]
    pub(crate) fn begin<Req, Res, Err, R, T>(
        self: &Arc<Self>,
        request: &mut Req,
        times: &T,
    ) -> Begun
    where
        R: Respond<Req, Res, Err>,
        T: Timing<Req>,
    {
        let mut settings = self.settings();
        let switch = settings.switch;
        if !switch.enabled {
            return Begun::Untimed;
        }
        if let Some(times) = times.times(request) {
            settings = settings.with(times);
        }
        let (clock, outer) = (self.base().clock().clone(), CallContext::current());
        let start = clock.now();
        let until = |time: Option<Micros>| time.unwrap_or(Micros::MAX);
        let asked = if self.deadlines.read { asked::<_, _, _, R>(request) } else { None };
        let asked = until(asked.map(|time| start + time));
        let outside = until(outer.deadline());
        if asked.min(outside) <= start {
            return self
                .expire(switch)
                .map_or(Begun::Untimed, |_| Begun::Expired(self.base().name()));
        }

        let head = (start + settings.head).min(outside);
        let end = (start + settings.total).min(asked).min(until(outer.end()));
        let enforced = switch.enforce == Ratio::ONE;
        // Those inside are told of a deadline only if it is one.
        let context = if enforced { outer.with_deadline(head).with_end(end) } else { outer };
        let watches = settings.idle.min(end) < Micros::MAX;
        let timed = Timed {
            name: self.base().name(),
            tab: Some(Tab {
                name: self.base().name(),
                ticket: self.base().meter().enter(),
                lenient: (!enforced).then(|| (Arc::clone(self), switch)),
            }),
            clock,
            context,
            start,
            head,
            end,
            idle: settings.idle,
            is_tunnel: watches
                && R::head(request).is_some_and(|head| head.method() == Method::CONNECT),
        };
        if enforced {
            if self.deadlines.in_extensions
                && let Some(extensions) = R::request_extensions(request)
                && timed.due() < Micros::MAX
            {
                extensions.insert(Deadline::new(timed.due(), timed.clock.clone()));
            }
            if end < Micros::MAX && self.deadlines.send != Forward::Never {
                self.tell::<_, _, _, R>(request, end.since(start));
            }
        }
        Begun::Timed(timed)
    }

    /// Tells whoever the request goes to how much time remains.
    #[cold]
    fn tell<Req, Res, Err, R: Respond<Req, Res, Err>>(&self, request: &mut Req, remaining: Micros) {
        let grpc = R::head(request).is_some_and(|head| head.is_grpc());
        if let Some(headers) = R::request_headers(request) {
            self.deadlines.send.write(headers, grpc, remaining);
        }
    }
}

/// How much time the request says that it has.
#[inline]
fn asked<Req, Res, Err, R: Respond<Req, Res, Err>>(request: &Req) -> Option<Micros> {
    let head = R::head(request)?;
    if head.headers().is_empty() {
        return None;
    }
    deadline::read(head.headers(), head.is_grpc())
}
