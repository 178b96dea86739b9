//! A guest that means harm leaves no file, process or mount behind, and never hangs its host.
//!
//! It is tried twice: as init of a real User-Mode Linux, if one is built, and in the sandbox directly, as if it had broken out
//! of its kernel. What cannot be tried here is said, loudly.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use regdiff_linux::built::{self, files};
use regdiff_linux::cpio::{self, Entry};
use regdiff_linux::sandbox::{self, Program};
use regdiff_linux::{Built, Error, Linux, Registration, Sandbox, Version, process};
use regdiff_observation::{End, Limit};
use regdiff_scenario::Scenario;

/// Real time of a run that never ends by itself.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same in a kernel, which has to boot first.
const PATIENCE_IN_KERNEL: Duration = Duration::from_secs(5);
/// What a run may take in all, limits, draining and killing included.
const BOUND: Duration = Duration::from_secs(60);

const MODES: &[&str] = &["write", "fork", "garbage", "flood", "line", "spin", "sleep"];

/// The hostile program, linked statically; `None`, said loudly, where it cannot be built.
fn hostile() -> Option<&'static Path> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let build = || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let (triple, folder) = ("x86_64-unknown-linux-gnu", PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hostile"));
        let status = Command::new(env!("CARGO"))
            .args(["build", "--locked", "-q", "-p", "regdiff-guest", "--example", "hostile", "--target", triple])
            .current_dir(root)
            .env("CARGO_TARGET_DIR", &folder)
            .env("RUSTFLAGS", "-C target-feature=+crt-static")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .status();
        let program = folder.join(triple).join("debug/examples/hostile");
        (status.is_ok_and(|status| status.success()) && program.is_file()).then_some(program)
    };
    let built = BUILT.get_or_init(build).as_deref();
    if built.is_none() {
        eprintln!("SKIPPED: the hostile program cannot be built statically on this machine");
    }
    built
}

fn no_sandbox() -> bool {
    let failed = sandbox::check().err();
    if let Some(error) = &failed {
        eprintln!("SKIPPED: {error}; {}", error.cure());
    }
    failed.is_some()
}

/// What there is on the host of a mark: files in places where anybody can write, processes, mounts.
fn traces(mark: &str) -> Vec<String> {
    let mut found = Vec::new();
    let here = std::env::current_dir().unwrap_or_default();
    let places = ["/", "/tmp", "/var/tmp", "/dev/shm", "/etc", "/run", "/root", "/home", "/usr"].map(PathBuf::from);
    for place in places.into_iter().chain([here.clone(), here.join("..")]) {
        if place.join(mark).symlink_metadata().is_ok() {
            found.push(format!("the file {}", place.join(mark).display()));
        }
    }
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let words = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&words).contains(mark) {
            found.push(format!("the process {}", entry.file_name().to_string_lossy()));
        }
    }
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    found.extend(mounts.lines().filter(|line| line.contains(mark)).map(|line| format!("the mount {line}")));
    found
}

/// Processes go when their namespace does, which may take a moment.
fn assert_nothing_left(mark: &str, mode: &str) {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let left = traces(mark);
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < until, "{mode} leaves {left:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn one_that_broke_out_of_its_kernel_is_still_in_the_sandbox() {
    let Some(hostile) = hostile() else { return };
    if no_sandbox() {
        return;
    }
    for mode in MODES {
        let mark = format!("regdiff-hostile-out-{mode}-{}", std::process::id());
        let folder = tempfile::tempdir().expect("a folder for this test");
        let initramfs = folder.path().join("initramfs");
        fs::write(&initramfs, "").expect("a file for this test");
        let parameters = [format!("mode={mode}:{mark}")];
        let program = Program {
            binary: hostile,
            libraries: &[],
            initramfs: &initramfs,
            folder: folder.path(),
            parameters: &parameters,
        };
        let began = Instant::now();
        let spoken = process::run(Sandbox::Bubblewrap.command(&program), PATIENCE).expect("it runs");
        assert!(began.elapsed() < BOUND, "{mode} took {:?}", began.elapsed());
        // Garbage has what looks like a last word in it: such a guest is ended without a limit being hit.
        let ended = matches!(spoken.killed, Some(Limit::RealTime | Limit::Output));
        assert!(ended || *mode == "garbage", "{mode}: {spoken:?}");
        let said = String::from_utf8_lossy(&spoken.console);
        if *mode == "write" {
            // Its own memory file system and nothing else.
            let wrote: Vec<&str> =
                said.lines().filter(|line| line.starts_with("wrote") || line.starts_with("opened")).collect();
            assert_eq!(wrote, ["wrote /tmp", "wrote .", "opened /dev/null"], "{said}");
            assert!(said.contains("network false") && !said.contains("processes"), "{said}");
        }
        if *mode == "fork" {
            assert!(said.contains("forked"), "{said}");
        }
        assert_nothing_left(&mark, mode);
        assert_eq!(
            fs::read_dir(folder.path()).expect("a folder").count(),
            1,
            "nothing is written beside the initramfs"
        );
    }
}

#[test]
fn one_in_its_kernel_is_an_end_or_an_error_and_leaves_nothing() {
    let kernel = match built::find(Version::V6_1, false, false).or_else(|_| built::find(Version::V6_12, false, false)) {
        Ok(kernel) => kernel,
        Err(error) => {
            eprintln!("SKIPPED: {error}; {}", error.cure());
            return;
        }
    };
    let Some(hostile) = hostile() else { return };
    if no_sandbox() {
        return;
    }
    let init = fs::read(hostile).expect("it was built");
    for mode in MODES {
        let mark = format!("regdiff-hostile-in-{mode}-{}", std::process::id());
        let folder = tempfile::tempdir().expect("a folder for this test");
        for name in [files::LOG_IDS, files::MANIFEST] {
            fs::copy(kernel.folder.join(name), folder.path().join(name)).expect("a file of the kernel");
        }
        fs::copy(kernel.binary(), folder.path().join(files::BINARY)).expect("the kernel");
        fs::set_permissions(folder.path().join(files::BINARY), fs::Permissions::from_mode(0o755)).expect("executable");
        let mut base = fs::read(kernel.folder.join(files::INITRAMFS)).expect("an initramfs");
        cpio::pad(&mut base);
        let text = format!("{mode}:{mark}");
        base.extend(cpio::archive(&[
            Entry { name: "init", mode: 0o755, contents: &init },
            Entry { name: "mode", mode: 0o444, contents: text.as_bytes() },
        ]));
        fs::write(folder.path().join(files::INITRAMFS), base).expect("an initramfs");
        let mut linux = Linux::new(Built::open(folder.path()).expect("a kernel"));
        linux.limits.real = PATIENCE_IN_KERNEL;
        let began = Instant::now();
        let ran = linux.try_run(&Scenario::generate(1), Registration::Deferred);
        assert!(began.elapsed() < BOUND, "{mode} took {:?}", began.elapsed());
        match &ran {
            Ok(run) => assert!(matches!(run.seen.end, End::Limit(_) | End::Trap(_)), "{mode}: {:?}", run.seen.end),
            Err(error) => assert!(matches!(error, Error::Garbage { .. }), "{mode}: {error}"),
        }
        assert_nothing_left(&mark, mode);
    }
}
