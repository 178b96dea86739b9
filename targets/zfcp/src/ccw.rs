//! The channel device: online, offline, removal, notification (driver.md 3; zfcp_ccw.c).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use regdiff_kernel::scsi::Errno;
use regdiff_kernel::{Mutex, Sim};
use regdiff_observation::{LogId, TrapKind};
use regdiff_scenario::step::NotifyEvent;
use regdiff_scenario::{Behaviours, Point};

use crate::enqueue::{adapter_enqueue, unregister};
use crate::erp::{adapter_reopen, adapter_shutdown, clear_adapter_status, erp_wait, set_adapter_status};
use crate::fc;
use crate::objects::{Adapter, Driver};
use crate::port_enqueue::port_unregister;
use crate::reference::AdapterRef;
use crate::status::{ADAPTER_SUSPENDED, COMMON_ERP_FAILED, COMMON_RUNNING};

/// A ccw device as the channel layer sees it.
pub(crate) struct CcwDevice {
    pub(crate) index: u8,
    pub(crate) online: Cell<bool>,
    /// Online for the channel: before the driver's set_online begins, until its set_offline has returned.
    pub(crate) channel_online: Cell<bool>,
    /// An on- or offline write is being processed; a second one gets EAGAIN.
    onoff: Cell<bool>,
    /// Unbind and shutdown wait for it.
    lock: Mutex,
    /// Bound to the driver.
    pub(crate) bound: Cell<bool>,
    /// The driver data.
    pub(crate) adapter: RefCell<Option<Rc<Adapter>>>,
    /// An adapter that was freed while its objects were still published.
    pub(crate) orphan: RefCell<Option<Rc<Adapter>>>,
}

impl CcwDevice {
    pub(crate) fn new(index: u8) -> Rc<Self> {
        Rc::new(Self {
            index,
            online: Cell::new(false),
            channel_online: Cell::new(false),
            onoff: Cell::new(false),
            lock: Mutex::default(),
            bound: Cell::new(true),
            adapter: RefCell::default(),
            orphan: RefCell::default(),
        })
    }

    pub(crate) fn adapter(&self) -> Option<Rc<Adapter>> {
        self.adapter.borrow().clone()
    }

    /// Online, or on the way there or back.
    pub(crate) fn is_in_use(&self) -> bool {
        self.online.get() || self.onoff.get() || self.channel_online.get() || self.lock.is_locked()
    }

    /// The adapter that objects of this device lead to, freed or not.
    pub(crate) fn adapter_or_orphan(&self) -> Option<Rc<Adapter>> {
        self.adapter().or_else(|| self.orphan.borrow().clone())
    }
}

/// A write of 1 to `online`.
pub(crate) async fn ccw_device_set_online(driver: &Rc<Driver>, ccw: &Rc<CcwDevice>) -> Sim<Result<(), Errno>> {
    if ccw.onoff.replace(true) {
        return Ok(Err(Errno::EAGAIN));
    }
    let _guard = ccw.lock.lock(&driver.kernel).await;
    let result = if !ccw.bound.get() || ccw.online.get() {
        Err(Errno::EINVAL)
    } else {
        ccw.channel_online.set(true);
        let result = set_online(driver, ccw).await?;
        ccw.online.set(result.is_ok());
        ccw.channel_online.set(result.is_ok());
        result
    };
    ccw.onoff.set(false);
    Ok(result)
}

/// zfcp_ccw_set_online: recovery's outcome is not looked at.
async fn set_online(driver: &Rc<Driver>, ccw: &Rc<CcwDevice>) -> Sim<Result<(), Errno>> {
    let kernel = &driver.kernel;
    let _frame = kernel.enter("zfcp_ccw_set_online");
    let adapter = match ccw.look_up() {
        Some(adapter) => adapter,
        None => match adapter_enqueue(driver, ccw).await? {
            Ok(adapter) => AdapterRef::of(adapter),
            Err(error) => {
                kernel.log(LogId::EnqueueFailed, ccw.index, 0);
                return Ok(Err(error));
            }
        },
    };
    if !adapter.req_list.borrow().is_empty() {
        return Err(kernel.bug(TrapKind::Bug, "zfcp_adapter", "req_list"));
    }
    adapter.req_no.set(0);
    activate(&adapter, 0, "ccsonl1").await?;
    fc::inverse_conditional_port_scan(&adapter);
    flush_scan(&adapter).await;
    kernel.point(Point::OnlineScanned).await;
    Ok(Ok(()))
}

async fn flush_scan(adapter: &Rc<Adapter>) {
    let scan = adapter.works.borrow().as_ref().map(|w| w.scan.clone());
    if let Some(scan) = scan {
        adapter.kernel.flush_work(&scan).await;
    }
}

/// zfcp_ccw_activate.
async fn activate(adapter: &Rc<Adapter>, clear: u32, tag: &'static str) -> Sim<()> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_ccw_activate");
    clear_adapter_status(adapter, clear)?;
    set_adapter_status(adapter, COMMON_RUNNING)?;
    adapter_reopen(adapter, COMMON_ERP_FAILED, tag)?;
    kernel.point(Point::OnlineTriggered).await;
    let backoff = adapter.driver.module.borrow().port_scan_backoff;
    // The kernel draws below the bound, 0 included.
    let sleep = kernel.draw(Point::DrawOnlineBackoff, backoff.saturating_sub(1));
    kernel.point(Point::OnlineBackoff).await;
    kernel.msleep(sleep.into()).await;
    erp_wait(adapter).await;
    kernel.point(Point::OnlineRecovered).await;
    flush_scan(adapter).await;
    Ok(())
}

