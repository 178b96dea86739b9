//! Remote ports of the FC transport: added, found again, blocked (midlayer.md 3.4 to 3.6). What happens to lost ones is in
//! `rport_loss`.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use regdiff_observation::{LogId, Object, UeventAction};
use regdiff_scenario::FailPoint;

use super::command::HostByte;
use super::device::ScsiDevice;
use super::host::ScsiHost;
use super::limits::check_limits;
use super::rport_loss::{fc_rport_final_delete, fc_starget_delete, fc_timeout_deleted_rport, fc_timeout_fail_rport_io};
use super::scan::{ScanMode, scan_target};
use super::sdev_state::SdevState;
use crate::{Kernel, MidlayerFault, Sim, WaitQueue, Work, WorkQueue};

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
    /// Usable, but a user said that its path is bad; from 6.1 on.
    Marginal = 11,
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
    /// WWNN; all ones if forgotten.
    pub wwnn: Cell<u64>,
    /// Port id; all ones if forgotten.
    pub port_id: Cell<u32>,
    /// SCSI target id.
    pub target_id: u32,
    /// Maximum frame size.
    pub maxframe_size: Cell<u32>,
    /// Supported classes.
    pub supported_classes: Cell<u32>,
    /// Seconds.
    pub dev_loss_tmo: Cell<u32>,
    /// Seconds after which I/O to a blocked port fails; None is off.
    pub fast_io_fail_tmo: Cell<Option<u32>>,
    state: Cell<RportState>,
    /// FC_RPORT_FAST_FAIL_TIMEDOUT: that time is over, and the port is still blocked.
    fast_fail_timedout: Cell<bool>,
    /// State or flag changed.
    changed: WaitQueue,
    pub(crate) scan_pending: Cell<bool>,
    /// Level of the target: what its last LUN said.
    pub(crate) target_level: Cell<u8>,
    /// The target's device is in sysfs.
    pub(crate) target_visible: Cell<bool>,
    /// The target is being removed (scsi_remove_target).
    pub(crate) target_goes: Cell<bool>,
    pub(crate) works: RefCell<Option<RportWorks>>,
}

/// Work items of a remote port.
pub(crate) struct RportWorks {
    /// On `scsi_wq_N`.
    pub(crate) scan: Rc<Work>,
    /// On `fc_dl_N`, delayed.
    pub(crate) dev_loss: Rc<Work>,
    /// On `fc_dl_N`, delayed.
    pub(crate) fail_io: Rc<Work>,
    /// On `fc_wq_N`.
    pub(crate) target_delete: Rc<Work>,
    /// On `fc_wq_N`.
    pub(crate) rport_delete: Rc<Work>,
}

/// How often a driver looks whether a port is still blocked, in µs.
const BLOCK_STEP_US: u64 = 1_000_000;
/// Level that is assumed of a target before it said anything: SCSI-2.
const ASSUMED_LEVEL: u8 = 3;

impl Rport {
    /// Its state.
    pub fn state(&self) -> RportState {
        self.state.get()
    }

    /// Who waits for its state.
    pub(crate) fn changed(&self) -> &WaitQueue {
        &self.changed
    }

    pub(crate) fn set_state(&self, kernel: &Kernel, state: RportState) {
        self.state.set(state);
        self.changed.wake_all(kernel);
    }

    pub(crate) fn set_fast_fail(&self, kernel: &Kernel, timedout: bool) {
        self.fast_fail_timedout.set(timedout);
        self.changed.wake_all(kernel);
    }

    /// Online, or marginal.
    pub fn is_online(&self) -> bool {
        matches!(self.state.get(), RportState::Online | RportState::Marginal)
    }

    /// fc_remote_port_chkready: why a command cannot be sent now (midlayer.md 3.6).
    pub fn chkready(&self) -> Option<HostByte> {
        match self.state.get() {
            RportState::Online | RportState::Marginal => None,
            RportState::Blocked if self.fast_fail_timedout.get() => Some(HostByte::TransportFailfast),
            RportState::Blocked => Some(HostByte::ImmRetry),
            RportState::NotPresent | RportState::Deleted => Some(HostByte::NoConnect),
        }
    }

