//! Sending a command through the block layer and waiting for it (midlayer.md 4.4, 8, 13.1).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use regdiff_scenario::{Context, Elevator, Midlayer};

use super::command::{Cdb, HostByte, ProtOp, ScsiCommand, ScsiResult};
use super::device::ScsiDevice;
use super::dispatch::{Dispatch, finish, queue_rq};
use crate::{Completion, Sim};

/// Retries of the midlayer.
const RETRIES: u32 = 3;
/// A command without an answer is timed out after this, in µs: the block layer's 30 s.
const TIMEOUT_US: u64 = 30_000_000;
/// First and longest time between two tries of a refused command, in ms. The kernel uses 3 ms throughout; doubling keeps a
/// LUN that stays blocked from filling a run with identical turns.
const REQUEUE_MS: (u64, u64) = (3, 1024);
/// Refused tries after which a command counts as older than its time-out (13.1), with the doubling above about 40 s.
const REQUEUES: u32 = 48;

/// Function sequences from the caller to queue_rq (midlayer.md 12.2).
fn path(midlayer: Midlayer, passthrough: bool, elevator: Elevator) -> &'static [&'static str] {
    match (midlayer, passthrough, elevator) {
        (Midlayer::V5_3, true, Elevator::None) | (Midlayer::V5_7, true, _) => &[
            "__scsi_execute",
            "blk_execute_rq",
            "blk_execute_rq_nowait",
            "blk_mq_sched_insert_request",
            "blk_mq_run_hw_queue",
            "__blk_mq_delay_run_hw_queue",
            "__blk_mq_run_hw_queue",
            "blk_mq_sched_dispatch_requests",
            "blk_mq_dispatch_rq_list",
        ],
        (Midlayer::V5_3, true, Elevator::MqDeadline) => &[
            "__scsi_execute",
            "blk_execute_rq",
            "blk_execute_rq_nowait",
            "blk_mq_sched_insert_request",
            "blk_mq_run_hw_queue",
            "__blk_mq_delay_run_hw_queue",
            "__blk_mq_run_hw_queue",
            "blk_mq_sched_dispatch_requests",
            "blk_mq_do_dispatch_sched",
            "blk_mq_dispatch_rq_list",
        ],
        (Midlayer::V6_1, true, _) => &[
            "__scsi_execute",
            "blk_execute_rq",
            "blk_mq_sched_insert_request",
            "blk_mq_run_hw_queue",
            "__blk_mq_delay_run_hw_queue",
            "__blk_mq_run_hw_queue",
            "blk_mq_sched_dispatch_requests",
            "__blk_mq_sched_dispatch_requests",
            "blk_mq_dispatch_rq_list",
        ],
        (Midlayer::V6_12, true, _) => &[
            "scsi_execute_cmd",
            "blk_execute_rq",
            "blk_mq_run_hw_queue",
            "blk_mq_sched_dispatch_requests",
            "__blk_mq_sched_dispatch_requests",
            "blk_mq_dispatch_rq_list",
        ],
        (_, false, Elevator::MqDeadline) => &[
            "blk_mq_run_hw_queue",
            "blk_mq_sched_dispatch_requests",
            "blk_mq_do_dispatch_sched",
            "blk_mq_dispatch_rq_list",
        ],
        (_, false, Elevator::None) => {
            &["blk_mq_run_hw_queue", "blk_mq_sched_dispatch_requests", "blk_mq_dispatch_rq_list"]
        }
    }
}

/// What a request carries besides its command.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kind {
    /// From the midlayer or an upper driver, not from a file system.
    pub(crate) passthrough: bool,
    /// The flush machinery's own request.
    pub(crate) flush: bool,
    /// Integrity segments of its bio.
    pub(crate) integrity_segments: u32,
}

/// A passthrough command, waited for.
pub(crate) async fn scsi_execute(sdev: &Rc<ScsiDevice>, cdb: Cdb) -> Sim<ScsiResult> {
    submit(sdev, cdb, Kind { passthrough: true, ..Kind::default() }).await
}

/// Any command, waited for.
pub(crate) async fn submit(sdev: &Rc<ScsiDevice>, cdb: Cdb, kind: Kind) -> Sim<ScsiResult> {
    let host = &sdev.host;
    let kernel = &host.kernel;
    let Some(carrier) = sdev.queue.allocate(host, kind.flush).await else {
        return Ok(ScsiResult::host(HostByte::NoConnect));
    };
    let path = path(kernel.scenario.kernel.midlayer, kind.passthrough, sdev.queue.elevator());
    let mut frames: Vec<_> = path.iter().map(|f| kernel.enter(f)).collect();
    let command = Rc::new(ScsiCommand {
        sdev: sdev.clone(),
        cdb,
        prot_op: Cell::new(ProtOp::Normal),
        host_scribble: Cell::new(0),
        carrier,
        prepared: Cell::new(false),
        integrity_segments: kind.integrity_segments,
        result: RefCell::default(),
        completion: Completion::default(),
    });
    let result = run(&command, kind.passthrough).await?;
    // Frames leave in the order of a call stack.
    while let Some(frame) = frames.pop() {
        drop(frame);
    }
    finish(&command)?;
    sdev.queue.release(host, carrier);
    Ok(result)
}

/// Dispatches until there is a result to keep (midlayer.md 13.1).
async fn run(command: &Rc<ScsiCommand>, passthrough: bool) -> Sim<ScsiResult> {
    let kernel = &command.sdev.host.kernel;
    let mut retries = 0;
    let mut requeues = 0;
    loop {
        let refused = match queue_rq(command, passthrough).await? {
            Dispatch::Finished(result) => return Ok(result),
            Dispatch::Requeue => true,
            Dispatch::Sent => {
                let result = wait_for_answer(command).await?;
                match result.host {
                    HostByte::ImmRetry => true,
                    HostByte::TransportDisrupted | HostByte::SoftError | HostByte::Error if retries < RETRIES => {
                        retries += 1;
                        false
                    }
                    // Unit attention is retried by the midlayer for all but the callers that count it themselves.
                    HostByte::Ok if result.is_unit_attention() && !passthrough && retries < RETRIES => {
                        retries += 1;
                        false
                    }
                    _ => return Ok(result),
                }
            }
        };
        command.result.take();
        if refused {
            requeues += 1;
            if requeues > REQUEUES {
                return Ok(ScsiResult::host(HostByte::Error));
            }
            let ms = (REQUEUE_MS.0 << requeues.min(20)).min(REQUEUE_MS.1);
            kernel.sleep_ms(ms).await;
        }
    }
}

async fn wait_for_answer(command: &Rc<ScsiCommand>) -> Sim<ScsiResult> {
    let kernel = &command.sdev.host.kernel;
    if command.result.borrow().is_none() {
        let device = command.sdev.host.device;
        let weak = Rc::downgrade(command);
        let timer = kernel.timer_us(TIMEOUT_US, false, Context::Timer, device, move |kernel| match weak.upgrade() {
            Some(command) if command.result.borrow().is_none() => {
                Err(kernel.unmodelled("SCSI error handling after a time-out"))
            }
            _ => Ok(()),
        });
        command.completion.wait(kernel).await;
        kernel.cancel_timer(timer);
    }
    command.completion.reset();
    Ok(command.result.take().unwrap_or_default())
}
