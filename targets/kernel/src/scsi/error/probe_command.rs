//! Commands of the error handler itself: REQUEST SENSE and TEST UNIT READY (midlayer.md 13.4).
//!
//! They borrow the failed command's request object without preparing it: TOUCH is not evaluated, the protection header is
//! neither written nor read.

use std::rc::Rc;

use super::reset::{try_bus_device_reset, try_host_reset, try_target_reset};
use super::{EhResult, timeout};
use crate::scsi::command::{Cdb, HostByte, STATUS_CHECK_CONDITION, ScsiCommand, ScsiData, ScsiResult, Sense};
use crate::scsi::device::ScsiDevice;
use crate::scsi::disposition::{needs_retry, status};
use crate::scsi::sdev_state::SdevState;
use crate::scsi::{Queued, execute::Kind};
use crate::{Kernel, Sim};

/// eh_timeout of a device: how long such a command may take, in ms.
const TIMEOUT_MS: u64 = 10_000;
/// Until a device is looked at, or a refused command sent, again, in ms.
const STALL_MS: u64 = 100;

/// What became of such a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Success,
    NeedsRetry,
    Failed,
}

/// scsi_eh_tur: whether the device is ready. One that asks for another try twice counts as ready.
pub(super) async fn is_ready(failed: &Rc<ScsiCommand>) -> Sim<bool> {
    let _frame = failed.sdev.host.kernel.enter("scsi_eh_tur");
    for _ in 0..2 {
        match send(failed, Cdb::TestUnitReady).await?.0 {
            Verdict::Success => return Ok(true),
            Verdict::Failed => return Ok(false),
            Verdict::NeedsRetry => {}
        }
    }
    Ok(true)
}

/// scsi_request_sense: the sense data, if there are any.
pub(super) async fn request_sense(failed: &Rc<ScsiCommand>) -> Sim<Option<Sense>> {
    let _frame = failed.sdev.host.kernel.enter("scsi_request_sense");
    Ok(match send(failed, Cdb::RequestSense).await? {
        (Verdict::Success, ScsiData::Sense(sense)) => Some(sense),
        _ => None,
    })
}

/// scsi_send_eh_cmnd.
async fn send(failed: &Rc<ScsiCommand>, cdb: Cdb) -> Sim<(Verdict, ScsiData)> {
    let sdev = &failed.sdev;
    let kernel = &sdev.host.kernel;
    let _frame = kernel.enter("scsi_send_eh_cmnd");
    let nothing = (Verdict::Failed, ScsiData::None);
    let Some(driver) = sdev.host.driver.upgrade() else { return Ok(nothing) };
    let mut left = TIMEOUT_MS;
    loop {
        let command = ScsiCommand::new(sdev, cdb, failed.carrier, Kind { passthrough: true, ..Kind::default() });
        left = wait_while_blocked(kernel, sdev, left).await;
        let accepted = sdev.state() != SdevState::Block && {
            Kernel::count(&kernel.scsi_commands);
            driver.queuecommand(&command)? == Queued::Accepted
        };
        if !accepted {
            if left <= STALL_MS {
                return Ok(nothing);
            }
            left -= STALL_MS;
            kernel.sleep_ms(STALL_MS).await;
            continue;
        }
        if command.settled.wait_timeout(kernel, TIMEOUT_MS, || command.fate.get().is_some()).await {
            let result = command.result.take();
            return Ok((verdict(sdev, cdb, &result), result.data));
        }
        // Whatever comes now is too late.
        command.complete.set(true);
        abort(&command).await?;
        return Ok(nothing);
    }
}

/// Waits in steps while the transport blocks the device; tells how much of the time is left, in ms.
async fn wait_while_blocked(kernel: &Kernel, sdev: &ScsiDevice, left: u64) -> u64 {
    if sdev.state() != SdevState::Block {
        return left;
    }
    let start = kernel.now_us();
    sdev.state_changed.wait_timeout(kernel, left, || sdev.state() != SdevState::Block).await;
    let waited = (kernel.now_us() - start).div_ceil(1000);
    let steps = waited.next_multiple_of(STALL_MS);
    kernel.sleep_ms(steps - waited).await;
    left.saturating_sub(steps)
}

/// scsi_abort_eh_cmnd: the driver has to forget it, at whatever price.
async fn abort(command: &Rc<ScsiCommand>) -> Sim<()> {
    let sdev = &command.sdev;
    let _frame = sdev.host.kernel.enter("scsi_abort_eh_cmnd");
    if timeout::try_to_abort(command).await? != EhResult::Success
        && try_bus_device_reset(sdev).await? != EhResult::Success
        && try_target_reset(sdev).await? != EhResult::Success
    {
        try_host_reset(sdev).await?;
    }
    Ok(())
}

/// scsi_eh_completed_normally.
fn verdict(sdev: &ScsiDevice, cdb: Cdb, result: &ScsiResult) -> Verdict {
    if result.host != HostByte::Ok {
        return Verdict::Failed;
    }
    match result.status {
        status::GOOD | status::CONDITION_MET | status::INTERMEDIATE | status::INTERMEDIATE_MET => Verdict::Success,
        status::RESERVATION_CONFLICT if cdb == Cdb::TestUnitReady => Verdict::Success,
        status::BUSY | status::TASK_SET_FULL => Verdict::NeedsRetry,
        STATUS_CHECK_CONDITION => match result.sense {
            None => Verdict::Failed,
            Some(sense) if sdev.take_expected_attention(sense) || needs_retry(sense) => Verdict::NeedsRetry,
            Some(_) => Verdict::Success,
        },
        _ => Verdict::Failed,
    }
}
