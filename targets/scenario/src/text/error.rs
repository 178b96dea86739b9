//! What can be wrong with a text file.

use std::fmt;

/// The kind of a [`TextError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextErrorKind {
    /// Larger than [`crate::limits::MAX_FILE`].
    TooLarge,
    /// Not UTF-8.
    NotUtf8,
    /// Not TOML.
    Syntax,
    /// No `version`.
    MissingVersion,
    /// A version that this program does not know.
    UnknownVersion,
    /// A section that does not exist.
    UnknownSection,
    /// A key that the place does not have.
    UnknownKey,
    /// A key that the place must have.
    MissingKey,
    /// A key that says the same as another one, or contradicts it.
    ConflictingKey,
    /// A text where a number belongs, and so on.
    WrongType,
    /// A number that is too small or too large, or not a number at all.
    OutOfRange,
    /// A name that is not in the list.
    UnknownName,
    /// A name that is there twice.
    DuplicateName,
    /// An index of a device, port or LUN that is not in the file.
    NoSuchIndex,
    /// An operand that the step's trigger does not take.
    ForeignOperand,
    /// More entries than there may be.
    TooMany,
}

/// Why a text file was refused, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The part of the scenario, like `step 3, key "event"`; empty for the file as a whole.
    pub place: String,
    /// What kind of error it is.
    pub kind: TextErrorKind,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub cure: String,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        if !self.place.is_empty() {
            write!(f, "in {}: ", self.place)?;
        }
        write!(f, "{}; cure: {}", self.problem, self.cure)
    }
}

impl std::error::Error for TextError {}
