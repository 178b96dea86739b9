//! Sending a command through the block layer and waiting for it (midlayer.md 4.4, 8, 13.1).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use regdiff_scenario::Context;

use super::command::{Cdb, HostByte, ProtOp, ScsiCommand, ScsiResult};
use super::device::ScsiDevice;
use super::dispatch::{Dispatch, finish, queue_rq, unbusy};
use super::disposition::{Disposition, disposition};
use super::path::path;
use super::rport::RportState;
use crate::{Completion, Sim};

/// First and longest time between two tries of a refused command, in ms. The kernel uses 3 ms throughout; doubling keeps a
/// LUN that stays blocked from filling a run with identical turns.
const REQUEUE_MS: (u64, u64) = (3, 1024);
/// Tries in a row that the driver refused, after which only another state of the device can help: about 40 s. The kernel
/// tries for ever; nothing else changes what the driver was asked for.
const REFUSALS: u32 = 48;
/// Retries of the midlayer's own commands.
pub(crate) const MIDLAYER_RETRIES: u32 = 3;
/// Retries of the disk driver's commands, and of reads and writes.
pub(crate) const DISK_RETRIES: u32 = 5;
/// Time that INQUIRY may take, in µs (midlayer.md 4.4).
pub(crate) const INQUIRY_TIMEOUT_US: u64 = 20_500_000;
/// Time that any other command may take, in µs.
pub(crate) const TIMEOUT_US: u64 = 30_000_000;

/// What a request carries besides its command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// From the midlayer or an upper driver, not from a file system.
    pub(crate) passthrough: bool,
    /// Of power management.
    pub(crate) power: bool,
    /// The flush machinery's own request.
    pub(crate) flush: bool,
    /// Integrity segments of its bio.
    pub(crate) integrity_segments: u32,
    /// How often it is sent again.
    pub(crate) retries: u32,
    /// How long it may take.
    pub(crate) timeout_us: u64,
}

impl Default for Kind {
    fn default() -> Self {
        Self {
            passthrough: false,
            power: false,
            flush: false,
            integrity_segments: 0,
            retries: DISK_RETRIES,
            timeout_us: TIMEOUT_US,
        }
    }
}

/// A passthrough command of the midlayer or an upper driver, waited for.
pub(crate) async fn scsi_execute(sdev: &Rc<ScsiDevice>, cdb: Cdb, timeout_us: u64, retries: u32) -> Sim<ScsiResult> {
    submit(sdev, cdb, Kind { passthrough: true, timeout_us, retries, ..Kind::default() }).await
}

/// Any command, waited for.
pub(crate) async fn submit(sdev: &Rc<ScsiDevice>, cdb: Cdb, kind: Kind) -> Sim<ScsiResult> {
    let host = &sdev.host;
    let kernel = &host.kernel;
    let carrier = if kind.flush { sdev.queue.allocate_flush() } else { sdev.queue.allocate(host).await };
    let Some(carrier) = carrier else { return Ok(ScsiResult::host(HostByte::NoConnect)) };
    let path = path(kernel.scenario.kernel.midlayer, kind.passthrough, sdev.queue.elevator());
    let mut frames: Vec<_> = path.iter().map(|f| kernel.enter(f)).collect();
    let command = Rc::new(ScsiCommand {
        sdev: sdev.clone(),
        cdb,
        kind,
        prot_op: Cell::new(ProtOp::Normal),
        host_scribble: Cell::new(0),
        carrier,
        prepared: Cell::new(false),
        born_us: Cell::new(kernel.now_us()),
        result: RefCell::default(),
        completion: Completion::default(),
        timer: Cell::new(None),
    });
    let result = run(&command).await?;
    // Frames leave in the order of a call stack.
    while let Some(frame) = frames.pop() {
        drop(frame);
    }
    finish(&command)?;
    sdev.queue.release(host, carrier);
    Ok(result)
}

/// Dispatches until there is a result to keep (midlayer.md 13.1).
async fn run(command: &Rc<ScsiCommand>) -> Sim<ScsiResult> {
    let kernel = &command.sdev.host.kernel;
    let (mut retries, mut requeues, mut refusals) = (0, 0, 0);
    loop {
        match queue_rq(command).await? {
            Dispatch::Finished(result) => return Ok(result),
            Dispatch::Requeue => {}
            Dispatch::Refused => {
                refusals += 1;
                if refusals > REFUSALS {
                    let before = command.sdev.state();
                    command.sdev.state_changed.wait(kernel, || command.sdev.state() != before).await;
                    refusals = 0;
                }
            }
            Dispatch::Sent => {
                let result = wait_for_answer(command).await?;
                let old = kernel.now_us() - command.born_us.get()
                    > u64::from(command.kind.retries + 1) * command.kind.timeout_us;
                match disposition(command.cdb, command.kind.passthrough, &result) {
                    Disposition::Finish => return Ok(result),
                    Disposition::ErrorHandler => {
                        return Err(kernel.unmodelled("SCSI error handling after a bad status"));
                    }
                    Disposition::Reprepare => {
                        return Err(kernel.unmodelled("a disk that refuses READ(10) or WRITE(10)"));
                    }
                    // A command that is too old is finished instead.
                    Disposition::Retry | Disposition::Requeue if old => return Ok(result),
                    Disposition::Retry if retries >= command.kind.retries => return Ok(result),
                    Disposition::Retry => {
                        retries += 1;
                        continue;
                    }
                    Disposition::Requeue => {}
                }
            }
        }
        requeues += 1;
        kernel.sleep_ms((REQUEUE_MS.0 << requeues.min(20)).min(REQUEUE_MS.1)).await;
    }
}

async fn wait_for_answer(command: &Rc<ScsiCommand>) -> Sim<ScsiResult> {
    let kernel = &command.sdev.host.kernel;
    if command.result.borrow().is_none() {
        arm_timeout(command);
        command.completion.wait(kernel).await;
        if let Some(timer) = command.timer.take() {
            kernel.cancel_timer(timer);
        }
    }
    command.completion.reset();
    unbusy(&command.sdev);
    Ok(command.result.take().unwrap_or_default())
}

/// The block layer's timer; while the remote port is blocked it starts again: fc_eh_timed_out (midlayer.md 3.6).
fn arm_timeout(command: &Rc<ScsiCommand>) {
    let host = &command.sdev.host;
    let weak = Rc::downgrade(command);
    let timer = host.kernel.timer_us(command.kind.timeout_us, false, Context::Timer, host.device, move |kernel| {
        let Some(command) = weak.upgrade().filter(|c| c.result.borrow().is_none()) else { return Ok(()) };
        if command.sdev.rport.state() != RportState::Blocked {
            return Err(kernel.unmodelled("SCSI error handling after a time-out"));
        }
        arm_timeout(&command);
        Ok(())
    });
    command.timer.set(Some(timer));
}
