//! Remote ports and manually configured LUNs (driver.md 1.3).

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use regdiff_kernel::scsi::Rport;
use regdiff_kernel::{AttributeUsers, Work};

use crate::erp::ErpAction;
use crate::objects::Adapter;

/// What is to be done with a port's FC transport object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RportTask {
    #[default]
    None,
    Add,
    Del,
}

/// A remote port.
pub(crate) struct Port {
    pub(crate) adapter: Weak<Adapter>,
    pub(crate) status: Cell<u32>,
    pub(crate) wwpn: u64,
    pub(crate) wwnn: Cell<u64>,
    pub(crate) d_id: Cell<u32>,
    pub(crate) handle: Cell<u32>,
    pub(crate) erp_action: ErpAction,
    pub(crate) erp_counter: Cell<u32>,
    pub(crate) rport: RefCell<Option<Rc<Rport>>>,
    pub(crate) rport_task: Cell<RportTask>,
    pub(crate) maxframe_size: Cell<u32>,
    pub(crate) supported_classes: Cell<u32>,
    pub(crate) connection_info: Cell<u32>,
    pub(crate) unit_list: RefCell<Vec<Rc<Unit>>>,
    /// units == -1.
    pub(crate) being_removed: Cell<bool>,
    pub(crate) registered: Cell<bool>,
    /// Users inside its attributes.
    pub(crate) users: AttributeUsers,
    /// References to its device: of the registration, of LUNs, of an action, of an open request.
    pub(crate) references: Cell<u32>,
    /// The last of them was dropped.
    pub(crate) released: Cell<bool>,
    pub(crate) works: RefCell<Option<PortWorks>>,
}

/// A port's work items.
pub(crate) struct PortWorks {
    pub(crate) gid_pn: Rc<Work>,
    pub(crate) test_link: Rc<Work>,
    pub(crate) rport: Rc<Work>,
}

/// A manually configured LUN.
pub(crate) struct Unit {
    pub(crate) lun: u64,
    pub(crate) scsi_work: Rc<Work>,
    /// Users inside its attributes.
    pub(crate) users: AttributeUsers,
}

impl Port {
    /// Its adapter; None once that is released.
    pub(crate) fn adapter(&self) -> Option<Rc<Adapter>> {
        self.adapter.upgrade()
    }

    /// Queues one of the port's works on the adapter's queue.
    pub(crate) fn queue(&self, pick: impl FnOnce(&PortWorks) -> &Rc<Work>) {
        let Some(adapter) = self.adapter() else { return };
        if let (Some(queue), Some(works)) = (adapter.work_queue(), &*self.works.borrow()) {
            adapter.kernel.queue_work(&queue, pick(works));
        }
    }

    pub(crate) fn works<T>(&self, pick: impl FnOnce(&PortWorks) -> T) -> Option<T> {
        self.works.borrow().as_ref().map(pick)
    }
}
