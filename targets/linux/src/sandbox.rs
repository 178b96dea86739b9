//! How the kernel's process is started: with nothing of the host but what it needs.
//!
//! Inside the sandbox are the kernel's binary, its initramfs and the libraries it is linked with, all read-only, a null device,
//! and a file system in memory for the guest's memory. There is no network, no other process, no other file. When the process
//! that started it dies, everything in it dies too.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::limits::{MEMORY, SANDBOX_BYTES};

/// Whether the guest is kept from the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sandbox {
    /// bubblewrap: namespaces of its own for everything.
    #[default]
    Bubblewrap,
    /// None: the guest is a process of the user, with all that the user may do. Only for guests that are trusted.
    None,
}

/// What is to be started.
#[derive(Clone, Debug)]
pub struct Program<'a> {
    /// The kernel's binary.
    pub binary: &'a Path,
    /// What the binary is linked with, as [`libraries`] tells.
    pub libraries: &'a [PathBuf],
    /// The initramfs.
    pub initramfs: &'a Path,
    /// A folder for what the kernel writes if there is no sandbox.
    pub folder: &'a Path,
    /// Parameters of the kernel for this run, beyond those of every run.
    pub parameters: &'a [String],
}

/// Parameters of every run: virtual time in which only waiting takes time; the console on standard output, facts on
/// descriptor 0, which is not read; a panic ends the process.
const PARAMETERS: &[&str] = &[
    "time-travel=inf-cpu",
    // The date is mixed into random numbers, and those choose tags.
    "time-travel-start=1000000000",
    "con=null",
    "con0=null,fd:1",
    "ssl=null",
    "ssl0=null,fd:0",
    "console=tty0",
    "panic=-1",
    "rdinit=/init",
];

/// Where things lie inside the sandbox.
const BINARY: &str = "/linux";
const INITRAMFS: &str = "/initramfs";
const WORK: &str = "/tmp";
/// glibc's restartable sequences: a process that unmaps its memory is killed by recent host kernels.
const TUNABLES: (&str, &str) = ("GLIBC_TUNABLES", "glibc.pthread.rseq=0");

impl Sandbox {
    /// The command that starts the kernel. Its standard input, output and error are the caller's to set.
    pub fn command(self, program: &Program<'_>) -> Command {
        // Addresses that differ in every run would show in logs and sizes.
        let mut command = Command::new("setarch");
        command.args([std::env::consts::ARCH, "-R"]).stdin(Stdio::null());
        // What is killed is the group: no sandbox must mean no stray processes either.
        command.process_group(0);
        let (binary, initramfs, work): (&Path, &Path, &Path) = match self {
            Self::Bubblewrap => {
                command.args(wrapping(program));
                (Path::new(BINARY), Path::new(INITRAMFS), Path::new(WORK))
            }
            Self::None => {
                command.env_clear().envs(environment(program.folder));
                (program.binary, program.initramfs, program.folder)
            }
        };
        command.arg(binary).arg(format!("mem={MEMORY}"));
        command.arg(joined("initrd=", initramfs)).arg(joined("uml_dir=", work));
        command.args(PARAMETERS).args(program.parameters);
        command
    }
}

fn joined(name: &str, path: &Path) -> OsString {
    let mut text = OsString::from(name);
    text.push(path);
    text
}

fn environment(work: &Path) -> Vec<(&'static str, OsString)> {
    let folder = work.as_os_str().to_owned();
    vec![
        ("HOME", folder.clone()),
        ("TMPDIR", folder),
        ("PATH", OsString::from("/usr/bin:/bin")),
        (TUNABLES.0, TUNABLES.1.into()),
    ]
}

/// bubblewrap and its arguments, up to the program.
fn wrapping(program: &Program<'_>) -> Vec<OsString> {
    let mut words: Vec<OsString> = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
        .into_iter()
        .map(OsString::from)
        .collect();
    for (name, value) in environment(Path::new(WORK)) {
        words.extend([OsString::from("--setenv"), name.into(), value]);
    }
    // With exec: the guest's memory is mapped executable.
    words.extend(["--size", &SANDBOX_BYTES.to_string(), "--tmpfs", WORK].map(OsString::from));
    words.extend(["--dev-bind", "/dev/null", "/dev/null"].map(OsString::from));
    for library in program.libraries {
        words.extend(bind(library, library));
    }
    words.extend(bind(program.binary, Path::new(BINARY)));
    words.extend(bind(program.initramfs, Path::new(INITRAMFS)));
    words.extend(["--remount-ro", "/", "--chdir", WORK, "--"].map(OsString::from));
    words
}

fn bind(outside: &Path, inside: &Path) -> [OsString; 3] {
    ["--ro-bind".into(), outside.as_os_str().to_owned(), inside.as_os_str().to_owned()]
}

/// The libraries a binary is linked with, its loader included; none if it is linked statically.
pub fn libraries(binary: &Path) -> Result<Vec<PathBuf>, Error> {
    let Some(loader) = crate::elf::interpreter(binary)? else { return Ok(Vec::new()) };
    let listed = Command::new(&loader)
        .arg("--list")
        .arg(binary)
        .stdin(Stdio::null())
        .output()
        .map_err(Error::io("the loader of the kernel's binary"))?;
    let text = String::from_utf8_lossy(&listed.stdout);
    let mut found: Vec<PathBuf> = text.lines().filter_map(library).map(PathBuf::from).collect();
    found.push(loader);
    found.sort();
    found.dedup();
    Ok(found)
}

/// The path in a line like `libc.so.6 => /lib/libc.so.6 (0x…)`.
fn library(line: &str) -> Option<&str> {
    let words = line.split_once("=> ").map_or(line.trim_start(), |(_, path)| path);
    let path = words.split_whitespace().next()?;
    Path::new(path).is_absolute().then_some(path)
}

/// Whether bubblewrap can make a sandbox here; what it says if not.
pub fn check() -> Result<(), Error> {
    let tried = Command::new("bwrap")
        .args(["--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/", "/", "--", "true"])
        .stdin(Stdio::null())
        .output();
    match tried {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(Error::Sandbox(first_line(&output.stderr))),
        Err(error) => Err(Error::Sandbox(format!("bwrap: {error}"))),
    }
}

fn first_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text).lines().next().unwrap_or("bwrap failed without a word").to_owned()
}

/// The arguments of a command, for people.
pub fn words(command: &Command) -> Vec<String> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word: &OsStr| word.to_string_lossy().into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loaders_list_is_read() {
        assert_eq!(
            library("\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)"),
            Some("/lib/x86_64-linux-gnu/libc.so.6")
        );
        assert_eq!(library("\t/lib64/ld-linux-x86-64.so.2 (0x00007f)"), Some("/lib64/ld-linux-x86-64.so.2"));
        assert_eq!(library("\tlinux-vdso.so.1 (0x00007f)"), None);
        assert_eq!(library("\tstatically linked"), None);
    }

    #[test]
    fn nothing_of_the_host_is_writable() {
        let program = Program {
            binary: Path::new("/bin/true"),
            libraries: &[],
            initramfs: Path::new("/run/x/initramfs"),
            folder: Path::new("/run/x"),
            parameters: &["a=b".to_owned()],
        };
        let words = words(&Sandbox::Bubblewrap.command(&program));
        assert!(!words.iter().any(|word| word == "--bind"), "{words:?}");
        let devices = words.windows(2).filter(|pair| pair[0] == "--dev-bind");
        assert!(devices.map(|pair| &pair[1]).eq(["/dev/null"]), "{words:?}");
        assert_eq!(words.last().map(String::as_str), Some("a=b"));
    }
}
