//! The SCSI midlayer, the block layer above it and the FC transport beside it (midlayer.md).

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use crate::Sim;

mod access;
mod command;
mod device;
mod disk;
mod dispatch;
mod disposition;
mod elevator;
mod errno;
mod error;
mod execute;
mod fc_host;
mod flush;
mod host;
mod host_life;
mod limits;
mod path;
mod probe;
mod protection;
mod queue;
mod rport;
mod rport_loss;
mod rport_user;
mod scan;
mod sd_probe;
mod sd_revalidate;
mod sdev_state;
mod tag_set;
mod user;

pub use command::{Cdb, HostByte, ProtOp, ScsiCommand, ScsiData, ScsiResult, Sense};
pub use device::{ScsiDevice, change_queue_depth, remove_device};
pub use disk::{Disk, sd_flush, sd_read_write};
pub use disposition::{Disposition, disposition};
pub use elevator::{elevator_change, update_nr_requests};
pub use errno::Errno;
pub use error::{EhResult, scsi_ioctl_reset};
pub use fc_host::{EMPTY, FcHost, port_type};
pub use host::{HostState, HostTemplate, ScsiHost};
pub use host_life::{scsi_add_host, scsi_host_alloc, scsi_host_put, scsi_remove_host};
pub use queue::RequestQueue;
pub use rport::{Rport, RportIdentifiers, RportState, fc_remote_port_add, fc_remote_port_delete};
pub use rport_loss::fc_remove_host;
pub use rport_user::{set_dev_loss_tmo, set_fast_io_fail_tmo, set_port_state};
pub use scan::{ScanMode, fc_user_scan, scan_target};
pub use sdev_state::{Gate, SdevState};
pub use user::{rescan_device, store_host_state, store_sdev_state};

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
    /// A remote port is lost for good, or its I/O is to fail fast: end it.
    fn terminate_rport_io(&self, rport: &Rc<Rport>) -> Sim<()>;
    /// A command timed out: take it back; may sleep.
    fn eh_abort_handler<'a>(&'a self, command: &'a Rc<ScsiCommand>) -> Callback<'a, EhResult>;
    /// Resets a logical unit; may sleep.
    fn eh_device_reset_handler<'a>(&'a self, sdev: &'a Rc<ScsiDevice>) -> Callback<'a, EhResult>;
    /// Resets the target of a device; may sleep.
    fn eh_target_reset_handler<'a>(&'a self, sdev: &'a Rc<ScsiDevice>) -> Callback<'a, EhResult>;
    /// Resets the host, because of a device; may sleep.
    fn eh_host_reset_handler<'a>(&'a self, sdev: &'a Rc<ScsiDevice>) -> Callback<'a, EhResult>;
}
