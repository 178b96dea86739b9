//! Why the kernel lane cannot tell what a kernel does. Nothing here is a statement about the driver.

use std::io;
use std::path::PathBuf;

/// The lane failed: there is no observation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No kernel is built where one is looked for.
    #[error("no kernel is built in {}: {what} is missing", folder.display())]
    NotBuilt {
        /// Where it was looked for.
        folder: PathBuf,
        /// What is not there.
        what: String,
    },
    /// A file of a built kernel cannot be used.
    #[error("{}: {why}", file.display())]
    Unusable {
        /// Which file.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// There is no sandbox.
    #[error("the sandbox cannot be made: {0}")]
    Sandbox(String),
    /// A tool or the kernel cannot be started, or its output cannot be read.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// Lines cannot be told from counters.
    #[error("gcov: {0}")]
    Gcov(String),
    /// The guest said nothing that could be understood, or contradicted its order.
    #[error("the guest cannot be understood: {why}; its console ends with: {console}")]
    Garbage {
        /// What was wrong.
        why: String,
        /// The last lines of the console.
        console: String,
    },
}

impl Error {
    /// What to do about it.
    pub fn cure(&self) -> &'static str {
        match self {
            Self::NotBuilt { .. } => "build one with scripts/kernel, or name its folder with --kernel",
            Self::Unusable { .. } => "build the kernel again with scripts/kernel",
            Self::Sandbox(_) => {
                "install bubblewrap and allow user namespaces, or run without a sandbox with --no-sandbox if you trust the guest"
            }
            Self::Io { .. } => {
                "check that setarch (util-linux) is installed, and that there is memory, room and processes"
            }
            Self::Gcov(_) => {
                "install the gcc that built the kernel, of which gcov is a part, or build the kernel again with scripts/kernel --coverage"
            }
            Self::Garbage { .. } => {
                "build the kernel again with scripts/kernel; if that does not help, report it with the console"
            }
        }
    }

    /// An error of the system, with what was tried.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}
