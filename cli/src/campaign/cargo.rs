//! libFuzzer's targets, built by plain cargo on the toolchain that is there: nothing else needs to be installed.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::say;

/// What makes a folder the fuzz crate of this project.
const NAME: &str = "name = \"regdiff-fuzz\"";
/// Flags from outside would replace those that make libFuzzer work.
const FLAGS: &[&str] = &["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "CARGO_BUILD_TARGET"];

/// The source tree, from the current folder upwards.
pub(super) fn root() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let is_root = |folder: &&Path| {
        std::fs::read_to_string(folder.join("fuzz/Cargo.toml")).is_ok_and(|manifest| manifest.contains(NAME))
    };
    here.ancestors().find(is_root).map(Path::to_owned)
}

/// Builds all targets; returns the binary of one.
pub(super) fn build(root: &Path, target: &str) -> Result<PathBuf, Error> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let host = host(root)?;
    let folder = root.join("fuzz/target/plain");
    say(format_args!("libFuzzer: building its targets in {}", folder.display()));
    let mut command = Command::new(cargo);
    command
        // Not in fuzz/: its toolchain file asks for nightly, for those who type `cargo fuzz`.
        .current_dir(root)
        .args(["build", "--quiet", "--locked", "--release", "--bins", "--manifest-path", "fuzz/Cargo.toml"])
        .args(["--config", "fuzz/.cargo/config.toml", "--target", &host, "--target-dir"])
        .arg(&folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    for flag in FLAGS {
        command.env_remove(flag);
    }
    let status = command.status().map_err(|error| unusable(format!("cargo cannot be started: {error}")))?;
    if !status.success() {
        return Err(unusable("its targets do not build, see above".to_owned()));
    }
    Ok(folder.join(host).join("release").join(target))
}

/// The platform of the toolchain. Without a target, build scripts would be instrumented too.
fn host(root: &Path) -> Result<String, Error> {
    let rustc = Command::new("rustc").arg("-vV").current_dir(root).stdin(Stdio::null()).output();
    let output = rustc.map_err(|error| unusable(format!("rustc cannot be started: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned);
    host.ok_or_else(|| unusable("rustc does not tell its host".to_owned()))
}

/// The error of an engine that cannot be used.
pub(super) fn unusable(why: String) -> Error {
    Error::Engine { engine: "libfuzzer", why }
}
