//! Scsi_Host: allocation, adding, removal, release (midlayer.md 2).

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use regdiff_observation::{Access, LogId, Object, UeventAction};
use regdiff_scenario::{Context, FailPoint, Point};

use super::device::ScsiDevice;
use super::errno::Errno;
use super::fc_host::FcHost;
use super::rport::Rport;
use super::tag_set::TagSet;
use super::{HostDriver, remove_device};
use crate::{Kernel, Mutex, Sim, WorkQueue};

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
    /// Whether the midlayer allows the transition to `next`.
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
    pub(crate) state: Cell<HostState>,
    pub(crate) tag_set: RefCell<Option<TagSet>>,
    pub(crate) fc: FcHost,
    pub(crate) fc_exists: Cell<bool>,
    pub(crate) visible: Cell<bool>,
    pub(crate) released: Cell<bool>,
    pub(crate) scan_mutex: Mutex,
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
    }

    /// Whether scans may run.
    pub fn scan_allowed(&self) -> bool {
        matches!(self.state.get(), HostState::Running | HostState::Recovery)
    }
}

/// scsi_host_alloc (midlayer.md 2.1): None without memory.
pub fn scsi_host_alloc(
    kernel: &Rc<Kernel>,
    device: u8,
    template: HostTemplate,
    driver: Weak<dyn HostDriver>,
) -> Option<Rc<ScsiHost>> {
    let _frame = kernel.enter("scsi_host_alloc");
    if kernel.fails(device, FailPoint::HostAlloc) {
        return None;
    }
    let host_no = {
        let mut numbers = kernel.host_numbers.borrow_mut();
        let free = numbers.iter().position(|used| !used).unwrap_or(numbers.len());
        if free == numbers.len() {
            numbers.push(true);
        } else {
            numbers[free] = true;
        }
        free as u32
    };
    let host = Rc::new(ScsiHost {
        kernel: kernel.clone(),
        device,
        host_no,
        driver,
        unique_id: Cell::new(0),
        can_queue: Cell::new(template.can_queue),
        sg_tablesize: Cell::new(template.sg_tablesize),
        sg_prot_tablesize: Cell::new(template.sg_prot_tablesize),
        max_sectors: Cell::new(template.max_sectors),
        prot_capabilities: Cell::new(0),
        prot_guard_type: Cell::new(0),
        max_lun: Cell::new(8),
        devices: RefCell::default(),
        state: Cell::new(HostState::Created),
        tag_set: RefCell::default(),
        fc: FcHost::default(),
        fc_exists: Cell::new(false),
        visible: Cell::new(false),
        released: Cell::new(false),
        scan_mutex: Mutex::default(),
        work_q: RefCell::default(),
        fc_wq: RefCell::default(),
        fc_dl: RefCell::default(),
        rports: RefCell::default(),
        rport_bindings: RefCell::default(),
    });
    kernel.hosts.borrow_mut().push(Rc::downgrade(&host));
    Some(host)
}

/// scsi_add_host (midlayer.md 2.2). On failure nothing stays published; the caller puts the host.
pub async fn scsi_add_host(host: &Rc<ScsiHost>) -> Sim<Result<(), Errno>> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_add_host_with_dma");
    let device = host.device;
    kernel.log(LogId::HostAdded, device, 0);
    if kernel.fails(device, FailPoint::HostTagSet) {
        return Ok(Err(Errno::ENOMEM));
    }
    // SIZE: from here on the host's requests have the room that its protection mask asks for now.
    *host.tag_set.borrow_mut() = Some(TagSet::new(host));
    if kernel.fails(device, FailPoint::HostDevice) {
        host.tag_set.take();
        return Ok(Err(Errno::ENOMEM));
    }
    host.state.set(HostState::Running);
    if kernel.fails(device, FailPoint::HostClassDevice) {
        host.tag_set.take();
        return Ok(Err(Errno::ENOMEM));
    }
    host.visible.set(true);
    kernel.uevent(UeventAction::Add, Object::Host(device));
    kernel.point(Point::HostPublished).await;
    let undo = || {
        host.visible.set(false);
        host.fc_exists.set(false);
        kernel.uevent(UeventAction::Remove, Object::Host(device));
        host.tag_set.take();
        Ok(Err(Errno::ENOMEM))
    };
    if kernel.fails(device, FailPoint::HostShostData) {
        return undo();
    }
    host.fc.zero();
    host.fc_exists.set(true);
    if kernel.fails(device, FailPoint::HostWorkQueue) {
        return undo();
    }
    *host.work_q.borrow_mut() = Some(WorkQueue::ordered(Context::ScsiWq, device));
    // fc_host_setup: without its work queues the rest of the set-up is skipped, and no caller looks.
    host.fc.set_defaults();
    if !kernel.fails(device, FailPoint::FcHostWorkQueues) {
        *host.fc_wq.borrow_mut() = Some(WorkQueue::concurrent(Context::FcWq, device));
        *host.fc_dl.borrow_mut() = Some(WorkQueue::concurrent(Context::FcDl, device));
    }
    kernel.uevent(UeventAction::Add, Object::FcHost(device));
    Kernel::count(&kernel.hosts_added);
    Ok(Ok(()))
}

/// scsi_remove_host (midlayer.md 2.3).
pub async fn scsi_remove_host(host: &Rc<ScsiHost>) -> Sim<()> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_remove_host");
    host.alive(Access::Write, "scan_mutex")?;
    {
        let _guard = host.scan_mutex.lock(kernel).await;
        if !matches!(host.state.get(), HostState::Running | HostState::Created) {
            return Err(kernel.unmodelled("removal of a host in error recovery"));
        }
        host.state.set(HostState::Cancel);
        loop {
            let next = host.devices.borrow().iter().find(|d| !d.is_deleted()).cloned();
            let Some(sdev) = next else { break };
            remove_device(&sdev).await?;
        }
    }
    if kernel.scenario.kernel.midlayer >= regdiff_scenario::Midlayer::V6_1 {
        host.tag_set.take();
    }
    host.state.set(HostState::Del);
    if host.visible.replace(false) {
        kernel.uevent(UeventAction::Remove, Object::FcHost(host.device));
        kernel.uevent(UeventAction::Remove, Object::Host(host.device));
    }
    Ok(())
}

/// The driver's last scsi_host_put: the host's memory and number are free (midlayer.md 2.4).
pub fn scsi_host_put(host: &Rc<ScsiHost>) -> Sim<()> {
    let _frame = host.kernel.enter("scsi_host_put");
    host.alive(Access::Write, "shost_gendev")?;
    host.tag_set.take();
    host.fc_exists.set(false);
    host.released.set(true);
    if let Some(used) = host.kernel.host_numbers.borrow_mut().get_mut(host.host_no as usize) {
        *used = false;
    }
    Ok(())
}
