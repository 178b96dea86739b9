//! Goals that the curated corpus need not reach, each with its reason.

use serde::Serialize;

/// A goal that nothing reaches.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Exception {
    /// The goal, as it is printed.
    pub goal: &'static str,
    /// Why nothing reaches it.
    pub why: &'static str,
}

/// Every exception.
#[rustfmt::skip]
pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        goal: "log REDUCED_TAG_DEPTH",
        why: "memory for a tag set is there or it is not: retries with fewer requests are not modelled",
    },
    Exception {
        goal: "log ERP_LEFTOVER",
        why: "a guard of the kernel: the recovery thread ends only when its lists are empty",
    },
];
