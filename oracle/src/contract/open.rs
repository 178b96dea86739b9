//! Open: defects or doubts that regdiff found and that still stand. Each is described in FINDINGS.md.

use super::Allowance;

/// The entries.
pub(super) const LIST: &[Allowance] = &[];
