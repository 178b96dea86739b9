//! The exact command that repeats a result.

use std::path::Path;

use crate::args::AllowLevel;
use crate::input;

/// The program as it was called, so that the command works where it is read.
pub(crate) fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "regdiff".to_owned())
}

/// The command that judges a file again.
pub(crate) fn run(file: &Path, allow: AllowLevel, raw: bool) -> String {
    on(&[], file, allow, raw)
}

/// The command that judges a file again, in the kernel of a folder.
pub(crate) fn in_kernel(file: &Path, allow: AllowLevel, raw: bool, kernel: &Path) -> String {
    on(
        &["--lane".to_owned(), "linux".to_owned(), "--kernel".to_owned(), kernel.display().to_string()],
        file,
        allow,
        raw,
    )
}

fn on(lane: &[String], file: &Path, allow: AllowLevel, raw: bool) -> String {
    let mut words = vec![program(), "run".to_owned()];
    words.extend_from_slice(lane);
    if allow != AllowLevel::Intended {
        words.extend(["--allow".to_owned(), allow.text().to_owned()]);
    }
    if raw {
        words.push("--raw".to_owned());
    }
    if file.as_os_str().as_encoded_bytes().starts_with(b"-") && !input::is_stdin(file) {
        words.push("--".to_owned());
    }
    words.push(file.display().to_string());
    join(&words)
}

/// The command that judges a file again with a planted fault.
pub(crate) fn run_with_fault(file: &Path, fault: &str, raw: bool) -> String {
    run(file, AllowLevel::Intended, raw).replacen(" run ", &format!(" run --fault {fault} "), 1)
}

/// The command that judges a generated scenario again.
pub(crate) fn seed(seed: u64, allow: AllowLevel) -> String {
    let generate = join(&[program(), "gen".to_owned(), "--seed".to_owned(), seed.to_string()]);
    format!("{generate} | {}", run(Path::new("-"), allow, false))
}

/// Words quoted as a shell wants them. A name with a zero byte cannot be quoted, and no file has one.
pub(crate) fn join(words: &[String]) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    shlex::try_join(words.iter().copied()).unwrap_or_else(|_| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_blanks_and_dashes_can_be_pasted() {
        let command = run(Path::new("my file.toml"), AllowLevel::Open, false);
        assert!(command.ends_with("run --allow open 'my file.toml'"), "{command}");
        let command = run(Path::new("-x.toml"), AllowLevel::Intended, true);
        assert!(command.ends_with("run --raw -- -x.toml"), "{command}");
        assert!(seed(7, AllowLevel::Intended).ends_with("run -"), "{}", seed(7, AllowLevel::Intended));
    }
}
