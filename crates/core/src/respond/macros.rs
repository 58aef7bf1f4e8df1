//! The methods that choose a response mode, the same on every layer.

/// Gives a layer its `.typed()`, `.boxed()`, `.respond_with(..)`, `.plain()`, `.plain_boxed()` and
/// `.reject_with(..)`, which keep its state.
///
/// One of the layer's type parameters is the mode, the `*`, and `fn answering<R2>(self, mode: R2)`
/// changes it.
///
/// ```
/// use palisade_core::{Http, response_modes};
///
/// struct GreetLayer<G, R = Http> {
///     greeting: G,
///     respond: R,
/// }
///
/// response_modes!(GreetLayer<G, *>);
///
/// impl<G, R> GreetLayer<G, R> {
///     fn answering<R2>(self, respond: R2) -> GreetLayer<G, R2> {
///         GreetLayer { greeting: self.greeting, respond }
///     }
/// }
///
/// let layer = GreetLayer { greeting: "hello", respond: Http }.typed();
/// ```
#[macro_export]
macro_rules! response_modes {
    ($layer:ident<$($before:ident,)* * $(, $after:ident)*>) => {
        impl<$($before,)* R $(, $after)*> $layer<$($before,)* R $(, $after)*> {
            /// Answers with [`LayerError::Rejected`]($crate::LayerError), around HTTP services whose
            /// error type is to name the rejection.
            #[must_use]
            pub fn typed(self) -> $layer<$($before,)* $crate::respond::Typed $(, $after)*> {
                self.answering($crate::respond::Typed)
            }

            /// Answers with a boxed [`Rejection`]($crate::Rejection), around HTTP services. However
            /// many layers are stacked, the boxes never nest.
            #[must_use]
            pub fn boxed(self) -> $layer<$($before,)* $crate::respond::Boxed $(, $after)*> {
                self.answering($crate::respond::Boxed)
            }

            /// Answers with the response that `respond` makes. It is asked on refusals only, but
            /// cloned with the service and by some layers with each call: keep what it captures in
            /// an `Arc`.
            #[must_use]
            pub fn respond_with<F>(
                self,
                respond: F,
            ) -> $layer<$($before,)* $crate::respond::RespondWith<F> $(, $after)*>
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
            pub fn plain(self) -> $layer<$($before,)* $crate::respond::Plain $(, $after)*> {
                self.answering($crate::respond::Plain)
            }

            /// Answers with a boxed [`Rejection`]($crate::Rejection), around any service, such as a
            /// `reqwest::Client`.
            #[must_use]
            pub fn plain_boxed(self) -> $layer<$($before,)* $crate::respond::PlainBoxed $(, $after)*> {
                self.answering($crate::respond::PlainBoxed)
            }

            /// Answers with the outcome that `reject` makes, around any service. Neither the
            /// response type nor the error type changes.
            #[must_use]
            pub fn reject_with<F, Res, Err>(
                self,
                reject: F,
            ) -> $layer<$($before,)* $crate::respond::RejectWith<F> $(, $after)*>
            where
                F: Fn($crate::Rejection) -> Result<Res, Err> + Clone,
            {
                self.answering($crate::respond::RejectWith(reject))
            }
        }
    };
}
