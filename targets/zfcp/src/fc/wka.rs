//! Well-known ports are opened on demand and closed with a delay (driver.md 13.1).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use regdiff_kernel::{Mutex, Sim, WaitQueue, Work, WorkQueue};
use regdiff_observation::Access;
use regdiff_scenario::Behaviours;

use crate::fault::DriverFault;
use crate::fsf;
use crate::objects::Adapter;

/// State of a well-known port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum WkaStatus {
    #[default]
    Offline,
    Closing,
    Opening,
    Online,
}

/// A well-known port.
#[derive(Default)]
pub(crate) struct WkaPort {
    pub(crate) status: Cell<WkaStatus>,
    pub(crate) refcount: Cell<u32>,
    pub(crate) handle: Cell<u32>,
    pub(crate) opened: WaitQueue,
    pub(crate) mutex: Mutex,
    pub(crate) close_work: RefCell<Option<Rc<Work>>>,
}

/// Index of the directory server, in the order of [`regdiff_channel::Service::ALL`].
pub(crate) const DIRECTORY: usize = 2;
/// Time before an unused port is closed, in ms.
const CLOSE_DELAY: u64 = 10;

/// zfcp_fc_wka_port_get: false if the service cannot be had.
pub(crate) async fn wka_port_get(adapter: &Rc<Adapter>, index: usize) -> Sim<bool> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_fc_wka_port_get");
    let wka = &adapter.gs[index];
    let held = adapter.behaves(Behaviours::WKA_MUTEX_HELD);
    let guard = wka.mutex.lock(kernel).await;
    if matches!(wka.status.get(), WkaStatus::Offline | WkaStatus::Closing) {
        wka.status.set(WkaStatus::Opening);
        if fsf::open_wka(adapter, index).await?.is_err() {
            wka.status.set(WkaStatus::Offline);
            if held {
                return Ok(false);
            }
        }
    }
    // Before 6.1 others may come in while this one waits. Here it makes no difference: only works of the adapter's ordered
    // queue get ports, and a close that comes in meanwhile finds the port neither open nor unused.
    let guard = held.then_some(guard);
    wka.opened.wait(kernel, || matches!(wka.status.get(), WkaStatus::Online | WkaStatus::Offline)).await;
    drop(guard);
    if wka.status.get() == WkaStatus::Online {
        wka.refcount.set(wka.refcount.get() + 1);
        return Ok(true);
    }
    Ok(false)
}

/// zfcp_fc_wka_port_put.
pub(crate) fn wka_port_put(adapter: &Rc<Adapter>, index: usize) {
    let wka = &adapter.gs[index];
    wka.refcount.set(wka.refcount.get().saturating_sub(1));
    if wka.refcount.get() > 0 {
        return;
    }
    if let (Some(queue), Some(work)) = (close_queue(adapter), &*wka.close_work.borrow()) {
        adapter.kernel.queue_delayed_work(&queue, work, CLOSE_DELAY);
    }
}

/// zfcp_fc_wka_port_offline: the delayed close.
pub(crate) async fn wka_port_offline(adapter: &Rc<Adapter>, index: usize) -> Sim<()> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_fc_wka_port_offline");
    adapter.alive(Access::Write, "gs")?;
    let wka = &adapter.gs[index];
    let _guard = wka.mutex.lock(kernel).await;
    if wka.refcount.get() != 0 || wka.status.get() != WkaStatus::Online {
        return Ok(());
    }
    wka.status.set(WkaStatus::Closing);
    if fsf::close_wka(adapter, index).await?.is_err() {
        wka.status.set(WkaStatus::Offline);
        wka.opened.wake_all(kernel);
        return Ok(());
    }
    if adapter.behaves(Behaviours::WKA_MUTEX_HELD) {
        wka.opened.wait(kernel, || wka.status.get() == WkaStatus::Offline).await;
    }
    Ok(())
}

/// Where delayed closes run: the adapter's queue from 6.1 on, before that the system's.
fn close_queue(adapter: &Adapter) -> Option<Rc<WorkQueue>> {
    if adapter.behaves(Behaviours::WKA_MUTEX_HELD) { adapter.work_queue() } else { Some(adapter.system_wq.clone()) }
}

/// zfcp_fc_wka_ports_force_offline: a close that runs is waited for, and so is whoever holds the port's lock. Whoever waits for a
/// port that neither opened nor failed is not woken: from 6.1 on that one holds the lock, and recovery waits with it.
pub(crate) async fn wka_ports_force_offline(adapter: &Adapter) {
    for wka in &adapter.gs {
        let work = wka.close_work.borrow().clone();
        if let Some(work) = work {
            // Work that waits for its delay is in no queue yet: any queue will do once the adapter's own is gone.
            let queue = close_queue(adapter).unwrap_or_else(|| adapter.system_wq.clone());
            adapter.kernel.cancel_work_sync(&queue, &work).await;
        }
        let _guard = wka.mutex.lock(&adapter.kernel).await;
        if !adapter.slips(DriverFault::WkaKeptOverClose) {
            wka.status.set(WkaStatus::Offline);
        }
    }
}

/// Makes the close works of a new adapter.
pub(crate) fn wka_ports_setup(adapter: &Rc<Adapter>) {
    for (index, wka) in adapter.gs.iter().enumerate() {
        let weak = Rc::downgrade(adapter);
        *wka.close_work.borrow_mut() = Some(Work::new(move || {
            let weak = weak.clone();
            async move {
                match weak.upgrade() {
                    Some(adapter) => wka_port_offline(&adapter, index).await,
                    None => Ok(()),
                }
            }
        }));
    }
}
