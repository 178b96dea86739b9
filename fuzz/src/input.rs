// SPDX-License-Identifier: MIT OR Apache-2.0
//! What libFuzzer hands to a target.

use std::fmt;

use arbitrary::{Arbitrary, Result, Unstructured};
use regdiff_scenario::{Encoded, bytes};

/// The bytes of an input, unchanged, that print as the text of the scenario in them. What is a text prints as it is.
///
/// A target decodes for itself, as under the other engines; `cargo fuzz fmt` shows what it saw.
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Arbitrary<'a> for Input<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let length = u.len();
        Ok(Self(u.bytes(length)?))
    }

    fn arbitrary_take_rest(u: Unstructured<'a>) -> Result<Self> {
        Ok(Self(u.take_rest()))
    }

    fn size_hint(_depth: usize) -> (usize, Option<usize>) {
        (0, None)
    }
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| !c.is_control() || c.is_ascii_whitespace();
        match std::str::from_utf8(self.0) {
            Ok(text) if !text.is_empty() && text.chars().all(plain) => f.write_str(text),
            _ => fmt::Debug::fmt(&Encoded(bytes::decode(self.0)), f),
        }
    }
}
