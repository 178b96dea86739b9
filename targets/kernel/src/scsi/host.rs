//! Scsi_Host: the object and its states (midlayer.md 2.5); its life is in `host_life`.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use regdiff_observation::Access;

use super::HostDriver;
use super::device::ScsiDevice;
use super::errno::Errno;
use super::error::ErrorState;
use super::fc_host::FcHost;
use super::rport::Rport;
use super::tag_set::TagSet;
use crate::{AttributeUsers, Kernel, Mutex, Sim, WaitQueue, WorkQueue};

/// Host states with their numeric values (midlayer.md 2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum HostState {
    /// Allocated.
    Created = 1,
    /// Added.
    Running = 2,
    /// Being removed.
    Cancel = 3,
    /// Removed.
    Del = 4,
    /// The error handler runs.
    Recovery = 5,
    /// The error handler runs while the host is being removed.
    CancelRecovery = 6,
    /// The error handler still runs after removal.
    DelRecovery = 7,
}

impl HostState {
    /// By number.
    pub fn from_number(number: u32) -> Option<Self> {
        use HostState as S;
        let all = [S::Created, S::Running, S::Cancel, S::Del, S::Recovery, S::CancelRecovery, S::DelRecovery];
        all.into_iter().find(|state| u32::from(*state as u8) == number)
    }

    /// No new command is dispatched.
    pub fn is_recovery(self) -> bool {
        matches!(self, Self::Recovery | Self::CancelRecovery | Self::DelRecovery)
    }

    /// Whether the midlayer allows the transition to another state, `next`.
    pub fn may_become(self, next: Self) -> bool {
        use HostState as S;
        match next {
            S::Created => false,
            S::Running => matches!(self, S::Created | S::Recovery),
            S::Recovery => self == S::Running,
            S::Cancel => matches!(self, S::Created | S::Running | S::CancelRecovery),
            S::CancelRecovery => matches!(self, S::Cancel | S::Recovery),
            S::Del => matches!(self, S::Cancel | S::DelRecovery),
            S::DelRecovery => self == S::CancelRecovery,
        }
    }
}

/// What a driver brings to scsi_host_alloc (driver.md 16.1).
#[derive(Clone, Copy, Debug)]
pub struct HostTemplate {
    /// Requests of the host.
    pub can_queue: u32,
    /// Scatter-gather limit.
    pub sg_tablesize: u32,
    /// Scatter-gather limit of protection data.
    pub sg_prot_tablesize: u32,
    /// Sector limit.
    pub max_sectors: u32,
}

/// A Scsi_Host.
pub struct ScsiHost {
    /// The kernel it lives in.
    pub kernel: Rc<Kernel>,
    /// Its FCP device.
    pub device: u8,
    /// N of hostN.
    pub host_no: u32,
    /// The driver.
    pub driver: Weak<dyn HostDriver>,
    /// Unique id.
    pub unique_id: Cell<u32>,
    /// Requests.
    pub can_queue: Cell<u32>,
    /// Scatter-gather limit.
    pub sg_tablesize: Cell<u32>,
    /// Scatter-gather limit of protection data.
    pub sg_prot_tablesize: Cell<u32>,
    /// Sector limit.
    pub max_sectors: Cell<u32>,
    /// Protection mask.
    pub prot_capabilities: Cell<u32>,
    /// Guard type.
    pub prot_guard_type: Cell<u32>,
    /// Largest LUN, as the midlayer counts.
    pub max_lun: Cell<u64>,
    /// SCSI devices, in the order of their creation.
    pub devices: RefCell<Vec<Rc<ScsiDevice>>>,
    /// Users inside its attributes and those of its FC host.
    pub users: AttributeUsers,
    pub(crate) state: Cell<HostState>,
    pub(crate) tag_set: RefCell<Option<TagSet>>,
    /// Held while a queue comes to those that share the driver tags, or leaves them.
    pub(crate) tag_list_lock: Mutex,
    /// Two queues or more share the driver tags.
    pub(crate) tags_shared: Cell<bool>,
    pub(crate) fc: FcHost,
    pub(crate) fc_exists: Cell<bool>,
    pub(crate) visible: Cell<bool>,
    pub(crate) released: Cell<bool>,
    /// The driver's reference, and one of each remote port: the last one frees the host.
    pub(crate) references: Cell<u32>,
    /// Driver tags are given back, or become more.
    pub(crate) tags_changed: WaitQueue,
    /// How many requests were given back.
    pub(crate) tags_released: Cell<u64>,
    pub(crate) scan_mutex: Mutex,
    /// Commands at the driver or at the error handler.
    pub(crate) busy: Cell<u32>,
    /// What the error handler has to work on.
    pub(crate) error: ErrorState,
    pub(crate) work_q: RefCell<Option<Rc<WorkQueue>>>,
    pub(crate) fc_wq: RefCell<Option<Rc<WorkQueue>>>,
    pub(crate) fc_dl: RefCell<Option<Rc<WorkQueue>>>,
    pub(crate) rports: RefCell<Vec<Rc<Rport>>>,
    pub(crate) rport_bindings: RefCell<Vec<Rc<Rport>>>,
}

