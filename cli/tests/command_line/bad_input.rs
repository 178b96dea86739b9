//! Every kind of bad input: a message with cause and cure, exit code 2, and nothing on standard output.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::rig::{Run, folder, regdiff, regdiff_on, regdiff_with_input, seed};

/// Commands that read one scenario.
const READERS: &[&[&str]] =
    &[&["run"], &["run", "--json"], &["show"], &["convert"], &["tmin"], &["check", "--twice"], &["show", "--json"]];

#[track_caller]
fn refused(run: Run, says: &[&str]) {
    let run = run.ends_with(2);
    assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
    for word in says.iter().chain(&["cure: "]) {
        assert!(run.stderr.contains(word), "no `{word}` in\n{}", run.stderr);
    }
    assert!(!run.stderr.contains("panic"), "{}", run.stderr);
}

#[track_caller]
fn every_reader_refuses(contents: &[u8], says: &[&str]) {
    let folder = folder();
    let file = folder.path().join("scenario.toml");
    fs::write(&file, contents).expect("a file for this test");
    for reader in READERS {
        refused(regdiff_on(reader, &file), says);
    }
    refused(regdiff_with_input(&["run", "-"], contents), says);
    assert_eq!(fs::read(&file).expect("the file is there"), contents, "it stays as it was");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left beside it");
}

#[test]
fn a_file_that_is_not_there() {
    for reader in READERS {
        refused(regdiff_on(reader, Path::new("no/such.toml")), &["no/such.toml", "cannot be read"]);
    }
}

#[test]
fn a_folder() {
    let folder = folder();
    for reader in READERS {
        refused(regdiff_on(reader, folder.path()), &["is a folder"]);
    }
}

#[test]
fn nothing() {
    every_reader_refuses(b"", &["the file is empty"]);
}

#[test]
fn something_binary() {
    every_reader_refuses(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", &["unknown version 127", "--raw"]);
}

#[test]
fn a_byte_form_of_a_later_version() {
    every_reader_refuses(b"\x02\0\0\0\0\0", &["unknown version 2"]);
}

#[test]
fn a_byte_form_that_was_cut() {
    let whole = regdiff(["gen", "--seed", "1", "--bytes"]).ends_with(0);
    let cut = &whole.stdout.as_bytes()[..8];
    every_reader_refuses(cut, &["ends within"]);
}

#[test]
fn a_text_of_a_later_version() {
    every_reader_refuses(b"version = 2\n", &[":1:", "version"]);
}

#[test]
fn a_text_with_a_wrong_field_names_line_and_cure() {
    let text = b"version = 1\n\n[module]\ndiff = true\n";
    let folder = folder();
    let file = folder.path().join("scenario.toml");
    fs::write(&file, text).expect("a file for this test");
    refused(regdiff_on(&["run"], &file), &["scenario.toml:4:1: in ", "did you mean \"dif\"?"]);
}

#[test]
fn a_text_that_is_no_scenario() {
    every_reader_refuses(b"hello, world\n", &["cure: "]);
    every_reader_refuses(b"version = 1\n[module]\nqueue_depth = 70000\n", &["70000", "65535"]);
    every_reader_refuses(b"version = 1\n# caf\xe9\n", &[":2:", "not UTF-8"]);
}

#[test]
fn a_file_that_is_too_large() {
    every_reader_refuses(&vec![b'#'; (1 << 20) + 1], &["larger than 1048576 bytes"]);
}

#[test]
fn an_endless_file() {
    refused(regdiff(["run", "/dev/zero"]), &["larger than"]);
}

#[test]
fn a_file_without_permission() {
    let folder = folder();
    let file = folder.path().join("scenario.toml");
    fs::write(&file, "version = 1\n").expect("a file for this test");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).expect("a mode");
    if fs::read(&file).is_err() {
        refused(regdiff_on(&["run"], &file), &["cannot be read", "permission"]);
    }
}

#[test]
fn any_bytes_are_an_engines_file() {
    let folder = folder();
    let file = folder.path().join("crash-0");
    fs::write(&file, b"\x7fELF\x02\x01\x01").expect("a file for this test");
    regdiff_on(&["run"], &file).ends_with(0);
    let other = folder.path().join("other");
    fs::copy(&file, &other).expect("a copy");
    regdiff_on(&["run"], &other).ends_with(2);
    regdiff_on(&["run", "--raw"], &other).ends_with(0);
}

#[test]
fn one_bad_file_does_not_keep_the_others_from_being_judged() {
    let seed = seed();
    let run = regdiff(["run", "-q", "no/such.toml", seed.to_str().expect("a plain name")]).ends_with(2);
    assert!(run.stdout.contains("lp1887124.toml: findings"), "{}", run.stdout);
    assert!(run.stderr.contains("no/such.toml"), "{}", run.stderr);
}

#[test]
fn wrong_usage() {
    for arguments in [
        &["run"][..],
        &["run", "--allow", "all", "x"],
        &["nothing"],
        &[],
        &["gen"],
        &["gen", "--seed", "x"],
        &["gen", "--seed", "1", "--count", "0"],
        &["fuzz", "--target", "nothing"],
        &["fuzz", "--seconds", "0"],
        &["check", "--seed", "1"],
        &["check", "--twice", "x", "--seed", "1"],
        &["stats", "--jobs", "0"],
        &["list", "nothing"],
    ] {
        let run = regdiff(arguments).ends_with(2);
        assert!(!run.stderr.is_empty() && run.stdout.is_empty(), "{arguments:?}: {}", run.stdout);
    }
    let run = regdiff(["gen", "--seed", "1", "--count", "2"]);
    refused(run, &["-o DIR"]);
}
