// SPDX-License-Identifier: MIT OR Apache-2.0
//! Glue between the targets of `regdiff_oracle` and the fuzz engines.
//!
//! A target takes bytes. [`harness!`] makes it the entry point of the engine that the features choose:
//! `libfuzzer` (default), `afl` or `honggfuzz`. All three store plain input bytes, so corpora and crash files mix.
//! Without any of the features the binary replays the files it is given, and needs neither engine nor C++ compiler.

mod check;
mod feedback;
#[cfg(feature = "libfuzzer")]
mod input;
#[cfg(feature = "libfuzzer")]
pub mod mutator;

pub use check::{check, check_without_feedback};
#[cfg(feature = "libfuzzer")]
pub use input::Input;

#[cfg(any(
    all(feature = "libfuzzer", feature = "afl"),
    all(feature = "libfuzzer", feature = "honggfuzz"),
    all(feature = "afl", feature = "honggfuzz")
))]
compile_error!("choose one engine: --no-default-features --features afl (or honggfuzz)");

#[cfg(not(any(feature = "libfuzzer", feature = "afl", feature = "honggfuzz")))]
pub mod replay;

/// What the macros below expand to; not for use by hand.
#[doc(hidden)]
pub mod engine {
    #[cfg(feature = "afl")]
    pub use ::afl;
    #[cfg(feature = "honggfuzz")]
    pub use ::honggfuzz;
    #[cfg(feature = "libfuzzer")]
    pub use ::libfuzzer_sys;
}

/// Makes a target the entry point of libFuzzer, with the mutator that its inputs want. What is none of the target's stays out
/// of the corpus.
#[cfg(feature = "libfuzzer")]
#[macro_export]
macro_rules! harness {
    ($target:path) => {
        $crate::engine::libfuzzer_sys::fuzz_target!(
            |input: $crate::Input<'_>| -> $crate::engine::libfuzzer_sys::Corpus {
                match $crate::check(&$target, input.0) {
                    true => $crate::engine::libfuzzer_sys::Corpus::Keep,
                    false => $crate::engine::libfuzzer_sys::Corpus::Reject,
                }
            }
        );
        $crate::engine::libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::mutator::mutate(&$target, data, size, max_size, seed)
        });
        $crate::engine::libfuzzer_sys::fuzz_crossover!(|a: &[u8], b: &[u8], out: &mut [u8], seed: u32| {
            $crate::mutator::crossover(&$target, a, b, out, seed)
        });
    };
}

/// Makes a target the entry point of AFL++, in persistent mode.
#[cfg(feature = "afl")]
#[macro_export]
macro_rules! harness {
    ($target:path) => {
        fn main() {
            $crate::engine::afl::fuzz!(|data: &[u8]| {
                $crate::check(&$target, data);
            });
        }
    };
}

/// Makes a target the entry point of honggfuzz, in persistent mode.
#[cfg(feature = "honggfuzz")]
#[macro_export]
macro_rules! harness {
    ($target:path) => {
        fn main() {
            loop {
                $crate::engine::honggfuzz::fuzz!(|data: &[u8]| {
                    $crate::check(&$target, data);
                });
            }
        }
    };
}

/// Makes a target a program that replays files.
#[cfg(not(any(feature = "libfuzzer", feature = "afl", feature = "honggfuzz")))]
#[macro_export]
macro_rules! harness {
    ($target:path) => {
        fn main() -> ::std::io::Result<()> {
            $crate::replay::files(&$target)
        }
    };
}
