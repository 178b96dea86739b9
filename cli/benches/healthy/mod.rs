//! Inputs that are no finding: a finding ends a process, and what ends is not measured.

use std::panic;

/// Those for which `check` does not panic.
pub(crate) fn inputs(all: impl Iterator<Item = Vec<u8>>, check: impl Fn(&[u8]) + panic::RefUnwindSafe) -> Vec<Vec<u8>> {
    let said = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let kept = all.filter(|input| panic::catch_unwind(|| check(input)).is_ok()).collect();
    panic::set_hook(said);
    kept
}