/// A write of 0 to `online`; refused for a device that is not online.
pub(crate) async fn ccw_device_set_offline(driver: &Rc<Driver>, ccw: &Rc<CcwDevice>) -> Sim<Result<(), Errno>> {
    if ccw.onoff.replace(true) {
        return Ok(Err(Errno::EAGAIN));
    }
    let _guard = ccw.lock.lock(&driver.kernel).await;
    let result = channel_set_offline(driver, ccw).await;
    ccw.onoff.set(false);
    result
}

async fn channel_set_offline(driver: &Rc<Driver>, ccw: &Rc<CcwDevice>) -> Sim<Result<(), Errno>> {
    if !ccw.online.get() {
        return Ok(Err(Errno::EINVAL));
    }
    let _frame = driver.kernel.enter("zfcp_ccw_set_offline");
    offline_sync(ccw, 0, "ccsoff1").await?;
    ccw.online.set(false);
    ccw.channel_online.set(false);
    Ok(Ok(()))
}

/// zfcp_ccw_offline_sync.
async fn offline_sync(ccw: &Rc<CcwDevice>, set: u32, tag: &'static str) -> Sim<()> {
    let Some(adapter) = ccw.look_up() else { return Ok(()) };
    set_adapter_status(&adapter, set)?;
    adapter_shutdown(&adapter, 0, tag)?;
    erp_wait(&adapter).await;
    Ok(())
}

/// zfcp_ccw_remove: unbind.
pub(crate) async fn remove(driver: &Rc<Driver>, ccw: &Rc<CcwDevice>) -> Sim<Result<(), Errno>> {
    let kernel = &driver.kernel;
    let _guard = ccw.lock.lock(kernel).await;
    if !ccw.bound.replace(false) {
        return Ok(Err(Errno::ENODEV));
    }
    let _frame = kernel.enter("zfcp_ccw_remove");
    // A device that is not online is refused, and that is ignored.
    let _ = channel_set_offline(driver, ccw).await?;
    let Some(adapter) = ccw.adapter() else { return Ok(Ok(())) };
    let mut ports = adapter.port_list.take();
    let in_order = adapter.behaves(Behaviours::REMOVE_IN_LIST_ORDER);
    let mut units: Vec<_> = ports
        .iter()
        .rev()
        .flat_map(|port| {
            let mut units = port.unit_list.take();
            if !in_order {
                units.reverse();
            }
            units
        })
        .collect();
    for unit in units.drain(..) {
        unit.users.wait_until_left(kernel).await;
    }
    if !in_order {
        ports.reverse();
    }
    for port in &ports {
        port_unregister(&adapter, port).await;
    }
    adapter.unlisted.borrow_mut().append(&mut ports);
    unregister(&adapter, ccw).await?;
    Ok(Ok(()))
}

/// zfcp_ccw_shutdown.
pub(crate) async fn shutdown(driver: &Rc<Driver>, ccw: &Rc<CcwDevice>) -> Sim<()> {
    let kernel = &driver.kernel;
    let _guard = ccw.lock.lock(kernel).await;
    let _frame = kernel.enter("zfcp_ccw_shutdown");
    let Some(adapter) = ccw.look_up() else { return Ok(()) };
    adapter_shutdown(&adapter, 0, "ccshut1")?;
    erp_wait(&adapter).await;
    crate::enqueue::erp_thread_kill(&adapter).await
}

/// Suspend and resume, before 6.1. None: the kernel has none.
pub(crate) async fn power(driver: &Rc<Driver>, ccw: &Rc<CcwDevice>, what: Power) -> Sim<Result<(), Errno>> {
    let _guard = ccw.lock.lock(&driver.kernel).await;
    let Some(adapter) = ccw.look_up() else { return Ok(Err(Errno::ENODEV)) };
    if adapter.behaves(Behaviours::NO_SUSPEND) {
        return Ok(Err(Errno::EOPNOTSUPP));
    }
    match what {
        Power::Freeze => offline_sync(ccw, ADAPTER_SUSPENDED, "ccsusp1").await?,
        Power::Thaw => activate(&adapter, 0, "ccthaw1").await?,
        Power::Restore => activate(&adapter, ADAPTER_SUSPENDED, "ccresu1").await?,
    }
    Ok(Ok(()))
}

/// What the power management asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    Freeze,
    Thaw,
    Restore,
}

/// zfcp_ccw_notify; the channel layer (ccw_device_notify) calls it for online devices only: no callback, no result of one.
pub(crate) fn notify(ccw: &Rc<CcwDevice>, event: NotifyEvent) -> Sim<i64> {
    let Some(adapter) = ccw.adapter().filter(|_| ccw.online.get()) else { return Ok(0) };
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_ccw_notify");
    let suspended = adapter.has(ADAPTER_SUSPENDED);
    match event {
        NotifyEvent::Gone if !suspended => {
            kernel.log(LogId::Gone, ccw.index, 0);
            adapter_shutdown(&adapter, 0, "ccnoti1")?;
        }
        NotifyEvent::NoPath => {
            kernel.log(LogId::NoPath, ccw.index, 0);
            adapter_shutdown(&adapter, 0, "ccnoti2")?;
        }
        NotifyEvent::Oper if !suspended => {
            kernel.log(LogId::Oper, ccw.index, 0);
            set_adapter_status(&adapter, COMMON_RUNNING)?;
            adapter_reopen(&adapter, COMMON_ERP_FAILED, "ccnoti4")?;
        }
        NotifyEvent::Boxed => {
            kernel.log(LogId::Boxed, ccw.index, 0);
            adapter_shutdown(&adapter, 0, "ccnoti5")?;
        }
        NotifyEvent::Gone | NotifyEvent::Oper => {}
    }
    Ok(1)
}
