//! Kinds of bad input, in one table: each gives a message with a cure and the documented code, and leaves every file as it was.

use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::rig::{command, folder, seed};

/// Where standard output goes.
#[derive(Clone, Copy)]
enum To {
    Pipe,
    FullDisk,
    NoReader,
}

/// One kind: what it is, the words after `regdiff`, where its output goes, its exit code, what it says.
type Kind = (&'static str, &'static [&'static str], To, i32, &'static str);

/// `@NAME` is a file of the folder that [`prepare`] fills; `@seed` is the seed's scenario.
const KINDS: &[Kind] = &[
    ("no file of that name", &["run", "@absent"], To::Pipe, 2, "cannot be read"),
    ("an empty file", &["run", "@empty"], To::Pipe, 2, "the file is empty"),
    ("a folder for a file", &["run", "@dir"], To::Pipe, 2, "is a folder"),
    ("an executable", &["run", "@elf"], To::Pipe, 2, "unknown version 127"),
    ("a later byte version", &["run", "@bytes2"], To::Pipe, 2, "unknown version 2"),
    ("bytes that were cut", &["run", "@cut"], To::Pipe, 2, "ends within"),
    ("a huge file", &["run", "@huge"], To::Pipe, 2, "larger than"),
    ("a later text version", &["run", "@text2"], To::Pipe, 2, "version"),
    ("no version at all", &["run", "@unversioned"], To::Pipe, 2, "version"),
    ("a wrong field", &["run", "@field"], To::Pipe, 2, "did you mean"),
    ("a wrong section", &["run", "@section"], To::Pipe, 2, ":2:"),
    ("a number out of range", &["run", "@range"], To::Pipe, 2, "65535"),
    ("a negative number", &["run", "@negative"], To::Pipe, 2, ":3:"),
    ("a text for a number", &["run", "@type"], To::Pipe, 2, ":3:"),
    ("an unknown name", &["run", "@name"], To::Pipe, 2, ":3:"),
    ("a step without a trigger", &["run", "@step"], To::Pipe, 2, "cure: "),
    ("a device that is not there", &["run", "@device"], To::Pipe, 2, "cure: "),
    ("the same key twice", &["run", "@twice"], To::Pipe, 2, "cure: "),
    ("no TOML", &["run", "@prose"], To::Pipe, 2, "cure: "),
    ("not UTF-8", &["run", "@latin"], To::Pipe, 2, "not UTF-8"),
    ("JSON for TOML", &["run", "@json"], To::Pipe, 2, "cure: "),
    ("nothing on standard input", &["run", "-"], To::Pipe, 2, "the file is empty"),
    ("an endless device", &["run", "/dev/zero"], To::Pipe, 2, "larger than"),
    ("a dangling link", &["run", "@dangling"], To::Pipe, 2, "cannot be read"),
    ("a link in a circle", &["run", "@circle"], To::Pipe, 2, "cannot be read"),
    ("show: no file", &["show", "@absent"], To::Pipe, 2, "cannot be read"),
    ("explain: no file", &["explain", "@absent"], To::Pipe, 2, "cannot be read"),
    ("explain: another signature", &["explain", "--signature", "x", "@seed"], To::Pipe, 4, "does not show x"),
    ("explain: nothing found", &["explain", "--as", "mail", "@calm"], To::Pipe, 4, "without a finding"),
    ("explain: an unknown form", &["explain", "--as", "poem", "@seed"], To::Pipe, 2, "possible values"),
    ("explain: too narrow", &["explain", "--width", "5", "@seed"], To::Pipe, 2, "60..=400"),
    ("tmin: nothing found", &["tmin", "@calm"], To::Pipe, 4, "without a finding"),
    ("tmin: another signature", &["tmin", "--signature", "x", "@seed"], To::Pipe, 4, "does not show x"),
    ("tmin: the output exists", &["tmin", "@seed", "-o", "@precious"], To::Pipe, 2, "exists already"),
    ("tmin: no such folder", &["tmin", "@seed", "-o", "@absent/x"], To::Pipe, 2, "cannot be written"),
    ("tmin: a bad cap", &["tmin", "--cap", "-1", "@seed"], To::Pipe, 2, "error: "),
    ("convert: the output exists", &["convert", "@seed", "-o", "@precious"], To::Pipe, 2, "exists already"),
    ("convert: no such folder", &["convert", "@seed", "-o", "@absent/x"], To::Pipe, 2, "cannot be written"),
    ("convert: a file for a folder", &["convert", "@seed", "-o", "@precious/x"], To::Pipe, 2, "precious"),
    ("triage: no such folder", &["triage", "@absent"], To::Pipe, 2, "cannot be read"),
    ("triage: findings in a file", &["triage", "--keep", "@precious", "@crash"], To::Pipe, 2, "precious"),
    ("report: no such folder", &["report", "@absent", "-o", "-"], To::Pipe, 2, "cannot be read"),
    ("report: a file for a folder", &["report", "@precious", "-o", "-"], To::Pipe, 2, "cannot be read"),
    ("report: the output exists", &["report", "@dir", "-o", "@precious"], To::Pipe, 2, "exists already"),
    ("cmin: no such folder", &["cmin", "@absent", "-o", "@new"], To::Pipe, 2, "is no folder"),
    ("corpus pack: no such folder", &["corpus", "pack", "@absent", "-o", "@new"], To::Pipe, 2, "cannot be read"),
    (
        "corpus pack: no such target",
        &["corpus", "pack", "@seed", "-o", "@new", "--target", "x"],
        To::Pipe,
        2,
        "no such target",
    ),
    ("corpus unpack: a file for a folder", &["corpus", "unpack", "@seed", "-o", "@precious"], To::Pipe, 2, "precious"),
    ("corpus merge: no scenario", &["corpus", "merge", "@prose", "--into", "@new"], To::Pipe, 2, "cure: "),
    ("corpus merge: a bad folder", &["corpus", "merge", "@seed", "--into", "@precious"], To::Pipe, 2, "precious"),
    ("corpus stats: an empty file", &["corpus", "stats", "@empty"], To::Pipe, 2, "the file is empty"),
    ("man: no such folder", &["man", "-o", "@absent"], To::Pipe, 2, "cannot be written"),
    ("completions: an unknown shell", &["completions", "sh"], To::Pipe, 2, "possible values"),
    ("gen: no seed", &["gen"], To::Pipe, 2, "--seed"),
    ("gen: no number", &["gen", "--seed", "x"], To::Pipe, 2, "invalid"),
    ("fuzz: findings in a file", &["fuzz", "--engine", "generate", "--keep", "@precious"], To::Pipe, 2, "precious"),
    ("fuzz: no time", &["fuzz", "--seconds", "0"], To::Pipe, 2, "1..="),
    ("fuzz: an unknown target", &["fuzz", "--target", "x"], To::Pipe, 2, "possible values"),
    ("check: nothing to check", &["check"], To::Pipe, 2, "error: "),
    ("list: an unknown topic", &["list", "x"], To::Pipe, 2, "possible values"),
    ("no command", &[], To::Pipe, 2, "Usage"),
    ("an unknown command", &["explian", "x"], To::Pipe, 2, "similar"),
    ("an unknown option", &["run", "--nothing", "@seed"], To::Pipe, 2, "unexpected argument"),
    ("options that exclude each other", &["run", "--json", "--quiet", "@seed"], To::Pipe, 2, "cannot be used with"),
    ("a full disk under run", &["run", "@seed"], To::FullDisk, 2, "standard output: cannot be written"),
    ("a full disk under explain", &["explain", "@seed"], To::FullDisk, 2, "standard output: cannot be written"),
    ("a full disk under report", &["report", "@dir", "-o", "-"], To::FullDisk, 2, "standard output"),
    ("a full disk under completions", &["completions", "bash"], To::FullDisk, 2, "standard output"),
    ("a reader that goes away from explain", &["explain", "@seed"], To::NoReader, 0, ""),
    ("a reader that goes away from man", &["man"], To::NoReader, 0, ""),
];

/// One file of each bad kind.
fn prepare(at: &Path) {
    let write = |name: &str, contents: &[u8]| fs::write(at.join(name), contents).expect("a file for this test");
    write("empty", b"");
    write("elf", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    write("bytes2", b"\x02\0\0\0\0\0");
    let mut whole = command(["gen", "--seed", "1", "--bytes"]);
    let whole = whole.output().expect("the program starts").stdout;
    write("cut", &whole[..8]);
    write("huge", &vec![b'#'; (1 << 20) + 1]);
    write("text2", b"version = 2\n");
    write("unversioned", b"[module]\ndif = true\n");
    write("field", b"version = 1\n[module]\ndiff = true\n");
    write("section", b"version = 1\n[modul]\ndif = true\n");
    write("range", b"version = 1\n[module]\nqueue_depth = 70000\n");
    write("negative", b"version = 1\n[module]\nqueue_depth = -1\n");
    write("type", b"version = 1\n[module]\nqueue_depth = \"many\"\n");
    write("name", b"version = 1\n[kernel]\nmidlayer = \"2.6\"\n");
    write("step", b"version = 1\n[[device]]\n[[step]]\ndevice = 0\n");
    write("device", b"version = 1\n[[device]]\n[[step]]\ndo = \"set_online\"\ndevice = 3\n");
    write("twice", b"version = 1\n[module]\ndif = true\ndif = true\n");
    write("prose", b"hello, world\n");
    write("latin", b"version = 1\n# caf\xe9\n");
    write("json", b"{\"version\": 1}\n");
    write("calm", b"version = 1\n");
    write("precious", b"notes of a person");
    let seed = fs::read(seed()).expect("the seed");
    write("seed", &seed);
    fs::create_dir(at.join("dir")).expect("a folder");
    let bytes = command(["convert", "--to", "bytes", "-o", at.join("crash").to_str().expect("a plain name")])
        .arg(at.join("seed"))
        .output()
        .expect("the program starts");
    assert!(bytes.status.success(), "{}", String::from_utf8_lossy(&bytes.stderr));
    fs::rename(at.join("crash"), at.join("crash-1")).expect("a name that engines give");
    std::os::unix::fs::symlink(at.join("nowhere"), at.join("dangling")).expect("a link");
    std::os::unix::fs::symlink(at.join("circle"), at.join("circle")).expect("a link");
}

/// Names, and the contents of what is a file.
fn snapshot(at: &Path) -> Vec<(String, Option<Vec<u8>>)> {
    let mut all: Vec<_> = fs::read_dir(at)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.display().to_string(), fs::read(&path).ok()))
        .collect();
    all.sort();
    all
}

