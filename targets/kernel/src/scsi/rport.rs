//! Remote ports of the FC transport (midlayer.md 3.4 to 3.7).

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use regdiff_observation::{LogId, Object, UeventAction};
use regdiff_scenario::FailPoint;

use super::device::{SdevState, remove_device};
use super::host::ScsiHost;
use super::scan::{ScanMode, scan_target};
use crate::{Kernel, Sim, Work};

/// Port states with their numbers in sysfs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RportState {
    /// Dev-loss fired; the binding is kept.
    NotPresent = 1,
    /// Usable.
    Online = 2,
    /// Lost, waiting for dev-loss.
    Blocked = 4,
    /// Final.
    Deleted = 10,
}

/// What a driver knows of a remote port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the kernel's")]
pub struct RportIdentifiers {
    pub node_name: u64,
    pub port_name: u64,
    pub port_id: u32,
}

/// A remote port with the FCP target role: the only role zfcp gives.
pub struct Rport {
    pub(crate) host: Weak<ScsiHost>,
    /// N of rport-H:0-N.
    pub number: u32,
    /// WWPN: the binding key.
    pub wwpn: Cell<u64>,
    /// WWNN.
    pub wwnn: Cell<u64>,
    /// Port id.
    pub port_id: Cell<u32>,
    /// SCSI target id.
    pub target_id: u32,
    /// Maximum frame size.
    pub maxframe_size: Cell<u32>,
    /// Supported classes.
    pub supported_classes: Cell<u32>,
    /// Seconds.
    pub dev_loss_tmo: Cell<u32>,
    pub(crate) state: Cell<RportState>,
    pub(crate) scan_pending: Cell<bool>,
    scan_work: RefCell<Option<Rc<Work>>>,
    dev_loss_work: RefCell<Option<Rc<Work>>>,
}

impl Rport {
    /// Its state.
    pub fn state(&self) -> RportState {
        self.state.get()
    }

    /// fc_remote_port_chkready (midlayer.md 3.6).
    pub fn is_ready(&self) -> bool {
        self.state.get() == RportState::Online
    }
}

impl ScsiHost {
    /// Remote ports that are not just saved bindings.
    pub fn rports(&self) -> Vec<Rc<Rport>> {
        self.rports.borrow().clone()
    }

    /// Saved bindings: remote ports whose loss timer ran out.
    pub fn lost_rports(&self) -> Vec<Rc<Rport>> {
        self.rport_bindings.borrow().clone()
    }

    fn target_devices(&self, rport: &Rc<Rport>) -> Vec<Rc<super::ScsiDevice>> {
        self.devices.borrow().iter().filter(|d| Rc::ptr_eq(&d.rport, rport)).cloned().collect()
    }
}

/// fc_remote_port_add (midlayer.md 3.5). None if it cannot be created.
pub async fn fc_remote_port_add(host: &Rc<ScsiHost>, ids: RportIdentifiers) -> Sim<Option<Rc<Rport>>> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("fc_remote_port_add");
    let fc_wq = host.fc_wq.borrow().clone();
    if let Some(queue) = fc_wq {
        kernel.flush_workqueue(&queue).await;
    }
    if kernel.fails(host.device, FailPoint::RportAdd) {
        return Ok(None);
    }
    let known = host
        .rports
        .borrow()
        .iter()
        .find(|r| {
            matches!(r.state.get(), RportState::Blocked | RportState::NotPresent) && r.wwpn.get() == ids.port_name
        })
        .cloned();
    if let Some(rport) = known {
        revive(host, &rport, ids);
        return Ok(Some(rport));
    }
    let binding = host.rport_bindings.borrow().iter().position(|r| r.wwpn.get() == ids.port_name);
    if let Some(index) = binding {
        let rport = host.rport_bindings.borrow_mut().remove(index);
        host.rports.borrow_mut().push(rport.clone());
        kernel.uevent(UeventAction::Add, Object::Target(host.device, ids.port_name));
        revive(host, &rport, ids);
        return Ok(Some(rport));
    }
    Ok(Some(create(host, ids)))
}

fn revive(host: &Rc<ScsiHost>, rport: &Rc<Rport>, ids: RportIdentifiers) {
    let kernel = &host.kernel;
    rport.wwnn.set(ids.node_name);
    rport.port_id.set(ids.port_id);
    rport.state.set(RportState::Online);
    if let (Some(queue), Some(work)) = (&*host.fc_dl.borrow(), &*rport.dev_loss_work.borrow()) {
        kernel.cancel_work(queue, work);
    }
    for sdev in host.target_devices(rport) {
        sdev.unblock(SdevState::Running);
    }
    queue_scan(host, rport);
}

fn create(host: &Rc<ScsiHost>, ids: RportIdentifiers) -> Rc<Rport> {
    let next = |counter: &Cell<u32>| counter.replace(counter.get() + 1);
    let rport = Rc::new(Rport {
        host: Rc::downgrade(host),
        number: next(&host.fc.next_rport_number),
        wwpn: Cell::new(ids.port_name),
        wwnn: Cell::new(ids.node_name),
        port_id: Cell::new(ids.port_id),
        target_id: next(&host.fc.next_target_id),
        maxframe_size: Cell::new(u32::MAX),
        supported_classes: Cell::new(0),
        dev_loss_tmo: Cell::new(host.fc.dev_loss_tmo.get()),
        state: Cell::new(RportState::Online),
        scan_pending: Cell::new(false),
        scan_work: RefCell::default(),
        dev_loss_work: RefCell::default(),
    });
    let weak = Rc::downgrade(&rport);
    *rport.scan_work.borrow_mut() = Some(Work::new({
        let weak = weak.clone();
        move || fc_scsi_scan_rport(weak.clone())
    }));
    *rport.dev_loss_work.borrow_mut() = Some(Work::new(move || fc_timeout_deleted_rport(weak.clone())));
    host.rports.borrow_mut().push(rport.clone());
    host.kernel.uevent(UeventAction::Add, Object::Rport(host.device, ids.port_name));
    host.kernel.uevent(UeventAction::Add, Object::Target(host.device, ids.port_name));
    queue_scan(host, &rport);
    rport
}

