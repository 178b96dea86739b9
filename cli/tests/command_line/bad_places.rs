//! Places that cannot be read or written: no permission, a full disk, a disk that is mounted for reading only. Each gives a clear
//! message and the documented code, and every file there stays as it was.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::rig::{folder, regdiff, seed};

/// For whom nothing here was made. Permission bits do not hold for root.
const NOBODY: u32 = 65_534;

/// One kind: what it is, the words after `regdiff`, what it says. `@` is the place, `%` a scenario that can be read, `^` crash files.
type Kind = (&'static str, &'static [&'static str], &'static str);

/// Files of a folder that can be looked at, but nothing in it may be read, and nothing written.
const FORBIDDEN: &[Kind] = &[
    ("a scenario", &["run", "@/secret.toml"], "cannot be read"),
    ("one of two scenarios", &["run", "%", "@/secret.toml"], "cannot be read"),
    ("a scenario in a closed folder", &["explain", "@/closed/x.toml"], "cannot be read"),
    ("a closed folder to triage", &["triage", "--keep", "@/findings", "@/closed"], "cannot be read"),
    ("a closed folder to report", &["report", "@/closed", "-o", "-"], "cannot be read"),
    ("convert: a new file", &["convert", "%", "-o", "@/new.bytes"], "cannot be written"),
    ("tmin: a new file", &["tmin", "%", "-o", "@/new.toml"], "cannot be written"),
    ("gen: a new file", &["gen", "--seed", "1", "-o", "@/new.toml"], "cannot be written"),
    ("corpus pack: new files", &["corpus", "pack", "%", "-o", "@"], "cannot be written"),
    ("corpus unpack: a new folder", &["corpus", "unpack", "%", "-o", "@/new"], "cannot be written"),
    ("corpus merge: a new folder", &["corpus", "merge", "%", "--into", "@/new"], "cannot be written"),
    ("cmin: a new folder", &["cmin", "^", "-o", "@/new"], "cannot be written"),
    ("man: new files", &["man", "-o", "@"], "cannot be written"),
    ("report: a new file", &["report", "@", "-o", "@/new.html"], "cannot be written"),
    ("triage: a new folder", &["triage", "--keep", "@/findings", "^"], "cannot be written"),
    (
        "fuzz: a new folder",
        &["fuzz", "--engine", "generate", "--comparisons", "1", "--keep", "@/f"],
        "cannot be written",
    ),
];

/// Where there is no room, or nothing may be changed.
const NO_ROOM: &[Kind] = &[
    ("convert", &["convert", "%", "-o", "@/new.bytes"], "new.bytes"),
    ("tmin", &["tmin", "%", "-o", "@/new.toml"], "new.toml"),
    ("gen", &["gen", "--seed", "1", "-o", "@/gen.toml"], "gen.toml"),
    ("gen, several", &["gen", "--seed", "1", "--count", "9", "-o", "@"], "seed-"),
    ("report", &["report", "@", "-o", "@/new.html"], "new.html"),
    ("corpus pack", &["corpus", "pack", "%", "-o", "@/packed"], "packed"),
    ("corpus merge", &["corpus", "merge", "%", "--into", "@/merged"], "merged"),
    ("cmin", &["cmin", "^", "-o", "@/distilled"], "distilled"),
    ("man", &["man", "-o", "@"], "regdiff"),
    ("triage", &["triage", "--keep", "@/findings", "^"], "findings"),
    ("fuzz", &["fuzz", "--engine", "generate", "--comparisons", "60", "--seed", "1", "--keep", "@/f"], "/f"),
];

/// Everything below a folder: names, and what is in files.
fn snapshot(at: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(at).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(snapshot(&path));
        }
        let contents = fs::read(&path).ok();
        all.push((path, contents));
    }
    all.sort();
    all
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
}

/// A folder that everybody may enter, with a scenario, a crash file and the place.
struct Ground {
    folder: tempfile::TempDir,
}

