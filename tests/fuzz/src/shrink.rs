//! A smaller input that fails as well, since the first one found is mostly noise.

/// So many tries: with 64 KiB that fail only as a whole, it has to end some time.
const TRIES: usize = 2_000;

/// Leaves pieces out for as long as `fails` says so: halves first, single bytes last.
pub(crate) fn shrink(input: &[u8], fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut smallest = input.to_vec();
    let mut tries = 0;
    let mut piece = smallest.len().div_ceil(2);
    while piece > 0 {
        let mut at = 0;
        let before = smallest.len();
        while at < smallest.len() && tries < TRIES {
            tries += 1;
            let end = (at + piece).min(smallest.len());
            let without = [&smallest[..at], &smallest[end..]].concat();
            if fails(&without) {
                smallest = without;
            } else {
                at = end;
            }
        }
        // What did not go before may go now that other pieces are gone.
        if smallest.len() == before {
            piece /= 2;
        }
    }
    smallest
}

#[cfg(test)]
mod tests {
    use super::shrink;

    #[test]
    fn what_does_not_matter_is_left_out() {
        let input =
            [b"a long way to ", &[b'x'; 10_000][..], b"the one ; and the = after it"].concat();
        let fails = |bytes: &[u8]| {
            let at = bytes.iter().position(|byte| *byte == b';');
            at.is_some_and(|at| bytes[at..].contains(&b'='))
        };
        assert_eq!(shrink(&input, fails), b";=");
    }

    #[test]
    fn what_matters_as_a_whole_stays() {
        let input = vec![b'x'; 10_000];
        assert_eq!(shrink(&input, |bytes| bytes.len() == 10_000), input);
    }
}
