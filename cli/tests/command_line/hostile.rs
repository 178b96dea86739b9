//! Names and folders from strangers on the command line: nothing that a terminal obeys comes out, and no link is followed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use crate::rig::{command, folder, seed};

/// A name that clears the screen, sets the title, and turns the reading direction.
const NAME: &str = "a\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}.toml";

/// A run as on a terminal that shows colours.
fn run(arguments: &[&str], folder: &Path) -> Output {
    let mut command = command(arguments);
    command.current_dir(folder).env("CLICOLOR_FORCE", "1").output().expect("the program starts")
}

/// The escape sequences other than our colours, and what else a terminal obeys.
fn obeyed(output: &Output) -> Vec<char> {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    for ours in ["0", "1", "2", "31", "32", "33"] {
        text = text.replace(&format!("\u{1b}[{ours}m"), "");
    }
    text.chars().filter(|c| c.is_control() && !matches!(c, '\n' | '\t') || *c == '\u{202e}').collect()
}

#[test]
fn no_name_of_a_file_reaches_a_terminal_as_it_is() {
    let folder = folder();
    let at = folder.path();
    let good = format!("good-{NAME}");
    fs::write(at.join(NAME), "version = 1\n[\u{1b}[2J\u{7}]\n").expect("a file");
    fs::copy(seed(), at.join(&good)).expect("a file");
    let commands: &[&[&str]] = &[
        &["run", NAME, &good],
        &["run", "--json", NAME, &good],
        &["show", &good],
        &["tmin", &good, "-o", "small.toml"],
        &["check", "--twice", NAME],
        &["corpus", "stats", "."],
        &["corpus", "unpack", ".", "-o", "texts"],
        &["triage", ".", "--keep", "findings"],
        &["report", "findings", "-o", "-"],
        &["cmin", ".", "-o", "kept"],
    ];
    for arguments in commands {
        let output = run(arguments, at);
        assert_eq!(obeyed(&output), [' '; 0], "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code().is_some_and(|code| code <= 2) && !said.contains("Usage"), "{arguments:?}: {said}");
    }
}

/// A folder that holds itself, a pipe that nobody writes to, an endless device: all left out, and said.
#[test]
fn folders_with_links_and_pipes_are_read_to_their_end() {
    let folder = folder();
    let at = folder.path();
    fs::copy(seed(), at.join("good.toml")).expect("a file");
    symlink(".", at.join("self")).expect("a link");
    symlink("/dev/zero", at.join("zero.toml")).expect("a link");
    let made = std::process::Command::new("mkfifo").arg(at.join("pipe.toml")).status().expect("mkfifo is there");
    assert!(made.success());
    let began = Instant::now();
    for arguments in [
        &["corpus", "pack", ".", "-o", "packed"][..],
        &["corpus", "stats", "."],
        &["triage", ".", "--keep", "findings"],
    ] {
        let output = run(arguments, at);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code().is_some_and(|code| code <= 1), "{arguments:?}: {said}");
        if arguments[0] == "corpus" {
            assert_eq!(said.matches("left out: ").count(), 3, "{said}");
        }
    }
    assert!(began.elapsed() < Duration::from_secs(60), "it waits for something");
}
