//! Parity: does the model do what the kernel does?
//!
//! A scenario runs in both lanes with the same registration, and the two observations are compared *by kind*, not line by line:
//! the kernel takes one schedule of many, so that what independent contexts do has no common order.
//!
//! | kind | compared |
//! |---|---|
//! | readings | at each rest that both reach, object by object, attribute by attribute |
//! | steps | how each ended |
//! | FSF commands other than FCP | how often, by device; the order of each command's operands |
//! | recovery trace | the order of the records of a device, type by type |
//! | log | how often each line |
//! | uevents | how often, and the order for each object |
//! | FC events | the order for a device |
//! | trap | kind and function |
//!
//! What differs is a [`Mismatch`] of a [`Mismatch::class`]; some classes are [`accepted`], with a reason.

pub mod accepted;
mod compare;
mod events;
mod traps;

pub use accepted::{ACCEPTED, Accepted};
pub use compare::{Mismatch, compare};
