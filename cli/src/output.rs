//! Standard output: results, and nothing else.
//!
//! A reader that goes away (`regdiff list | head -1`) is no error: what follows is dropped, and the exit code stays true.
//! Our own escape sequences reach terminals only, and not where `NO_COLOR` is set; those of others reach nobody.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use anstream::{AutoStream, stdout};
use serde::Serialize;

use crate::clean;
use crate::error::Error;

/// Where results go.
pub(crate) struct Out {
    stream: AutoStream<std::io::Stdout>,
    closed: bool,
}

impl Out {
    /// Standard output.
    pub(crate) fn new() -> Self {
        Self { stream: stdout(), closed: false }
    }

    /// A line of text.
    pub(crate) fn line(&mut self, line: impl Display) -> Result<(), Error> {
        self.text(&format!("{line}\n"))
    }

    /// A text that ends its own lines.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Error> {
        self.write(clean::text(text).as_bytes())
    }

    /// One JSON object on a line of its own.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Error> {
        let text = serde_json::to_string(value).map_err(|error| Error::Stdout(error.into()))?;
        self.write(clean::json(&(text + "\n")).as_bytes())
    }

    /// Bytes as they are, past everything that treats them as text.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = std::io::stdout().lock().write_all(bytes);
        self.settle(written)
    }

    /// Everything that is still on its way.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        let written = self.stream.flush();
        self.settle(written)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.closed {
            return Ok(());
        }
        let written = self.stream.write_all(bytes);
        self.settle(written)
    }

    fn settle(&mut self, written: std::io::Result<()>) -> Result<(), Error> {
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.closed = true,
            Err(error) => return Err(Error::Stdout(error)),
            Ok(()) => {}
        }
        Ok(())
    }
}
