//! What users write to sysfs (driver.md 22).

use std::rc::Rc;

use regdiff_kernel::Sim;
use regdiff_kernel::scsi::{Errno, ScsiDevice, fc_user_scan};
use regdiff_observation::Access;
use regdiff_scenario::step::{HostResetKind, ScanTarget};
use regdiff_scenario::{Behaviours, Point};

use crate::erp::{
    adapter_reset_sync, erp_wait, lun_reopen, port_reopen, port_shutdown, set_lun_status, set_port_status,
};
use crate::fence::Fence;
use crate::objects::{Adapter, Lun, Port, lun_of, luns_of_port};
use crate::port_enqueue::port_unregister;
use crate::status::{COMMON_ERP_FAILED, COMMON_RUNNING};
use crate::unit::{unit_add, unit_scsi_scan, unit_sdev};

/// What a store or show returns.
pub(crate) type Outcome = Sim<Result<u64, Errno>>;

/// adapter `port_rescan`.
pub(crate) async fn port_rescan_store(adapter: &Rc<Adapter>) -> Outcome {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_sysfs_port_rescan_store");
    if adapter.fence(Fence::PortRescan) && adapter.no_shost() {
        return Ok(Err(Errno::ENODEV));
    }
    let scan = adapter.works.borrow().as_ref().map(|w| w.scan.clone());
    if let (Some(queue), Some(scan)) = (adapter.work_queue(), scan) {
        kernel.queue_delayed_work(&queue, &scan, 0);
        kernel.flush_work(&scan).await;
    }
    Ok(Ok(1))
}

/// adapter `failed`: only "0" is taken; it blocks until recovery is idle.
pub(crate) async fn adapter_failed_store(adapter: &Rc<Adapter>, value: u32) -> Outcome {
    let _frame = adapter.kernel.enter("zfcp_sysfs_adapter_failed_store");
    if value != 0 {
        return Ok(Err(Errno::EINVAL));
    }
    adapter_reset_sync(adapter, "syafai2").await?;
    Ok(Ok(1))
}

/// adapter `port_remove`.
pub(crate) async fn port_remove_store(adapter: &Rc<Adapter>, wwpn: u64) -> Outcome {
    let _frame = adapter.kernel.enter("zfcp_sysfs_port_remove_store");
    let Some(port) = adapter.port_by_wwpn(wwpn) else { return Ok(Err(Errno::EINVAL)) };
    if port_in_use(adapter, &port)? {
        return Ok(Err(Errno::EBUSY));
    }
    port.being_removed.set(true);
    adapter.unlist(&port);
    adapter.kernel.point(Point::PortRemove).await;
    port_shutdown(adapter, &port, 0, "syprs_1")?;
    port_unregister(adapter, &port).await;
    Ok(Ok(1))
}

/// zfcp_sysfs_port_in_use.
fn port_in_use(adapter: &Rc<Adapter>, port: &Rc<Port>) -> Sim<bool> {
    let _frame = adapter.kernel.enter("zfcp_sysfs_port_in_use");
    if !port.unit_list.borrow().is_empty() {
        return Ok(true);
    }
    let host = adapter.shost(Access::Write, "host_lock")?;
    Ok(luns_of_port(&host, port).iter().any(|lun| lun.is_live()))
}

/// port `failed`, with "0".
pub(crate) async fn port_failed_store(adapter: &Rc<Adapter>, port: &Rc<Port>) -> Outcome {
    let _frame = adapter.kernel.enter("zfcp_sysfs_port_failed_store");
    set_port_status(adapter, port, COMMON_RUNNING)?;
    port_reopen(adapter, port, COMMON_ERP_FAILED, "sypfai2")?;
    erp_wait(adapter).await;
    Ok(Ok(1))
}

/// port `unit_add`. From 6.1 on a pending registration of the remote port is waited for first.
pub(crate) async fn unit_add_store(adapter: &Rc<Adapter>, port: &Rc<Port>, lun: u64) -> Outcome {
    let _frame = adapter.kernel.enter("zfcp_sysfs_unit_add_store");
    if adapter.behaves(Behaviours::UNIT_ADD_WAITS)
        && let Some(work) = port.works(|w| w.rport.clone())
    {
        adapter.kernel.flush_work(&work).await;
    }
    Ok(unit_add(adapter, port, lun).await?.map(|()| 1))
}

/// unit `failed`, with "0".
pub(crate) async fn unit_failed_store(adapter: &Rc<Adapter>, port: &Rc<Port>, lun: u64) -> Outcome {
    let _frame = adapter.kernel.enter("zfcp_sysfs_unit_failed_store");
    let sdev = unit_sdev(adapter, port, lun)?;
    match sdev.as_ref().and_then(|s| lun_of(s)) {
        Some(lun) => lun_failed(adapter, &lun, "syufai2").await?,
        None => unit_scsi_scan(adapter, port, lun).await?,
    }
    Ok(Ok(1))
}

/// SCSI device `zfcp_failed`, with "0".
pub(crate) async fn sdev_failed_store(adapter: &Rc<Adapter>, sdev: &ScsiDevice) -> Outcome {
    let _frame = adapter.kernel.enter("zfcp_sysfs_scsi_zfcp_failed_store");
    if let Some(lun) = lun_of(sdev) {
        lun_failed(adapter, &lun, "syufai3").await?;
    }
    Ok(Ok(1))
}

async fn lun_failed(adapter: &Rc<Adapter>, lun: &Rc<Lun>, tag: &'static str) -> Sim<()> {
    set_lun_status(lun, COMMON_RUNNING);
    lun_reopen(adapter, lun, COMMON_ERP_FAILED, tag)?;
    erp_wait(adapter).await;
    Ok(())
}

/// host `host_reset`.
pub(crate) async fn host_reset_store(adapter: &Rc<Adapter>, kind: HostResetKind) -> Outcome {
    let _frame = adapter.kernel.enter("zfcp_scsi_sysfs_host_reset");
    match kind {
        HostResetKind::Firmware => Ok(Err(Errno::EOPNOTSUPP)),
        HostResetKind::Adapter => {
            adapter_reset_sync(adapter, "scshr_y").await?;
            Ok(Ok(1))
        }
    }
}

/// host `scan`: only targets below an online remote port are visited (midlayer.md 4.6).
pub(crate) async fn scan_store(adapter: &Rc<Adapter>, target: ScanTarget, wwpn: u64, lun: u64) -> Outcome {
    let _frame = adapter.kernel.enter("store_scan");
    if target == ScanTarget::OutOfRange {
        return Ok(Err(Errno::EINVAL));
    }
    let host = adapter.shost(Access::Read, "transportt")?;
    let wwpn = (target != ScanTarget::Everything).then_some(wwpn);
    fc_user_scan(&host, wwpn, (target == ScanTarget::Lun).then_some(lun)).await?;
    Ok(Ok(1))
}
