//! Which lines of the driver ran.
//!
//! A kernel that was built with `--coverage` counts. Its guest hands the counters over when it ends or panics
//! ([`crate::Beside::counted`]); [`Counters`] sums those of many runs, [`lines()`] asks gcov which lines they mean. The source is the user's: of it
//! come file names, function names and line numbers, and no text.

mod counters;
mod lines;

pub use counters::{Counters, Mismatch};
pub use lines::{FileLines, Line, lines};
