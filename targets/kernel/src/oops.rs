//! How a run ends early: traps with a call trace, limits, and what the model does not have.

use std::borrow::Cow;

use regdiff_observation::{Access, End, Limit, Trap, TrapKind};
use regdiff_scenario::Command;

use crate::Kernel;

/// The run is over. What happened is recorded in the [`Kernel`]; this only unwinds to the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oops(());

/// The result of anything that may end the run.
pub type Sim<T> = Result<T, Oops>;

/// A kernel function on the call stack of the current context; it leaves when this is dropped.
#[must_use]
pub struct Frame<'a>(&'a Kernel);

impl Drop for Frame<'_> {
    fn drop(&mut self) {
        self.0.frames.borrow_mut().pop();
    }
}

impl Kernel {
    /// Enters a kernel function, so that traces name it.
    pub fn enter(&self, function: &'static str) -> Frame<'_> {
        self.frames.borrow_mut().push(function);
        Frame(self)
    }

    /// The call stack, innermost function first.
    pub fn call_trace(&self) -> Vec<Cow<'static, str>> {
        self.frames.borrow().iter().rev().map(|f| Cow::Borrowed(*f)).collect()
    }

    /// The innermost function.
    pub fn function(&self) -> &'static str {
        self.frames.borrow().last().copied().unwrap_or("?")
    }

    /// An access through a null pointer to `object.field` (driver.md R2).
    #[cold]
    pub fn null_access(&self, access: Access, object: &'static str, field: &'static str) -> Oops {
        self.trap(TrapKind::NullAccess, access, object, field, None, 0, None)
    }

    /// An access to a freed object.
    #[cold]
    pub fn use_after_free(&self, access: Access, object: &'static str, field: &'static str) -> Oops {
        self.trap(TrapKind::UseAfterFree, access, object, field, None, 0, None)
    }

    /// A BUG() or panic.
    #[cold]
    pub fn bug(&self, kind: TrapKind, object: &'static str, field: &'static str) -> Oops {
        self.trap(kind, Access::Read, object, field, None, 0, None)
    }

    /// Ends the run with a trap; the first one counts.
    #[cold]
    #[expect(clippy::too_many_arguments, reason = "each is one line of the oops")]
    pub fn trap(
        &self,
        kind: TrapKind,
        access: Access,
        object: impl Into<Cow<'static, str>>,
        field: impl Into<Cow<'static, str>>,
        address: Option<u64>,
        bytes: u32,
        command: Option<Command>,
    ) -> Oops {
        let (context, device) = self.current();
        self.finish(End::Trap(Box::new(Trap {
            kind,
            function: self.function().into(),
            object: object.into(),
            field: field.into(),
            access,
            address,
            bytes,
            device: Some(device),
            command,
            context,
            trace: self.call_trace(),
            time_us: self.now_us(),
        })))
    }

    /// Ends the run because the scenario needs what the model does not have.
    #[cold]
    pub fn unmodelled(&self, what: &'static str) -> Oops {
        self.finish(End::Unmodelled(what))
    }

    /// Ends the run because a limit was hit.
    #[cold]
    pub(crate) fn limit(&self, limit: Limit) -> Oops {
        self.finish(End::Limit(limit))
    }

    fn finish(&self, end: End) -> Oops {
        let mut slot = self.end.borrow_mut();
        if slot.is_none() {
            *slot = Some(end);
        }
        Oops(())
    }
}
