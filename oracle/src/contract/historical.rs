//! Historical: defects of the eager driver that the series repairs.

use super::Allowance;

/// The entries.
pub(super) const LIST: &[Allowance] = &[];
