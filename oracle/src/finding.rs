//! A finding: what an oracle saw and no allowance of the contract covers.

use std::borrow::Cow;

use regdiff_observation::{Event, Leftover, Limit, Observation, Stamped, Trap, Violation};
use regdiff_scenario::Trigger;
use serde::Serialize;

use crate::contract::Status;
use crate::divergence::Located;
use crate::lifetime::trap_text;
use crate::pair::Side;
use crate::signature::Signature;

/// Which oracle found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Protection memory was accessed outside what was allocated for it.
    Memory,
    /// A host was used that does not exist yet or any more, or something was not given back.
    Lifetime,
    /// Recovery or a user's process never comes to rest.
    Liveness,
    /// A user can see a difference between the two sides.
    Divergence,
}

impl Kind {
    /// The name, as in signatures.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Lifetime => "lifetime",
            Self::Liveness => "liveness",
            Self::Divergence => "divergence",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// An oops.
    Trap(Box<Trap>),
    /// A silent access outside what was allocated.
    Violation(Box<Violation>),
    /// Something that was not given back or done.
    Leftover(Leftover),
    /// A user still hangs in a step when the machine is at rest.
    Blocked {
        /// Index of the step, from 0.
        step: usize,
        /// What the user did.
        trigger: Trigger,
    },
    /// A limit was hit where the other side came to rest long before.
    NeverRests(Limit),
    /// The two sides differ.
    Difference(Located),
}

/// An allowance that knows a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Known {
    /// Its id.
    pub id: &'static str,
    /// Its status.
    pub status: Status,
}

/// What an oracle found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What makes it the same as others.
    pub signature: Signature,
    /// Which oracle.
    pub kind: Kind,
    /// On which side.
    pub side: Side,
    /// What was seen: the first of its signature.
    pub evidence: Evidence,
    /// Whether both sides ran with protection space always reserved, to see past a historical crash.
    pub masked: bool,
    /// Of a trap at a command: how many of its kind the FCP device was to get, this one included.
    pub ordinal: Option<u32>,
    /// The allowance that covers it, whether or not its status counts in this judgement.
    pub known: Option<Known>,
}

impl Finding {
    pub(crate) fn new(kind: Kind, side: Side, signature: Signature, evidence: Evidence) -> Self {
        Self { signature, kind, side, evidence, masked: false, ordinal: None, known: None }
    }

    /// The finding of a trap.
    pub(crate) fn trap(kind: Kind, side: Side, trap: &Trap, seen: &Observation) -> Self {
        let what = if trap.field.is_empty() { &trap.object } else { &trap.field };
        let parts = [trap_text(trap.kind, trap.access), &trap.function, what];
        let signature = Signature::sided(kind.text(), side, &parts);
        let sent = |command| {
            let same = |event: &&Stamped| matches!(event.event, Event::Command(sent) if sent.command == command && Some(sent.device) == trap.device);
            seen.events.iter().filter(same).count() as u32
        };
        let ordinal = trap.command.map(|command| sent(command) + 1);
        Self { ordinal, ..Self::new(kind, side, signature, Evidence::Trap(Box::new(trap.clone()))) }
    }

    /// The finding of a difference.
    pub(crate) fn divergence(located: Located) -> Self {
        let signature = located.difference.signature();
        Self::new(Kind::Divergence, Side::Pair, signature, Evidence::Difference(located))
    }

    /// What happened, in one sentence for a kernel developer.
    pub fn sentence(&self) -> String {
        crate::explain::sentence(self)
    }

    /// Kernel functions from the innermost to the outermost; empty where there is no call trace.
    pub fn trace(&self) -> &[Cow<'static, str>] {
        match &self.evidence {
            Evidence::Trap(trap) => &trap.trace,
            Evidence::Violation(violation) => &violation.trace,
            _ => &[],
        }
    }

    /// The difference of the two sides, if that is what was found.
    pub fn difference(&self) -> Option<&Located> {
        match &self.evidence {
            Evidence::Difference(located) => Some(located),
            _ => None,
        }
    }

    /// The FCP device it is about.
    pub fn device(&self) -> Option<u8> {
        match &self.evidence {
            Evidence::Trap(trap) => trap.device,
            Evidence::Violation(violation) => violation.device,
            Evidence::Leftover(leftover) => Some(leftover.device),
            Evidence::Difference(located) => located.difference.device(),
            Evidence::Blocked { .. } | Evidence::NeverRests(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use regdiff_observation::{End, MemoryOp, Region, TrapKind};

    use super::*;
    use crate::testing;

    #[test]
    fn evidence_knows_its_device_and_its_trace() {
        let mut seen = testing::trap(TrapKind::NullAccess, "f", "scsi_cmnd", "prot_sdb");
        let End::Trap(trap) = &mut seen.end else { unreachable!("it is made so") };
        trap.device = Some(2);
        let finding = Finding::trap(Kind::Memory, Side::Eager, trap, &Observation::default());
        assert_eq!((finding.device(), finding.trace().len(), finding.ordinal), (Some(2), 3, Some(1)));
        let violation = Violation { device: Some(3), ..testing::violation(MemoryOp::W1, Region::Slack) };
        let evidence = Evidence::Violation(Box::new(violation));
        let finding = Finding::new(Kind::Memory, Side::Eager, "memory/x".into(), evidence);
        assert_eq!((finding.device(), finding.trace().len()), (Some(3), 1));
        let finding = Finding::new(Kind::Liveness, Side::Eager, "x".into(), Evidence::NeverRests(Limit::Turns));
        assert_eq!((finding.device(), finding.trace().len(), finding.difference()), (None, 0, None));
    }

    #[test]
    fn kinds_are_called_as_in_signatures() {
        for kind in [Kind::Memory, Kind::Lifetime, Kind::Liveness, Kind::Divergence] {
            assert_eq!(serde_json::to_value(kind).expect("plain data"), kind.to_string());
            assert_eq!(Signature::from(kind.text()).as_ref(), kind.text());
        }
    }
}
