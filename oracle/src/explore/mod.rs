//! Exhaustive exploration: every scenario up to a depth over a small alphabet, and each judged once.
//!
//! ```text
//! Alphabet ──► Space { bounds }: how many scenarios there are, by a formula
//!     │
//!     └──► Explorer::plan ──► units ──► Explorer::explore ──► Outcome: weights, findings, what was seen
//!                                           │  ▲
//!                                     Node ─┘  └─ Reached, by Watcher: what the runs of a judgement came to
//! ```
//!
//! A scenario of the space is a word of steps, a value of every boolean module parameter, and at most N *changes*: scripted
//! answers, other hardware, preemptions, and steps that come early. Nothing is sampled.
//!
//! # How it is cut
//!
//! A judgement runs the pair, and some variants of it. Each run tells which open choices it came to
//! ([`regdiff_observation::Reached`]): which boolean parameters it read, which commands it sent, at which named points another
//! context could have run, whether it came to rest behind the last step. What none of them came to cannot have mattered: all
//! scenarios that differ only in that have the same runs, to the byte. So the explorer branches on a choice only where a run came to
//! it, and each judgement stands for as many scenarios as there are values of what it never came to. These weights must add up to
//! the formula, exactly; [`Outcome::scenarios`] is their sum.
//!
//! Two things are no part of the runs. The turns that a run takes are counted, and waiting where nobody else can run takes one
//! more: a run that hits the limit of turns may stop a turn earlier. And some allowances look at the scripted answers of a
//! scenario whether or not they were given: findings are those of the scenario without what was not reached.

mod alphabet;
mod answers;
mod node;
mod outcome;
mod settings;
mod space;
mod steps;
#[cfg(test)]
mod tests;
mod walk;
mod watcher;

pub use alphabet::{Alphabet, Change, Key, KeyKind, Letter};
pub use node::Node;
pub use outcome::{Outcome, Sighting};
pub use space::{Bounds, Space};
pub use steps::{DEFAULT_STEPS, all_steps};
pub use walk::{Explorer, Plan, Question};
