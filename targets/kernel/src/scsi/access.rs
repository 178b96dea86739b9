//! Operations on a command's request object, and the record of what they did wrong.

use std::rc::Rc;

use regdiff_observation::{Access, Note, Violation};

use super::command::ScsiCommand;
use crate::memory::{Fault, RawViolation, Request};
use crate::{Kernel, Sim};

/// Performs one operation on the command's request object. Violations are written down; a fault ends the run.
pub(crate) fn on_request<T>(
    command: &Rc<ScsiCommand>,
    act: impl FnOnce(&mut Request<'_>, &mut Vec<RawViolation>) -> Result<T, Fault>,
) -> Sim<T> {
    let sdev = &command.sdev;
    let kernel = &sdev.host.kernel;
    let mut raw = Vec::new();
    let outcome =
        sdev.queue.with_pool(&sdev.host, command.carrier, |pool, slot| act(&mut pool.request(slot), &mut raw));
    for violation in raw {
        let violation = full(kernel, command, violation);
        kernel.note(|| Note::Violation(kernel.violations.borrow().len()));
        kernel.violations.borrow_mut().push(violation);
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

/// Adds who, where and when.
fn full(kernel: &Kernel, command: &ScsiCommand, raw: RawViolation) -> Violation {
    let (context, device) = kernel.current();
    Violation {
        op: raw.op,
        access: raw.access,
        object: raw.object,
        slot: raw.slot,
        offset: raw.offset,
        bytes: raw.bytes,
        region: raw.region,
        members: raw.members.into_iter().map(Into::into).collect(),
        victim: raw.victim,
        function: kernel.function().into(),
        device: Some(device),
        command: Some(command.cdb.command()),
        context,
        trace: kernel.call_trace(),
        time_us: kernel.now_us(),
    }
}
