//! The driver's part of SCSI devices (driver.md 1.3).

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use regdiff_kernel::scsi::{ScsiDevice, ScsiHost, SdevState};

use crate::erp::ErpAction;
use crate::port::Port;

/// The driver's part of a SCSI device (sdev_to_zfcp).
pub(crate) struct Lun {
    pub(crate) sdev: Weak<ScsiDevice>,
    pub(crate) lun: u64,
    pub(crate) status: Cell<u32>,
    pub(crate) lun_handle: Cell<u32>,
    pub(crate) erp_action: ErpAction,
    pub(crate) erp_counter: Cell<u32>,
    /// None until slave_alloc bound one.
    pub(crate) port: RefCell<Option<Rc<Port>>>,
}

impl Lun {
    /// Its device is neither deleted nor about to be.
    pub(crate) fn is_live(&self) -> bool {
        let state = self.sdev.upgrade().map(|sdev| sdev.state());
        state.is_some_and(|state| !matches!(state, SdevState::Del | SdevState::Cancel))
    }

    pub(crate) fn port(&self) -> Option<Rc<Port>> {
        self.port.borrow().clone()
    }
}

/// The driver's part of a SCSI device, once slave_alloc made it.
pub(crate) fn lun_of(sdev: &ScsiDevice) -> Option<Rc<Lun>> {
    let data = sdev.driver_data.borrow().clone()?;
    data.downcast::<Lun>().ok()
}

/// The driver's parts of all SCSI devices of a host, in list order.
pub(crate) fn luns_of(host: &ScsiHost) -> Vec<Rc<Lun>> {
    host.devices.borrow().iter().filter_map(|sdev| lun_of(sdev)).collect()
}

/// Those bound to one port.
pub(crate) fn luns_of_port(host: &ScsiHost, port: &Rc<Port>) -> Vec<Rc<Lun>> {
    let mut luns = luns_of(host);
    luns.retain(|lun| lun.port.borrow().as_ref().is_some_and(|p| Rc::ptr_eq(p, port)));
    luns
}
