//! Commands that time out: the block layer's timer, asynchronous aborts (midlayer.md 13.2).

use std::rc::Rc;

use regdiff_scenario::{Context, Point};

use super::{EhResult, eh_scmd_add, give_back};
use crate::scsi::command::{Fate, HostByte, ScsiCommand};
use crate::scsi::rport::RportState;
use crate::{Kernel, Sim, Work};

/// Until an abort starts, in ms.
const ABORT_DELAY_MS: u64 = 10;

/// blk_add_timer.
pub(crate) fn add_timer(command: &Rc<ScsiCommand>) {
    let host = &command.sdev.host;
    let weak = Rc::downgrade(command);
    // Its timer runs by ticks: what comes at the very time is in time.
    let timer = host.kernel.timer_us(command.kind.timeout_us + 1, false, Context::Timer, host.device, move |kernel| {
        if let Some(command) = weak.upgrade().filter(|c| !c.complete.get()) {
            times_out(kernel, &command);
        }
        Ok(())
    });
    command.timer.set(Some(timer));
}

/// scsi_times_out.
fn times_out(kernel: &Rc<Kernel>, command: &Rc<ScsiCommand>) {
    let _frame = kernel.enter("scsi_times_out");
    // fc_eh_timed_out: a blocked port may come back.
    if command.sdev.rport.state() == RportState::Blocked {
        add_timer(command);
        return;
    }
    command.complete.set(true);
    if command.abort_scheduled.replace(true) {
        command.result.borrow_mut().host = HostByte::TimeOut;
        eh_scmd_add(command);
        return;
    }
    let weak = Rc::downgrade(command);
    let work = Work::new(move || {
        let command = weak.upgrade();
        async move {
            match command {
                Some(command) => abort(&command).await,
                None => Ok(()),
            }
        }
    });
    kernel.queue_delayed_work(&command.sdev.host.error.tmf_work_q, &work, ABORT_DELAY_MS);
    *command.abort_work.borrow_mut() = Some(work);
}

/// scmd_eh_abort_handler.
async fn abort(command: &Rc<ScsiCommand>) -> Sim<()> {
    let host = &command.sdev.host;
    let _frame = host.kernel.enter("scmd_eh_abort_handler");
    host.kernel.point(Point::TmfAbort).await;
    if try_to_abort(command).await? != EhResult::Success {
        eh_scmd_add(command);
        return Ok(());
    }
    command.result.borrow_mut().host = HostByte::TimeOut;
    let again = !command.is_final() && command.may_retry();
    give_back(command, if again { Fate::Retry } else { Fate::Finish });
    Ok(())
}

/// scsi_try_to_abort_cmd.
pub(super) async fn try_to_abort(command: &Rc<ScsiCommand>) -> Sim<EhResult> {
    match command.sdev.host.driver.upgrade() {
        Some(driver) => driver.eh_abort_handler(command).await,
        None => Ok(EhResult::Failed),
    }
}
