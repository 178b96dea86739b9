//! Folders of findings from strangers, mangled: shown or refused, without a panic, without a step outside of the folder, and without
//! anything that a terminal or a browser obeys. `REGDIFF_MANGLED` says how many.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use regdiff_oracle::{Allow, Options, Signature};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::{Value, json};

use crate::args::AllowLevel;
use crate::triage::{Folder, Seen};
use crate::{clean, confirmed, own_bug, report, strangers};

/// What must never be shown: it lies outside of the folder.
const SECRET: &str = "the-secret-of-somebody-else";
/// What strangers write: markup, templates, terminal sequences, paths, numbers, depth.
const TOKENS: [&str; 20] = [
    "<script>alert(1)</script>",
    "</pre><img src=x onerror=alert(1)>",
    "'\" onmouseover=alert(1) x=\"",
    "{{ data.folder | safe }}",
    "{% include 'page' %}",
    "\u{1b}[2J\u{1b}]0;title\u{7}",
    "\u{9b}2J\u{202e}",
    "\r\u{8}\u{0}",
    "../../outside/secret",
    "../outside/notes.md",
    "/dev/zero",
    "..",
    "18446744073709551615",
    "-1",
    "1e999",
    "1e308",
    "null",
    "{",
    "]",
    "\"",
];

/// SplitMix64: the same mangling in every build.
pub(crate) struct Mangler(u64);

impl Mangler {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.number() % end.max(1) as u64) as usize
    }

    fn token(&mut self) -> &'static str {
        TOKENS[self.below(TOKENS.len())]
    }

    /// Other contents of a file.
    pub(crate) fn bytes(&mut self, data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        let at = self.below(data.len() + 1);
        match self.below(7) {
            0 => {
                for _ in 0..=self.below(16) {
                    let (at, byte) = (self.below(data.len()), self.number() as u8);
                    data.get_mut(at).into_iter().for_each(|old| *old = byte);
                }
            }
            1 => data.truncate(at),
            2 => {
                let slice = data[at..(at + self.below(4096)).min(data.len())].to_vec();
                drop(data.splice(at..at, slice));
            }
            3 => drop(data.splice(at..at, self.token().bytes())),
            4 => drop(data.splice(at..at, "[{\"a\":".repeat(20_000).bytes())),
            _ => match serde_json::from_slice::<Value>(&data) {
                Ok(mut value) => {
                    for _ in 0..=self.below(3) {
                        self.value(&mut value);
                    }
                    data = value.to_string().into_bytes();
                }
                Err(_) => drop(data.splice(at..at, self.token().bytes())),
            },
        }
        data
    }

    /// Another value somewhere within a value.
    fn value(&mut self, value: &mut Value) {
        let inner = match value {
            Value::Array(list) => {
                let at = self.below(list.len() + 1);
                list.get_mut(at)
            }
            Value::Object(map) => {
                let at = self.below(map.len() + 1);
                map.values_mut().nth(at)
            }
            _ => None,
        };
        if let Some(inner) = inner {
            return self.value(inner);
        }
        let token = self.token();
        *value = match self.below(8) {
            0 => Value::Null,
            1 => json!(u64::MAX),
            2 => json!(-1),
            3 => json!(1e308),
            4 => json!([token, token]),
            5 => json!({ token: token }),
            6 => json!({ "a": { "b": [[[[]]]] } }),
            _ => json!(token),
        };
    }
}

/// The files of `tests/data/earlier`, by folder. Those of `engines` take long to judge.
fn originals() -> Vec<Vec<(PathBuf, Vec<u8>)>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/earlier");
    ["evidence", "growth", "triage"].map(|name| below(&data.join(name), Path::new(""))).into()
}

fn below(folder: &Path, name: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder.join(name)).expect("a folder").flatten() {
        let name = name.join(entry.file_name());
        match entry.path().is_dir() {
            true => files.extend(below(folder, &name)),
            false => files.push((name.clone(), fs::read(folder.join(&name)).expect("a file"))),
        }
    }
    files.sort();
    files
}

