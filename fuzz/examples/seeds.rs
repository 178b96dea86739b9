// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes seeds for engines: `scripts/seeds`, and the canaries of CI.
//!
//! `pack CORPUS SEEDS` gives every target its seeds in `SEEDS/TARGET`: of each readable scenario of `CORPUS` that is one of its
//! inputs the bytes, or the text itself for a target that reads texts;
//! `generate TARGET COUNT FOLDER` writes what the generator makes of the seeds below `COUNT`;
//! `dictionary` prints the words of the text form as libFuzzer and AFL++ read them.
//! It is an example, not a binary, because `cargo fuzz` and OSS-Fuzz take every binary for a target.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use regdiff_oracle::target::{self, Input};
use regdiff_oracle::{TARGETS, Target};
use regdiff_scenario::{Language, Scenario, bytes, text};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let written = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pack", from, to] => pack_all(Path::new(from), Path::new(to))?,
        ["generate", target, count, to] => generate(by_name(target)?, count.parse()?, Path::new(to))?,
        ["dictionary"] => return dictionary(),
        _ => {
            return Err("usage: seeds pack CORPUS SEEDS | seeds generate TARGET COUNT FOLDER | seeds dictionary".into());
        }
    };
    eprintln!("{written} seeds");
    Ok(())
}

fn by_name(name: &str) -> Result<&'static Target, String> {
    target::by_name(name).ok_or_else(|| format!("there is no target {name}"))
}

fn generate(target: &Target, count: u64, to: &Path) -> Result<u64, Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for seed in 0..count {
        let scenario = target.language().unwrap_or(&Language::WHOLE).generate(seed);
        fs::write(to.join(format!("generated-{seed}")), stored(target, &scenario))?;
    }
    Ok(count)
}

/// The scenarios of `CORPUS/TARGET` and of `CORPUS/regressions`, for each target whose inputs they are. A target without a
/// folder of its own starts from that of the whole language.
fn pack_all(from: &Path, to: &Path) -> Result<u64, Box<dyn Error>> {
    let mut written = 0;
    for target in TARGETS {
        let own = from.join(target.name);
        let own = if own.is_dir() { own } else { from.join("registration") };
        for folder in [own, from.join("regressions")] {
            if folder.is_dir() {
                written += pack(target, &folder, &to.join(target.name))?;
            }
        }
    }
    Ok(written)
}

/// Writes the seeds of a target; returns how many.
fn pack(target: &Target, from: &Path, to: &Path) -> Result<u64, Box<dyn Error>> {
    fs::create_dir_all(to)?;
    let mut written = 0;
    for file in fs::read_dir(from)? {
        let file = file?.path();
        if file.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = fs::read(&file)?;
        let scenario = Scenario::load(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        if target.language().is_some_and(|language| !language.admits(&scenario)) {
            continue;
        }
        let seed = if matches!(target.input, Input::Text) { text } else { stored(target, &scenario) };
        fs::write(to.join(file.file_stem().unwrap_or_default()), seed)?;
        written += 1;
    }
    Ok(written)
}

/// A scenario as the target reads it.
fn stored(target: &Target, scenario: &Scenario) -> Vec<u8> {
    match target.input {
        Input::Text => text::print(scenario).into_bytes(),
        Input::Scenario(_) | Input::Allowed(_) | Input::Bytes => bytes::encode(scenario),
    }
}

/// One word a line, quoted as C does.
fn dictionary() -> Result<(), Box<dyn Error>> {
    println!(
        "# Every word of the text form; `seeds dictionary` of the fuzz crate's examples makes it, and a test holds it to that."
    );
    for word in text::words() {
        println!("\"{}\"", word.replace('"', "\\\""));
    }
    Ok(())
}
