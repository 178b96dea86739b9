//! Which engine left a file: its name says it.

use std::path::Path;

/// Beginnings of names, and whose they are.
const PREFIXES: &[(&str, &str)] = &[
    ("clusterfuzz-testcase-", "clusterfuzz"),
    ("crash-", "libfuzzer"),
    ("timeout-", "libfuzzer"),
    ("oom-", "libfuzzer"),
    ("leak-", "libfuzzer"),
    ("slow-unit-", "libfuzzer"),
    ("minimized-from-", "libfuzzer"),
    ("id:", "afl"),
    ("id_", "afl"),
];

/// The engine by the file's name; a text is a person's or regdiff's own.
pub(crate) fn by_name(file: &Path) -> &'static str {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    if name.ends_with(".toml") {
        return "text";
    }
    if name.ends_with(".fuzz") {
        return "honggfuzz";
    }
    PREFIXES.iter().find(|(prefix, _)| name.starts_with(prefix)).map_or("other", |(_, engine)| engine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_engine() {
        for (name, engine) in [
            ("a/crash-2fd4", "libfuzzer"),
            ("out/crashes/id:000000,sig:06", "afl"),
            ("w/SIGABRT.PC.7fff.fuzz", "honggfuzz"),
            ("clusterfuzz-testcase-minimized-registration-5", "clusterfuzz"),
            ("minimized-from-x.toml", "text"),
            ("x", "other"),
        ] {
            assert_eq!(by_name(Path::new(name)), engine, "{name}");
        }
    }
}
