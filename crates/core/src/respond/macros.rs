//! The methods that choose a response mode, the same on every layer.

/// Gives a layer its `.typed()`, `.boxed()`, `.respond_with(..)`, `.plain()`, `.plain_boxed()` and
/// `.reject_with(..)`, which keep its state.
///
/// The layer's last type parameter is the mode, and `fn answering<R2>(self, mode: R2)` changes it:
/// `response_modes!(RateLimitLayer<K>)`, `response_modes!(TimeoutLayer)`.
#[doc(hidden)]
#[macro_export]
macro_rules! response_modes {
    ($layer:ident $(<$($generic:ident),+>)?) => {
        impl<$($($generic,)+)? R> $layer<$($($generic,)+)? R> {
            /// Answers with [`LayerError::Rejected`]($crate::LayerError), around HTTP services whose
            /// error type is to name the rejection.
            #[must_use]
            pub fn typed(self) -> $layer<$($($generic,)+)? $crate::respond::Typed> {
                self.answering($crate::respond::Typed)
            }

            /// Answers with a boxed [`Rejection`]($crate::Rejection), around HTTP services. However
            /// many layers are stacked, the boxes never nest.
            #[must_use]
            pub fn boxed(self) -> $layer<$($($generic,)+)? $crate::respond::Boxed> {
                self.answering($crate::respond::Boxed)
            }

            /// Answers with the response that `respond` makes. It is asked on refusals only, but
            /// cloned with the service and by some layers with each call: keep what it captures in
            /// an `Arc`.
            #[must_use]
            pub fn respond_with<F>(
                self,
                respond: F,
            ) -> $layer<$($($generic,)+)? $crate::respond::RespondWith<F>>
            where
                F: Fn(
                        &$crate::Rejection,
                        &$crate::Meta,
                    ) -> $crate::respond::HttpResponse
                    + Clone,
            {
                self.answering($crate::respond::RespondWith(respond))
            }

            /// Answers with [`LayerError::Rejected`]($crate::LayerError), around any service.
            #[must_use]
            pub fn plain(self) -> $layer<$($($generic,)+)? $crate::respond::Plain> {
                self.answering($crate::respond::Plain)
            }

            /// Answers with a boxed [`Rejection`]($crate::Rejection), around any service, such as a
            /// `reqwest::Client`.
            #[must_use]
            pub fn plain_boxed(self) -> $layer<$($($generic,)+)? $crate::respond::PlainBoxed> {
                self.answering($crate::respond::PlainBoxed)
            }

            /// Answers with the outcome that `reject` makes, around any service. Neither the
            /// response type nor the error type changes.
            #[must_use]
            pub fn reject_with<F, Res, Err>(
                self,
                reject: F,
            ) -> $layer<$($($generic,)+)? $crate::respond::RejectWith<F>>
            where
                F: Fn($crate::Rejection) -> Result<Res, Err> + Clone,
            {
                self.answering($crate::respond::RejectWith(reject))
            }
        }
    };
}
