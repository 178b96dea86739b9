//! The SCSI error handler: how commands come to it, when it runs, how it ends (midlayer.md 13.3 to 13.5; scsi_error.c).
//!
//! `eh_deadline` is off: no trigger writes it. So are `allow_restart` and `retry_hwerror` of devices, as for every FC disk:
//! the strategy "START UNIT" never finds a command to work on, and no sense data but missing ones ask for the error handler.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use regdiff_observation::TrapKind;
use regdiff_scenario::{Context, Point};

use super::command::{Fate, HostByte, ScsiCommand};
use super::dispatch::unbusy;
use super::host::{HostState, ScsiHost};
use crate::{Sim, WaitQueue, WorkQueue};

mod probe_command;
mod reset;
mod strategy;
mod timeout;

pub use reset::scsi_ioctl_reset;
pub(crate) use timeout::add_timer;

/// What a handler of a host driver says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EhResult {
    /// It worked.
    Success,
    /// It did not: the next strategy.
    Failed,
    /// The remote port's I/O is to fail fast: no further strategy.
    FastIoFail,
}

/// Until a command that failed is counted, in µs: an RCU grace period, whose length is the machine's business.
const GRACE_US: u64 = 10_000;

/// What a host keeps for its error handler.
pub(crate) struct ErrorState {
    /// eh_cmd_q: commands that wait for the error handler.
    eh_cmd_q: RefCell<Vec<Rc<ScsiCommand>>>,
    host_failed: Cell<u32>,
    /// The thread is at work.
    pub(crate) running: Cell<bool>,
    /// A reset by ioctl is under way.
    pub(crate) tmf_in_progress: Cell<bool>,
    /// Whoever waits for the end of recovery.
    pub(crate) host_wait: WaitQueue,
    /// `scsi_tmf_N`: asynchronous aborts, one at a time.
    pub(crate) tmf_work_q: Rc<WorkQueue>,
}

impl ErrorState {
    pub(crate) fn new(device: u8) -> Self {
        Self {
            eh_cmd_q: RefCell::default(),
            host_failed: Cell::new(0),
            running: Cell::new(false),
            tmf_in_progress: Cell::new(false),
            host_wait: WaitQueue::default(),
            tmf_work_q: WorkQueue::ordered(Context::ScsiTmf, device),
        }
    }

    /// Breaks the cycles between host and commands, once a run is over.
    pub(crate) fn clear(&self) {
        self.eh_cmd_q.take();
    }
}

/// scsi_eh_scmd_add: the error handler gets a command, which stays busy.
pub(crate) fn eh_scmd_add(command: &Rc<ScsiCommand>) {
    let host = &command.sdev.host;
    if host.set_state(HostState::Recovery).is_err() {
        // A refusal here means that a user wrote the state; the kernel warns and goes on.
        let _ = host.set_state(HostState::CancelRecovery);
    }
    strategy::eh_reset(command);
    host.error.eh_cmd_q.borrow_mut().push(command.clone());
    let weak = Rc::downgrade(host);
    host.kernel.timer_us(GRACE_US, false, Context::Timer, host.device, move |_| {
        if let Some(host) = weak.upgrade() {
            host.error.host_failed.set(host.error.host_failed.get() + 1);
            wake_up(&host);
        }
        Ok(())
    });
}

/// Every command that is still busy has failed.
fn is_due(host: &ScsiHost) -> bool {
    let failed = host.error.host_failed.get();
    failed > 0 && failed == host.busy.get()
}

/// scsi_eh_wakeup. The thread `scsi_eh_N` is a task only while it has work to do.
pub(crate) fn wake_up(host: &Rc<ScsiHost>) {
    if !is_due(host) || host.error.running.replace(true) {
        return;
    }
    let host = host.clone();
    host.kernel.clone().spawn(Context::ScsiEh, host.device, async move {
        let result = scsi_error_handler(&host).await;
        host.error.running.set(false);
        host.release_if_unused();
        result
    });
}

async fn scsi_error_handler(host: &Rc<ScsiHost>) -> Sim<()> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_error_handler");
    kernel.point(Point::EhStart).await;
    while is_due(host) {
        unjam_host(host).await?;
        host.error.host_failed.set(0);
        kernel.point(Point::EhFinish).await;
        restart_operations(host)?;
    }
    Ok(())
}

/// scsi_unjam_host: from the mildest strategy to the harshest, until nothing is left to do.
async fn unjam_host(host: &Rc<ScsiHost>) -> Sim<()> {
    let _frame = host.kernel.enter("scsi_unjam_host");
    let mut patients = strategy::Patients::new(host.error.eh_cmd_q.take());
    strategy::cure(host, &mut patients).await?;
    flush_done(&patients.done);
    Ok(())
}

/// scsi_eh_flush_done_q: sent again while they may be, else finished.
fn flush_done(done: &[Rc<ScsiCommand>]) {
    for command in done {
        if command.sdev.is_online() && !command.is_final() && command.may_retry() {
            give_back(command, Fate::Retry);
        } else {
            // Nothing else tells that it failed. Before 6.1 the driver byte says so.
            if command.result.borrow().is_good() {
                command.result.borrow_mut().host = HostByte::TimeOut;
            }
            give_back(command, Fate::Finish);
        }
    }
}

/// scsi_queue_insert, scsi_finish_command: the submitter goes on.
fn give_back(command: &Rc<ScsiCommand>, fate: Fate) {
    unbusy(&command.sdev);
    command.settle(&command.sdev.host.kernel, fate);
}

/// scsi_restart_operations.
fn restart_operations(host: &ScsiHost) -> Sim<()> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_restart_operations");
    let next = [HostState::Running, HostState::Cancel, HostState::Del];
    if next.into_iter().all(|state| host.set_state(state).is_err()) {
        return Err(kernel.bug(TrapKind::Bug, "Scsi_Host", "shost_state"));
    }
    Ok(())
}
