//! scsi_queue_rq: preparation with the TOUCH clock, protection mapping, hand-over to the driver (midlayer.md 8, 10.5).

use std::rc::Rc;

use regdiff_observation::{Access, LogId, TrapKind, Violation};
use regdiff_scenario::{Midlayer, Point};

use super::Queued;
use super::command::{Cdb, HostByte, ProtOp, ScsiCommand, ScsiResult};
use super::device::SdevState;
use super::host::HostState;
use super::queue::{DIX_MASK, integrity_overflow_is_bug};
use crate::Sim;
use crate::memory::{Fault, Mapped, RawViolation, Request};

/// What became of a dispatch.
pub(crate) enum Dispatch {
    /// The driver has it, or completed it.
    Sent,
    /// Not now.
    Requeue,
    /// It ended without the driver.
    Finished(ScsiResult),
}

/// One dispatch (midlayer.md 8.1). Waits while the device is blocked.
pub(crate) async fn queue_rq(command: &Rc<ScsiCommand>, passthrough: bool) -> Sim<Dispatch> {
    let sdev = &command.sdev;
    let host = &sdev.host;
    let kernel = &host.kernel;
    let blocked = |s: SdevState| {
        matches!(s, SdevState::Block | SdevState::CreatedBlock) || (s == SdevState::Quiesce && !passthrough)
    };
    sdev.state_changed.wait(kernel, || !blocked(sdev.state())).await;
    let fails = match sdev.state() {
        SdevState::Offline | SdevState::TransportOffline | SdevState::Del => true,
        SdevState::Cancel => kernel.scenario.kernel.midlayer >= Midlayer::V6_1 || !passthrough,
        SdevState::Created => kernel.scenario.kernel.midlayer < Midlayer::V6_1 && !passthrough,
        _ => false,
    };
    if fails {
        return Ok(Dispatch::Finished(ScsiResult::host(HostByte::NoConnect)));
    }
    let _frame = kernel.enter("scsi_queue_rq");
    if matches!(host.state(), HostState::Recovery | HostState::CancelRecovery | HostState::DelRecovery) {
        return Ok(Dispatch::Requeue);
    }
    if !command.prepared.get() {
        if let Some(result) = prepare(command, passthrough)? {
            return Ok(Dispatch::Finished(result));
        }
        command.prepared.set(true);
        kernel.point(Point::CommandPrepared).await;
    }
    if host.state() == HostState::Del {
        return Ok(Dispatch::Finished(ScsiResult::host(HostByte::NoConnect)));
    }
    let Some(driver) = host.driver.upgrade() else {
        return Ok(Dispatch::Finished(ScsiResult::host(HostByte::NoConnect)));
    };
    sdev.queue.with_pool(host, command.carrier, |pool, slot| pool.start(slot));
    on_request(command, |request, _| request.check_use())?;
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
            sdev.queue.with_pool(host, command.carrier, |pool, slot| pool.requeue(slot));
            Ok(Dispatch::Requeue)
        }
    }
}

/// Preparation (midlayer.md 8.2). A result ends the command.
fn prepare(command: &Rc<ScsiCommand>, passthrough: bool) -> Sim<Option<ScsiResult>> {
    let host = &command.sdev.host;
    let cap = host.prot_capabilities.get();
    // TOUCH: the mask of this moment decides, whatever room there was made for it.
    on_request(command, |request, sink| request.touch(cap, sink))?;
    if passthrough || matches!(command.cdb, Cdb::SynchronizeCache) {
        return Ok(None);
    }
    if command.integrity_segments > 0 {
        if let Some(result) = map_integrity(command)? {
            return Ok(Some(result));
        }
    }
    let count = on_request(command, |request, sink| Ok(request.count(sink)))?;
    command.prot_op.set(prot_op(command, count > 0));
    Ok(None)
}

