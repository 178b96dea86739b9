//! Many crash files of any engine, one folder a signature.
//!
//! `DIR/SIGNATURE/` holds `scenario.toml` (as small as was found), `timelines.txt` (both runs side by side), `verdict.json`, and
//! `seen.jsonl` (which files showed it, by engine and version).
//!
//! * A second run over the same files changes nothing: files are known by their contents.
//! * A file that a person wrote or changed is never overwritten: `.triage.json` holds the hashes of what was written here, and
//!   what has another hash belongs to somebody. A new version then goes beside it, with a number.
//! * A smaller scenario replaces a larger one that was written here.

mod engine;
mod folder;
mod hash;

pub(crate) use engine::by_name;
pub(crate) use folder::{Folder, State, is_result, place, weight};
pub(crate) use hash::of;

use serde::{Deserialize, Serialize};

/// That one file showed a signature.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// SHA-256 of the file, in hexadecimal.
    pub(crate) hash: String,
    /// The engine that left it, by the file's name.
    pub(crate) engine: String,
    /// The version of regdiff that judged it.
    pub(crate) version: String,
}
