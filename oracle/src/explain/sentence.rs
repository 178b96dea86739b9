//! What happened, in one sentence.

use regdiff_observation::{Access, Region, Trap, TrapKind, Violation};

use super::words;
use crate::finding::{Evidence, Finding, Kind};
use crate::memory::op_text;

/// What happened, in one sentence for a kernel developer.
pub fn sentence(finding: &Finding) -> String {
    let what = match &finding.evidence {
        Evidence::Trap(trap) => format!("{}, {}", trapped(finding.kind, trap), words::doing(trap, finding.ordinal)),
        Evidence::Violation(violation) => silent(violation),
        Evidence::Leftover(left) => {
            format!("{} is left over on device {}; {} should have seen to it", left.what, left.device, left.function)
        }
        Evidence::Blocked { step, trigger } => {
            format!("a user still hangs in step {}, {}, when nothing is left to run", step + 1, trigger.text())
        }
        Evidence::NeverRests(limit) => {
            let limit = crate::liveness::limit_text(*limit);
            format!("the machine never comes to rest (limit of {limit}), while {} does", finding.side.other())
        }
        // It names the sides itself.
        Evidence::Difference(located) => return located.difference.to_string(),
    };
    format!("{}: {what}", finding.side)
}

fn trapped(kind: Kind, trap: &Trap) -> String {
    let Trap { function, object, field, .. } = trap;
    let name = match field.is_empty() {
        true => object.to_string(),
        false => format!("{object}.{field}"),
    };
    match trap.kind {
        // The field of a request is the null pointer itself.
        TrapKind::NullAccess if kind == Kind::Memory => {
            let pointer = if field.is_empty() { object } else { field };
            format!("{function} {} through a null {pointer}", moved(trap))
        }
        TrapKind::NullAccess => {
            let does = if trap.access == Access::Read { "reads" } else { "writes" };
            format!("{function} {does} {name}, but there is no {object}")
        }
        TrapKind::UseAfterFree => {
            let does = if trap.access == Access::Read { "reads" } else { "writes" };
            format!("{function} {does} {name} after the {object} was freed")
        }
        TrapKind::OutOfBounds => {
            let does = if trap.access == Access::Read { "reads" } else { "writes" };
            format!("{function} {does} {} bytes outside of {name}", trap.bytes)
        }
        TrapKind::ForeignFree => match trap.address {
            Some(address) => format!("{function} frees a {object} at {address:#x} that is not its own"),
            None => format!("{function} frees a {object} that is not its own"),
        },
        TrapKind::Bug => format!("{function} stops the kernel: {name} is not what it must be (BUG)"),
        TrapKind::Panic => format!("{function} stops the machine (panic)"),
    }
}

/// A trap in the few words that fit a column.
pub(super) fn trap_in_short(trap: &Trap) -> String {
    match trap.kind {
        TrapKind::NullAccess if trap.bytes > 0 => {
            // Shorter than in a sentence: it has to fit a column.
            let moved = moved(trap).replace("address 0x", "0x").replace("address ", "0x");
            format!("OOPS {}: {moved}", trap.function)
        }
        TrapKind::NullAccess => format!("OOPS {}: no {}", trap.function, trap.object),
        TrapKind::UseAfterFree => format!("OOPS {}: {} was freed", trap.function, trap.object),
        TrapKind::OutOfBounds => format!("KASAN {}: {} outside", trap.function, moved(trap)),
        TrapKind::ForeignFree => format!("OOPS {}: frees a foreign {}", trap.function, trap.object),
        TrapKind::Bug => format!("BUG {}: {}", trap.function, trap.field),
        TrapKind::Panic => format!("PANIC {}", trap.function),
    }
}

/// How many bytes went where.
fn moved(trap: &Trap) -> String {
    let (does, to) = match trap.access {
        Access::Read => ("loads", "from"),
        Access::Write => ("stores", "at"),
    };
    let bytes = if trap.bytes == 0 { String::new() } else { format!(" {} bytes", trap.bytes) };
    match trap.address {
        Some(address) if address < 10 => format!("{does}{bytes} {to} address {address}"),
        Some(address) => format!("{does}{bytes} {to} address {address:#x}"),
        None => format!("{does}{bytes}"),
    }
}

fn silent(violation: &Violation) -> String {
    let does = match violation.access {
        Access::Read => "loads",
        Access::Write => "stores",
    };
    let place = match violation.region {
        Region::Slack => "in the slack behind it, nobody's bytes".to_owned(),
        Region::Neighbour if violation.members.is_empty() => "in the next request".to_owned(),
        Region::Neighbour => format!("in the next request ({})", violation.members.join(", ")),
        Region::BlockTail => "in the unused rest of the block".to_owned(),
        Region::BucketRest => "in the rest of the heap bucket".to_owned(),
        Region::Beyond => "in memory of an unknown owner".to_owned(),
    };
    let command = violation.command.map_or(String::new(), |command| format!(", for {}", words::command(command)));
    format!(
        "{} {does} {} bytes past the payload of {}, {place} ({}{command}), in {}",
        violation.function,
        violation.bytes,
        words::request(violation.object),
        op_text(violation.op),
        words::context(violation.context, &violation.trace),
    )
}