fn queue_scan(host: &Rc<ScsiHost>, rport: &Rc<Rport>) {
    let (queue, work) = (host.work_q.borrow().clone(), rport.scan_work.borrow().clone());
    if let (Some(queue), Some(work)) = (queue, work) {
        rport.scan_pending.set(true);
        host.kernel.queue_work(&queue, &work);
    }
}

/// fc_scsi_scan_rport: the scan work of a remote port (midlayer.md 4.1).
async fn fc_scsi_scan_rport(rport: Weak<Rport>) -> Sim<()> {
    let Some(rport) = rport.upgrade() else { return Ok(()) };
    let Some(host) = rport.host.upgrade() else { return Ok(()) };
    let kernel = host.kernel.clone();
    let _frame = kernel.enter("fc_scsi_scan_rport");
    if rport.state.get() == RportState::Online {
        scan_target(&host, &rport, None, ScanMode::Rescan).await?;
    }
    rport.scan_pending.set(false);
    Ok(())
}

/// fc_remote_port_delete (midlayer.md 3.5): blocks the port and arms its loss timer.
pub fn fc_remote_port_delete(kernel: &Rc<Kernel>, rport: &Rc<Rport>) {
    let _frame = kernel.enter("fc_remote_port_delete");
    let Some(host) = rport.host.upgrade() else { return };
    if rport.state.get() != RportState::Online {
        return;
    }
    rport.state.set(RportState::Blocked);
    for sdev in host.target_devices(rport) {
        sdev.block();
    }
    let (queue, work) = (host.fc_dl.borrow().clone(), rport.dev_loss_work.borrow().clone());
    match (queue, work) {
        (Some(queue), Some(work)) if !queue.is_destroyed() => {
            kernel.queue_background_work(&queue, &work, u64::from(rport.dev_loss_tmo.get()) * 1000);
        }
        _ => kernel.log(LogId::FcWorkRefused, host.device, 0),
    }
}

/// fc_timeout_deleted_rport: the loss timer ran out (midlayer.md 3.5).
async fn fc_timeout_deleted_rport(rport: Weak<Rport>) -> Sim<()> {
    let Some(rport) = rport.upgrade() else { return Ok(()) };
    let Some(host) = rport.host.upgrade() else { return Ok(()) };
    let kernel = host.kernel.clone();
    let _frame = kernel.enter("fc_timeout_deleted_rport");
    kernel.log(LogId::RportLost, host.device, rport.wwpn.get());
    if rport.state.get() != RportState::Blocked {
        return Ok(());
    }
    rport.state.set(RportState::NotPresent);
    host.rports.borrow_mut().retain(|r| !Rc::ptr_eq(r, &rport));
    host.rport_bindings.borrow_mut().push(rport.clone());
    terminate_io(&host, &rport)?;
    rport.maxframe_size.set(u32::MAX);
    rport.supported_classes.set(0);
    remove_target(&host, &rport).await
}

/// fc_terminate_rport_io: the driver ends its I/O, waiting requests fail.
fn terminate_io(host: &Rc<ScsiHost>, rport: &Rc<Rport>) -> Sim<()> {
    let _frame = host.kernel.enter("fc_terminate_rport_io");
    if let Some(driver) = host.driver.upgrade() {
        driver.terminate_rport_io(rport)?;
    }
    for sdev in host.target_devices(rport) {
        sdev.unblock(SdevState::TransportOffline);
    }
    Ok(())
}

async fn remove_target(host: &Rc<ScsiHost>, rport: &Rc<Rport>) -> Sim<()> {
    for sdev in host.target_devices(rport) {
        let _guard = host.scan_mutex.lock(&host.kernel).await;
        remove_device(&sdev).await?;
    }
    host.kernel.uevent(UeventAction::Remove, Object::Target(host.device, rport.wwpn.get()));
    Ok(())
}

/// fc_remove_host (midlayer.md 3.7): ends scans, deletes every remote port.
pub async fn fc_remove_host(host: &Rc<ScsiHost>) -> Sim<()> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("fc_remove_host");
    host.fc_host(regdiff_observation::Access::Read, "rports")?;
    let active = host.rports.take();
    let saved = host.rport_bindings.take();
    for rport in active.iter().chain(&saved) {
        rport.state.set(RportState::Deleted);
    }
    let (work_q, fc_wq, fc_dl) =
        (host.work_q.borrow().clone(), host.fc_wq.borrow().clone(), host.fc_dl.borrow().clone());
    if let Some(queue) = work_q {
        kernel.flush_workqueue(&queue).await;
    }
    for rport in active.iter().chain(&saved) {
        if let (Some(queue), Some(work)) = (&fc_dl, &*rport.dev_loss_work.borrow()) {
            kernel.cancel_work(queue, work);
        }
    }
    for rport in &active {
        terminate_io(host, rport)?;
        remove_target(host, rport).await?;
    }
    for rport in active.iter().chain(&saved) {
        kernel.uevent(UeventAction::Remove, Object::Rport(host.device, rport.wwpn.get()));
    }
    for queue in [fc_wq, fc_dl].into_iter().flatten() {
        kernel.destroy_workqueue(&queue).await;
    }
    Ok(())
}
