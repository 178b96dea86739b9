//! The queue layer (driver.md 7; zfcp_qdio.c).

use std::rc::Rc;

use regdiff_kernel::scsi::Errno;
use regdiff_kernel::{Kernel, Sim};
use regdiff_observation::{Access, LogId};
use regdiff_scenario::FailPoint;
use regdiff_scenario::module::Toggle;
use regdiff_scenario::step::QueueErrorKind;

use crate::erp::{adapter_reopen, adapter_shutdown};
use crate::fence::Fence;
use crate::objects::Adapter;
use crate::status::{
    ADAPTER_DATA_DIV_ENABLED, ADAPTER_LINK_UNPLUGGED, ADAPTER_MB_ACT, ADAPTER_QDIOUP, ADAPTER_SIOSL_ISSUED,
    COMMON_ERP_FAILED,
};

/// Buffers of one request.
const SBALS_PER_REQ: u32 = 36;
/// Elements of a buffer, with and without multi-buffer.
const ELEMENTS_MB: u32 = 16;
const ELEMENTS: u32 = 15;
/// Sectors of an element.
const SECTORS_PER_ELEMENT: u32 = 8;

/// zfcp_qdio_open.
pub(crate) fn open(adapter: &Rc<Adapter>) -> Sim<Result<(), Errno>> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_qdio_open");
    let device = adapter.device;
    if adapter.has(ADAPTER_QDIOUP) {
        return Ok(Err(Errno::EIO));
    }
    adapter.clear(ADAPTER_SIOSL_ISSUED);
    let failed = || {
        kernel.log(LogId::QdioSetupFailed, device, 0);
        Ok(Err(Errno::EIO))
    };
    // The channel establishes queues of devices only that are online for it.
    let online = adapter.ccw.upgrade().is_some_and(|ccw| ccw.channel_online.get());
    if !online || kernel.fails(device, FailPoint::QdioEstablish) || kernel.fails(device, FailPoint::QdioDescribe) {
        return failed();
    }
    if adapter.model().data_division {
        adapter.set(ADAPTER_DATA_DIV_ENABLED);
    }
    let multi_buffer = adapter.driver.toggle(Toggle::Datarouter) && adapter.model().multi_buffer;
    let elements = if multi_buffer {
        adapter.set(ADAPTER_MB_ACT);
        ELEMENTS_MB
    } else {
        adapter.clear(ADAPTER_MB_ACT);
        ELEMENTS
    };
    adapter.max_sbale_per_req.set(SBALS_PER_REQ * elements - 2);
    if kernel.fails(device, FailPoint::QdioActivate) || kernel.fails(device, FailPoint::QdioPost) {
        return failed();
    }
    adapter.set(ADAPTER_QDIOUP);
    adapter.queue_epoch.set(adapter.queue_epoch.get() + 1);
    adapter.driver.channel.borrow_mut().queues_opened(device);
    shost_update(adapter)?;
    Ok(Ok(()))
}

/// zfcp_qdio_shost_update: the host's limits follow the queues.
pub(crate) fn shost_update(adapter: &Rc<Adapter>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_qdio_shost_update");
    // Before the series the same check stood in zfcp_qdio_open; only a fault takes it away.
    let checked = adapter.fence(Fence::QdioShostUpdate) || !adapter.driver.fences.has_patch(8);
    if checked && adapter.no_shost() {
        return Ok(());
    }
    let host = adapter.shost(Access::Write, "sg_tablesize")?;
    host.sg_tablesize.set(adapter.max_sbale_per_req.get());
    host.max_sectors.set(adapter.max_sbale_per_req.get() * SECTORS_PER_ELEMENT);
    Ok(())
}

/// Longest wait for a free buffer, in ms.
const SBAL_TIMEOUT_MS: u64 = 5000;

/// zfcp_qdio_sbal_get: waits for a free buffer of the request queue, or the loss of the queues (driver.md 7.4). Buffers are
/// always free here but for an injected failure, which frees none until the wait is over. No user is interrupted.
pub(crate) async fn sbal_get(adapter: &Rc<Adapter>) -> Sim<Result<(), Errno>> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_qdio_sbal_get");
    let lost = || !adapter.has(ADAPTER_QDIOUP);
    if lost() {
        return Ok(Err(Errno::EIO));
    }
    if !kernel.fails(adapter.device, FailPoint::SbalGet) {
        return Ok(Ok(()));
    }
    if !adapter.req_q_wq.wait_timeout(kernel, SBAL_TIMEOUT_MS, lost).await {
        Kernel::count(&adapter.req_q_full);
        adapter_reopen(adapter, 0, "qdsbg_1")?;
    }
    Ok(Err(Errno::EIO))
}

/// What a SCSI command does instead: without a free buffer it is refused at once. Closed queues have none.
pub(crate) fn sbal_get_now(adapter: &Adapter) -> Result<(), Errno> {
    if !adapter.has(ADAPTER_QDIOUP) || adapter.kernel.fails(adapter.device, FailPoint::SbalGet) {
        Kernel::count(&adapter.req_q_full);
        return Err(Errno::EIO);
    }
    Ok(())
}

/// zfcp_qdio_close.
pub(crate) fn close(adapter: &Adapter) {
    let _frame = adapter.kernel.enter("zfcp_qdio_close");
    if !adapter.has(ADAPTER_QDIOUP) {
        return;
    }
    adapter.clear(ADAPTER_QDIOUP);
    adapter.req_q_wq.wake_all(&adapter.kernel);
    adapter.queue_epoch.set(adapter.queue_epoch.get() + 1);
    adapter.driver.channel.borrow_mut().queues_closed(adapter.device);
}

/// zfcp_qdio_siosl: triggers a log of the hardware; a second one has no effect until the queues are opened again.
pub(crate) fn siosl(adapter: &Adapter) {
    adapter.set(ADAPTER_SIOSL_ISSUED);
}

/// zfcp_qdio_handler_error. From 6.1 on an error of buffers in use would be found by the request tasklet (`qdreqt1`); here no
/// buffer stays in use, and the queue layer tells of the error by the queue's handler.
pub(crate) fn handler_error(adapter: &Rc<Adapter>, kind: QueueErrorKind) -> Sim<()> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_qdio_handler_error");
    kernel.log(LogId::QdioProblem, adapter.device, 0);
    let clear = ADAPTER_LINK_UNPLUGGED | COMMON_ERP_FAILED;
    match kind {
        QueueErrorKind::Request => adapter_reopen(adapter, clear, "qdireq1"),
        QueueErrorKind::Response => adapter_reopen(adapter, clear, "qdires1"),
        QueueErrorKind::RequestBufferState => {
            siosl(adapter);
            adapter_shutdown(adapter, 0, "qdireq1")
        }
        QueueErrorKind::ResponseBufferState => {
            siosl(adapter);
            adapter_shutdown(adapter, 0, "qdires1")
        }
    }
}
