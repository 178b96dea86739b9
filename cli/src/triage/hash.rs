//! What makes two files the same.

use sha2::{Digest, Sha256};

/// SHA-256 in hexadecimal.
pub(crate) fn of(contents: &[u8]) -> String {
    Sha256::digest(contents).iter().map(|byte| format!("{byte:02x}")).collect()
}
