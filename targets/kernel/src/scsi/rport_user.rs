//! What users write to a remote port's attributes (midlayer.md 3.5, 3.8).

use regdiff_scenario::Midlayer;

use super::errno::Errno;
use super::rport::{Rport, RportState};
use crate::Kernel;

/// SCSI_DEVICE_BLOCK_MAX_TIMEOUT: the longest time for which a device may be blocked, in s.
const MAX_BLOCK: u32 = 600;
/// What "off" is written as.
const OFF: u32 = u32::MAX;

/// fc_rport_set_dev_loss_tmo, in s: capped unless I/O fails earlier.
pub fn set_dev_loss_tmo(rport: &Rport, seconds: u32) -> Result<u64, Errno> {
    if is_lost(rport) {
        return Err(Errno::EBUSY);
    }
    if rport.fast_io_fail_tmo.get().is_none() && seconds > MAX_BLOCK {
        return Err(Errno::EINVAL);
    }
    rport.dev_loss_tmo.set(seconds);
    Ok(1)
}

/// store_fc_rport_fast_io_fail_tmo, in s: shorter than the loss timer; 0xffffffff is "off".
pub fn set_fast_io_fail_tmo(rport: &Rport, seconds: u32) -> Result<u64, Errno> {
    if is_lost(rport) {
        return Err(Errno::EBUSY);
    }
    if seconds == OFF {
        rport.fast_io_fail_tmo.set(None);
    } else if seconds >= rport.dev_loss_tmo.get() || seconds > MAX_BLOCK {
        return Err(Errno::EINVAL);
    } else {
        rport.fast_io_fail_tmo.set(Some(seconds));
    }
    Ok(1)
}

/// fc_rport_set_marginal_state: online to marginal and back; before 6.1 the attribute is only for reading.
pub fn set_port_state(kernel: &Kernel, rport: &Rport, marginal: bool) -> Result<u64, Errno> {
    if kernel.scenario.kernel.midlayer < Midlayer::V6_1 {
        return Err(Errno::EACCES);
    }
    if !rport.is_online() {
        return Err(Errno::EINVAL);
    }
    rport.set_state(kernel, if marginal { RportState::Marginal } else { RportState::Online });
    Ok(1)
}

fn is_lost(rport: &Rport) -> bool {
    matches!(rport.state(), RportState::Blocked | RportState::Deleted | RportState::NotPresent)
}
