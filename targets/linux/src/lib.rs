//! The kernel lane: the real driver, unmodified, in User-Mode Linux over a fake channel, seen from outside.
//!
//! ```text
//! scenario ─► normalise ─► order.json ─► initramfs ─► sandbox ─► User-Mode Linux ─► facts ─┐
//!                                                                      └─► console ─► traps ─┴─► Observation
//! ```
//!
//! A run is one boot. What the kernel's side finds:
//!
//! | what | where |
//! |---|---|
//! | the order, JSON | `/order.json` in the initramfs ([`regdiff_linux_wire::Order`]) |
//! | where facts go, one JSON object a line | the first serial line, `/dev/ttyS0` in the guest, descriptor 0 of the process |
//! | the console | standard output |
//! | memory | [`limits::MEMORY`] |
//!
//! A built kernel is a folder with the files of [`built::files`]; its `modules/*.ko` only serve to read instructions.
//!
//! A guest is not trusted: everything it says is bounded, a limit of real time ends it, and it cannot reach the host. What goes
//! wrong in the lane itself is an [`Error`], never an observation.

pub mod built;
pub mod console;
pub mod coverage;
pub mod cpio;
mod elf;
mod error;
mod facts;
mod lane;
pub mod limits;
mod log;
pub mod normalise;
mod observe;
pub mod parity;
pub mod process;
mod processor;
pub mod sandbox;

pub use built::{Built, Version};
pub use error::Error;
pub use lane::{FAILED, Linux, NOT_EXPRESSIBLE, Registration, Run};
pub use observe::Beside;
pub use sandbox::Sandbox;
