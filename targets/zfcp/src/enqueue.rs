//! Setting adapters and ports up, and taking them down (driver.md 4; zfcp_aux.c).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use regdiff_kernel::scsi::Errno;
use regdiff_kernel::{AttributeUsers, Kernel, Oops, Sim, WaitQueue, Work, WorkQueue};
use regdiff_observation::{Access, Leftover, LogId, TrapKind};
use regdiff_scenario::{AdapterFeatures, Behaviours, ConnectionFeatures, Context, FailPoint, Point};

use crate::ccw::CcwDevice;
use crate::diag::Diagnostics;
use crate::erp::{ErpAction, erp_thread};
use crate::fault::DriverFault;
use crate::fc;
use crate::fence::Fence;
use crate::fsf;
use crate::objects::{Adapter, AdapterWorks, Driver};
use crate::register::{adapter_register, adapter_unregister};

/// Status reads of a new adapter.
const STATUS_READS: u32 = 16;

/// Steps of an enqueue that can fail before the adapter can be found (driver.md 4.1, steps 1 to 12).
const EARLY: [FailPoint; 10] = [
    FailPoint::CcwReference,
    FailPoint::AdapterAlloc,
    FailPoint::DiagAlloc,
    FailPoint::QdioAlloc,
    FailPoint::PoolsAlloc,
    FailPoint::ReqListAlloc,
    FailPoint::DbfRegister,
    FailPoint::WorkQueueAlloc,
    FailPoint::GsAlloc,
    FailPoint::ErpThread,
];

/// zfcp_adapter_enqueue.
pub(crate) async fn adapter_enqueue(driver: &Rc<Driver>, ccw: &Rc<CcwDevice>) -> Sim<Result<Rc<Adapter>, Errno>> {
    let kernel = &driver.kernel;
    let _frame = kernel.enter("zfcp_adapter_enqueue");
    kernel.sets_up_adapter();
    let device = ccw.index;
    for point in EARLY {
        if kernel.fails(device, point) {
            return Ok(Err(fail_early(driver, device, point)?));
        }
    }
    let adapter = new_adapter(driver, ccw);
    setup_works(&adapter);
    kernel.spawn(Context::Erp, device, erp_thread(adapter.clone()));
    adapter.erp_thread.set(true);
    *ccw.adapter.borrow_mut() = Some(adapter.clone());
    if kernel.fails(device, FailPoint::SysfsAdapter) || kernel.fails(device, FailPoint::SysfsDiagnostics) {
        undo(&adapter, ccw).await?;
        return Ok(Err(Errno::ENOMEM));
    }
    adapter.attributes.set(true);
    kernel.point(Point::OnlineEnqueued).await;
    if !adapter.fence(Fence::NoRegisterAtEnqueue) && adapter_register(&adapter).await?.is_err() {
        undo(&adapter, ccw).await?;
        return Ok(Err(Errno::ENOMEM));
    }
    Ok(Ok(adapter))
}

/// A failure before there is a recovery thread: once the adapter is allocated, undo stops that thread all the same. The kernel lane
/// shows it on 6.1; 5.7 has the same lines.
fn fail_early(driver: &Driver, device: u8, point: FailPoint) -> Sim<Errno> {
    match point {
        FailPoint::CcwReference => return Ok(Errno::ENODEV),
        FailPoint::AdapterAlloc => return Ok(Errno::ENOMEM),
        FailPoint::ErpThread => driver.kernel.log(LogId::ThreadFailed, device, 0),
        _ => {}
    }
    if undo_removes_groups(driver) {
        driver.kernel.log(LogId::SysfsGroupMissing, device, 0);
    }
    let _frame = driver.kernel.enter("zfcp_erp_thread_kill");
    Err(no_thread(&driver.kernel))
}

/// Whether the undo of a failed enqueue removes attribute groups, whether they were added or not (driver.md 4.2).
fn undo_removes_groups(driver: &Driver) -> bool {
    !driver.fence(Fence::EnqueueUndo) || !driver.kernel.scenario.kernel.behaviours.has(Behaviours::ENQUEUE_UNDO_INLINE)
}

