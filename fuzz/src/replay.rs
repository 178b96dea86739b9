// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a target is without an engine.

use std::{env, fs, io};

use regdiff_oracle::Target;

/// Runs `target` on each file of the command line; a finding panics, as under an engine.
pub fn files(target: &Target) -> io::Result<()> {
    for path in env::args_os().skip(1) {
        eprintln!("{}", path.display());
        crate::check(target, &fs::read(path)?);
    }
    Ok(())
}
