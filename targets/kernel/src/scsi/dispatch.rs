//! scsi_queue_rq: preparation with the TOUCH clock, protection mapping, hand-over to the driver (midlayer.md 8, 10.5).

use std::rc::Rc;

use regdiff_observation::{LogId, Note, TrapKind};
use regdiff_scenario::{Midlayer, Point};

use super::Queued;
use super::access::on_request;
use super::command::{Cdb, HostByte, ProtOp, ScsiCommand, ScsiResult};
use super::device::ScsiDevice;
use super::error::wake_up;
use super::host::HostState;
use super::protection::dif_capable;
use super::sdev_state::Gate;
use crate::Sim;
use crate::memory::Mapped;

/// What became of a dispatch.
pub(crate) enum Dispatch {
    /// The driver has it, or completed it.
    Sent,
    /// Not now: device or host are not ready.
    Requeue,
    /// The driver refused it.
    Refused,
    /// It ended without the driver.
    Finished(ScsiResult),
}

/// One dispatch (midlayer.md 8.1). Waits while the device is blocked or has its queue depth of commands, and while the host
/// recovers.
pub(crate) async fn queue_rq(command: &Rc<ScsiCommand>) -> Sim<Dispatch> {
    let sdev = &command.sdev;
    let kernel = &sdev.host.kernel;
    let midlayer = kernel.scenario.kernel.midlayer;
    let gate = || sdev.state().gate(midlayer, command.kind.passthrough, command.kind.power);
    let room = || sdev.busy.get() < sdev.queue_depth.get().max(1);
    let host = &sdev.host;
    let ready = || room() && !host.in_recovery();
    loop {
        while gate() == Gate::Waits {
            sdev.state_changed.wait(kernel, || gate() != Gate::Waits).await;
            // A queue that starts again is run by a worker (kblockd), behind whoever unblocked it.
            kernel.sleep_us(0).await;
        }
        sdev.state_changed.wait(kernel, || gate() != Gate::Waits && (ready() || gate() != Gate::Open)).await;
        if is_ready(sdev) {
            break;
        }
        kernel.sleep_ms(QUEUE_DELAY_MS).await;
    }
    match gate() {
        Gate::NoConnect => return Ok(Dispatch::Finished(ScsiResult::host(HostByte::NoConnect))),
        Gate::Fails => {
            let refused = midlayer >= Midlayer::V6_1;
            return Ok(Dispatch::Finished(ScsiResult { refused, ..ScsiResult::host(HostByte::Error) }));
        }
        Gate::Open | Gate::Waits => {}
    }
    sdev.busy.set(sdev.busy.get() + 1);
    host.busy.set(host.busy.get() + 1);
    let dispatched = dispatch(command).await?;
    if !matches!(dispatched, Dispatch::Sent) {
        unbusy(sdev);
    }
    Ok(dispatched)
}

/// Between two runs of a queue that sends nothing, in ms.
const QUEUE_DELAY_MS: u64 = 3;

/// scsi_dev_queue_ready: after a command was put back, only the third run of the queue sends something while nothing else is at the
/// driver. midlayer.md has nothing of it; it counts where turns are real, and takes two or three ticks there.
fn is_ready(sdev: &ScsiDevice) -> bool {
    let left = sdev.device_blocked.get();
    if left == 0 || !sdev.host.kernel.switches.real_turns {
        return true;
    }
    if sdev.busy.get() > 0 {
        return false;
    }
    sdev.device_blocked.set(left - 1);
    left == 1
}

/// scsi_device_unbusy: one command less at the driver. The error handler may have waited for it.
pub(crate) fn unbusy(sdev: &ScsiDevice) {
    sdev.busy.set(sdev.busy.get() - 1);
    sdev.state_changed.wake_all(&sdev.host.kernel);
    sdev.host.busy.set(sdev.host.busy.get() - 1);
    wake_up(&sdev.host);
}

async fn dispatch(command: &Rc<ScsiCommand>) -> Sim<Dispatch> {
    let sdev = &command.sdev;
    let host = &sdev.host;
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_queue_rq");
    on_request(command, |request, _| request.check_use())?;
    // A requeued command is not prepared again: TOUCH is not evaluated for it.
    if !command.prepared.get() {
        // A command that is prepared anew is as old as before.
        command.born_us.set(command.born_us.get().or(Some(kernel.now_us())));
        command.abort_scheduled.set(false);
        if let Some(result) = prepare(command)? {
            return Ok(Dispatch::Finished(result));
        }
        command.prepared.set(true);
        kernel.point(Point::CommandPrepared).await;
    }
    start(command);
    command.complete.set(false);
    command.fate.set(None);
    command.result.take();
    on_request(command, |request, _| request.check_use())?;
    let Some(driver) = host.driver.upgrade() else {
        return Ok(Dispatch::Finished(ScsiResult::host(HostByte::NoConnect)));
    };
    if sdev.is_deleted() || host.state() == HostState::Del {
        return Ok(Dispatch::Finished(ScsiResult::host(HostByte::NoConnect)));
    }
    if sdev.state().is_blocked() {
        wait_again(command);
        return Ok(Dispatch::Requeue);
    }
    if command.has_protection() {
        on_request(command, |request, sink| {
            request.send(sink);
            Ok(())
        })?;
    }
    crate::Kernel::count(&kernel.scsi_commands);
    match driver.queuecommand(command)? {
        Queued::Accepted => Ok(Dispatch::Sent),
        Queued::DeviceBusy | Queued::HostBusy => {
            wait_again(command);
            Ok(Dispatch::Refused)
        }
    }
}

