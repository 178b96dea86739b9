//! What users write to and read from sysfs (driver.md 22, 18, 16.7).

use std::rc::Rc;

use regdiff_channel::PortData;
use regdiff_kernel::Sim;
use regdiff_kernel::scsi::{Errno, ScanMode, SdevState, scan_target};
use regdiff_observation::Access;
use regdiff_scenario::AdapterFeatures;
use regdiff_scenario::step::{Attribute, HostResetKind, ScanTarget};

use crate::enqueue::port_unregister;
use crate::erp::{
    adapter_reset_sync, erp_wait, lun_reopen, port_reopen, port_shutdown, set_lun_status, set_port_status,
};
use crate::fence::Fence;
use crate::fsf::{self, SyncError};
use crate::objects::{Adapter, Port, lun_of, luns_of_port};
use crate::status::{COMMON_ERP_FAILED, COMMON_OPEN, COMMON_RUNNING, COMMON_UNBLOCKED};
use crate::unit::{unit_scsi_scan, unit_sdev};

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
    adapter.port_list.borrow_mut().retain(|p| !Rc::ptr_eq(p, &port));
    port_shutdown(adapter, &port, 0, "syprs_1")?;
    port_unregister(adapter, &port);
    Ok(Ok(1))
}

/// zfcp_sysfs_port_in_use.
fn port_in_use(adapter: &Rc<Adapter>, port: &Rc<Port>) -> Sim<bool> {
    let _frame = adapter.kernel.enter("zfcp_sysfs_port_in_use");
    if !port.unit_list.borrow().is_empty() {
        return Ok(true);
    }
    let host = adapter.shost(Access::Write, "host_lock")?;
    Ok(luns_of_port(&host, port)
        .iter()
        .any(|lun| lun.sdev.upgrade().is_some_and(|s| !matches!(s.state(), SdevState::Del | SdevState::Cancel))))
}

/// port `failed`, with "0".
pub(crate) async fn port_failed_store(adapter: &Rc<Adapter>, port: &Rc<Port>) -> Outcome {
    let _frame = adapter.kernel.enter("zfcp_sysfs_port_failed_store");
    set_port_status(adapter, port, COMMON_RUNNING)?;
    port_reopen(adapter, port, COMMON_ERP_FAILED, "sypfai2")?;
    erp_wait(adapter).await;
    Ok(Ok(1))
}

/// unit or SCSI device `failed`, with "0".
pub(crate) async fn lun_failed_store(adapter: &Rc<Adapter>, port: &Rc<Port>, lun: u64, unit: bool) -> Outcome {
    let _frame = adapter.kernel.enter("zfcp_sysfs_unit_failed_store");
    let sdev = unit_sdev(adapter, port, lun)?;
    match sdev.as_ref().and_then(|s| lun_of(s)) {
        Some(lun) => {
            set_lun_status(&lun, COMMON_RUNNING);
            lun_reopen(adapter, &lun, COMMON_ERP_FAILED, if unit { "syufai2" } else { "syufai3" })?;
            erp_wait(adapter).await;
        }
        None => unit_scsi_scan(adapter, port, lun).await?,
    }
    Ok(Ok(1))
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
    let _frame = adapter.kernel.enter("fc_user_scan");
    if target == ScanTarget::OutOfRange {
        return Ok(Err(Errno::EINVAL));
    }
    let host = adapter.shost(Access::Read, "transportt")?;
    for rport in host.rports() {
        if !rport.is_ready() || (target != ScanTarget::Everything && rport.wwpn.get() != wwpn) {
            continue;
        }
        let lun = (target == ScanTarget::Lun).then_some(lun);
        scan_target(&host, &rport, lun, ScanMode::Manual).await?;
    }
    Ok(Ok(1))
}

