//! What users write to the states of hosts and SCSI devices, and rescans (midlayer.md 2.5, 14.1, 14.3; scsi_sysfs.c).

use std::rc::Rc;

use regdiff_scenario::Midlayer;
use regdiff_scenario::step::SdevStateWrite;

use super::device::ScsiDevice;
use super::errno::Errno;
use super::host::{HostState, ScsiHost};
use super::probe::attach_vpd;
use super::sd_revalidate::revalidate;
use super::sdev_state::SdevState;
use crate::Sim;

/// store_shost_state: any state may be written that the midlayer could enter from this one. Nobody is started or stopped by
/// it: a host that is said to recover waits for an error handler that has nothing to do.
pub fn store_host_state(host: &ScsiHost, state: u32) -> Result<u64, Errno> {
    let state = HostState::from_number(state).ok_or(Errno::EINVAL)?;
    host.set_state(state).map(|()| 1)
}

/// store_state_field: only "running" and "offline" are taken. From 6.1 on a device that was not running is also looked at anew.
pub async fn store_sdev_state(sdev: &Rc<ScsiDevice>, write: SdevStateWrite) -> Sim<Result<u64, Errno>> {
    let state = match write {
        SdevStateWrite::Running => SdevState::Running,
        SdevStateWrite::Offline => SdevState::Offline,
        SdevStateWrite::Other => return Ok(Err(Errno::EINVAL)),
    };
    let before = sdev.state();
    let rescans = sdev.host.kernel.scenario.kernel.midlayer >= Midlayer::V6_1;
    // Kernels that rescan leave states alone that others have set.
    if rescans && !matches!(before, SdevState::Running | SdevState::Offline) {
        return Ok(Err(Errno::EINVAL));
    }
    if let Err(error) = sdev.set_state(state) {
        return Ok(Err(error));
    }
    if rescans && state == SdevState::Running && before != state {
        rescan_device(sdev).await?;
    }
    Ok(Ok(1))
}

/// scsi_rescan_device: the vital product data and, for a disk, what the disk driver asks.
pub async fn rescan_device(sdev: &Rc<ScsiDevice>) -> Sim<()> {
    let kernel = &sdev.host.kernel;
    let _frame = kernel.enter("scsi_rescan_device");
    let disk = sdev.disk.borrow().clone();
    if let Some(disk) = &disk {
        disk.probed.wait(kernel).await;
    }
    let _guard = sdev.device_lock.lock(kernel).await;
    attach_vpd(sdev).await?;
    match disk.filter(|disk| disk.published.get()) {
        Some(disk) => revalidate(sdev, &disk).await,
        None => Ok(()),
    }
}