/// blk_mq_start_request.
fn start(command: &ScsiCommand) {
    let sdev = &command.sdev;
    sdev.queue.with_pool(&sdev.host, command.carrier, |pool, slot| pool.start(slot));
}

/// The request waits in its queue; it stays prepared.
pub(crate) fn wait_again(command: &ScsiCommand) {
    let sdev = &command.sdev;
    sdev.queue.with_pool(&sdev.host, command.carrier, |pool, slot| pool.requeue(slot));
}

/// Preparation (midlayer.md 8.2). A result ends the command.
fn prepare(command: &Rc<ScsiCommand>) -> Sim<Option<ScsiResult>> {
    let host = &command.sdev.host;
    let kernel = &host.kernel;
    let cap = host.prot_capabilities.get();
    command.prot_op.set(ProtOp::Normal);
    // TOUCH: the mask of this moment decides, whatever room there was made for it.
    on_request(command, |request, sink| {
        kernel.note(|| {
            let (device, pool) = (host.device, request.pool());
            let command = command.cdb.command();
            Note::Touch { device, object: pool.kind(), mask: cap, header: pool.header(), command }
        });
        request.touch(cap, sink)
    })?;
    let old = kernel.scenario.kernel.midlayer < Midlayer::V6_1;
    if old {
        start(command);
    }
    if command.kind.passthrough || matches!(command.cdb, Cdb::SynchronizeCache) {
        return Ok(None);
    }
    let _frame = kernel.enter("sd_setup_read_write_cmnd");
    if command.kind.integrity_segments > 0 {
        let _frame = kernel.enter(if old { "scsi_init_io" } else { "scsi_alloc_sgtables" });
        if let Some(result) = map_integrity(command)? {
            return Ok(Some(result));
        }
    }
    let dix = on_request(command, |request, sink| Ok(request.count(sink)))? > 0;
    let kind = command.sdev.disk.borrow().as_ref().map_or(0, |d| d.protection_type.get());
    let write = matches!(command.cdb, Cdb::Write { .. });
    command.prot_op.set(ProtOp::of(dix, dif_capable(cap, kind), write));
    Ok(None)
}

/// Maps integrity data (midlayer.md 5, 8.3).
fn map_integrity(command: &Rc<ScsiCommand>) -> Sim<Option<ScsiResult>> {
    let sdev = &command.sdev;
    let kernel = &sdev.host.kernel;
    let segments = command.kind.integrity_segments;
    let mapped = on_request(command, |request, sink| Ok(Some(request.map_integrity(segments, sink))))?;
    if mapped == Some(Mapped::NoHeader) {
        // The kernel warns once, whichever device it was.
        if !kernel.warned_of_prot_sdb.replace(true) {
            kernel.log(LogId::ProtSdbMissing, sdev.host.device, sdev.lun);
        }
        return Ok(Some(ScsiResult::host(HostByte::Error)));
    }
    if sdev.queue.max_integrity_segments < segments {
        return Err(kernel.bug(TrapKind::Bug, "request_queue", "max_integrity_segments"));
    }
    Ok(None)
}

/// The end of a command (midlayer.md 8.5).
pub(crate) fn finish(command: &Rc<ScsiCommand>) -> Sim<()> {
    let _frame = command.sdev.host.kernel.enter("scsi_io_completion");
    unprepare(command)
}

/// A command is to be prepared anew: scsi_mq_requeue_cmd (midlayer.md 8.5).
pub(crate) fn prepare_again(command: &Rc<ScsiCommand>) -> Sim<()> {
    let _frame = command.sdev.host.kernel.enter("scsi_io_completion_action");
    unprepare(command)?;
    wait_again(command);
    Ok(())
}

/// Its lists are freed, whatever the mask says now.
fn unprepare(command: &Rc<ScsiCommand>) -> Sim<()> {
    let kernel = &command.sdev.host.kernel;
    on_request(command, |request, _| request.check_use())?;
    if !command.prepared.replace(false) {
        return Ok(());
    }
    let oldest = kernel.scenario.kernel.midlayer < Midlayer::V5_7;
    let _frame = kernel.enter(if oldest { "scsi_mq_free_sgtables" } else { "scsi_free_sgtables" });
    on_request(command, |request, sink| request.free(sink).map(|_| ()))
}
