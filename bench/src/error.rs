//! What can go wrong, with the place and the cure.

use std::io;
use std::path::{Path, PathBuf};

/// Why there is no page, or no table.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("{}: {source}; cure: `{cure}` makes it", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
        /// What makes it.
        cure: &'static str,
    },
    /// A line is none.
    #[error("{}:{line}: {problem}; cure: take the line out, `{cure}` makes it again", file.display())]
    Line {
        /// Of which file.
        file: PathBuf,
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
        /// What makes it again.
        cure: &'static str,
    },
    /// The page cannot be written.
    #[error("{}: {source}; cure: name a file that is not there yet, in a folder that is", file.display())]
    Write {
        /// Where.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A plot or the page could not be made: a mistake of ours.
    #[error("the page cannot be drawn: {0}; this is a bug of regdiff-bench")]
    Draw(String),
}

/// Reads a file of lines, and has each made into something.
pub(crate) fn read_lines<T>(
    file: &Path,
    cure: &'static str,
    mut make: impl FnMut(&str) -> Result<T, String>,
) -> Result<Vec<T>, Error> {
    let text = std::fs::read_to_string(file).map_err(|source| Error::Read { file: file.to_owned(), source, cure })?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let of = |(number, line): (usize, &str)| {
        make(line).map_err(|problem| Error::Line { file: file.to_owned(), line: number + 1, problem, cure })
    };
    lines.map(of).collect()
}
