//! Puts what the oracles saw under the contract: allowed, or a finding.

use crate::contract::{Allow, Allowance, Context, Reach, Status, covering};
use crate::finding::{Evidence, Finding, Known};
use crate::verdict::Allowed;

/// What the oracles saw, sorted.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    /// What no allowance that counts covers: every occurrence.
    pub(crate) findings: Vec<Finding>,
    /// What is covered: the first of each signature under each allowance.
    pub(crate) allowed: Vec<Allowed>,
}

/// What of the contract counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// Which statuses.
    pub(crate) allow: Allow,
    /// Which allowance does not, whatever its status.
    pub(crate) except: Option<&'static str>,
}

/// A part of the run that an allowance takes out of the comparison.
struct Taken {
    allowance: &'static Allowance,
    status: Status,
    device: u8,
    at: u32,
}

impl Taken {
    fn covers(&self, context: &Context<'_>, finding: &Finding) -> bool {
        let Evidence::Difference(located) = &finding.evidence else { return false };
        if self.allowance.reach == Reach::Difference || located.steps_begun < self.at {
            return false;
        }
        // Where the sides are at different times, device-loss timers of other devices may have run out on one of them; the other
        // catches up in the stretch that began so.
        let began = located.steps_begun.checked_sub(1).filter(|before| *before >= self.at);
        let apart = located.time_us.eager != located.time_us.deferred || began.is_some_and(|at| context.is_apart(at));
        // A panic belongs to no device: it stops the machine.
        apart || located.difference.device().is_none_or(|device| device == self.device)
    }
}

/// Sorts every occurrence of its own: one that is allowed never hides a later one of the same signature that is not.
pub(crate) fn sort(context: &Context<'_>, found: Vec<Finding>, terms: Terms) -> Sorted {
    let mut sorted = Sorted::default();
    let mut taken: Vec<Taken> = Vec::new();
    let mut uncovered = Vec::new();
    for mut finding in found {
        let Some((status, allowance)) = covering(context, &finding, terms.except) else {
            uncovered.push(finding);
            continue;
        };
        finding.known = Some(Known { id: allowance.id, status });
        if !terms.allow.counts(status) {
            sorted.findings.push(finding);
            continue;
        }
        let reaches = allowance.reach != Reach::Difference;
        if let (true, Some(device), Some(located)) = (reaches, finding.device(), finding.difference()) {
            taken.push(Taken { allowance, status, device, at: located.steps_begun });
        }
        sorted.allow(allowance, status, finding);
    }
    for mut finding in uncovered {
        match taken.iter().find(|taken| taken.covers(context, &finding)) {
            Some(Taken { allowance, status, .. }) => {
                finding.known = Some(Known { id: allowance.id, status: *status });
                sorted.allow(allowance, *status, finding);
            }
            None => sorted.findings.push(finding),
        }
    }
    // The oracles' order: what no allowance knows does not come after what one knows but does not count.
    sorted.findings.sort_by_key(|finding| finding.kind);
    sorted
}

impl Sorted {
    fn allow(&mut self, allowance: &Allowance, status: Status, finding: Finding) {
        let same =
            |allowed: &&mut Allowed| allowed.id == allowance.id && allowed.finding.signature == finding.signature;
        match self.allowed.iter_mut().find(same) {
            Some(allowed) => allowed.count += 1,
            None => self.allowed.push(Allowed { id: allowance.id, status, count: 1, finding }),
        }
    }
}
