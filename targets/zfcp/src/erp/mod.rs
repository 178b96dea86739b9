//! Error recovery: one thread an adapter opens, closes and reopens everything (driver.md 6; zfcp_erp.c).

use std::cell::Cell;
use std::rc::Rc;

use regdiff_kernel::TimerId;

use crate::objects::{Adapter, Lun, Port};

mod adapter_open;
mod finish;
mod status;
mod strategy;
mod tags;
mod thread;
mod trigger;

pub(crate) use finish::erp_wait;
pub(crate) use status::{clear_adapter_status, clear_port_status, set_adapter_status, set_lun_status, set_port_status};
pub use tags::TRACE_TAGS;
pub(crate) use thread::{erp_notify, erp_thread, erp_timeout};
pub(crate) use trigger::{
    RPORT_ADDED, RPORT_DELETED, adapter_reopen, adapter_reset_sync, adapter_shutdown, lun_reopen, lun_shutdown_wait,
    port_forced_reopen, port_reopen, port_shutdown, trace_beside, trace_no_port,
};

/// What recovery does to an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum ErpType {
    /// Nothing.
    #[default]
    None = 0,
    Lun = 1,
    Port = 2,
    PortForced = 3,
    Adapter = 4,
}

/// How far an action has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ErpStep {
    #[default]
    Uninitialized,
    PhysPortClosing,
    PortClosing,
    PortOpening,
    LunClosing,
    LunOpening,
}

/// What a strategy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErpResult {
    Succeeded,
    Failed,
    Continues,
    Exit,
    Dismissed,
    NoMem,
}

/// Status bits of an action.
pub(crate) const ACTION_TIMEDOUT: u32 = 0x1000_0000;
pub(crate) const ACTION_CLOSE_ONLY: u32 = 0x0100_0000;
pub(crate) const ACTION_DISMISSED: u32 = 0x0020_0000;
pub(crate) const ACTION_LOWMEM: u32 = 0x0040_0000;
pub(crate) const ACTION_NO_REF: u32 = 0x0080_0000;

/// The recovery action embedded in each object.
#[derive(Default)]
pub(crate) struct ErpAction {
    pub(crate) kind: Cell<ErpType>,
    pub(crate) status: Cell<u32>,
    pub(crate) step: Cell<ErpStep>,
    /// 0: none.
    pub(crate) fsf_req_id: Cell<u64>,
    pub(crate) timer: Cell<Option<TimerId>>,
}

impl ErpAction {
    pub(crate) fn has(&self, bits: u32) -> bool {
        self.status.get() & bits != 0
    }

    pub(crate) fn set(&self, bits: u32) {
        self.status.set(self.status.get() | bits);
    }

    pub(crate) fn clear(&self, bits: u32) {
        self.status.set(self.status.get() & !bits);
    }
}

/// What an action works on.
#[derive(Clone)]
pub(crate) enum ErpObject {
    Adapter,
    Port(Rc<Port>),
    Lun(Rc<Lun>),
}

impl ErpObject {
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Adapter, Self::Adapter) => true,
            (Self::Port(a), Self::Port(b)) => Rc::ptr_eq(a, b),
            (Self::Lun(a), Self::Lun(b)) => Rc::ptr_eq(a, b),
            _ => false,
        }
    }

    pub(crate) fn action<'a>(&'a self, adapter: &'a Adapter) -> &'a ErpAction {
        match self {
            Self::Adapter => &adapter.erp_action,
            Self::Port(port) => &port.erp_action,
            Self::Lun(lun) => &lun.erp_action,
        }
    }

    pub(crate) fn status<'a>(&'a self, adapter: &'a Adapter) -> &'a Cell<u32> {
        match self {
            Self::Adapter => &adapter.status,
            Self::Port(port) => &port.status,
            Self::Lun(lun) => &lun.status,
        }
    }

    pub(crate) fn counter<'a>(&'a self, adapter: &'a Adapter) -> &'a Cell<u32> {
        match self {
            Self::Adapter => &adapter.erp_counter,
            Self::Port(port) => &port.erp_counter,
            Self::Lun(lun) => &lun.erp_counter,
        }
    }
}
