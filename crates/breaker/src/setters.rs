//! What is set on a breaker and on a layer alike.

/// The setters of [`Breaker`](crate::Breaker) and [`BreakerLayer`](crate::BreakerLayer): the type has
/// an `fn edit(self, change: impl FnOnce(&mut Shared)) -> Self`.
macro_rules! breaker_setters {
    ($type:ident $(<$($generic:ident),*>)?) => {
        palisade_core::common_setters! {
            $type $(<$($generic),*>)?, "breaker";
            /// Acts on this share of refusals only; on all unless set. The rest pass and are counted as
            /// `shadowed`: with [`Ratio::ZERO`](palisade_core::Ratio::ZERO) the breaker opens and closes,
            /// and says so, but refuses nobody.
            enforce
        }

        impl $(<$($generic),*>)? $type $(<$($generic),*>)? {
            /// When it opens; [`Trip::failure_rate`](crate::Trip::failure_rate) of 50 % unless set.
            #[must_use]
            pub fn trip(self, trip: $crate::Trip) -> Self {
                self.set(|settings| settings.trip = trip)
            }

            /// Opens from this share of failures on: short for `.trip(Trip::failure_rate(rate))`.
            #[must_use]
            pub fn failure_rate(self, rate: palisade_core::Ratio) -> Self {
                self.trip($crate::Trip::failure_rate(rate))
            }

            /// Opens after so many failures in a row: short for `.trip(Trip::consecutive(failures))`.
            #[doc(alias = "failure_threshold")]
            #[must_use]
            pub fn consecutive_failures(self, failures: u32) -> Self {
                self.trip($crate::Trip::consecutive(failures))
            }

            /// What is looked at; the last 10 s unless set.
            #[must_use]
            pub fn window(self, window: $crate::Window) -> Self {
                self.set(|settings| settings.window = window)
            }

            /// How many calls there must be in the window for a rate to count; 20 unless set, 0 counts
            /// as 1. More than a window of calls holds are never there: then no rate counts.
            #[must_use]
            pub fn minimum_calls(self, calls: u32) -> Self {
                self.set(|settings| settings.minimum_calls = calls)
            }

            /// What a call says that was dropped before its end; a failure after 5 s, or at its deadline
            /// if it has one, unless set.
            #[must_use]
            pub fn abandoned(self, abandoned: $crate::Abandoned) -> Self {
                self.set(|settings| settings.abandoned = abandoned)
            }

            /// How long it refuses calls when it opens; 5 s unless set. Each recovery that fails doubles
            /// it, up to [`open_at_most`](Self::open_at_most). The first call at or after its end may
            /// pass.
            #[doc(alias = "reset_timeout")]
            #[must_use]
            pub fn open_for(self, wait: std::time::Duration) -> Self {
                self.set(|settings| settings.open_for = wait)
            }

            /// The longest time that it refuses calls, jitter and all; 60 s unless set, and never less
            /// than [`open_for`](Self::open_for).
            #[must_use]
            pub fn open_at_most(self, wait: std::time::Duration) -> Self {
                self.set(|settings| settings.open_at_most = wait)
            }

            /// By which share of it a wait is longer at random, so that a fleet's breakers do not try at
            /// once; 10 % at most unless set.
            #[must_use]
            pub fn jitter(self, share: palisade_core::Ratio) -> Self {
                self.set(|settings| settings.jitter = share)
            }

            /// How long a `Retry-After`, or a gRPC pushback, of the calls that opened it keeps it open, if
            /// that is longer than it would be; 60 s at most unless set. Zero: none is heard.
            #[must_use]
            pub fn retry_after_at_most(self, wait: std::time::Duration) -> Self {
                self.set(|settings| settings.retry_after_at_most = wait)
            }

            /// How many calls try whether the service has recovered; 3 unless set, 0 counts as 1. Their
            /// failures are compared with the failure rate (50 % if the breaker has none), as soon as the
            /// outcome is certain.
            #[must_use]
            pub fn probes(self, probes: u32) -> Self {
                self.set(|settings| settings.probes = probes)
            }

            /// Closes after so many successful probes, and opens with the first that fails, instead of
            /// by their rate; [`probes`](Self::probes) is then how many are under way at once. 0 counts
            /// as 1.
            #[doc(alias = "success_threshold")]
            #[must_use]
            pub fn close_after(self, successes: u32) -> Self {
                self.set(|settings| settings.close_after = Some(successes))
            }

            /// How long a probe may take; 10 s unless set, and 1 µs at least. After that another call may take its place, and
            /// what becomes of it counts for nothing.
            #[must_use]
            pub fn probe_timeout(self, timeout: std::time::Duration) -> Self {
                self.set(|settings| settings.probe_timeout = timeout)
            }

            /// How long it tries at most; 30 s unless set. Then it opens again, unless all probes have
            /// succeeded and there only were too few calls.
            #[must_use]
            pub fn half_open_at_most(self, limit: std::time::Duration) -> Self {
                self.set(|settings| settings.half_open_at_most = limit)
            }

            /// Lets calls through again little by little when it closes: a twentieth at first, all after
            /// this time. None unless set. A breaker that opens meanwhile has not recovered: its wait
            /// doubles.
            #[must_use]
            pub fn ramp(self, ramp: std::time::Duration) -> Self {
                self.set(|settings| settings.ramp = ramp)
            }

            /// Tells `listener` of each change of state. It is called by the call that caused the change,
            /// outside of all locks; a panic in it is caught. Two listeners take each other's place;
            /// [`subscribe`](crate::BreakerHandle::subscribe) has room for many.
            #[must_use]
            pub fn on_state_change<F>(self, listener: F) -> Self
            where
                F: Fn(&$crate::Event) + Send + Sync + 'static,
            {
                let listener: $crate::plan::Listener = std::sync::Arc::new(listener);
                self.plan(move |plan| plan.listener = Some(listener.clone()))
            }

            /// Asks `load` how loaded this process is, for [`Raised`](crate::Raised). It is called when a
            /// call has failed, so it must be quick.
            #[must_use]
            pub fn load_signal<F>(self, load: F) -> Self
            where
                F: Fn() -> palisade_core::Ratio + Send + Sync + 'static,
            {
                let load: $crate::plan::Load = std::sync::Arc::new(load);
                self.plan(move |plan| plan.load = Some(load.clone()))
            }

            /// Makes jitter, ramp and throttle the same in each run, for tests.
            #[must_use]
            pub fn seed(self, seed: u64) -> Self {
                let dice = std::sync::Arc::new($crate::plan::Dice::seeded(seed));
                self.plan(move |plan| plan.dice = dice.clone())
            }

            /// How many keys have a breaker of their own at most; 10 000 unless set, 0 counts as 1.
            /// Beyond that, new keys first take the place of keys whose breaker is as good as new, then
            /// share one.
            #[must_use]
            pub fn max_keys(self, most: usize) -> Self {
                self.edit(|shared| {
                    shared.fixed.most_keys = most;
                    shared.restart();
                })
            }

            /// For how long the breaker of a key is kept that nobody asks for; 10 minutes unless set, and
            /// ten times as long if it is not closed. A closed one whose window is empty again may go
            /// sooner.
            #[must_use]
            pub fn idle(self, idle: std::time::Duration) -> Self {
                self.edit(|shared| {
                    shared.fixed.idle = idle.into();
                    shared.restart();
                })
            }

            /// Everything that is set, at once.
            #[must_use]
            pub fn settings(self, settings: $crate::Settings) -> Self {
                self.set(|old| *old = settings)
            }

            fn set(self, change: impl Fn(&mut $crate::Settings)) -> Self {
                self.plan(|plan| {
                    let mut settings = plan.settings;
                    change(&mut settings);
                    plan.set(settings);
                })
            }

            fn plan(self, change: impl Fn(&mut $crate::plan::Plan)) -> Self {
                self.edit(|shared| shared.set(change))
            }
        }
    };
}

pub(crate) use breaker_setters;
