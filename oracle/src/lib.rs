//! What judges: run the pair, observe, compare under the contract, shrink, explain.
//!
//! ```text
//! judge(scenario) ── pair::run ──► two observations ──► memory, lifetime, liveness   (each side alone)
//!                                                  └──► divergence                   (the pair)
//!                                                          │ findings
//!                                                          ▼
//!                                      contract ──► allowed, or a finding ──► Report { verdict, … }
//! ```
//!
//! One oracle, one property, one file. Oracles read observations and scenarios and nothing else, so that every lane is judged
//! alike. The same scenario and options give the same report, always: there is no clock, no hash order and no global here.

pub mod bounds;
mod clocks;
pub mod contract;
pub mod divergence;
pub mod explain;
pub mod explore;
pub mod fault;
pub mod feedback;
mod finding;
pub mod inputs;
pub mod judge;
mod lane;
mod lifetime;
mod liveness;
mod memory;
pub mod pair;
mod schedule;
pub mod series;
pub mod shrink;
mod signature;
mod sorting;
pub mod target;
#[cfg(test)]
mod testing;
mod verdict;
mod worse;

pub use contract::{Allow, Allowance, Status};
pub use divergence::{Difference, Located};
pub use fault::{FAULTS, Fault};
pub use finding::{Evidence, Finding, Kind, Known};
pub use judge::{Options, judge, judge_leaving_out, judge_on, judge_without};
pub use lane::{DriverFault, Fence, Fences, Maskable, MidlayerFault, Model, Switches, Variant};
pub use pair::{Pair, Side};
pub use shrink::{Shrunk, shrink};
pub use signature::Signature;
pub use target::{TARGETS, Target};
pub use verdict::{Allowed, Parting, Report, Unmodelled, Verdict};
pub use worse::worse_than_deferred;
