//! Resets: as strategies of the error handler, and by ioctl (midlayer.md 13.4, 13.6).

use std::rc::Rc;

use regdiff_scenario::step::ResetLevel;

use super::EhResult;
use crate::Sim;
use crate::scsi::device::ScsiDevice;
use crate::scsi::errno::Errno;

/// HOST_RESET_SETTLE_TIME, in ms.
const SETTLE_MS: u64 = 10_000;

/// scsi_try_bus_device_reset.
pub(super) async fn try_bus_device_reset(sdev: &Rc<ScsiDevice>) -> Sim<EhResult> {
    let _frame = sdev.host.kernel.enter("scsi_try_bus_device_reset");
    let Some(driver) = sdev.host.driver.upgrade() else { return Ok(EhResult::Failed) };
    let result = driver.eh_device_reset_handler(sdev).await?;
    if result == EhResult::Success {
        sdev.expecting_cc_ua.set(true);
    }
    Ok(result)
}

/// scsi_try_target_reset.
pub(super) async fn try_target_reset(sdev: &Rc<ScsiDevice>) -> Sim<EhResult> {
    let _frame = sdev.host.kernel.enter("scsi_try_target_reset");
    let Some(driver) = sdev.host.driver.upgrade() else { return Ok(EhResult::Failed) };
    let result = driver.eh_target_reset_handler(sdev).await?;
    if result == EhResult::Success {
        for device in sdev.host.target_devices(&sdev.rport) {
            device.expecting_cc_ua.set(true);
        }
    }
    Ok(result)
}

/// scsi_try_host_reset: a host that was reset has time to settle.
pub(super) async fn try_host_reset(sdev: &Rc<ScsiDevice>) -> Sim<EhResult> {
    let kernel = &sdev.host.kernel;
    let _frame = kernel.enter("scsi_try_host_reset");
    let Some(driver) = sdev.host.driver.upgrade() else { return Ok(EhResult::Failed) };
    let result = driver.eh_host_reset_handler(sdev).await?;
    if result == EhResult::Success {
        kernel.sleep_ms(SETTLE_MS).await;
        for device in sdev.host.devices.borrow().iter() {
            device.expecting_cc_ua.set(true);
        }
    }
    Ok(result)
}

/// scsi_ioctl_reset: SG_SCSI_RESET on a device, which escalates from the level asked for.
///
/// Its command is a temporary object without room for protection data that is never dispatched: no clock touches it.
pub async fn scsi_ioctl_reset(sdev: &Rc<ScsiDevice>, level: ResetLevel) -> Sim<Result<u64, Errno>> {
    let host = &sdev.host;
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_ioctl_reset");
    // scsi_ioctl_block_when_processing_errors.
    host.error.host_wait.wait(kernel, || !host.in_recovery()).await;
    if !sdev.is_online() {
        return Ok(Err(Errno::ENODEV));
    }
    host.error.tmf_in_progress.set(true);
    let done = escalate(sdev, level).await?;
    host.error.tmf_in_progress.set(false);
    host.recovery_changed();
    Ok(if done { Ok(0) } else { Err(Errno::EIO) })
}

/// Tells whether a reset worked. There is no bus to reset.
async fn escalate(sdev: &Rc<ScsiDevice>, level: ResetLevel) -> Sim<bool> {
    let device = level == ResetLevel::Device;
    let target = device || level == ResetLevel::Target;
    Ok(device && try_bus_device_reset(sdev).await? == EhResult::Success
        || target && try_target_reset(sdev).await? == EhResult::Success
        || try_host_reset(sdev).await? == EhResult::Success)
}
