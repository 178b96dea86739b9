//! Sending a command through the block layer and waiting for it (midlayer.md 4.4, 8, 13.1).

use std::rc::Rc;

use super::command::{Cdb, Fate, HostByte, ScsiCommand, ScsiResult};
use super::device::ScsiDevice;
use super::dispatch::{Dispatch, finish, prepare_again, queue_rq, unbusy, wait_again};
use super::disposition::{Disposition, after_recovery, disposition};
use super::error::{add_timer, eh_scmd_add};
use super::path::path;
use crate::Sim;

/// First and longest time between two tries of a refused command, in ms. The kernel uses 3 ms throughout; doubling keeps a
/// LUN that stays blocked from filling a run with identical turns.
const REQUEUE_MS: (u64, u64) = (3, 1024);
/// Tries in a row that the driver refused, after which only another state of the device can help: about 40 s. The kernel
/// tries for ever; nothing else changes what the driver was asked for.
const REFUSALS: u32 = 48;
/// scsi_set_blocked: how many runs of the queue a command takes that is put back.
const MAX_DEVICE_BLOCKED: u32 = 3;
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
    let command = ScsiCommand::new(sdev, cdb, carrier, kind);
    let result = run(&command).await?;
    // Frames leave in the order of a call stack.
    while let Some(frame) = frames.pop() {
        drop(frame);
    }
    finish(&command)?;
    if let Some(disk) = command.disk() {
        // sd_done: a command came to an end.
        disk.medium_access_timed_out.set(0);
    }
    sdev.queue.release(host, carrier);
    Ok(result)
}

/// What is done after a dispatch.
enum Next {
    Finish(ScsiResult),
    /// The requeue work (kblockd) sends it again: behind what is under way, at the same time.
    Requeued,
    Later,
}

/// Dispatches until there is a result to keep (midlayer.md 13.1).
async fn run(command: &Rc<ScsiCommand>) -> Sim<ScsiResult> {
    let kernel = &command.sdev.host.kernel;
    let (mut requeues, mut refusals) = (0, 0);
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
            Dispatch::Sent => match settle(command).await? {
                Next::Finish(result) => return Ok(result),
                Next::Requeued => {
                    kernel.sleep_us(0).await;
                    continue;
                }
                Next::Later => {
                    if kernel.switches.real_turns && wait_for_port(command).await {
                        continue;
                    }
                }
            },
        }
        requeues += 1;
        kernel.sleep_ms((REQUEUE_MS.0 << requeues.min(20)).min(REQUEUE_MS.1)).await;
    }
}

/// Between two tries of a command to a port that is blocked: its queue runs three times, at one tick each, before it sends anything.
const PORT_STEP_MS: u64 = 30;

/// A command to a blocked port whose device is not blocked is sent again and again until the port is something else. Like a command of
/// a blocked device it waits for that without a turn, so that rest can come. False: the port is not what holds it up.
async fn wait_for_port(command: &ScsiCommand) -> bool {
    let (kernel, rport) = (&command.sdev.host.kernel, &command.sdev.rport);
    let blocked = || rport.chkready() == Some(HostByte::ImmRetry);
    if !blocked() {
        return false;
    }
    let began_us = kernel.now_us();
    rport.changed().wait(kernel, || !blocked()).await;
    let into_step_ms = (kernel.now_us() - began_us) / 1000 % PORT_STEP_MS;
    kernel.sleep_ms(PORT_STEP_MS - into_step_ms).await;
    true
}

/// Waits until somebody is through with a command, and decides what comes next.
async fn settle(command: &Rc<ScsiCommand>) -> Sim<Next> {
    let kernel = &command.sdev.host.kernel;
    let fate = || command.fate.get();
    if fate().is_none() {
        add_timer(command);
    }
    loop {
        command.settled.wait(kernel, || fate().is_some()).await;
        if let Some(timer) = command.timer.take() {
            kernel.cancel_timer(timer);
        }
        match fate() {
            Some(Fate::Done) => {
                let wanted = on_completion(command);
                if wanted == Disposition::ErrorHandler {
                    command.fate.set(None);
                    eh_scmd_add(command);
                    continue;
                }
                unbusy(&command.sdev);
                return carry_out(command, wanted);
            }
            Some(Fate::Finish) => {
                let wanted = after_recovery(command.cdb, command.kind.passthrough, &command.result.borrow());
                return carry_out(command, unless_old(command, wanted));
            }
            Some(Fate::Retry) | None => {
                command.sdev.device_blocked.set(MAX_DEVICE_BLOCKED);
                wait_again(command);
                return Ok(Next::Requeued);
            }
        }
    }
}

/// What the result of a driver asks for.
fn on_completion(command: &ScsiCommand) -> Disposition {
    let result = command.result.borrow();
    if let Some(sense) = result.sense {
        // Retried like any other: it only is no surprise any more.
        command.sdev.take_expected_attention(sense);
    }
    if command.sdev.is_online() {
        unless_old(command, disposition(command.cdb, command.kind.passthrough, &result))
    } else {
        Disposition::Finish
    }
}

/// A command that is too old is finished instead.
fn unless_old(command: &ScsiCommand, wanted: Disposition) -> Disposition {
    let now = command.sdev.host.kernel.now_us();
    let age = now - command.born_us.get().unwrap_or(now);
    let limit = u64::from(command.kind.retries + 1) * command.kind.timeout_us;
    if age > limit { Disposition::Finish } else { wanted }
}

fn carry_out(command: &Rc<ScsiCommand>, wanted: Disposition) -> Sim<Next> {
    match wanted {
        Disposition::Retry if command.may_retry() => {
            command.sdev.device_blocked.set(MAX_DEVICE_BLOCKED);
            return Ok(Next::Requeued);
        }
        Disposition::Requeue => return Ok(Next::Later),
        // The 10 byte form is given up once; a command that needs it all the same fails the next time.
        Disposition::Reprepare if command.sdev.use_10_for_rw.replace(false) => {
            prepare_again(command)?;
            return Ok(Next::Requeued);
        }
        _ => {}
    }
    command.sdev.device_blocked.set(0);
    Ok(Next::Finish(command.result.take()))
}
