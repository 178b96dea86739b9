// SPDX-License-Identifier: MIT OR Apache-2.0
//! The mutator of scenarios as AFL++ loads it: `AFL_CUSTOM_MUTATOR_LIBRARY`, with `REGDIFF_TARGET` for the part of the
//! language. AFL++'s own stages run beside it, so the share that is left to bytes there is none of its business here.
//!
//! FrameShift of AFL++ 4.40 keeps offsets that such a mutator does not maintain: `AFL_FRAMESHIFT_DISABLE=1`.

use std::ffi::c_void;
use std::slice;

use regdiff_oracle::target;
use regdiff_scenario::{Language, Random, engine};

/// How often an input is crossed with the other that AFL++ offers, in percent.
const CROSSED: usize = 20;

/// The state that AFL++ hands back to every call.
struct Mutator {
    language: &'static Language,
    random: Random,
    made: Vec<u8>,
}

impl Mutator {
    fn new(target: Option<&str>, seed: u32) -> Self {
        let language =
            target.and_then(target::by_name).and_then(|target| target.language()).unwrap_or(&Language::WHOLE);
        Self { language, random: Random::new(seed.into()), made: Vec::new() }
    }

    /// Another input, which lives until the next call. The old one if what was made is too long.
    fn make(&mut self, data: &[u8], other: &[u8], max_size: usize) -> &[u8] {
        let seed = self.random.next_u64();
        let crossed = !other.is_empty() && self.random.chance(CROSSED);
        let made = match crossed {
            true => engine::crossover(self.language, data, other, max_size, seed),
            // What would be the engine's turn is drawn once more.
            false => (0..4).find_map(|turn| engine::mutate(self.language, data, max_size, seed.wrapping_add(turn))),
        };
        self.made = made.unwrap_or_else(|| data[..data.len().min(max_size)].to_vec());
        &self.made
    }
}

/// Makes the state; see `docs/custom_mutators.md` of AFL++.
#[unsafe(no_mangle)]
pub extern "C" fn afl_custom_init(_afl: *mut c_void, seed: u32) -> *mut c_void {
    let target = std::env::var("REGDIFF_TARGET").ok();
    Box::into_raw(Box::new(Mutator::new(target.as_deref(), seed))).cast()
}

/// Makes another input; returns its size.
///
/// # Safety
///
/// `data` is what [`afl_custom_init`] returned, the buffers hold as many bytes as their sizes say, and no two calls overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afl_custom_fuzz(
    data: *mut c_void,
    buf: *const u8,
    buf_size: usize,
    out_buf: *mut *const u8,
    add_buf: *const u8,
    add_buf_size: usize,
    max_size: usize,
) -> usize {
    // SAFETY: AFL++ hands back the state that `afl_custom_init` made, to one call at a time.
    let mutator = unsafe { &mut *data.cast::<Mutator>() };
    // SAFETY: both are buffers of AFL++ of that size, which it leaves alone during the call; the second may be missing.
    let (input, other) = unsafe { (bytes(buf, buf_size), bytes(add_buf, add_buf_size)) };
    let made = mutator.make(input, other, max_size);
    // SAFETY: it points to a variable of AFL++'s. What it gets lives in the state until the next call, as AFL++ asks.
    unsafe { *out_buf = made.as_ptr() };
    made.len()
}

/// Frees the state.
///
/// # Safety
///
/// `data` is what [`afl_custom_init`] returned, and is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afl_custom_deinit(data: *mut c_void) {
    // SAFETY: it came from `Box::into_raw`, and AFL++ calls this once, at its end.
    drop(unsafe { Box::from_raw(data.cast::<Mutator>()) });
}

/// A buffer of C, which may be null if it is empty.
///
/// # Safety
///
/// Unless it is null, it holds `size` bytes that nobody changes while the result is used.
unsafe fn bytes<'a>(buffer: *const u8, size: usize) -> &'a [u8] {
    if buffer.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts(buffer, size) }
}

#[cfg(test)]
mod tests {
    use regdiff_scenario::{Scenario, bytes};

    use super::*;

    #[test]
    fn what_afl_gets_is_another_scenario_of_the_language() {
        let state = afl_custom_init(std::ptr::null_mut(), 7);
        let input = bytes::encode(&Scenario::generate(1));
        let other = bytes::encode(&Scenario::generate(2));
        let mut changed = 0;
        for _ in 0..200 {
            let mut out = std::ptr::null();
            // SAFETY: the state is that of `afl_custom_init`; the buffers are what their sizes say.
            let made = unsafe {
                let size =
                    afl_custom_fuzz(state, input.as_ptr(), input.len(), &mut out, other.as_ptr(), other.len(), 4096);
                slice::from_raw_parts(out, size)
            };
            assert!(made.len() <= 4096);
            changed += usize::from(made != input);
        }
        // SAFETY: its only use as an end.
        unsafe { afl_custom_deinit(state) };
        assert!(changed > 150, "{changed}");
    }

    #[test]
    fn a_target_has_its_part_of_the_language() {
        let mut mutator = Mutator::new(Some("recovery"), 1);
        for _ in 0..50 {
            let made = bytes::decode(mutator.make(&[], &[], 4096));
            assert!(made.devices.is_empty() || Language::RECOVERY.admits(&made));
        }
    }
}