/// Writes a folder of which one or two files are mangled or no plain files, some with more files beside.
fn strangers_folder(mangler: &mut Mangler, original: &[(PathBuf, Vec<u8>)], at: &Path, outside: &Path) {
    let chosen = [mangler.below(original.len()), mangler.below(original.len())];
    for (index, (name, data)) in original.iter().enumerate() {
        let file = at.join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        if !chosen.contains(&index) {
            fs::write(&file, data).expect("a file");
            continue;
        }
        match mangler.below(16) {
            0 => symlink(outside.join("notes.md"), &file).expect("a link"),
            1 => symlink("/dev/zero", &file).expect("a link"),
            2 => mknodat(CWD, &file, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe"),
            3 => fs::create_dir(&file).expect("a folder"),
            _ => fs::write(&file, mangler.bytes(data)).expect("a file"),
        }
    }
    match mangler.below(8) {
        0 => symlink(outside, at.join("finding-elsewhere")).expect("a link"),
        1 => symlink(outside.join("notes.md"), at.join("campaign-9.json")).expect("a link"),
        2 => {
            let wide: String = (0..2000).map(|n| format!("{{\"table\":\"t\",\"row\":{n},\"column\":{n}}}\n")).collect();
            fs::write(at.join("inputs.jsonl"), wide).expect("a file");
        }
        3 => {
            let rows =
                json!([{ "object": "subset", "patches": mangler.token() }, { mangler.token(): mangler.token() }]);
            fs::write(at.join("series.json"), mangler.bytes(rows.to_string().as_bytes())).expect("a file");
        }
        4 => {
            let notes = format!("{} {}", mangler.token(), mangler.token());
            fs::write(at.join("notes.md"), &notes).expect("a file");
            let finding = original[0].0.components().next().map(|first| at.join(first)).filter(|first| first.is_dir());
            finding.into_iter().for_each(|finding| fs::write(finding.join("notes.md"), &notes).expect("a file"));
        }
        5 => {
            let name = mangler.token().replace(['/', '\0'], "_");
            // The names of dots are taken.
            let _ = fs::create_dir(at.join(&name))
                .and_then(|()| fs::write(at.join(&name).join("scenario.toml"), "version = 1\n"));
        }
        _ => {}
    }
}

/// What is wrong with what was made of a folder.
fn wrong(folder: &Path, outside: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    match own_bug::catch(|| report::gather(folder, AllowLevel::Intended).map(|data| (report::render(&data), data))) {
        Err(panic) => wrong.push(format!("the report panics: {}", panic.0)),
        Ok(Err(_)) => {}
        Ok(Ok((Err(error), _))) => wrong.push(format!("no page: {error}")),
        Ok(Ok((Ok(page), data))) => {
            let page = page.as_str();
            for markup in ["<img", "<script>alert", "onmouseover=alert(1) x=\"", SECRET] {
                if page.contains(markup) {
                    wrong.push(format!("the page holds {markup}"));
                }
            }
            if page.matches("<script").count() != 1 {
                wrong.push("another script".to_owned());
            }
            if data.to_string().contains(SECRET) {
                wrong.push("the data holds what is elsewhere".to_owned());
            }
            if clean::text(page).contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']) {
                wrong.push("something for the terminal".to_owned());
            }
        }
    }
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let merge = || {
            let mut finding = Folder::open(path.clone())?;
            let signature = Signature::from("memory/eager/null-write/scsi_queue_rq/prot_sdb");
            drop(finding.kept(&signature, &Options::allowing(Allow::Intended)));
            let seen = Seen { hash: "0".to_owned(), engine: "afl".to_owned(), version: "1".to_owned() };
            let told = confirmed::inside(&path).join("\n");
            finding.merge([seen], &[("scenario.toml", "version = 1\n".to_owned())], false).map(|_| told)
        };
        // Files beside the findings are no folders, and refused.
        match own_bug::catch(merge) {
            Err(panic) => wrong.push(format!("triage panics: {}", panic.0)),
            Ok(Ok(told)) if told.contains(SECRET) => wrong.push("evidence from elsewhere".to_owned()),
            Ok(_) => {}
        }
        if let Ok(seen) = strangers::text(&path.join("seen.jsonl"), 1 << 30)
            && seen.contains(SECRET)
        {
            wrong.push("it was copied from elsewhere".to_owned());
        }
    }
    if below(outside, Path::new("")) != secrets() {
        wrong.push("something outside of the folder changed".to_owned());
    }
    wrong
}

/// What lies outside of the folder, as it must stay.
fn secrets() -> Vec<(PathBuf, Vec<u8>)> {
    let scenario = format!("# {SECRET}\nversion = 1\n");
    [("notes.md", SECRET), ("scenario.toml", &scenario), ("secret", SECRET)]
        .map(|(name, text)| (PathBuf::from(name), text.as_bytes().to_vec()))
        .into()
}

#[test]
fn mangled_folders_are_shown_or_refused_and_lead_nowhere_else() {
    own_bug::install();
    let count: u64 = std::env::var("REGDIFF_MANGLED").map_or(400, |count| count.parse().expect("a number"));
    let originals = originals();
    let mut bad = Vec::new();
    for seed in 0..count {
        let mut mangler = Mangler::new(seed);
        let folder = tempfile::tempdir().expect("a folder for this test");
        let (findings, outside) = (folder.path().join("findings"), folder.path().join("outside"));
        fs::create_dir(&findings).and_then(|()| fs::create_dir(&outside)).expect("a folder");
        for (name, data) in secrets() {
            fs::write(outside.join(name), data).expect("a file");
        }
        let original = &originals[mangler.below(originals.len())];
        strangers_folder(&mut mangler, original, &findings, &outside);
        bad.extend(wrong(&findings, &outside).into_iter().map(|what| format!("seed {seed}: {what}")));
    }
    eprintln!("{count} mangled folders, {} things wrong", bad.len());
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// A manifest that calls a file outside of the folder its own, with the sum of what is in it: nothing is written there.
#[test]
fn a_manifest_leads_nowhere_else() {
    let folder = tempfile::tempdir().expect("a folder for this test");
    let (finding, outside) = (folder.path().join("finding"), folder.path().join("outside.toml"));
    fs::create_dir(&finding).and_then(|()| fs::write(&outside, "mine")).expect("a file");
    let written = json!({ "name": "../outside.toml", "hash": crate::triage::of(b"mine") });
    let manifest = json!({ "files": { "scenario.toml": written }, "minimal": false });
    fs::write(finding.join(".triage.json"), manifest.to_string()).expect("a file");
    let mut open = Folder::open(finding.clone()).expect("it is a folder");
    open.merge([], &[("scenario.toml", "version = 1\n".to_owned())], true).expect("it can be written");
    assert_eq!(fs::read_to_string(&outside).expect("it is there"), "mine");
    assert_eq!(fs::read_to_string(finding.join("scenario.toml")).expect("it is there"), "version = 1\n");
    symlink(&finding, folder.path().join("link")).expect("a link");
    assert!(Folder::open(folder.path().join("link")).is_err(), "a link is not followed");
}
