//! The SCSI midlayer, the block layer above it and the FC transport beside it (midlayer.md).

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use crate::Sim;

mod command;
mod device;
mod disk;
mod dispatch;
mod errno;
mod execute;
mod fc_host;
mod host;
mod queue;
mod rport;
mod scan;
mod tag_set;

pub use command::{Cdb, HostByte, ProtOp, ScsiCommand, ScsiData, ScsiResult, Sense};
pub use device::{ScsiDevice, SdevState, remove_device};
pub use disk::{Disk, sd_flush, sd_read_write};
pub use errno::Errno;
pub use fc_host::{EMPTY, FcHost, port_type};
pub use host::{HostState, HostTemplate, ScsiHost, scsi_add_host, scsi_host_alloc, scsi_host_put, scsi_remove_host};
pub use queue::{RequestQueue, elevator_change, update_nr_requests};
pub use rport::{Rport, RportIdentifiers, RportState, fc_remote_port_add, fc_remote_port_delete, fc_remove_host};
pub use scan::{ScanMode, scan_target};

/// A future of a driver's callback.
pub type Callback<'a, T> = Pin<Box<dyn Future<Output = Sim<T>> + 'a>>;

/// What a driver says to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queued {
    /// It will complete the command, or has done so.
    Accepted,
    /// The device cannot take it now.
    DeviceBusy,
    /// The host cannot take it now.
    HostBusy,
}

/// The host template's callbacks, with the kernel's names.
pub trait HostDriver {
    /// A SCSI device comes to life; may sleep. An error number refuses it.
    fn slave_alloc<'a>(&'a self, sdev: &'a Rc<ScsiDevice>) -> Callback<'a, Result<(), Errno>>;
    /// A SCSI device is about to be published.
    fn slave_configure(&self, sdev: &Rc<ScsiDevice>) -> Sim<()>;
    /// A SCSI device goes; may sleep.
    fn slave_destroy<'a>(&'a self, sdev: &'a Rc<ScsiDevice>) -> Callback<'a, ()>;
    /// A command to send.
    fn queuecommand(&self, command: &Rc<ScsiCommand>) -> Sim<Queued>;
    /// A remote port is lost for good: end its I/O.
    fn terminate_rport_io(&self, rport: &Rc<Rport>) -> Sim<()>;
}
