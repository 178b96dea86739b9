//! blk-mq request memory and protection headers, to the byte (midlayer.md 6, 7, 8.4, 10.6, 11).
//!
//! Three moments decide everything, and nothing ties them together (midlayer.md 1):
//!
//! | clock | here |
//! |---|---|
//! | SIZE: the host is added | [`RequestLayout::at_size`] |
//! | POINTER: a request object is created | [`RequestPool::new`], [`RequestPool::flush`] |
//! | TOUCH: a request is prepared | [`Request::touch`] |
//!
//! A [`RequestPool`] is the static requests of a tag set, those of a scheduler, or the one flush request of a queue. Its
//! bytes are real: a store past a slot changes the next slot, and the next slot's allocation changes what was stored there.
//! What an access did is worked out from those bytes alone. Accesses outside the payload go to the caller's list as
//! [`RawViolation`]s and the run goes on; a [`Fault`] is where the machine would have stopped.

mod bytes;
mod finding;
mod geometry;
mod header;
mod members;
mod outcome;
mod packing;
mod pool;
mod region;
pub mod table;

pub use finding::{Fault, RawViolation};
pub use geometry::{HostNow, RequestLayout, cmd_size, header_offset, heap_bucket, inline_list};
pub use header::Request;
pub use outcome::{Freed, List, Mapped, Sent};
pub use packing::{Block, Packing};
pub use pool::{RequestPool, SlotIndex};
pub use region::{Run, Surroundings};
