//! What can be seen of a run: attributes at rest, events, traps, accesses to protection memory.
//!
//! Everything is typed and cheap to compare; text is made on demand. Oracles read this and nothing else, so that every lane
//! is judged alike.

pub mod event;
pub mod input;
pub mod lane;
pub mod memory;
pub mod note;
pub mod object;
pub mod observation;
pub mod reached;
pub mod trap;

pub use event::{Event, FcEvent, Level, LogId, LogLine, SentCommand, Stamped, Tag, TraceRecord, Uevent, UeventAction};
pub use input::{Given, Input, PointSet};
pub use lane::{Lane, Watch};
pub use memory::{MemoryOp, Region, RequestObject, SlotState, Violation};
pub use note::{Note, Noted};
pub use object::{Attribute, Format, Object};
pub use observation::{End, Leftover, Limit, Observation, Reading, Rest, StepOutcome};
pub use reached::{Pass, Reached};
pub use trap::{Access, Trap, TrapKind};