impl Ground {
    fn new() -> Self {
        let ground = Self { folder: folder() };
        mode(ground.folder.path(), 0o755);
        fs::copy(seed(), ground.at("seed.toml")).expect("a copy");
        fs::create_dir(ground.at("crashes")).expect("a folder");
        fs::copy(seed(), ground.at("crashes/one.toml")).expect("a copy");
        fs::create_dir(ground.at("place")).expect("a folder");
        ground
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn words(&self, words: &[&str]) -> Vec<String> {
        let at = |name: &str| self.at(name).display().to_string();
        let word = |word: &&str| match *word {
            "%" => at("seed.toml"),
            "^" => at("crashes"),
            word => word.replace('@', &at("place")),
        };
        words.iter().map(word).collect()
    }
}

/// What is wrong with how a command ended.
fn judge(what: &str, command: &mut Command, says: &str) -> Option<String> {
    let output = command.output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    let is_clear = said.contains(says) && said.contains("cure: ") && !said.contains("panicked");
    let is_right = output.status.code() == Some(2) && is_clear;
    (!is_right).then(|| format!("{what}: {} and said:\n{said}", output.status))
}

#[test]
fn without_permission_nothing_is_read_written_or_changed() {
    let ground = Ground::new();
    let place = ground.at("place");
    fs::write(place.join("secret.toml"), "version = 1\n").expect("a file");
    fs::create_dir(place.join("closed")).expect("a folder");
    fs::write(place.join("closed/x.toml"), "version = 1\n").expect("a file");
    let program = ground.at("regdiff");
    // By a process of its own: a test next door that forks while the copy is open for writing would keep it busy.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_regdiff")).arg(&program).status().expect("cp starts");
    assert!(copied.success());
    let before = snapshot(&place);
    for (path, bits) in [("secret.toml", 0o000), ("closed", 0o000), ("", 0o555)] {
        mode(&place.join(path), bits);
    }
    let is_root = fs::read(place.join("secret.toml")).is_ok();
    let mut wrong = Vec::new();
    for (what, words, says) in FORBIDDEN {
        let mut command = Command::new(&program);
        command.args(ground.words(words)).current_dir(ground.folder.path());
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        wrong.extend(judge(what, &mut command, says));
    }
    for (path, bits) in [("", 0o755), ("closed", 0o755), ("secret.toml", 0o644)] {
        mode(&place.join(path), bits);
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), FORBIDDEN.len(), wrong.join("\n"));
    assert_eq!(snapshot(&place), before);
}

/// Mounts a small disk of its own on the place, lets `prepare` spoil it, and runs a command; what is there must be `notes` alone, and
/// folders in which nothing is.
fn on_a_bad_disk(prepare: &str) {
    const SCRIPT: &str = r#"
        place=$1 prepare=$2; shift 2
        mount -t tmpfs -o size=64k none "$place" || exit 99
        echo "notes of a person" > "$place/notes"
        eval "$prepare"
        "$@"
        code=$?
        rm -f "$place/filler"
        left=$(find "$place" -type f | sort | tr '\n' ' ')
        [ "$left" = "$place/notes " ] && [ "$(cat "$place/notes")" = "notes of a person" ] || { echo "left: $left" >&2; exit 98; }
        exit $code"#;
    let ground = Ground::new();
    let place = ground.at("place");
    let start = |words: &[String]| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh"]).arg(&place).arg(prepare);
        command.args(words).current_dir(ground.folder.path());
        command
    };
    if start(&["true".to_owned()]).output().map_or(true, |output| !output.status.success()) {
        eprintln!("SKIPPED: nothing can be mounted here");
        return;
    }
    let mut wrong = Vec::new();
    for (what, words, says) in NO_ROOM {
        let mut all = vec![env!("CARGO_BIN_EXE_regdiff").to_owned()];
        all.extend(ground.words(words));
        wrong.extend(judge(what, &mut start(&all), says));
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), NO_ROOM.len(), wrong.join("\n"));
}

#[test]
fn on_a_full_disk_nothing_is_left_in_pieces() {
    on_a_bad_disk(r#"cat /dev/zero > "$place/filler" 2>/dev/null"#);
}

#[test]
fn on_a_disk_for_reading_nothing_is_changed() {
    on_a_bad_disk(r#"mount -o remount,ro "$place""#);
}

/// The place is bad, not the words: on a good one they all work.
#[test]
fn the_same_commands_work_where_there_is_room() {
    let ground = Ground::new();
    for (what, words, _) in NO_ROOM {
        let run = regdiff(ground.words(words));
        assert!([0, 1].contains(&run.code), "{what}: {}\n{}", run.code, run.stderr);
    }
}
