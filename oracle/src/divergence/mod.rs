//! Divergence: is there anything a user could see in which the two sides differ?

mod difference;

pub(crate) use difference::show;
pub use difference::{Difference, Located};