fn new_adapter(driver: &Rc<Driver>, ccw: &Rc<CcwDevice>) -> Rc<Adapter> {
    let kernel = &driver.kernel;
    let device = ccw.index;
    let now = kernel.now_us();
    let status_reads = if driver.slips(DriverFault::OneStatusReadAtFirst) { 1 } else { STATUS_READS };
    let adapter = Rc::new(Adapter {
        driver: driver.clone(),
        kernel: kernel.clone(),
        device,
        ccw: Rc::downgrade(ccw),
        status: Cell::new(0),
        scsi_host: RefCell::default(),
        hydra_version: Cell::new(0),
        fsf_lic_version: Cell::new(0),
        hardware_version: Cell::new(0),
        adapter_features: Cell::new(AdapterFeatures(0)),
        connection_features: Cell::new(ConnectionFeatures(0)),
        peer_wwpn: Cell::new(0),
        peer_wwnn: Cell::new(0),
        peer_d_id: Cell::new(0),
        timer_ticks: Cell::new(0),
        stat_read_buf_num: Cell::new(status_reads),
        stat_miss: Cell::new(0),
        fc_security_algorithms: Cell::new(0),
        max_sbale_per_req: Cell::new(0),
        req_no: Cell::new(0),
        req_list: RefCell::default(),
        status_reads: Cell::new(0),
        req_q_wq: WaitQueue::default(),
        req_q_full: Cell::new(0),
        queue_epoch: Cell::new(0),
        erp_ready: RefCell::default(),
        erp_running: RefCell::default(),
        erp_action: ErpAction::default(),
        erp_counter: Cell::new(0),
        erp_total_count: Cell::new(0),
        erp_low_mem_count: Cell::new(0),
        erp_thread: Cell::new(false),
        erp_thread_stop: Cell::new(false),
        erp_thread_ended: Cell::new(false),
        erp_ready_wq: WaitQueue::default(),
        erp_done_wqh: WaitQueue::default(),
        port_list: RefCell::default(),
        unlisted: RefCell::default(),
        gs: Default::default(),
        work_queue: RefCell::new(Some(WorkQueue::ordered(Context::AdapterWq, device))),
        system_wq: WorkQueue::concurrent(Context::AdapterWq, device),
        works: RefCell::default(),
        next_port_scan: Cell::new(kernel.jiffies_ms(now / 1000, false)),
        events: RefCell::default(),
        diagnostics: Diagnostics::new(now),
        stats_reset: Cell::new(None),
        users: AttributeUsers::default(),
        service_level: Cell::new(false),
        attributes: Cell::new(false),
        references: Cell::new(1),
        released: Cell::new(false),
        myself: RefCell::default(),
    });
    *adapter.myself.borrow_mut() = Rc::downgrade(&adapter);
    adapter
}

fn setup_works(adapter: &Rc<Adapter>) {
    /// A work item that looks its adapter up when it runs.
    macro_rules! work {
        ($function:expr) => {{
            let weak = Rc::downgrade(adapter);
            Work::new(move || {
                let adapter = weak.upgrade();
                async move {
                    match adapter {
                        Some(adapter) => $function(&adapter).await,
                        None => Ok(()),
                    }
                }
            })
        }};
    }
    *adapter.works.borrow_mut() = Some(AdapterWorks {
        scan: work!(async |a: &Rc<Adapter>| fc::scan_ports(a).await),
        stat: work!(async |a: &Rc<Adapter>| {
            let _frame = a.kernel.enter("_zfcp_status_read_scheduler");
            a.kernel.point(Point::StatWork).await;
            if a.slips(DriverFault::StatusReadsNotRefilled) {
                return Ok(());
            }
            fsf::status_read_refill(a).await.map(|_| ())
        }),
        ns_up: work!(async |a: &Rc<Adapter>| fc::ns_up_work(a).await),
        events: work!(async |a: &Rc<Adapter>| fc::post_events_work(a)),
        version_change_lost: work!(async |a: &Rc<Adapter>| {
            let _frame = a.kernel.enter("zfcp_version_change_lost_work");
            fsf::exchange_config_data_sync(a).await.map(|_| ())
        }),
    });
    fc::wka_ports_setup(adapter);
}

