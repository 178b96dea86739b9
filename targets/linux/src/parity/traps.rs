//! The comparison of how two runs ended.

use regdiff_observation::{End, Limit, Observation, Trap, TrapKind};

use super::Mismatch;
use super::compare::end;

/// How deep in the model's call trace the kernel's function may be: the compiler inlines a small function into its caller, so
/// that the instruction pointer is in the caller.
const INLINED: usize = 4;

/// Compares the ends.
pub(super) fn compare(model: &Observation, kernel: &Observation, found: &mut Vec<Mismatch>) {
    match (&model.end, &kernel.end) {
        (End::Trap(ours), End::Trap(theirs)) => {
            if !same(ours, theirs) {
                let class = format!("trap.{}", name(theirs));
                found.push(Mismatch::new(class, "trap", show(ours), show(theirs)));
            }
        }
        // Neither comes to rest: how far each gets is a matter of its limits.
        (End::Limit(_), End::Limit(_)) => {}
        (ours, theirs) if std::mem::discriminant(ours) == std::mem::discriminant(theirs) => {}
        (ours, theirs) => {
            let class = match (ours, theirs) {
                (End::Trap(trap), _) => format!("end.trap-{}-in-model", name(trap)),
                (_, End::Trap(trap)) => format!("end.trap-{}-in-kernel", name(trap)),
                _ => format!("end.{}-in-model-{}-in-kernel", end(ours), end(theirs)),
            };
            let words = |end_of: &End| match end_of {
                End::Trap(trap) => show(trap),
                End::Limit(Limit::Output) => "floods".to_owned(),
                other => end(other).to_owned(),
            };
            found.push(Mismatch::new(class, "end", words(ours), words(theirs)));
        }
    }
}

/// Whether two traps are the same event: the same kind in the same function, an inlined one given its caller.
pub(super) fn same(model: &Trap, kernel: &Trap) -> bool {
    let names = std::iter::once(&model.function).chain(model.trace.iter().take(INLINED));
    let place = names.into_iter().any(|name| *name == kernel.function);
    place && kind(model.kind) == kind(kernel.kind)
}

/// What a kernel without type information can tell apart: memory that is not there, and memory that is gone.
fn kind(kind: TrapKind) -> TrapKind {
    match kind {
        // A freed object is memory like any other for a kernel without the sanitizer; the fault shows wherever it leads.
        TrapKind::ForeignFree => TrapKind::UseAfterFree,
        other => other,
    }
}

fn name(trap: &Trap) -> String {
    format!("{}.{}", kind_text(trap.kind), trap.function)
}

fn kind_text(kind: TrapKind) -> &'static str {
    match kind {
        TrapKind::NullAccess => "null",
        TrapKind::UseAfterFree => "freed",
        TrapKind::OutOfBounds => "outside",
        TrapKind::ForeignFree => "foreign-free",
        TrapKind::Bug => "bug",
        TrapKind::Panic => "panic",
    }
}

fn show(trap: &Trap) -> String {
    let frames: Vec<&str> = trap.trace.iter().take(6).map(AsRef::as_ref).collect();
    format!("{} {:?} in {} ({})", kind_text(trap.kind), trap.access, trap.function, frames.join(" < ")).to_lowercase()
}
