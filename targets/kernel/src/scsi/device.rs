//! scsi_device: the object, blocking, removal (midlayer.md 4.7, 4.8).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use regdiff_observation::{Object, UeventAction};
use regdiff_scenario::Midlayer;

use super::command::Sense;
use super::disk::Disk;
use super::disposition::is_attention;
use super::errno::Errno;
use super::host::ScsiHost;
use super::queue::RequestQueue;
use super::rport::Rport;
use super::sd_probe::sd_remove;
use super::sdev_state::SdevState;
use crate::{AttributeUsers, Mutex, Sim, WaitQueue};

/// scsi_change_queue_depth; from 6.1 no device is given more than its host can queue, and never more than 4096.
pub fn change_queue_depth(sdev: &ScsiDevice, depth: u32) {
    const MOST: u32 = 4096;
    let clamps = sdev.host.kernel.scenario.kernel.midlayer >= Midlayer::V6_1;
    let most = if clamps { sdev.host.can_queue.get().min(MOST) } else { u32::MAX };
    sdev.queue_depth.set(depth.min(most));
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
    /// Peripheral qualifier of its INQUIRY data.
    pub(crate) qualifier: Cell<u8>,
    /// INQUIRY says that it queues commands, and its level is one that may (`tagged_supported`).
    pub tagged_supported: Cell<bool>,
    /// Queue depth: commands at the driver at the same time.
    pub queue_depth: Cell<u32>,
    /// What the host driver keeps per LUN (sdev_to_zfcp).
    pub driver_data: RefCell<Option<Rc<dyn std::any::Any>>>,
    /// The disk driver's part.
    pub disk: RefCell<Option<Rc<Disk>>>,
    /// Users inside its attributes.
    pub users: AttributeUsers,
    pub(crate) state: Cell<SdevState>,
    /// Its attributes exist: they go before the disk driver does.
    pub(crate) attributes: Cell<bool>,
    pub(crate) visible: Cell<bool>,
    /// Reads and writes are sent in their 10 byte form wherever possible.
    pub(crate) use_10_for_rw: Cell<bool>,
    /// A unit attention is to be expected, because the device was reset.
    pub(crate) expecting_cc_ua: Cell<bool>,
    /// Probe, removal and rescan of the upper driver exclude each other.
    pub(crate) device_lock: Mutex,
    /// Commands at the driver.
    pub(crate) busy: Cell<u32>,
    /// So many runs of its queue send nothing, the last one excepted: a command was to be sent again.
    pub(crate) device_blocked: Cell<u32>,
    /// The state, the depth or the number of busy commands changed.
    pub(crate) state_changed: WaitQueue,
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

    /// scsi_device_online.
    pub(crate) fn is_online(&self) -> bool {
        !matches!(self.state.get(), SdevState::Offline | SdevState::TransportOffline | SdevState::Del)
    }

    /// scsi_device_get: no reference to a device that goes.
    pub fn can_be_taken(&self) -> bool {
        !matches!(self.state.get(), SdevState::Cancel | SdevState::Del)
    }

    /// Whether sense data say what was to be expected after a reset; the next one is a surprise again.
    pub(crate) fn take_expected_attention(&self, sense: Sense) -> bool {
        let new_medium = (sense.asc, sense.ascq) == (0x28, 0x00);
        is_attention(sense) && !new_medium && self.expecting_cc_ua.replace(false)
    }

    /// Whether its sysfs directory exists.
    pub fn is_visible(&self) -> bool {
        self.visible.get()
    }

    /// Whether its attributes can be opened.
    pub fn has_attributes(&self) -> bool {
        self.attributes.get()
    }

    /// Its name among the observables.
    pub fn object(&self) -> Object {
        Object::Sdev(self.host.device, self.rport.wwpn.get(), self.lun)
    }

    /// scsi_device_set_state: a transition that the midlayer does not know is refused. Whoever waits for the queue looks again.
    pub(crate) fn set_state(&self, to: SdevState) -> Result<(), Errno> {
        let from = self.state.get();
        if from != to && !from.may_become(to, self.host.kernel.scenario.kernel.midlayer) {
            return Err(Errno::EINVAL);
        }
        self.enter(to);
        Ok(())
    }

    fn enter(&self, state: SdevState) {
        self.state.set(state);
        self.state_changed.wake_all(&self.host.kernel);
    }

    /// scsi_target_block: new commands wait.
    pub(crate) fn block(&self) {
        if self.set_state(SdevState::Block).is_err() {
            // A device that is being removed cannot be blocked, and need not be.
            let _ = self.set_state(SdevState::CreatedBlock);
        }
    }

    /// scsi_target_unblock, to RUNNING or TRANSPORT_OFFLINE; other states than the transport's stay.
    pub(crate) fn unblock(&self, to: SdevState) {
        match self.state.get() {
            SdevState::Block | SdevState::TransportOffline => self.enter(to),
            SdevState::CreatedBlock if to == SdevState::Running => self.enter(SdevState::Created),
            SdevState::CreatedBlock => self.enter(to),
            _ => {}
        }
    }
}

/// scsi_remove_device: as __scsi_remove_device, with the host's scan mutex.
pub async fn remove_device(sdev: &Rc<ScsiDevice>) -> Sim<()> {
    let _frame = sdev.host.kernel.enter("scsi_remove_device");
    let _guard = sdev.host.scan_mutex.lock(&sdev.host.kernel).await;
    remove_device_locked(sdev).await
}

/// __scsi_remove_device: takes a device out of sysfs, waits for its requests, tells the driver (midlayer.md 4.8). The caller
/// holds the scan mutex.
pub(crate) async fn remove_device_locked(sdev: &Rc<ScsiDevice>) -> Sim<()> {
    let host = &sdev.host;
    let kernel = &host.kernel;
    debug_assert!(host.scan_mutex.is_locked(), "removals do not overlap");
    let _frame = kernel.enter("__scsi_remove_device");
    if sdev.is_deleted() {
        return Ok(());
    }
    if sdev.visible.get() {
        if sdev.set_state(SdevState::Cancel).is_err() {
            // A blocked device: what waits in its queue fails now.
            sdev.enter(SdevState::Del);
        }
        sdev.attributes.set(false);
        sdev.users.wait_until_left(kernel).await;
        sd_remove(sdev).await?;
        sdev.visible.set(false);
        kernel.uevent(UeventAction::Remove, sdev.object());
    }
    sdev.enter(SdevState::Del);
    sdev.queue.destroy(host).await;
    if let Some(driver) = host.driver.upgrade() {
        driver.slave_destroy(sdev).await?;
    }
    host.devices.borrow_mut().retain(|d| !Rc::ptr_eq(d, sdev));
    reap_target(host, &sdev.rport);
    Ok(())
}

/// scsi_target_reap: a target without devices goes (midlayer.md 4.2).
fn reap_target(host: &ScsiHost, rport: &Rc<Rport>) {
    let used = host.devices.borrow().iter().any(|d| Rc::ptr_eq(&d.rport, rport));
    if !used && rport.target_visible.replace(false) {
        host.kernel.uevent(UeventAction::Remove, Object::Target(host.device, rport.wwpn.get()));
    }
}