    /// fc_block_rport: waits while the port is blocked, in steps of 1 s. False: its I/O is to fail fast.
    ///
    /// The steps cost no turns: rest comes while the port stays blocked, as it does while the loss timer runs.
    pub async fn block(&self, kernel: &Kernel) -> bool {
        let _frame = kernel.enter("fc_block_rport");
        let start = kernel.now_us();
        let blocked = || self.state.get() == RportState::Blocked && !self.fast_fail_timedout.get();
        while blocked() {
            self.changed.wait(kernel, || !blocked()).await;
            let into_step = (kernel.now_us() - start) % BLOCK_STEP_US;
            if into_step > 0 {
                kernel.sleep_us(BLOCK_STEP_US - into_step).await;
            }
        }
        !self.fast_fail_timedout.get()
    }

    pub(crate) fn work(&self, pick: impl FnOnce(&RportWorks) -> &Rc<Work>) -> Option<Rc<Work>> {
        self.works.borrow().as_ref().map(|works| pick(works).clone())
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

    pub(crate) fn target_devices(&self, rport: &Rc<Rport>) -> Vec<Rc<ScsiDevice>> {
        self.devices.borrow().iter().filter(|d| Rc::ptr_eq(&d.rport, rport)).cloned().collect()
    }

    /// fc_queue_work, fc_queue_devloss_work: refused, with a line in the log, without a work queue.
    pub(crate) fn queue_fc_work(
        &self,
        queue: &RefCell<Option<Rc<WorkQueue>>>,
        work: Option<Rc<Work>>,
        seconds: u32,
    ) -> bool {
        let queue = queue.borrow().clone();
        match (queue, work) {
            (Some(queue), Some(work)) => {
                self.kernel.queue_background_work(&queue, &work, u64::from(seconds) * 1000);
                true
            }
            _ => {
                self.kernel.log(LogId::FcWorkRefused, self.device, 0);
                false
            }
        }
    }
}

/// fc_remote_port_add (midlayer.md 3.5). None if it cannot be created.
pub async fn fc_remote_port_add(host: &Rc<ScsiHost>, ids: RportIdentifiers) -> Sim<Option<Rc<Rport>>> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("fc_remote_port_add");
    // All earlier deletions are complete.
    flush(kernel, &host.fc_wq).await;
    let same = |r: &&Rc<Rport>| r.wwpn.get() == ids.port_name;
    let lost = |r: &&Rc<Rport>| matches!(r.state(), RportState::Blocked | RportState::NotPresent);
    let known = host.rports.borrow().iter().filter(same).find(lost).cloned();
    if let Some(rport) = known {
        take_over(kernel, &rport, ids);
        stop_loss_timers(host, &rport).await;
        unblock_and_scan(host, &rport);
        return Ok(Some(rport));
    }
    let saved = host.rport_bindings.borrow().iter().find(same).cloned();
    if let Some(rport) = saved {
        host.rport_bindings.borrow_mut().retain(|r| !Rc::ptr_eq(r, &rport));
        host.rports.borrow_mut().push(rport.clone());
        take_over(kernel, &rport, ids);
        // fc_remote_port_rolechg: it becomes a target again, and keeps its id.
        stop_loss_timers(host, &rport).await;
        flush(kernel, &host.fc_wq).await;
        unblock_and_scan(host, &rport);
        return Ok(Some(rport));
    }
    if kernel.fails(host.device, FailPoint::RportAdd) {
        return Ok(None);
    }
    create(host, ids).await.map(Some)
}

async fn flush(kernel: &Kernel, queue: &RefCell<Option<Rc<WorkQueue>>>) {
    let queue = queue.borrow().clone();
    if let Some(queue) = queue {
        kernel.flush_workqueue(&queue).await;
    }
}

fn take_over(kernel: &Kernel, rport: &Rport, ids: RportIdentifiers) {
    rport.wwnn.set(ids.node_name);
    rport.port_id.set(ids.port_id);
    rport.set_state(kernel, RportState::Online);
}

/// Cancels both timers; a loss that is under way ends first.
async fn stop_loss_timers(host: &ScsiHost, rport: &Rport) {
    rport.set_fast_fail(&host.kernel, false);
    if host.kernel.slips(MidlayerFault::LossTimerNotCancelled) {
        return;
    }
    let queue = host.fc_dl.borrow().clone();
    for work in [rport.work(|w| &w.fail_io), rport.work(|w| &w.dev_loss)] {
        if let (Some(queue), Some(work)) = (&queue, work)
            && !host.kernel.cancel_work(queue, &work)
        {
            host.kernel.flush_workqueue(queue).await;
        }
    }
}

