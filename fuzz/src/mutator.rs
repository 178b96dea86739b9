// SPDX-License-Identifier: MIT OR Apache-2.0
//! libFuzzer's mutator: by structure where inputs are scenarios, by bytes where they are not, and now and then anyway.

use libfuzzer_sys::fuzzer_mutate;
use regdiff_oracle::Target;
use regdiff_scenario::engine;

/// Changes the first `size` bytes of `data` in place; returns the new size, at most `max_size`.
pub fn mutate(target: &Target, data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let made = target.language().and_then(|language| engine::mutate(language, &data[..size], max_size, seed.into()));
    match made {
        Some(made) => store(&made, data),
        None => fuzzer_mutate(data, size, max_size),
    }
}

/// Writes a child of `a` and `b` to `out`; returns its size, or 0 if it does not fit.
pub fn crossover(target: &Target, a: &[u8], b: &[u8], out: &mut [u8], seed: u32) -> usize {
    match target.language() {
        Some(language) => {
            engine::crossover(language, a, b, out.len(), seed.into()).map_or(0, |child| store(&child, out))
        }
        None => splice(a, b, out, seed),
    }
}

/// The start of one and the end of the other.
fn splice(a: &[u8], b: &[u8], out: &mut [u8], seed: u32) -> usize {
    let mut random = regdiff_scenario::Random::new(seed.into());
    let (head, tail) = (&a[..random.below(a.len() + 1)], &b[random.below(b.len() + 1)..]);
    let child: Vec<u8> = head.iter().chain(tail).copied().take(out.len()).collect();
    store(&child, out)
}

/// Copies to the start of `out`, which is long enough.
fn store(made: &[u8], out: &mut [u8]) -> usize {
    out[..made.len()].copy_from_slice(made);
    made.len()
}
