//! The methods that choose how outcomes are judged and requests made again, the same on both layers.

/// Gives a layer with the fields `shared`, `judge` and `repeat` its `.classify(..)`, `.repeat(..)` and the
/// short forms of them. All of them keep its state.
macro_rules! modes {
    ($layer:ident) => {
        impl<J, K> $layer<J, K> {
            /// Judges outcomes in another way; see [`judge`](crate::judge).
            #[must_use]
            pub fn classify<J2>(self, judge: J2) -> $layer<J2, K> {
                $layer { shared: self.shared, judge, repeat: self.repeat }
            }

            /// Judges outcomes as a closure does; see [`judge`](crate::judge) for an example.
            #[must_use]
            pub fn classify_by<Res, Err, F>(self, judge: F) -> $layer<$crate::judge::JudgeBy<F>, K>
            where
                F: Fn(Result<&Res, &Err>) -> $crate::judge::Advice,
            {
                self.classify($crate::judge::JudgeBy(judge))
            }

            /// For an HTTP service whose error is a [`BoxError`](palisade_core::BoxError), such as one with
            /// layers inside that answer with boxed errors. The same rules.
            #[must_use]
            pub fn boxed(self) -> $layer<$crate::judge::BoxErrors, K> {
                self.classify($crate::judge::BoxErrors)
            }

            /// Makes requests again in another way; see [`repeat`](crate::repeat).
            #[must_use]
            pub fn repeat<K2>(self, repeat: K2) -> $layer<J, K2> {
                $layer { shared: self.shared, judge: self.judge, repeat }
            }

            /// Sends clones of requests, of any type, and takes it that all of them may be sent twice.
            #[must_use]
            pub fn cloned(self) -> $layer<J, $crate::repeat::Cloned> {
                self.repeat($crate::repeat::Cloned)
            }

            /// Sends the copies that a closure makes of requests, of any type; it is asked before a request
            /// is sent, and those that it makes none of are sent once. Takes it that all others may be sent
            /// twice.
            #[must_use]
            pub fn repeat_by<Req, F>(self, copy: F) -> $layer<J, $crate::repeat::RepeatBy<F>>
            where
                F: Fn(&Req) -> Option<Req>,
            {
                self.repeat($crate::repeat::RepeatBy(copy))
            }

            /// Which HTTP requests may be sent twice, as a closure says of their heads, instead of by their
            /// [method](crate::repeat::ByMethod); see [`repeat`](crate::repeat) for an example.
            #[must_use]
            pub fn idempotent_by<F>(
                self,
                may_repeat: F,
            ) -> $layer<J, $crate::repeat::Replay<$crate::repeat::MayRepeatIf<F>>>
            where
                F: Fn(&palisade_core::Head<'_>) -> bool,
            {
                self.repeat($crate::repeat::Replay($crate::repeat::MayRepeatIf(may_repeat)))
            }
        }

        impl<J, M> $layer<J, $crate::repeat::Replay<M>> {
            /// For a service that does not speak HTTP: any response is the answer, and of errors only a
            /// rejection may say that another attempt is of no use. Requests are cloned.
            #[must_use]
            pub fn plain(self) -> $layer<$crate::judge::Plain, $crate::repeat::Cloned> {
                self.classify($crate::judge::Plain).cloned()
            }

            /// The same for a service whose error is a [`BoxError`](palisade_core::BoxError).
            #[must_use]
            pub fn plain_boxed(self) -> $layer<$crate::judge::PlainBoxed, $crate::repeat::Cloned> {
                self.classify($crate::judge::PlainBoxed).cloned()
            }
        }
    };
}

pub(crate) use modes;
