//! Scsi_Host: allocation, adding, removal, release (midlayer.md 2.1 to 2.4).

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use regdiff_observation::{Access, LogId, Object, TrapKind, UeventAction};
use regdiff_scenario::{Context, FailPoint, Midlayer, Point};

use super::HostDriver;
use super::device::remove_device_locked;
use super::errno::Errno;
use super::error::ErrorState;
use super::fc_host::FcHost;
use super::host::{HostState, HostTemplate, ScsiHost};
use super::limits::check_limits;
use super::tag_set::TagSet;
use crate::{AttributeUsers, Kernel, Mutex, Sim, WaitQueue, WorkQueue};

/// Sectors of a host whose template says nothing (midlayer.md 2.1).
const DEFAULT_MAX_SECTORS: u32 = 1024;
/// Largest LUN of a host before its driver says more.
const DEFAULT_MAX_LUN: u64 = 8;

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
    let host = Rc::new(ScsiHost {
        kernel: kernel.clone(),
        device,
        host_no: take_number(kernel),
        driver,
        unique_id: Cell::new(0),
        can_queue: Cell::new(template.can_queue),
        sg_tablesize: Cell::new(template.sg_tablesize),
        sg_prot_tablesize: Cell::new(template.sg_prot_tablesize),
        max_sectors: Cell::new(if template.max_sectors == 0 { DEFAULT_MAX_SECTORS } else { template.max_sectors }),
        prot_capabilities: Cell::new(0),
        prot_guard_type: Cell::new(0),
        max_lun: Cell::new(DEFAULT_MAX_LUN),
        devices: RefCell::default(),
        users: AttributeUsers::default(),
        state: Cell::new(HostState::Created),
        tag_set: RefCell::default(),
        tag_list_lock: Mutex::default(),
        tags_shared: Cell::new(false),
        fc: FcHost::default(),
        fc_exists: Cell::new(false),
        visible: Cell::new(false),
        released: Cell::new(false),
        references: Cell::new(1),
        tags_changed: WaitQueue::default(),
        tags_released: Cell::new(0),
        scan_mutex: Mutex::default(),
        busy: Cell::new(0),
        error: ErrorState::new(device),
        work_q: RefCell::default(),
        fc_wq: RefCell::default(),
        fc_dl: RefCell::default(),
        rports: RefCell::default(),
        rport_bindings: RefCell::default(),
    });
    kernel.hosts.borrow_mut().push(Rc::downgrade(&host));
    Some(host)
}

/// The lowest host number that is free.
fn take_number(kernel: &Kernel) -> u32 {
    let mut numbers = kernel.host_numbers.borrow_mut();
    let free = numbers.iter().position(|used| !used).unwrap_or(numbers.len());
    if free == numbers.len() {
        numbers.push(true);
    } else {
        numbers[free] = true;
    }
    free as u32
}

/// scsi_add_host (midlayer.md 2.2). On failure nothing stays published; the caller puts the host.
pub async fn scsi_add_host(host: &Rc<ScsiHost>) -> Sim<Result<(), Errno>> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_add_host_with_dma");
    let device = host.device;
    kernel.log(LogId::HostAdded, device, 0);
    if host.can_queue.get() == 0 {
        return Ok(Err(Errno::EINVAL));
    }
    if kernel.fails(device, FailPoint::HostSenseCache) || kernel.fails(device, FailPoint::HostTagSet) {
        return Ok(Err(Errno::ENOMEM));
    }
    // SIZE: from here on the host's requests have the room that its protection mask asks for now.
    *host.tag_set.borrow_mut() = Some(TagSet::new(host));
    let undo = || {
        host.fc_exists.set(false);
        if host.visible.replace(false) {
            kernel.uevent(UeventAction::Remove, Object::Host(device));
        }
        host.tag_set.take();
        Ok(Err(Errno::ENOMEM))
    };
    if kernel.fails(device, FailPoint::HostDevice) {
        return undo();
    }
    if let Err(error) = host.set_state(HostState::Running) {
        debug_assert!(false, "a host is added once: {error:?}");
    }
    let old = kernel.scenario.kernel.midlayer < Midlayer::V6_1;
    if kernel.fails(device, FailPoint::HostClassDevice) || !old && kernel.fails(device, FailPoint::HostAttributes) {
        return undo();
    }
    // From here on user space can write to the host's `scan`; the transport's data comes later, and is zero at first.
    host.visible.set(true);
    kernel.uevent(UeventAction::Add, Object::Host(device));
    kernel.point(Point::HostPublished).await;
    if kernel.fails(device, FailPoint::HostShostData) {
        return undo();
    }
    host.fc.zero();
    host.fc_exists.set(true);
    if kernel.fails(device, FailPoint::HostWorkQueue) {
        return undo();
    }
    *host.work_q.borrow_mut() = Some(WorkQueue::ordered(Context::ScsiWq, device));
    // Before 6.1 the driver's own files are added here one by one, and with the class device since then.
    if old && kernel.fails(device, FailPoint::HostAttributes) {
        return undo();
    }
    fc_host_setup(host)?;
    kernel.uevent(UeventAction::Add, Object::FcHost(device));
    Kernel::count(&kernel.hosts_added);
    Ok(Ok(()))
}

