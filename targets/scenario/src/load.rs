//! Stored scenarios: which of the two forms a file holds.

use crate::bytes::{self, BytesError, BytesProblem};
use crate::text::{self, TextError, TextErrorKind};
use crate::{Scenario, limits};

/// Why a file was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// It is a text.
    #[error(transparent)]
    Text(#[from] TextError),
    /// It is in byte form.
    #[error(transparent)]
    Bytes(#[from] BytesError),
}

impl Scenario {
    /// The scenario of a person's file, text or bytes, strictly.
    ///
    /// It is a text if it starts like one (after comments, a key or a section), or if it has no control character but those
    /// of a text: a byte form starts with one.
    pub fn load(file: &[u8]) -> Result<Self, LoadError> {
        if !starts_like_text(file) && file.iter().any(is_binary) {
            return Ok(bytes::decode_strict(file)?);
        }
        let text = std::str::from_utf8(file).map_err(|error| not_utf8(file, error.valid_up_to()))?;
        Ok(text::parse(text)?)
    }

    /// The scenario of an engine's file, such as a crash or a corpus entry: strict only if it is a text, and total if not.
    ///
    /// Engines keep any bytes, so that the first byte says nothing. Only what is UTF-8, without control characters, and
    /// starts with a key or a section is a text. No byte form with a device, an answer or a step looks like that, since
    /// each has a tag, which is a control character.
    pub fn load_crash(file: &[u8]) -> Result<Self, LoadError> {
        if file.len() > limits::MAX_FILE {
            return Err(BytesError { offset: limits::MAX_FILE, problem: BytesProblem::TooLarge }.into());
        }
        match std::str::from_utf8(file) {
            Ok(text) if starts_like_text(file) && !file.iter().any(is_binary) => Ok(text::parse(text)?),
            _ => Ok(bytes::decode(file)),
        }
    }
}

/// Whether the first line that is neither empty nor a comment is `key = …` or `[section]`.
fn starts_like_text(file: &[u8]) -> bool {
    let lines = file.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let Some(first) = lines.into_iter().find(|line| !line.is_empty() && line[0] != b'#') else {
        return false;
    };
    let key = first.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let assigns = key > 0 && first[key..].trim_ascii_start().first() == Some(&b'=');
    assigns || first[0] == b'['
}

/// Whether no text has this byte.
fn is_binary(byte: &u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r')
}

fn not_utf8(file: &[u8], offset: usize) -> TextError {
    let before = &file[..offset];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    TextError {
        line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
        column: String::from_utf8_lossy(&before[line_start..]).chars().count() + 1,
        place: String::new(),
        kind: TextErrorKind::NotUtf8,
        problem: "the text is not UTF-8".into(),
        cure: "save the file as UTF-8".into(),
    }
}
