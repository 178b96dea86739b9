//! Help, colours, closed pipes.

use std::io::Read;
use std::process::Stdio;

use crate::rig::{command, regdiff, regdiff_on, seed};

#[test]
fn help_explains_the_exit_codes_and_shows_examples() {
    let help = regdiff(["--help"]).ends_with(0).stdout;
    assert!(help.contains("Exit codes:"), "{help}");
    for code in [0, 1, 2, 3, 4, 70] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(&format!("{code}  "))), "no {code} in\n{help}");
    }
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> = listed
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(names.len() >= 21 && names.contains(&"explain"), "{names:?}");
    for name in names {
        let text = regdiff([name, "--help"]).ends_with(0).stdout;
        assert!(text.contains(&format!("Examples:\n  regdiff {name}")), "{text}");
    }
    regdiff(["--version"]).ends_with(0);
}

#[test]
fn there_is_no_escape_sequence_in_a_pipe_unless_it_is_asked_for() {
    for arguments in [&["run"][..], &["show"]] {
        let run = regdiff_on(arguments, &seed());
        assert!(!run.stdout.contains('\u{1b}'), "{}", run.stdout);
    }
    let seed = seed();
    let coloured = |no_color| {
        let mut command = command(["run".as_ref(), seed.as_os_str()]);
        command.env("CLICOLOR_FORCE", "1");
        if no_color {
            command.env_remove("CLICOLOR_FORCE").env("NO_COLOR", "1");
        }
        let output = command.output().expect("the program starts");
        output.stdout.contains(&0x1b)
    };
    assert!(coloured(false));
    assert!(!coloured(true));
}

/// `regdiff list | head -1`: no panic, no message, the exit code of the work.
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let seed = seed();
    let file = seed.to_str().expect("a plain name");
    for (arguments, code) in
        [(vec!["list"], 0), (vec!["gen", "--seed", "1"], 0), (vec!["run", file, file], 1), (vec!["show", file], 0)]
    {
        let mut child =
            command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
        assert_eq!(child.wait().expect("it ends").code(), Some(code), "{arguments:?}: {said}");
        assert_eq!(said, "", "{arguments:?}");
    }
}

#[test]
fn a_full_disk_is_an_error_and_not_a_panic() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let output = command(["list"]).stdout(full).stderr(Stdio::piped()).output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("standard output") && said.contains("cure: "), "{said}");
}