/// Maps integrity data (midlayer.md 5, 8.3).
fn map_integrity(command: &Rc<ScsiCommand>) -> Sim<Option<ScsiResult>> {
    let sdev = &command.sdev;
    let kernel = &sdev.host.kernel;
    if sdev.queue.max_integrity_segments < command.integrity_segments {
        if integrity_overflow_is_bug(kernel.scenario.kernel.midlayer) {
            return Err(kernel.bug(TrapKind::Bug, "request_queue", "max_integrity_segments"));
        }
        return Ok(Some(ScsiResult::host(HostByte::Error)));
    }
    let segments = command.integrity_segments;
    let no_header =
        on_request(command, |request, sink| Ok(matches!(request.map_integrity(segments, sink), Mapped::NoHeader)))?;
    if no_header {
        kernel.log(LogId::ProtSdbMissing, sdev.host.device, sdev.lun);
        return Ok(Some(ScsiResult::host(HostByte::NoConnect)));
    }
    Ok(None)
}

/// The protection operation of a read or write (midlayer.md 10.5).
fn prot_op(command: &ScsiCommand, dix: bool) -> ProtOp {
    let sdev = &command.sdev;
    let cap = sdev.host.prot_capabilities.get();
    let kind = sdev.disk.borrow().as_ref().map_or(0, |d| d.protection_type.get());
    let dif = (1..=3).contains(&kind) && cap & (1 << (kind - 1)) != 0;
    let write = matches!(command.cdb, Cdb::Write { .. });
    match (dix, dif, write) {
        (false, false, _) => ProtOp::Normal,
        (false, true, false) => ProtOp::ReadStrip,
        (false, true, true) => ProtOp::WriteInsert,
        (true, false, false) => ProtOp::ReadInsert,
        (true, false, true) => ProtOp::WriteStrip,
        (true, true, false) => ProtOp::ReadPass,
        (true, true, true) => ProtOp::WritePass,
    }
}

/// The end of a command: its lists are freed (midlayer.md 8.5).
pub(crate) fn finish(command: &Rc<ScsiCommand>) -> Sim<()> {
    if !command.prepared.get() {
        return Ok(());
    }
    let _frame = command.sdev.host.kernel.enter("scsi_mq_free_sgtables");
    on_request(command, |request, sink| request.free(sink).map(|_| ())).map(|_| ())
}

/// Performs one operation on the command's request object and writes down what it did wrong. None: the object is freed.
fn on_request<T>(
    command: &Rc<ScsiCommand>,
    act: impl FnOnce(&mut Request<'_>, &mut Vec<RawViolation>) -> Result<T, Fault>,
) -> Sim<T>
where
    T: Default,
{
    let sdev = &command.sdev;
    let host = &sdev.host;
    let kernel = &host.kernel;
    let mut raw = Vec::new();
    let outcome = sdev.queue.with_pool(host, command.carrier, |pool, slot| act(&mut pool.request(slot), &mut raw));
    for violation in raw {
        let (context, device) = kernel.current();
        kernel.violations.borrow_mut().push(Violation {
            op: violation.op,
            access: violation.access,
            object: violation.object,
            slot: violation.slot,
            offset: violation.offset,
            bytes: violation.bytes,
            region: violation.region,
            members: violation.members.into_iter().map(Into::into).collect(),
            victim: violation.victim,
            function: kernel.function().into(),
            device: Some(device),
            command: Some(command.cdb.command()),
            context,
            trace: kernel.call_trace(),
            time_us: kernel.now_us(),
        });
    }
    match outcome {
        Some(Ok(value)) => Ok(value),
        Some(Err(fault)) => Err(kernel.trap(
            fault.kind,
            fault.access,
            fault.object,
            fault.field,
            fault.address,
            fault.bytes,
            Some(command.cdb.command()),
        )),
        None => Err(kernel.use_after_free(Access::Write, "request", "q")),
    }
}

const _: () = assert!(DIX_MASK == 8, "prot_op reads DIF bits below the DIX bits");
