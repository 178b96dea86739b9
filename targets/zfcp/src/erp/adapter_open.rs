//! Opening and closing an adapter, and registering its host on the way (driver.md 6.5, 19).

use std::rc::Rc;

use regdiff_kernel::Sim;
use regdiff_kernel::scsi::port_type;
use regdiff_scenario::{FailPoint, Point};

use super::status::clear_adapter_status;
use super::thread::to_running;
use super::{ACTION_CLOSE_ONLY, ACTION_TIMEDOUT, ErpObject, ErpResult, port_reopen};
use crate::fence::Fence;
use crate::fsf::{self, Unsent};
use crate::objects::Adapter;
use crate::status::{ADAPTER_HOST_CON_INIT, ADAPTER_LINK_UNPLUGGED, ADAPTER_XCONFIG_OK, COMMON_OPEN};
use crate::{fc, port_enqueue, qdio, register};

/// Exchange Config Data is tried this often while the host connection is being initialised.
const XCONF_TRIES: u32 = 7;
/// Sleep after a failed open, in ms: port and LUN losses should be noticed first.
const FAILED_OPEN_MS: u64 = 8000;

/// zfcp_erp_adapter_strategy.
pub(super) async fn adapter_strategy(adapter: &Rc<Adapter>) -> Sim<ErpResult> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_erp_adapter_strategy");
    if adapter.has(COMMON_OPEN) {
        adapter_close(adapter).await?;
        if adapter.erp_action.has(ACTION_CLOSE_ONLY) {
            return Ok(ErpResult::Exit);
        }
    } else if adapter.erp_action.has(ACTION_CLOSE_ONLY) {
        return Ok(ErpResult::Exit);
    }
    if adapter_open(adapter).await? {
        return Ok(ErpResult::Succeeded);
    }
    kernel.point(Point::ErpRetrySleep).await;
    kernel.sleep_ms(FAILED_OPEN_MS).await;
    Ok(ErpResult::Failed)
}

/// zfcp_erp_adapter_strategy_close.
async fn adapter_close(adapter: &Rc<Adapter>) -> Sim<()> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_erp_adapter_strategy_close");
    kernel.point(Point::ErpClose).await;
    qdio::close(adapter);
    fsf::dismiss_all(adapter)?;
    fc::wka_ports_force_offline(adapter).await;
    clear_adapter_status(adapter, COMMON_OPEN)?;
    adapter.clear(ADAPTER_XCONFIG_OK | ADAPTER_LINK_UNPLUGGED);
    kernel.point(Point::ErpClosed).await;
    Ok(())
}

/// zfcp_erp_adapter_strategy_open: the rows of driver.md 6.5.1.
async fn adapter_open(adapter: &Rc<Adapter>) -> Sim<bool> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_erp_adapter_strategy_open");
    kernel.point(Point::ErpOpen).await;
    if qdio::open(adapter)?.is_err() {
        adapter.clear(ADAPTER_XCONFIG_OK | ADAPTER_LINK_UNPLUGGED);
        return Ok(false);
    }
    kernel.point(Point::ErpQdioOpen).await;
    if open_rows(adapter).await? {
        adapter.set(COMMON_OPEN);
        kernel.point(Point::ErpAdapterOpen).await;
        return Ok(true);
    }
    adapter_close(adapter).await?;
    Ok(false)
}

