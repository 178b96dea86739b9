//! Figures of speed and of the drill: lines that benchmarks write, trials that `scripts/drill` writes, the statistics of both,
//! and a page of plots.
//!
//! Nothing here measures, and nothing but the page (feature `page`) draws.

pub mod drill;
mod error;
pub mod lines;
#[cfg(feature = "page")]
pub mod page;
#[cfg(feature = "page")]
mod plots;
pub mod statistics;

pub use error::Error;
