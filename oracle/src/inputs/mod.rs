//! Inputs: which parts of the input language a run made use of, and in which phase of an adapter's life.
//!
//! A table of what was tried needs no coverage tool and speaks the reader's language: which answer to which command in which
//! phase, which trigger in which phase, which parameter with which outcome. What was never tried is a gap in the corpus or in
//! the generator. Everything here is computed from observations, so that every lane can be asked.
//!
//! | module | what it holds |
//! |---|---|
//! | `phase` | the coarse states of an adapter that can be told from outside |
//! | `answer` | the classes of answers that the driver tells apart, by command |
//! | `behaviour` | what a run can be said to have done: the unit of tables and of distilled corpora |
//! | `table` | counts over many runs |
//! | `reach` | what the curated corpus must reach, and the exceptions |

mod answer;
mod behaviour;
mod phase;
pub mod reach;
mod table;

pub use answer::{Class, Handler};
pub(crate) use behaviour::observed;
pub use behaviour::{Behaviour, behaviours};
pub use phase::Phase;
pub use table::{Sighting, Table};

#[cfg(test)]
mod tests;
