// SPDX-License-Identifier: MIT OR Apache-2.0
//! How libFuzzer changes an input: mostly by structure, sometimes by bytes.
//!
//! A custom mutator replaces libFuzzer's own, whose dictionaries and tables of compares act only when it is called. So one
//! call in four goes there: it reaches what no edit of a scenario would write, such as spare tags and torn records.

use libfuzzer_sys::fuzzer_mutate;
use regdiff_scenario::{Random, Scenario, bytes, mutate as edit};

/// One call in so many is libFuzzer's own byte mutation.
const BYTES_SHARE: usize = 4;
/// One call in so many starts over with a generated scenario, so that a corpus does not descend from its first find alone.
const FRESH_SHARE: usize = 32;

/// Changes the first `size` bytes of `data` in place; returns the new size, at most `max_size`.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut random = Random::new(seed.into());
    if random.below(BYTES_SHARE) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut scenario = bytes::decode(&data[..size]);
    // An empty corpus decodes to a machine without hardware, which no edit can bring to life.
    if scenario.devices.is_empty() || random.below(FRESH_SHARE) == 0 {
        scenario = Scenario::generate(random.next_u64());
    } else {
        edit::mutate(&mut scenario, &mut random);
    }
    store(&scenario, &mut data[..max_size]).unwrap_or_else(|| fuzzer_mutate(data, size, max_size))
}

/// Writes a child of `a` and `b` to `out`; returns its size, or 0 if it does not fit.
pub fn crossover(a: &[u8], b: &[u8], out: &mut [u8], seed: u32) -> usize {
    let child = edit::crossover(&bytes::decode(a), &bytes::decode(b), &mut Random::new(seed.into()));
    store(&child, out).unwrap_or(0)
}

/// Copies the byte form to the start of `out`; `None` if it is too long, since half a scenario is another one.
fn store(scenario: &Scenario, out: &mut [u8]) -> Option<usize> {
    let encoded = bytes::encode(scenario);
    out.get_mut(..encoded.len())?.copy_from_slice(&encoded);
    Some(encoded.len())
}
