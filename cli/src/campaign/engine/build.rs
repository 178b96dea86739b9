//! The targets of an engine, built by its own cargo command on the toolchain that is there.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Engine;
use crate::error::Error;
use crate::say;

/// What makes a folder the fuzz crate of this project.
const NAME: &str = "name = \"regdiff-fuzz\"";
/// Flags from outside would replace those that make an engine work.
const FLAGS: &[&str] =
    &["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_TARGET_DIR"];
/// Where the mutator that AFL++ loads is built: not instrumented, since it runs inside of afl-fuzz.
const MUTATOR: &str = "fuzz/target/seeds";

/// The source tree, from the current folder upwards.
pub(super) fn root() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let is_root = |folder: &&Path| {
        std::fs::read_to_string(folder.join("fuzz/Cargo.toml")).is_ok_and(|manifest| manifest.contains(NAME))
    };
    here.ancestors().find(is_root).map(Path::to_owned)
}

/// The library that AFL++ loads.
pub(super) fn mutator(root: &Path) -> PathBuf {
    root.join(MUTATOR).join("release/libregdiff_afl_mutator.so")
}

/// The variables with which cargo-hfuzz builds and runs: it knows no options of its own, and no relative target folder.
pub(super) fn honggfuzz_environment(command: &mut Command, root: &Path) {
    command
        .env("HFUZZ_BUILD_ARGS", "--locked --no-default-features --features honggfuzz")
        .env("CARGO_TARGET_DIR", root.join("fuzz/target/hfuzz"))
        .current_dir(root.join("fuzz"));
}

/// Builds all targets for an engine; returns the binary of one.
pub(super) fn build(engine: Engine, root: &Path, target: &str) -> Result<PathBuf, Error> {
    say(format_args!("{}: building its targets", engine.text()));
    let host = host(engine, root)?;
    let common = ["--quiet", "--locked", "--release", "--manifest-path", "fuzz/Cargo.toml"];
    match engine {
        Engine::LibFuzzer => {
            // Not in fuzz/: its toolchain file asks for nightly, for those who type `cargo fuzz`.
            let mut command = cargo(root, &["build"]);
            command.args(common).args(["--bins", "--config", "fuzz/.cargo/config.toml", "--target", &host]);
            run(engine, command.arg("--target-dir").arg(root.join("fuzz/target/plain")))?;
            Ok(root.join("fuzz/target/plain").join(host).join("release").join(target))
        }
        Engine::Afl => {
            let mut command = cargo(root, &["afl", "build"]);
            command.args(common).args(["--bins", "--no-default-features", "--features", "afl", "--target", &host]);
            run(engine, command.arg("--target-dir").arg(root.join("fuzz/target/afl")))?;
            let mut command = cargo(root, &["build"]);
            command.args(common).args(["-p", "regdiff-afl-mutator", "--target-dir", MUTATOR]);
            run(engine, &mut command)?;
            Ok(root.join("fuzz/target/afl").join(host).join("release").join(target))
        }
        Engine::Honggfuzz => {
            let mut command = cargo(root, &["hfuzz", "build"]);
            honggfuzz_environment(&mut command, root);
            run(engine, &mut command)?;
            // `cargo hfuzz run` finds the binary by its name.
            Ok(PathBuf::from(target))
        }
    }
}

fn cargo(root: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).args(words);
    for flag in FLAGS {
        command.env_remove(flag);
    }
    command
}

fn run(engine: Engine, command: &mut Command) -> Result<(), Error> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    let status = status.map_err(|error| engine.unusable(format!("cargo cannot be started: {error}")))?;
    if status.success() { Ok(()) } else { Err(engine.unusable("its targets do not build, see above".to_owned())) }
}

/// The platform of the toolchain. Without a target, build scripts would be instrumented too.
fn host(engine: Engine, root: &Path) -> Result<String, Error> {
    let rustc = Command::new("rustc").arg("-vV").current_dir(root).stdin(Stdio::null()).output();
    let output = rustc.map_err(|error| engine.unusable(format!("rustc cannot be started: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned);
    host.ok_or_else(|| engine.unusable("rustc does not tell its host".to_owned()))
}
