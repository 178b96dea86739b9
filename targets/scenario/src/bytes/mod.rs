//! The byte form of a scenario: compact, versioned, and total.
//!
//! # Layout of version 1
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1 |
//! | fixed | the fields of [`crate::Module`], in the order of its `FIELDS` |
//! | fixed | the fields of [`crate::Kernel`] |
//! | any number | records: a tag byte, then the fields of the record |
//!
//! Every field takes [`crate::scalar::Field::width`] bytes, big endian, and is stored as its value XOR its default, so that
//! zero bytes are a plain record: an engine that knows nothing but to insert a tag and some zeros gets a healthy adapter,
//! not one of which every part is missing. A record belongs to the last record above it: a port to the last device, a LUN
//! to the last port, a content to the last answer. A step is followed by its moment.
//!
//! # Promises
//!
//! * [`decode`] is total: any bytes give a canonical scenario.
//! * `decode(&encode(s))` is `s` for every canonical `s`.
//! * The meaning of a file never changes. Tags, widths, defaults and the order of fields of version 1 are final; the table in
//!   `tests/data` holds files whose meaning is checked. A first byte from 2 to 15 is reserved for later versions, and
//!   decodes to the empty scenario until there is such a version: no file of today can change its meaning when one comes.
//!   Every other first byte is read as version 1, so that engines need not guess it.

mod decode;
mod encode;

pub use decode::{decode, decode_strict};
pub use encode::encode;

use crate::scalar::Record;

/// The version that [`encode`] writes.
pub const VERSION: u8 = 1;
/// The largest first byte that later versions may use.
pub const LAST_RESERVED_VERSION: u8 = 15;

/// Tags of the records. All other tags are spare, and decode to nothing.
pub mod tag {
    /// A [`crate::Device`].
    pub const DEVICE: u8 = 1;
    /// A [`crate::Port`] of the last device.
    pub const PORT: u8 = 2;
    /// A [`crate::Lun`] of the last port.
    pub const LUN: u8 = 3;
    /// A [`crate::Answer`].
    pub const ANSWER: u8 = 4;
    /// A [`crate::Content`] of the last answer.
    pub const CONTENT: u8 = 5;
    /// A [`crate::Step`], with its moment.
    pub const STEP: u8 = 6;
    /// A [`crate::Choice`].
    pub const CHOICE: u8 = 7;
}

/// Width of a record without its tag, in bytes.
pub const fn width<R: Record>() -> usize {
    let mut sum = 0;
    let mut index = 0;
    while index < R::FIELDS.len() {
        sum += R::FIELDS[index].width as usize;
        index += 1;
    }
    sum
}

/// What is wrong with a file in byte form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BytesProblem {
    /// There is no byte at all.
    Empty,
    /// It is larger than [`crate::limits::MAX_FILE`].
    TooLarge,
    /// The first byte is not a known version.
    UnknownVersion(u8),
    /// It ends within a record or within the fields of module and kernel.
    Truncated,
    /// A tag that means nothing.
    UnknownTag(u8),
    /// A record without the record that it belongs to.
    Orphan(&'static str),
    /// More records of a kind than there may be.
    TooMany(&'static str),
    /// A field outside its domain.
    OutOfDomain {
        /// The field.
        field: &'static str,
        /// Its value in the file.
        value: u64,
    },
    /// It has a meaning, but this is not how it is written.
    NotCanonical,
}

/// Why a file in byte form was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BytesError {
    /// Where, in bytes from the start.
    pub offset: usize,
    /// What is wrong.
    pub problem: BytesProblem,
}

impl BytesError {
    /// What to do about it.
    pub fn cure(&self) -> String {
        match self.problem {
            BytesProblem::Empty => "give a file that was written by regdiff".into(),
            BytesProblem::TooLarge => format!("keep it at {} bytes at most", crate::limits::MAX_FILE),
            BytesProblem::UnknownVersion(_) => {
                format!("byte files start with {VERSION}; text files with `version = {VERSION}`")
            }
            BytesProblem::Truncated => "copy the file again, or cut it before this record".into(),
            _ => "read it as an engine's crash file, which takes any bytes, and write it anew".into(),
        }
    }
}

impl std::fmt::Display for BytesError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "offset {}: ", self.offset)?;
        match &self.problem {
            BytesProblem::Empty => write!(f, "the file is empty"),
            BytesProblem::TooLarge => write!(f, "the file is too large"),
            BytesProblem::UnknownVersion(version) => write!(f, "unknown version {version}"),
            BytesProblem::Truncated => write!(f, "the file ends within a record"),
            BytesProblem::UnknownTag(tag) => write!(f, "unknown tag {tag}"),
            BytesProblem::Orphan(record) => write!(f, "a {record} that belongs to nothing"),
            BytesProblem::TooMany(record) => write!(f, "one {record} too many"),
            BytesProblem::OutOfDomain { field, value } => write!(f, "{value} is out of range for {field}"),
            BytesProblem::NotCanonical => write!(f, "this is not how the scenario is written"),
        }?;
        write!(f, "; cure: {}", self.cure())
    }
}

impl std::error::Error for BytesError {}
