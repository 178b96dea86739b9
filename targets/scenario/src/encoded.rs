//! What a fuzz target takes: a scenario that is stored in our own byte form.

use std::fmt;

use arbitrary::{Arbitrary, Result, Unstructured};

use crate::{Scenario, bytes, text};

/// A scenario decoded from all the bytes of an engine's input, by [`bytes::decode`].
///
/// The derived encoding of `arbitrary` changes with its version and with every type; ours does not, so that corpora and
/// crash files keep their meaning. It prints as the text form, which is what `cargo fuzz fmt` shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Encoded(pub Scenario);

impl<'a> Arbitrary<'a> for Encoded {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let length = u.len();
        Ok(Self(bytes::decode(u.bytes(length)?)))
    }

    fn arbitrary_take_rest(u: Unstructured<'a>) -> Result<Self> {
        Ok(Self(bytes::decode(u.take_rest())))
    }

    fn size_hint(_depth: usize) -> (usize, Option<usize>) {
        (0, None)
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::print(&self.0))
    }
}
