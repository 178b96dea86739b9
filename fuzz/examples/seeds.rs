// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes seeds for engines: `scripts/seeds`, and the canaries of CI.
//!
//! `pack CORPUS SEEDS` turns every readable scenario of `CORPUS/NAME` into bytes in `SEEDS/NAME`;
//! `generate COUNT FOLDER` writes what the generator makes of the seeds below `COUNT`.
//! It is an example, not a binary, because `cargo fuzz` and OSS-Fuzz take every binary for a target.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use regdiff_scenario::{Scenario, bytes};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let written = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pack", from, to] => pack_all(Path::new(from), Path::new(to))?,
        ["generate", count, to] => generate(count.parse()?, Path::new(to))?,
        _ => return Err("usage: seeds pack CORPUS SEEDS | seeds generate COUNT FOLDER".into()),
    };
    eprintln!("{written} seeds");
    Ok(())
}

fn generate(count: u64, to: &Path) -> Result<u64, Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for seed in 0..count {
        fs::write(to.join(format!("generated-{seed}")), bytes::encode(&Scenario::generate(seed)))?;
    }
    Ok(count)
}

fn pack_all(from: &Path, to: &Path) -> Result<u64, Box<dyn Error>> {
    let mut written = 0;
    for folder in fs::read_dir(from)? {
        let folder = folder?.path();
        if folder.is_dir() {
            written += pack(&folder, &to.join(folder.file_name().unwrap_or_default()))?;
        }
    }
    Ok(written)
}

/// Writes the byte form of each text scenario in `from`; returns how many.
fn pack(from: &Path, to: &Path) -> Result<u64, Box<dyn Error>> {
    fs::create_dir_all(to)?;
    let mut written = 0;
    for file in fs::read_dir(from)? {
        let file = file?.path();
        if file.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let scenario = Scenario::load(&fs::read(&file)?).map_err(|error| format!("{}: {error}", file.display()))?;
        fs::write(to.join(file.file_stem().unwrap_or_default()), bytes::encode(&scenario))?;
        written += 1;
    }
    Ok(written)
}
