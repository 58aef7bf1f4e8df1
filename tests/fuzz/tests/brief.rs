//! Each target, briefly: the same inputs in each run. `cargo xtask fuzz` tries others, and more.

use palisade_fuzz::targets::{self, TARGETS, Target};

const INPUTS: u64 = 2_000;

macro_rules! briefly {
    ($($test:ident: $target:ident)*) => {
        $(
            #[test]
            fn $test() {
                targets::$target.run(0, INPUTS).unwrap();
            }
        )*

        #[test]
        fn no_target_is_left_out() {
            let here: &[&Target] = &[$(&targets::$target),*];
            let names = |targets: &[&Target]| targets.iter().map(|t| t.name).collect::<Vec<_>>();
            assert_eq!(names(here), names(TARGETS));
        }
    };
}

briefly! {
    no_text_breaks_a_quota: QUOTA
    no_text_breaks_a_ratio: RATIO
    no_text_breaks_a_duration: DURATION
    no_text_breaks_a_network: CIDR
    no_text_breaks_the_choice_of_a_key: BY
    no_x_forwarded_for_names_another_client: X_FORWARDED_FOR
    no_forwarded_names_another_client: FORWARDED
    no_header_makes_an_odd_key: HEADER
    no_host_header_makes_an_odd_key: HOST
    no_key_is_spelled_like_another: SPELLING
    no_retry_after_makes_an_odd_wait: RETRY_AFTER
    no_text_makes_an_odd_name: NAME
    no_deadline_grows_on_its_way: DEADLINE
}
