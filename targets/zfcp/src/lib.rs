//! A model of zfcp, the SCSI driver of s390's FCP devices: one recovery machine, one set of handlers.
//!
//! Registration of the Scsi_Host is a set of [`Fence`]s: eager has none of the series of May 2020, deferred has all. Names are
//! the kernel's, so that this can be read beside it; facts come from `spec/driver.md`, and none of the kernel's code is
//! copied. Differences between kernel versions that have nothing to do with registration are switches of the scenario
//! ([`regdiff_scenario::Behaviours`]), so that the pair under test differs in registration alone.
//!
//! Adapters, ports and units have attributes but no uevents: an adapter is a group below its ccw device, and ports and units are
//! devices without bus and class, of which the kernel says nothing.

mod callbacks;
mod ccw;
mod diag;
mod enqueue;
mod erp;
mod fault;
mod fc;
mod fence;
mod fsf;
mod host_update;
mod lun;
mod machine;
mod objects;
mod observe;
mod port;
mod port_enqueue;
mod qdio;
mod reference;
mod register;
mod rport;
mod scsi_eh;
mod statistics;
mod status;
mod steps;
mod sysfs;
mod unit;
mod user;

pub use erp::TRACE_TAGS;
pub use fault::DriverFault;
pub use fence::{Fence, Fences};
pub use machine::{Model, Variant};
pub use regdiff_kernel::{MidlayerFault, Switches};
