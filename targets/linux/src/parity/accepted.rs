//! Mismatches that are known and stay, each with its reason: narrow, like the contract's entries.
//!
//! One that is an impossibility of User-Mode Linux says nothing about the model: it does not count against the rate. Every
//! other is a doubt about the model, and counts, accepted or not.

use serde::Serialize;

use super::Mismatch;

/// A class of mismatches that is known.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Accepted {
    /// Its name.
    pub id: &'static str,
    /// Why it stays.
    pub why: &'static str,
    /// Whether User-Mode Linux cannot do what s390 does; then it does not count.
    pub impossible: bool,
    /// Which mismatches it is about.
    #[serde(skip)]
    pub covers: fn(&Mismatch) -> bool,
}

/// Every accepted class.
pub const ACCEPTED: &[Accepted] = &[];

/// The entry that covers a mismatch.
pub fn covering(mismatch: &Mismatch) -> Option<&'static Accepted> {
    ACCEPTED.iter().find(|accepted| (accepted.covers)(mismatch))
}
