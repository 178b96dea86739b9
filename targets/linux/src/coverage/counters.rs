//! Counters of many runs, summed.
//!
//! A file of counters (gcc's gcov-io.h: "gcda") is a header, and for each function a record that names it and one with its counters.
//! Whatever is no counter is the same in every run of a build.

use std::collections::BTreeMap;
use std::ops::Range;

/// Magic number of a file of counters.
const MAGIC: u32 = 0x6763_6461;
/// Tag of a function's record.
const FUNCTION: u32 = 0x0100_0000;
/// Tag of a record of arc counters, the only kind that line counts need.
const ARCS: u32 = 0x01a1_0000;
/// From this major version of gcc on a header has a check sum, and lengths are in bytes; they were in words.
const IN_BYTES: u32 = 12;

/// Why counters cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// It is no file of counters, or is cut off.
    #[error("these are no counters")]
    NoCounters,
    /// There are counters of another kind.
    #[error("there are counters of another kind than a build with line counts has")]
    Kind,
    /// Two runs do not belong together.
    #[error("these are counters of another build")]
    Build,
}

/// Counters by name of their file, such as `zfcp_erp.gcda`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters(BTreeMap<String, Vec<u8>>);

impl Counters {
    /// Adds the counters of a file from a run.
    pub fn add(&mut self, file: &str, gcda: &[u8]) -> Result<(), Mismatch> {
        let places = places(gcda)?;
        let Some(sum) = self.0.get_mut(file) else {
            self.0.insert(file.to_owned(), gcda.to_owned());
            return Ok(());
        };
        if sum.len() != gcda.len() || !same_but_at(sum, gcda, &places) {
            return Err(Mismatch::Build);
        }
        for place in places.into_iter().flat_map(|range| range.step_by(8)) {
            let both = counter(sum, place).saturating_add(counter(gcda, place));
            sum[place..place + 8].copy_from_slice(&both.to_le_bytes());
        }
        Ok(())
    }

    /// The counters, by name.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, gcda)| (name.as_str(), gcda.as_slice()))
    }
}

fn counter(gcda: &[u8], at: usize) -> u64 {
    gcda[at..at + 8].iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

fn same_but_at(one: &[u8], other: &[u8], places: &[Range<usize>]) -> bool {
    let mut from = 0;
    let mut same = true;
    for place in places {
        same &= one[from..place.start] == other[from..place.start];
        from = place.end;
    }
    same && one[from..] == other[from..]
}

/// Where the counters lie.
fn places(gcda: &[u8]) -> Result<Vec<Range<usize>>, Mismatch> {
    let word = |at: usize| {
        let bytes = gcda.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    let (magic, version) = word(0).zip(word(4)).ok_or(Mismatch::NoCounters)?;
    if magic != MAGIC {
        return Err(Mismatch::NoCounters);
    }
    let in_bytes = major(version) >= IN_BYTES;
    let mut at = if in_bytes { 16 } else { 12 };
    let mut places = Vec::new();
    while at < gcda.len() {
        let (tag, length) = word(at).zip(word(at + 4)).ok_or(Mismatch::NoCounters)?;
        // A zero in place of a tag ends the file.
        if tag == 0 {
            break;
        }
        let length = length as usize * if in_bytes { 1 } else { 4 };
        let body = at + 8..(at + 8).checked_add(length).filter(|end| *end <= gcda.len()).ok_or(Mismatch::NoCounters)?;
        at = body.end;
        match tag {
            FUNCTION => {}
            ARCS if length.is_multiple_of(8) => places.push(body),
            _ => return Err(Mismatch::Kind),
        }
    }
    Ok(places)
}

/// The major version of the gcc that wrote a header: a letter for tens and a digit, as in `B22*` for 12.2.
fn major(version: u32) -> u32 {
    let [_, _, digit, letter] = version.to_le_bytes().map(u32::from);
    letter.wrapping_sub(u32::from(b'A')).wrapping_mul(10).wrapping_add(digit.wrapping_sub(u32::from(b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of one function with these counters, as gcc 12 or 11 has it.
    fn gcda(version: &[u8; 4], stamp: u32, counters: &[u64]) -> Vec<u8> {
        let bytes = major(u32::from_be_bytes(*version)) >= IN_BYTES;
        let unit = if bytes { 1 } else { 4 };
        let mut words = vec![MAGIC, u32::from_be_bytes(*version), stamp];
        words.extend(bytes.then_some(0x7777));
        words.extend([FUNCTION, 12 / unit, 1, 2, 3, ARCS, counters.len() as u32 * 8 / unit]);
        words.extend(counters.iter().flat_map(|counter| [*counter as u32, (*counter >> 32) as u32]));
        words.into_iter().flat_map(u32::to_le_bytes).collect()
    }

    #[test]
    fn counters_of_a_build_add_up() {
        for version in [b"B22*", b"B14*"] {
            let mut sum = Counters::default();
            for counters in [[1, 0, 5], [0, 0, u64::from(u32::MAX)], [2, 0, 1]] {
                sum.add("a.gcda", &gcda(version, 9, &counters)).expect("the same build");
            }
            let expected = gcda(version, 9, &[3, 0, u64::from(u32::MAX) + 6]);
            assert_eq!(sum.files().collect::<Vec<_>>(), [("a.gcda", &expected[..])]);
        }
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let mut sum = Counters::default();
        let first = gcda(b"B22*", 9, &[1, 2]);
        sum.add("a.gcda", &first).expect("the first");
        let before = sum.clone();
        assert_eq!(sum.add("a.gcda", &gcda(b"B22*", 8, &[1, 2])), Err(Mismatch::Build));
        assert_eq!(sum.add("a.gcda", &gcda(b"B22*", 9, &[1])), Err(Mismatch::Build));
        assert_eq!(sum.add("a.gcda", &first[..first.len() - 1]), Err(Mismatch::NoCounters));
        assert_eq!(sum.add("a.gcda", b""), Err(Mismatch::NoCounters));
        let mut other = first;
        other[36..40].copy_from_slice(&0x01a3_0000_u32.to_le_bytes());
        assert_eq!(sum.add("a.gcda", &other), Err(Mismatch::Kind));
        assert_eq!(sum, before);
    }
}