fn unblock_and_scan(host: &Rc<ScsiHost>, rport: &Rc<Rport>) {
    if !host.kernel.slips(MidlayerFault::DevicesStayBlocked) {
        unblock_target(host, rport, SdevState::Running);
    }
    queue_scan(host, rport);
}

/// fc_remote_port_create.
async fn create(host: &Rc<ScsiHost>, ids: RportIdentifiers) -> Sim<Rc<Rport>> {
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
        fast_io_fail_tmo: Cell::new(None),
        state: Cell::new(RportState::Online),
        fast_fail_timedout: Cell::new(false),
        changed: WaitQueue::default(),
        scan_pending: Cell::new(false),
        target_level: Cell::new(ASSUMED_LEVEL),
        target_visible: Cell::new(false),
        target_goes: Cell::new(false),
        works: RefCell::default(),
    });
    set_up_works(&rport);
    host.get();
    host.rports.borrow_mut().push(rport.clone());
    host.kernel.uevent(UeventAction::Add, Object::Rport(host.device, ids.port_name));
    // The port's bsg queue.
    check_limits(host)?;
    host.kernel.make_node().await;
    queue_scan(host, &rport);
    Ok(rport)
}

fn set_up_works(rport: &Rc<Rport>) {
    /// A work item that looks port and host up when it runs.
    macro_rules! work {
        ($function:expr) => {{
            let weak = Rc::downgrade(rport);
            Work::new(move || {
                let rport = weak.upgrade();
                async move {
                    let Some(rport) = rport else { return Ok(()) };
                    let Some(host) = rport.host.upgrade() else { return Ok(()) };
                    $function(&host, &rport).await
                }
            })
        }};
    }
    *rport.works.borrow_mut() = Some(RportWorks {
        scan: work!(fc_scsi_scan_rport),
        dev_loss: work!(fc_timeout_deleted_rport),
        fail_io: work!(fc_timeout_fail_rport_io),
        target_delete: work!(fc_starget_delete),
        rport_delete: work!(fc_rport_final_delete),
    });
}

fn queue_scan(host: &Rc<ScsiHost>, rport: &Rc<Rport>) {
    let queue = host.work_q.borrow().clone();
    if let (Some(queue), Some(work)) = (queue, rport.work(|w| &w.scan)) {
        rport.scan_pending.set(true);
        host.kernel.queue_work(&queue, &work);
    }
}

/// Devices that (un)blocking a port reaches: those of its target, once that is in sysfs. Before, it is no child of the port, and
/// the device that is being scanned stays as it is. midlayer.md has nothing of it; only where turns are real it is so.
fn blockable(host: &ScsiHost, rport: &Rc<Rport>) -> Vec<Rc<ScsiDevice>> {
    if rport.target_visible.get() || !host.kernel.switches.real_turns { host.target_devices(rport) } else { Vec::new() }
}

/// scsi_target_block.
fn block_target(host: &ScsiHost, rport: &Rc<Rport>) {
    blockable(host, rport).iter().for_each(|sdev| sdev.block());
}

/// scsi_target_unblock.
pub(crate) fn unblock_target(host: &ScsiHost, rport: &Rc<Rport>, to: SdevState) {
    blockable(host, rport).iter().for_each(|sdev| sdev.unblock(to));
}

/// fc_scsi_scan_rport: the scan work of a remote port (midlayer.md 4.1).
async fn fc_scsi_scan_rport(host: &Rc<ScsiHost>, rport: &Rc<Rport>) -> Sim<()> {
    let _frame = host.kernel.enter("fc_scsi_scan_rport");
    if rport.is_online() {
        scan_target(host, rport, None, ScanMode::Rescan).await?;
    }
    rport.scan_pending.set(false);
    Ok(())
}

/// fc_remote_port_delete (midlayer.md 3.5): blocks the port and arms its timers.
pub fn fc_remote_port_delete(kernel: &Rc<Kernel>, rport: &Rc<Rport>) {
    let _frame = kernel.enter("fc_remote_port_delete");
    let Some(host) = rport.host.upgrade() else { return };
    if !rport.is_online() {
        return;
    }
    rport.set_state(kernel, RportState::Blocked);
    block_target(&host, rport);
    let dev_loss = rport.dev_loss_tmo.get();
    if let Some(seconds) = rport.fast_io_fail_tmo.get().filter(|seconds| *seconds < dev_loss) {
        host.queue_fc_work(&host.fc_dl, rport.work(|w| &w.fail_io), seconds);
    }
    host.queue_fc_work(&host.fc_dl, rport.work(|w| &w.dev_loss), dev_loss);
}