fn run(command: &mut Command, to: To) -> Option<(i32, String)> {
    let command = command.stderr(Stdio::piped());
    let output = match to {
        To::Pipe => command.output(),
        To::FullDisk => {
            let full: File = OpenOptions::new().write(true).open("/dev/full").ok()?;
            command.stdout(full).output()
        }
        To::NoReader => {
            let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
            drop(child.stdout.take());
            child.wait_with_output()
        }
    };
    let output = output.expect("the program ends");
    let code = output.status.code().expect("it ended by itself");
    Some((code, String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[test]
fn every_kind_of_bad_input_has_its_message_and_code_and_harms_nothing() {
    let folder = folder();
    let at = folder.path();
    prepare(at);
    let before = snapshot(at);
    assert!(KINDS.len() >= 50, "{} kinds", KINDS.len());
    let mut wrong = Vec::new();
    for (what, words, to, code, says) in KINDS {
        let word = |word: &&str| match word.strip_prefix('@') {
            Some("crash") => at.join("crash-1").display().to_string(),
            Some(name) => at.join(name).display().to_string(),
            None => (*word).to_owned(),
        };
        let words: Vec<String> = words.iter().map(word).collect();
        let Some((ended, said)) = run(command(&words).current_dir(at), *to) else { continue };
        let is_clear = said.contains(says) && !said.contains("panicked") && (*code == 0) == said.is_empty();
        let has_cure = *code == 0 || ["cure: ", "Usage", "--help"].iter().any(|word| said.contains(word));
        if ended != *code || !is_clear || !has_cure {
            wrong.push(format!("{what}: {words:?} ended with {ended}, not {code}, and said:\n{said}"));
        }
        if snapshot(at) != before {
            wrong.push(format!("{what}: {words:?} changed a file"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), KINDS.len(), wrong.join("\n"));
}