/// Attributes that ask the firmware.
pub(crate) async fn attribute_show(adapter: &Rc<Adapter>, attribute: Attribute) -> Outcome {
    let measures = adapter.feature(AdapterFeatures::MEASUREMENT_DATA);
    match attribute {
        Attribute::Statistics => {
            let _frame = adapter.kernel.enter("zfcp_scsi_get_fc_host_stats");
            Ok(match fsf::exchange_port_data_sync(adapter).await? {
                Ok(_) | Err(SyncError::Incomplete) => Ok(port_data(adapter, |d| d.statistics.tx_frames)),
                // The transport says ENOENT for a driver that gives nothing.
                Err(_) => Err(Errno::ENOENT),
            })
        }
        Attribute::Utilization => {
            if !measures {
                return Ok(Err(Errno::EOPNOTSUPP));
            }
            let _frame = adapter.kernel.enter("zfcp_sysfs_adapter_util_show");
            Ok(match fsf::exchange_port_data_sync(adapter).await? {
                Ok(_) | Err(SyncError::Incomplete) => Ok(port_data(adapter, |d| d.utilization.cp_util.into())),
                Err(error) => Err(errno(error)),
            })
        }
        Attribute::Requests | Attribute::Megabytes | Attribute::SecondsActive => {
            if !measures {
                return Ok(Err(Errno::EOPNOTSUPP));
            }
            let _frame = adapter.kernel.enter("zfcp_sysfs_adapter_ex_config");
            Ok(match fsf::exchange_config_data_sync(adapter).await? {
                Ok(data) => Ok(match attribute {
                    Attribute::Requests => data.statistics.input_requests,
                    Attribute::Megabytes => data.statistics.input_mb,
                    _ => data.statistics.seconds_active,
                }),
                Err(error) => Err(errno(error)),
            })
        }
        Attribute::B2bCredit => diagnostics_show(adapter, false).await,
        Attribute::Temperature => diagnostics_show(adapter, true).await,
    }
}

fn errno(error: SyncError) -> Errno {
    match error {
        SyncError::Io => Errno::EIO,
        SyncError::Incomplete => Errno::EAGAIN,
        SyncError::NoMemory => Errno::ENOMEM,
        SyncError::Unsupported => Errno::EOPNOTSUPP,
    }
}

/// A value of the last port data; an incomplete answer counts.
fn port_data(adapter: &Adapter, value: impl FnOnce(&PortData) -> u64) -> u64 {
    value(&adapter.diagnostics.port.data.borrow())
}

/// Diagnostics: cached, and refreshed when too old (driver.md 18).
async fn diagnostics_show(adapter: &Rc<Adapter>, sfp: bool) -> Outcome {
    let _frame = adapter.kernel.enter("zfcp_sysfs_adapter_diag_show");
    if !adapter.has(COMMON_OPEN) || !adapter.has(COMMON_UNBLOCKED) || adapter.has(COMMON_ERP_FAILED) {
        return Ok(Err(Errno::ENOLINK));
    }
    if sfp && !adapter.feature(AdapterFeatures::REPORT_SFP_DATA) {
        return Ok(Err(Errno::EOPNOTSUPP));
    }
    let now = adapter.kernel.now_us();
    let diagnostics = &adapter.diagnostics;
    if sfp {
        if diagnostics.is_old(&diagnostics.port, now) {
            if let Err(error) = fsf::exchange_port_data_sync(adapter).await? {
                if error != SyncError::Incomplete {
                    return Ok(Err(errno(error)));
                }
            }
        }
        // sysfs shows a signed number; its bits do for comparing.
        return Ok(Ok(diagnostics.port.data.borrow().sfp.temperature as u16 as u64));
    }
    if diagnostics.is_old(&diagnostics.config, now) {
        if let Err(error) = fsf::exchange_config_data_sync(adapter).await? {
            if error != SyncError::Incomplete {
                return Ok(Err(errno(error)));
            }
        }
    }
    let credit = diagnostics.config.data.borrow().b2b_credit;
    Ok(Ok(credit.into()))
}
