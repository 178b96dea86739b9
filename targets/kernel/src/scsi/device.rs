//! scsi_device: states, blocking, removal (midlayer.md 4.7, 4.8).

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use regdiff_observation::{Object, UeventAction};

use super::disk::Disk;
use super::host::ScsiHost;
use super::queue::RequestQueue;
use super::rport::Rport;
use crate::{Sim, WaitQueue};

/// States with their numeric order in sysfs (midlayer.md 4.7, 14.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are the kernel's")]
pub enum SdevState {
    Created = 1,
    Running = 2,
    Cancel = 3,
    Del = 4,
    Quiesce = 5,
    Offline = 6,
    TransportOffline = 7,
    Block = 8,
    CreatedBlock = 9,
}

/// A scsi_device.
pub struct ScsiDevice {
    /// Its host.
    pub host: Rc<ScsiHost>,
    /// Its remote port.
    pub rport: Rc<Rport>,
    /// FCP LUN.
    pub lun: u64,
    /// Its request queue.
    pub queue: RequestQueue,
    /// INQUIRY: peripheral device type.
    pub device_type: Cell<u8>,
    /// SCSI level (INQUIRY version plus 1 from 2 upwards).
    pub scsi_level: Cell<u8>,
    /// INQUIRY byte 5.
    pub inquiry_byte5: Cell<u8>,
    /// Queue depth.
    pub queue_depth: Cell<u32>,
    /// What the host driver keeps per LUN (sdev_to_zfcp).
    pub driver_data: RefCell<Option<Rc<dyn std::any::Any>>>,
    /// The disk driver's part.
    pub disk: RefCell<Option<Rc<Disk>>>,
    pub(crate) state: Cell<SdevState>,
    pub(crate) visible: Cell<bool>,
    pub(crate) state_changed: WaitQueue,
    pub(crate) myself: RefCell<Weak<ScsiDevice>>,
}

impl ScsiDevice {
    /// Its state.
    pub fn state(&self) -> SdevState {
        self.state.get()
    }

    /// Whether it is removed.
    pub fn is_deleted(&self) -> bool {
        self.state.get() == SdevState::Del
    }

    /// Whether its sysfs directory exists.
    pub fn is_visible(&self) -> bool {
        self.visible.get()
    }

    /// Its name among the observables.
    pub fn object(&self) -> Object {
        Object::Sdev(self.host.device, self.rport.wwpn.get(), self.lun)
    }

    pub(crate) fn set_state(&self, state: SdevState) {
        self.state.set(state);
        self.state_changed.wake_all(&self.host.kernel);
    }

    /// The transport blocks the device: new commands wait.
    pub(crate) fn block(&self) {
        match self.state.get() {
            SdevState::Running | SdevState::Offline | SdevState::Quiesce => self.set_state(SdevState::Block),
            SdevState::Created => self.set_state(SdevState::CreatedBlock),
            _ => {}
        }
    }

    /// The transport unblocks the device, to RUNNING or TRANSPORT_OFFLINE.
    pub(crate) fn unblock(&self, to: SdevState) {
        match (self.state.get(), to) {
            (SdevState::Block | SdevState::TransportOffline, _) => self.set_state(to),
            (SdevState::CreatedBlock, SdevState::Running) => self.set_state(SdevState::Created),
            (SdevState::CreatedBlock, _) => self.set_state(to),
            _ => {}
        }
    }
}

/// scsi_remove_device: takes a device out of sysfs, waits for its requests, tells the driver (midlayer.md 4.8).
pub async fn remove_device(sdev: &Rc<ScsiDevice>) -> Sim<()> {
    let kernel = &sdev.host.kernel;
    let _frame = kernel.enter("__scsi_remove_device");
    if sdev.is_deleted() || sdev.state.get() == SdevState::Cancel {
        return Ok(());
    }
    if sdev.visible.get() {
        let legal = !matches!(sdev.state.get(), SdevState::Block | SdevState::CreatedBlock);
        sdev.set_state(if legal { SdevState::Cancel } else { SdevState::Del });
        super::disk::sd_remove(sdev).await?;
        sdev.visible.set(false);
        kernel.uevent(UeventAction::Remove, sdev.object());
    }
    sdev.set_state(SdevState::Del);
    sdev.queue.drained(kernel).await;
    sdev.queue.destroy();
    if let Some(driver) = sdev.host.driver.upgrade() {
        driver.slave_destroy(sdev).await?;
    }
    sdev.host.devices.borrow_mut().retain(|d| !Rc::ptr_eq(d, sdev));
    Ok(())
}