impl ScsiHost {
    /// Its state.
    pub fn state(&self) -> HostState {
        self.state.get()
    }

    /// scsi_host_set_state: a transition that the midlayer does not know is refused; the same state is no transition.
    pub(crate) fn set_state(&self, to: HostState) -> Result<(), Errno> {
        let from = self.state.get();
        if from != to && !from.may_become(to) {
            return Err(Errno::EINVAL);
        }
        self.state.set(to);
        self.recovery_changed();
        Ok(())
    }

    /// scsi_host_in_recovery: no new command is dispatched.
    pub(crate) fn in_recovery(&self) -> bool {
        self.state.get().is_recovery() || self.error.tmf_in_progress.get()
    }

    /// Whoever waits for the end of recovery looks again.
    pub(crate) fn recovery_changed(&self) {
        self.error.host_wait.wake_all(&self.kernel);
        for sdev in self.devices.borrow().iter() {
            sdev.state_changed.wake_all(&self.kernel);
        }
    }

    /// Whether its sysfs directory exists.
    pub fn is_visible(&self) -> bool {
        self.visible.get()
    }

    /// Whether its FC host data exists.
    pub fn has_fc_data(&self) -> bool {
        self.fc_exists.get() && !self.released.get()
    }

    /// Whether its memory is freed.
    pub fn is_released(&self) -> bool {
        self.released.get()
    }

    /// The scan work queue `scsi_wq_N`, once the host is added.
    pub fn work_q(&self) -> Option<Rc<WorkQueue>> {
        self.work_q.borrow().clone()
    }

    /// Traps if the host's memory is freed.
    pub fn alive(&self, access: Access, field: &'static str) -> Sim<&Self> {
        if self.released.get() { Err(self.kernel.use_after_free(access, "Scsi_Host", field)) } else { Ok(self) }
    }

    /// The FC host data; traps if it does not exist (driver.md R3).
    pub fn fc_host(&self, access: Access, field: &'static str) -> Sim<&FcHost> {
        self.alive(access, "shost_data")?;
        if self.fc_exists.get() { Ok(&self.fc) } else { Err(self.kernel.null_access(access, "fc_host_attrs", field)) }
    }

    /// Breaks the cycles between host, devices and what the driver keeps in them, once a run is over.
    pub(crate) fn dismantle(&self) {
        for sdev in self.devices.take() {
            sdev.driver_data.take();
            sdev.disk.take();
        }
        self.rports.take();
        self.rport_bindings.take();
        self.error.clear();
    }

    /// Whether scans may run.
    pub fn scan_allowed(&self) -> bool {
        matches!(self.state.get(), HostState::Running | HostState::Recovery)
    }
}
