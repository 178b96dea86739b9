//! Intended: what the series changes on purpose.

use super::Allowance;

/// The entries.
pub(super) const LIST: &[Allowance] = &[];
