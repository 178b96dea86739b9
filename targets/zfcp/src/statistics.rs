//! Attributes that make the driver ask the firmware: statistics and diagnostics (driver.md 16.7, 18, 22).

use std::rc::Rc;

use regdiff_kernel::Sim;
use regdiff_kernel::scsi::Errno;
use regdiff_scenario::step::Attribute;
use regdiff_scenario::{AdapterFeatures, FailPoint};

use crate::diag::DiagBuffer;
use crate::fsf::{self, SyncError};
use crate::objects::Adapter;
use crate::status::{COMMON_ERP_FAILED, COMMON_OPEN, COMMON_UNBLOCKED};
use crate::sysfs::Outcome;

/// Reading an attribute that makes the driver ask the firmware.
pub(crate) async fn attribute_show(adapter: &Rc<Adapter>, attribute: Attribute) -> Outcome {
    let measures = adapter.feature(AdapterFeatures::MEASUREMENT_DATA);
    match attribute {
        Attribute::Statistics => statistics(adapter).await,
        Attribute::Utilization => {
            if !measures {
                return Ok(Err(Errno::EOPNOTSUPP));
            }
            let _frame = adapter.kernel.enter("zfcp_sysfs_adapter_util_show");
            let (result, data) = fsf::exchange_port_data_sync(adapter).await?;
            Ok(accepted(result).map(|()| data.utilization.cp_util.into()))
        }
        Attribute::Requests | Attribute::Megabytes | Attribute::SecondsActive => {
            if !measures {
                return Ok(Err(Errno::EOPNOTSUPP));
            }
            let _frame = adapter.kernel.enter("zfcp_sysfs_adapter_ex_config");
            let (result, data) = fsf::exchange_config_data_sync(adapter).await?;
            // Unlike the others, this one hands an incomplete answer on as an error.
            Ok(result.map_err(errno).map(|()| match attribute {
                Attribute::Requests => data.statistics.input_requests,
                Attribute::Megabytes => data.statistics.input_mb,
                _ => data.statistics.seconds_active,
            }))
        }
        Attribute::B2bCredit => b2b_credit(adapter).await,
        Attribute::Temperature => temperature(adapter).await,
    }
}

/// zfcp_scsi_get_fc_host_stats; one counter stands for all.
async fn statistics(adapter: &Rc<Adapter>) -> Outcome {
    let _frame = adapter.kernel.enter("zfcp_scsi_get_fc_host_stats");
    if adapter.kernel.fails(adapter.device, FailPoint::FcStats) {
        return Ok(Err(Errno::ENOENT));
    }
    let (result, data) = fsf::exchange_port_data_sync(adapter).await?;
    if accepted(result).is_err() {
        // The transport says ENOENT for a driver that gives nothing.
        return Ok(Err(Errno::ENOENT));
    }
    let shown = data.statistics;
    let now = adapter.kernel.now_us() / 1_000_000;
    Ok(Ok(match adapter.stats_reset.get() {
        Some((at, before)) if now - at < shown.seconds_since_last_reset => shown.tx_frames.wrapping_sub(before),
        _ => shown.tx_frames,
    }))
}

/// zfcp_scsi_reset_fc_host_stats: keeps what the counter is now. The transport takes no error.
pub(crate) async fn reset(adapter: &Rc<Adapter>) -> Outcome {
    let _frame = adapter.kernel.enter("zfcp_scsi_reset_fc_host_stats");
    let (result, data) = fsf::exchange_port_data_sync(adapter).await?;
    if accepted(result).is_ok() {
        adapter.stats_reset.set(Some((adapter.kernel.now_us() / 1_000_000, data.statistics.tx_frames)));
    }
    Ok(Ok(1))
}

fn errno(error: SyncError) -> Errno {
    match error {
        SyncError::Io => Errno::EIO,
        SyncError::Incomplete => Errno::EAGAIN,
        SyncError::NoMemory => Errno::ENOMEM,
        SyncError::Unsupported => Errno::EOPNOTSUPP,
    }
}

/// An incomplete answer will do.
fn accepted(result: Result<(), SyncError>) -> Result<(), Errno> {
    match result {
        Ok(()) | Err(SyncError::Incomplete) => Ok(()),
        Err(error) => Err(errno(error)),
    }
}

/// Diagnostics are for healthy adapters.
fn healthy(adapter: &Adapter) -> bool {
    adapter.has(COMMON_OPEN) && adapter.has(COMMON_UNBLOCKED) && !adapter.has(COMMON_ERP_FAILED)
}

async fn b2b_credit(adapter: &Rc<Adapter>) -> Outcome {
    let _frame = adapter.kernel.enter("zfcp_sysfs_adapter_diag_b2b_credit_show");
    if !healthy(adapter) {
        return Ok(Err(Errno::ENOLINK));
    }
    let buffer = &adapter.diagnostics.config;
    let refresh = async || Ok(fsf::exchange_config_data_sync(adapter).await?.0);
    let result = update_if_old(adapter, buffer, refresh).await?;
    Ok(result.map(|()| buffer.data.borrow().b2b_credit.into()))
}

async fn temperature(adapter: &Rc<Adapter>) -> Outcome {
    let _frame = adapter.kernel.enter("zfcp_sysfs_adapter_diag_sfp_temperature_show");
    if !healthy(adapter) {
        return Ok(Err(Errno::ENOLINK));
    }
    if !adapter.feature(AdapterFeatures::REPORT_SFP_DATA) {
        return Ok(Err(Errno::EOPNOTSUPP));
    }
    let buffer = &adapter.diagnostics.port;
    let refresh = async || Ok(fsf::exchange_port_data_sync(adapter).await?.0);
    let result = update_if_old(adapter, buffer, refresh).await?;
    // sysfs shows a signed number; its bits do for comparing.
    Ok(result.map(|()| u64::from(buffer.data.borrow().sfp.temperature as u16)))
}

/// zfcp_diag_update_buffer_limited: of several readers of an old buffer one asks the firmware, the others wait for it.
async fn update_if_old<T: Default>(
    adapter: &Adapter,
    buffer: &DiagBuffer<T>,
    refresh: impl AsyncFnOnce() -> Sim<Result<(), SyncError>>,
) -> Sim<Result<(), Errno>> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_diag_update_buffer_limited");
    loop {
        if !adapter.diagnostics.is_old(buffer, kernel.now_us()) {
            return Ok(Ok(()));
        }
        if !buffer.updating.get() {
            break;
        }
        buffer.updated.wait(kernel, || !buffer.updating.get()).await;
    }
    buffer.updating.set(true);
    let result = refresh().await?;
    buffer.updating.set(false);
    buffer.updated.wake_all(kernel);
    Ok(accepted(result))
}