/// Until a lost port is given up, in s: the transport's module parameter.
const DEV_LOSS_SECONDS: u32 = 60;

/// fc_host_setup (midlayer.md 3.2): without both its work queues the rest of the set-up is skipped, and no caller looks.
fn fc_host_setup(host: &ScsiHost) -> Sim<()> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("fc_host_setup");
    host.fc.set_defaults();
    if kernel.fails(host.device, FailPoint::FcHostWorkQueues) {
        return Ok(());
    }
    host.fc.dev_loss_tmo.set(DEV_LOSS_SECONDS);
    if kernel.fails(host.device, FailPoint::FcHostWorkQueues) {
        return Ok(());
    }
    *host.fc_wq.borrow_mut() = Some(WorkQueue::concurrent(Context::FcWq, host.device));
    *host.fc_dl.borrow_mut() = Some(WorkQueue::concurrent(Context::FcDl, host.device));
    // The host's bsg queue.
    check_limits(host)
}

/// scsi_remove_host (midlayer.md 2.3).
pub async fn scsi_remove_host(host: &Rc<ScsiHost>) -> Sim<()> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_remove_host");
    host.alive(Access::Write, "scan_mutex")?;
    {
        let _guard = host.scan_mutex.lock(kernel).await;
        if host.set_state(HostState::Cancel).is_err() && host.set_state(HostState::CancelRecovery).is_err() {
            // Only a user can have said so. The host's devices stay registered, and keep the host.
            host.get();
            return Ok(());
        }
        // Asynchronous aborts that have begun end first.
        kernel.flush_workqueue(&host.error.tmf_work_q).await;
        let _frame = kernel.enter("scsi_forget_host");
        // Every device that is not removed yet, from the head of the list again after each.
        loop {
            let next = host.devices.borrow().iter().find(|d| !d.is_deleted()).cloned();
            let Some(sdev) = next else { break };
            remove_device_locked(&sdev).await?;
        }
    }
    if kernel.scenario.kernel.midlayer >= Midlayer::V6_1 {
        // The reference of the last device is dropped at the end of its removal, with the scan mutex held.
        debug_assert!(host.devices.borrow().is_empty(), "no device holds the tag set");
        host.tag_set.take();
    }
    if host.set_state(HostState::Del).is_err() && host.set_state(HostState::DelRecovery).is_err() {
        return Err(kernel.bug(TrapKind::Bug, "Scsi_Host", "shost_state"));
    }
    host.users.wait_until_left(kernel).await;
    if host.visible.replace(false) {
        kernel.uevent(UeventAction::Remove, Object::FcHost(host.device));
        kernel.uevent(UeventAction::Remove, Object::Host(host.device));
    }
    Ok(())
}

/// scsi_host_put by the driver (midlayer.md 2.4).
pub fn scsi_host_put(host: &Rc<ScsiHost>) -> Sim<()> {
    let _frame = host.kernel.enter("scsi_host_put");
    host.alive(Access::Write, "shost_gendev")?;
    host.put();
    Ok(())
}

impl ScsiHost {
    /// A remote port takes a reference.
    pub(crate) fn get(&self) {
        self.references.set(self.references.get() + 1);
    }

    /// Drops a reference; with the last one the host's memory and number are free.
    pub(crate) fn put(&self) {
        self.references.set(self.references.get() - 1);
        self.release_if_unused();
    }

    /// scsi_host_dev_release. The kernel joins the error handler's thread first; here the thread itself frees the host when it
    /// ends last.
    pub(crate) fn release_if_unused(&self) {
        if self.references.get() > 0 || self.error.running.get() || self.released.get() {
            return;
        }
        self.error.tmf_work_q.free();
        if let Some(queue) = self.work_q.take() {
            queue.free();
        }
        self.tag_set.take();
        self.fc_exists.set(false);
        self.released.set(true);
        if let Some(used) = self.kernel.host_numbers.borrow_mut().get_mut(self.host_no as usize) {
            *used = false;
        }
    }
}
