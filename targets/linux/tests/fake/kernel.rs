//! A folder like that of a built kernel, with a shell script for a kernel.

use std::fs;
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::PermissionsExt;

use regdiff_linux::built::files;
use regdiff_linux::{Built, Linux, Sandbox};
use tempfile::TempDir;

/// What an early 6.1 says first.
pub(crate) const HELLO: &str = r#"{"hello":{"linux_version":393664,"early":true}}"#;

pub(crate) struct Fake(TempDir);

impl Fake {
    /// A kernel that does what a script says.
    pub(crate) fn new(script: &str) -> Self {
        let folder = TempDir::new().expect("a folder for this test");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file for this test");
        write(files::BINARY, &format!("#!/bin/sh\n{script}\n"));
        write(files::INITRAMFS, "");
        write(files::LOG_IDS, r#"{"OPER": "up and running\n"}"#);
        write(files::MANIFEST, r#"{"release": "6.1.192"}"#);
        let binary = folder.path().join(files::BINARY);
        fs::set_permissions(binary, fs::Permissions::from_mode(0o755)).expect("an executable");
        Self(folder)
    }

    /// A kernel that tells these facts.
    pub(crate) fn telling(facts: &[&str]) -> Self {
        Self::new(&format!("cat >&0 <<'X'\n{}\nX", facts.join("\n")))
    }

    /// The lane with it.
    pub(crate) fn linux(self) -> FakeLinux {
        let mut linux = Linux::new(Built::open(self.0.path()).expect("a kernel"));
        linux.sandbox = Sandbox::None;
        FakeLinux { linux, _folder: self.0 }
    }
}

/// The lane, and the folder that it needs.
pub(crate) struct FakeLinux {
    linux: Linux,
    _folder: TempDir,
}

impl Deref for FakeLinux {
    type Target = Linux;

    fn deref(&self) -> &Linux {
        &self.linux
    }
}

impl DerefMut for FakeLinux {
    fn deref_mut(&mut self) -> &mut Linux {
        &mut self.linux
    }
}
