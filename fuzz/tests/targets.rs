// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lists that are kept by hand drift; these are held to the registry.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regdiff_oracle::target::{Kind, TARGETS};

/// A target decodes and calls one library function; what needs more lines belongs into the library.
const MAX_LINES: usize = 15;

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: PathBuf) -> String {
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_registered_target_has_a_binary_and_the_reverse() {
    let manifest: toml::Table = read(folder().join("Cargo.toml")).parse().expect("a manifest");
    let binaries = manifest["bin"].as_array().expect("a list").iter();
    let binaries: BTreeSet<&str> = binaries.map(|binary| binary["name"].as_str().expect("a name")).collect();
    assert_eq!(binaries, TARGETS.iter().map(|target| target.name).collect());
}

#[test]
fn every_target_is_one_thin_file_that_calls_its_namesake() {
    for target in TARGETS {
        let file = folder().join(format!("fuzz_targets/{}.rs", target.name));
        let text = read(file.clone());
        assert!(text.lines().count() <= MAX_LINES, "{}: more than {MAX_LINES} lines", file.display());
        let call = format!("regdiff_fuzz::harness!(regdiff_oracle::target::{});", target.name.to_uppercase());
        assert!(text.contains(&call), "{}: no `{call}`", file.display());
    }
}

#[test]
fn oss_fuzz_gets_the_continuous_targets_and_no_others() {
    let list = read(folder().join("../scripts/oss-fuzz/targets"));
    let listed: BTreeSet<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
    let continuous = TARGETS.iter().filter(|target| matches!(target.kind, Kind::Continuous));
    assert_eq!(listed, continuous.map(|target| target.name).collect());
}

/// What the scripts here give libFuzzer, the service gives it too.
#[test]
fn oss_fuzz_starts_libfuzzer_as_the_scripts_do() {
    let script = read(folder().join("../scripts/lib.sh"));
    let line = script.lines().find_map(|line| line.strip_prefix("libfuzzer_options=(-")?.strip_suffix(')'));
    let (name, value) = line.and_then(|line| line.split_once('=')).expect("one option");
    for target in TARGETS.iter().filter(|target| target.kind == Kind::Continuous && target.language().is_some()) {
        let options = read(folder().join(format!("options/{}.options", target.name)));
        assert_eq!(options, format!("[libfuzzer]\n{name} = {value}\n"), "{}", target.name);
    }
}

#[test]
fn the_dictionary_has_every_word_of_the_text_form() {
    let dictionary = read(folder().join("dict/text.dict"));
    let listed: BTreeSet<String> =
        dictionary.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let words = regdiff_scenario::text::words();
    let expected = words.iter().map(|word| format!("\"{}\"", word.replace('"', "\\\"")));
    assert_eq!(listed, expected.collect(), "make it anew: seeds dictionary");
}

#[test]
fn engines_are_pinned_to_the_versions_that_setup_installs() {
    let manifest: toml::Table = read(folder().join("Cargo.toml")).parse().expect("a manifest");
    let setup = read(folder().join("../scripts/setup-engines"));
    for (dependency, variable) in [("afl", "cargo_afl"), ("honggfuzz", "honggfuzz")] {
        let pin = manifest["dependencies"][dependency]["version"].as_str().expect("a version");
        let version = pin.strip_prefix('=').unwrap_or_else(|| panic!("{dependency} is not pinned"));
        assert!(setup.lines().any(|line| line == format!("{variable}={version}")), "setup-engines: not {pin}");
    }
}