async fn open_rows(adapter: &Rc<Adapter>) -> Sim<bool> {
    let kernel = &adapter.kernel;
    if !open_xconf(adapter).await? {
        return Ok(false);
    }
    kernel.point(Point::ErpXconfDone).await;
    if !adapter.fence(Fence::PtpPortLate) {
        open_ptp_port(adapter).await?;
    }
    if !open_xport(adapter).await? {
        return Ok(false);
    }
    kernel.point(Point::ErpXportDone).await;
    // Row 5 came with the last patch; its place before the status reads is a fence of its own.
    let registers = adapter.driver.fences.has_patch(8);
    let early = adapter.fence(Fence::RegisterBeforeStatusReads);
    if registers && early && !register::alloc_shost(adapter).await? {
        return Ok(false);
    }
    if early && adapter.fence(Fence::PtpPortLate) {
        open_ptp_port(adapter).await?;
    }
    if kernel.fails(adapter.device, FailPoint::PoolResize) {
        return Ok(false);
    }
    kernel.point(Point::ErpPoolsResized).await;
    adapter.stat_miss.set(adapter.stat_read_buf_num.get());
    if !fsf::status_read_refill(adapter).await? {
        return Ok(false);
    }
    kernel.point(Point::ErpStatusReads).await;
    if !early {
        if registers && !register::alloc_shost(adapter).await? {
            return Ok(false);
        }
        if adapter.fence(Fence::PtpPortLate) {
            open_ptp_port(adapter).await?;
        }
    }
    Ok(true)
}

/// Waits until any action is ready: not only this one ends the wait (driver.md 6.5.1).
async fn wait_ready(adapter: &Adapter) {
    adapter.erp_ready_wq.wait(&adapter.kernel, || !adapter.erp_ready.borrow().is_empty()).await;
}

/// zfcp_erp_adapter_strategy_open_fsf_xconf.
async fn open_xconf(adapter: &Rc<Adapter>) -> Sim<bool> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_erp_adapter_strategy_open_fsf_xconf");
    adapter.clear(ADAPTER_XCONFIG_OK);
    for attempt in 0..XCONF_TRIES {
        adapter.clear(ADAPTER_HOST_CON_INIT);
        to_running(adapter, &ErpObject::Adapter);
        if fsf::exchange_config_data(adapter).await?.is_err() {
            adapter.clear(ADAPTER_HOST_CON_INIT);
            return Ok(false);
        }
        wait_ready(adapter).await;
        if adapter.erp_action.has(ACTION_TIMEDOUT) || !adapter.has(ADAPTER_HOST_CON_INIT) {
            break;
        }
        kernel.sleep_ms(1000 << attempt).await;
    }
    adapter.clear(ADAPTER_HOST_CON_INIT);
    Ok(adapter.has(ADAPTER_XCONFIG_OK))
}

/// zfcp_erp_adapter_strategy_open_fsf_xport.
async fn open_xport(adapter: &Rc<Adapter>) -> Sim<bool> {
    let _frame = adapter.kernel.enter("zfcp_erp_adapter_strategy_open_fsf_xport");
    to_running(adapter, &ErpObject::Adapter);
    match fsf::exchange_port_data(adapter).await? {
        // Without HBA management there is no port data, which is fine.
        Ok(false) => return Ok(true),
        Ok(true) => {}
        Err(Unsent::Io | Unsent::NoMemory) => return Ok(false),
    }
    wait_ready(adapter).await;
    Ok(!adapter.erp_action.has(ACTION_TIMEDOUT))
}

/// zfcp_erp_adapter_strategy_open_ptp_port, or what it grew out of: the port type is read without asking for a host.
async fn open_ptp_port(adapter: &Rc<Adapter>) -> Sim<()> {
    let late = adapter.fence(Fence::PtpPortLate);
    let function =
        if late { "zfcp_erp_adapter_strategy_open_ptp_port" } else { "zfcp_erp_adapter_strategy_open_fsf_xconf" };
    let _frame = adapter.kernel.enter(function);
    if adapter.fc_host("port_type", |fc| fc.port_type.get())? == port_type::PTP {
        let made = port_enqueue::port_enqueue(adapter, adapter.peer_wwpn.get(), 0, adapter.peer_d_id.get())?;
        if let Ok(port) = made {
            port_reopen(adapter, &port, 0, "ereptp1")?;
        }
    }
    adapter.kernel.point(Point::ErpPtpPort).await;
    Ok(())
}