/// What a failed enqueue takes back (driver.md 4.2).
async fn undo(adapter: &Rc<Adapter>, ccw: &Rc<CcwDevice>) -> Sim<()> {
    let missing = !adapter.attributes.get() && undo_removes_groups(&adapter.driver);
    unregister_parts(adapter, missing).await?;
    release(adapter, ccw);
    Ok(())
}

/// zfcp_adapter_unregister, then the base reference goes.
pub(crate) async fn unregister(adapter: &Rc<Adapter>, ccw: &Rc<CcwDevice>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_adapter_unregister");
    unregister_parts(adapter, false).await?;
    release(adapter, ccw);
    Ok(())
}

/// The steps of driver.md 4.3; `missing`: groups are removed that are not there.
async fn unregister_parts(adapter: &Rc<Adapter>, missing: bool) -> Sim<()> {
    let kernel = &adapter.kernel;
    adapter.alive(Access::Write, "scan_work")?;
    let (queue, works) = {
        let works = adapter.works.borrow();
        let list: Vec<Rc<Work>> = works
            .iter()
            .flat_map(|w| [w.scan.clone(), w.stat.clone(), w.ns_up.clone(), w.version_change_lost.clone()])
            .collect();
        (adapter.work_queue(), list)
    };
    if let Some(queue) = queue {
        for work in &works {
            kernel.cancel_work_sync(&queue, work).await;
        }
        kernel.point(Point::UnregisterWorks).await;
        kernel.destroy_workqueue(&queue).await;
        adapter.work_queue.take();
    }
    fc::wka_ports_force_offline(adapter).await;
    adapter_unregister(adapter).await?;
    adapter.alive(Access::Write, "scsi_host")?;
    if adapter.attributes.replace(false) {
        adapter.users.wait_until_left(kernel).await;
    }
    if missing {
        kernel.log(LogId::SysfsGroupMissing, adapter.device, 0);
    }
    erp_thread_kill(adapter).await
}

/// kthread_stop of a thread that was never started, or was stopped before: nobody looks whether there is one.
fn no_thread(kernel: &Kernel) -> Oops {
    let _frame = kernel.enter("kthread_stop");
    kernel.trap(TrapKind::NullAccess, Access::Write, "task_struct", "usage", None, 4, None)
}

/// zfcp_erp_thread_kill.
pub(crate) async fn erp_thread_kill(adapter: &Rc<Adapter>) -> Sim<()> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_erp_thread_kill");
    if !adapter.erp_thread.get() {
        return Err(no_thread(kernel));
    }
    adapter.erp_thread.set(false);
    adapter.erp_thread_stop.set(true);
    adapter.erp_ready_wq.wake_all(kernel);
    adapter.erp_ready_wq.wait(kernel, || adapter.erp_thread_ended.get()).await;
    if !adapter.erp_ready.borrow().is_empty() || !adapter.erp_running.borrow().is_empty() {
        kernel.log(LogId::ErpLeftover, adapter.device, 0);
    }
    Ok(())
}

/// zfcp_free_low_mem_buffers: before 6.1 one of the eight pools is forgotten.
fn free_pools(driver: &Driver, device: u8) {
    if !driver.kernel.scenario.kernel.behaviours.has(Behaviours::GID_PN_POOL_FREED) {
        driver.kernel.leftover(Leftover { device, what: "gid_pn_req pool", function: "zfcp_free_low_mem_buffers" });
    }
}

/// zfcp_adapter_release.
fn release(adapter: &Rc<Adapter>, ccw: &Rc<CcwDevice>) {
    adapter.released.set(true);
    adapter.service_level.set(false);
    free_pools(&adapter.driver, adapter.device);
    ccw.adapter.take();
}
