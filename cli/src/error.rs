//! Why a command cannot do its work: file, line, cause and cure.

use std::io;
use std::path::{Path, PathBuf};

use regdiff_scenario::bytes::BytesError;
use regdiff_scenario::text::TextError;
use regdiff_scenario::{LoadError, limits};

use crate::exit_code::ExitCode;

/// An error that ends a command, or the work on one of its files.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file cannot be read.
    #[error("{}: cannot be read: {source}", file.display())]
    Read {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder was given where a file belongs.
    #[error("{}: is a folder, not a file", .0.display())]
    Folder(PathBuf),
    /// There is nothing in a file.
    #[error("{}: the file is empty", .0.display())]
    Empty(PathBuf),
    /// A file is larger than any scenario.
    #[error("{}: the file is larger than {} bytes", .0.display(), limits::MAX_FILE)]
    TooLarge(PathBuf),
    /// A text is refused.
    #[error("{}:{}:{}: {}{}", file.display(), error.line, error.column, place(error), error.problem)]
    Text {
        /// Which file.
        file: PathBuf,
        /// Where and why.
        error: TextError,
    },
    /// A byte form is refused.
    #[error("{}: {}", file.display(), without_cure(error))]
    Bytes {
        /// Which file.
        file: PathBuf,
        /// Where and why.
        error: BytesError,
    },
    /// A file that would be written is there already.
    #[error("{}: exists already, and nothing is overwritten", .0.display())]
    Exists(PathBuf),
    /// Somebody else writes to a folder of findings.
    #[error("{}: another regdiff writes there", .0.display())]
    Claimed(PathBuf),
    /// A file cannot be written.
    #[error("{}: cannot be written: {source}", file.display())]
    Write {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Standard output cannot be written; a reader that went away is no error.
    #[error("standard output: cannot be written: {0}")]
    Stdout(#[source] io::Error),
    /// Arguments that do not go together, with the cure.
    #[error("{0}")]
    Arguments(String, &'static str),
    /// There is nothing that a minimiser could hold on to.
    #[error("{}: {what}", file.display())]
    NothingToMinimise {
        /// Which file.
        file: PathBuf,
        /// What is missing.
        what: String,
        /// What to do.
        cure: String,
    },
    /// There is no finding to tell of.
    #[error("{}: {what}", file.display())]
    NothingToExplain {
        /// Which file.
        file: PathBuf,
        /// What is missing.
        what: String,
        /// What to do.
        cure: String,
    },
    /// A page cannot be made: a bug of its template.
    #[error("the page cannot be made: {0}")]
    Page(String),
    /// Signals cannot be caught.
    #[error("signals cannot be caught: {0}")]
    Signals(#[source] io::Error),
    /// The kernel lane does not work.
    #[error("{0}")]
    Kernel(#[source] regdiff_linux::Error),
    /// A file is not the state of this exploration.
    #[error("{}: {why}", file.display())]
    State {
        /// Which file.
        file: PathBuf,
        /// Why not.
        why: String,
    },
    /// A panic in a unit of an exploration.
    #[error("a bug of regdiff itself: {0}")]
    Exploration(String),
    /// An engine cannot be built or started.
    #[error("the engine {engine} cannot be used: {why}")]
    Engine {
        /// Which engine.
        engine: &'static str,
        /// Why.
        why: String,
    },
}

impl Error {
    /// The error of a file that was refused as a scenario.
    pub(crate) fn load(file: &Path, error: LoadError) -> Self {
        let file = file.to_owned();
        match error {
            LoadError::Text(error) => Self::Text { file, error },
            LoadError::Bytes(error) => Self::Bytes { file, error },
        }
    }

    /// The error of a file that cannot be created.
    pub(crate) fn create(file: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists(file.to_owned()),
            _ => Self::Write { file: file.to_owned(), source },
        }
    }

    /// What to do about it.
    pub(crate) fn cure(&self) -> String {
        match self {
            Self::Read { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => "check the name, or write - to read standard input".into(),
                io::ErrorKind::PermissionDenied => "ask for permission to read it, or copy it".into(),
                _ => "copy the file to another place and try again".into(),
            },
            Self::Folder(_) => "name the files in it, for example FOLDER/*".into(),
            Self::Empty(_) => "give a scenario; `regdiff gen --seed 1` writes one".into(),
            Self::TooLarge(_) => "give a file that regdiff or one of its engines wrote".into(),
            Self::Text { error, .. } => error.cure.clone(),
            Self::Bytes { error, .. } => {
                format!("{}; --raw takes any bytes, as the engines do", error.cure())
            }
            Self::Exists(_) => "name another file, or move this one away first".into(),
            Self::Claimed(_) => "wait until it is done, or name another folder with --keep".into(),
            Self::Write { .. } => "check that the folder exists, may be written and has room".into(),
            Self::Stdout(_) => "check where the output goes to, and whether there is room".into(),
            Self::Page(_) => "please report it with the folder".into(),
            Self::Signals(_) => "check what the environment lets a process do".into(),
            Self::Arguments(_, cure) => (*cure).into(),
            Self::NothingToMinimise { cure, .. } | Self::NothingToExplain { cure, .. } => cure.clone(),
            Self::State { .. } => "name another file, or move this one away to begin anew".into(),
            Self::Exploration(_) => "please report it with the command".into(),
            Self::Kernel(error) => error.cure().into(),
            Self::Engine { .. } => "use --engine generate, which needs nothing".into(),
        }
    }

    /// How the command ends.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::NothingToMinimise { .. } | Self::NothingToExplain { .. } | Self::Kernel(_) | Self::Engine { .. } => {
                ExitCode::Baseline
            }
            Self::Page(_) | Self::Exploration(_) => ExitCode::OwnBug,
            _ => ExitCode::Usage,
        }
    }
}

fn place(error: &TextError) -> String {
    if error.place.is_empty() { String::new() } else { format!("in {}: ", error.place) }
}

fn without_cure(error: &BytesError) -> String {
    let text = error.to_string();
    text.split_once("; cure: ").map_or(text.clone(), |(problem, _)| problem.to_owned())
}
