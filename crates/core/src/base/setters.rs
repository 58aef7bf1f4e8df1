//! What all layers, handles and services have.

/// Gives a layer, or the primitive below it, its `.name(..)`, `.enabled(..)`, `.enforce(..)` and
/// `.clock(..)`.
///
/// The type has an `fn edit(self, change: impl FnOnce(&mut Shared)) -> Self`, where `Shared` is a
/// [`base::Shared`](crate::base::Shared). What is said of `enforce` differs from layer to layer; those that refuse
/// nothing have none.
#[macro_export]
macro_rules! common_setters {
    ($layer:ident $(<$($generic:ident),*>)?, $what:literal; $(#[$enforce:meta])* enforce) => {
        $crate::common_setters!($layer $(<$($generic),*>)?, $what);

        impl $(<$($generic),*>)? $layer $(<$($generic),*>)? {
            $(#[$enforce])*
            #[must_use]
            pub fn enforce(self, share: $crate::Ratio) -> Self {
                self.edit(|shared| {
                    $crate::base::Shared::set_switch(shared, |switch| switch.with_enforce(share));
                })
            }
        }
    };
    ($layer:ident $(<$($generic:ident),*>)?, $what:literal) => {
        impl $(<$($generic),*>)? $layer $(<$($generic),*>)? {
            #[doc = concat!("Names the ", $what, ", in metrics and messages; `\"default\"` unless set.")]
            #[must_use]
            pub fn name(self, name: impl Into<$crate::Name>) -> Self {
                let name = name.into();
                self.edit(|shared| $crate::base::Shared::set_name(shared, name))
            }

            #[doc = concat!("Switches the ", $what, " on (the default) or off: then every call goes straight through.")]
            #[must_use]
            pub fn enabled(self, enabled: bool) -> Self {
                self.edit(|shared| {
                    $crate::base::Shared::set_switch(shared, |switch| switch.with_enabled(enabled));
                })
            }

            /// Reads the time from `clock`. Timers are tokio's in any case.
            #[must_use]
            pub fn clock(self, clock: $crate::Clock) -> Self {
                self.edit(|shared| $crate::base::Shared::set_clock(shared, clock))
            }
        }
    };
}

/// Gives a layer's handle, whose field `shared` is the state, the setters for what every layer can
/// change while it runs.
#[macro_export]
macro_rules! common_handle {
    ($handle:ident, $what:literal; $(#[$enforce:meta])* enforce) => {
        $crate::common_handle!($handle, $what);

        impl $handle {
            $(#[$enforce])*
            pub fn set_enforce(&self, share: $crate::Ratio) {
                $crate::base::Shared::set_switch(&*self.shared, |switch| switch.with_enforce(share));
            }
        }
    };
    ($handle:ident, $what:literal) => {
        impl $handle {
            #[doc = concat!("Switches the ", $what, " on or off.")]
            pub fn set_enabled(&self, enabled: bool) {
                $crate::base::Shared::set_switch(&*self.shared, |switch| {
                    switch.with_enabled(enabled)
                });
            }
        }
    };
}

/// Gives a service `get_ref`, `get_mut` and `into_inner` for its field `inner`.
#[macro_export]
macro_rules! inner_accessors {
    ($service:ident<$inner:ident $(, $generic:ident)*>) => {
        impl<$inner $(, $generic)*> $service<$inner $(, $generic)*> {
            /// The inner service.
            pub const fn get_ref(&self) -> &$inner {
                &self.inner
            }

            /// The inner service.
            pub const fn get_mut(&mut self) -> &mut $inner {
                &mut self.inner
            }

            /// The inner service.
            pub fn into_inner(self) -> $inner {
                self.inner
            }
        }
    };
}
