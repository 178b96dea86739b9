//! Puts what the oracles saw under the contract: allowed, or a finding.

use crate::contract::{Allow, Allowance, Context, Reach, Status, covering};
use crate::divergence::event_device;
use crate::finding::{Evidence, Finding, Known};
use crate::verdict::Allowed;

/// What the oracles saw, sorted.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    /// What no allowance that counts covers: every occurrence.
    pub(crate) findings: Vec<Finding>,
    /// What is covered: the first of each signature under each allowance.
    pub(crate) allowed: Vec<Allowed>,
    /// What was taken out of the comparison.
    pub(crate) taken: Vec<Taken>,
}

/// What of the contract counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// Which statuses.
    pub(crate) allow: Allow,
    /// Which allowance does not, whatever its status.
    pub(crate) except: Option<&'static str>,
}

/// A part of the run that an allowance takes out of the comparison: a device from a rest on.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) allowance: &'static Allowance,
    pub(crate) status: Status,
    pub(crate) device: u8,
    /// As steps begun.
    pub(crate) at: u32,
}

impl Taken {
    fn covers(&self, context: &Context<'_>, finding: &Finding) -> bool {
        match &finding.evidence {
            // A panic belongs to no device: it stops the machine.
            Evidence::Difference(located) => {
                located.steps_begun >= self.at && located.difference.device().is_none_or(|device| device == self.device)
            }
            // Sides in different situations may well differ in when they come to rest; whose it is tells who was busy last.
            Evidence::NeverRests(_) => {
                let mut story = context.side(finding.side).events.iter().rev();
                story.find_map(|stamped| event_device(&stamped.event)) == Some(self.device)
            }
            _ => false,
        }
    }
}

/// Sorts every occurrence of its own: one that is allowed never hides a later one of the same signature that is not.
///
/// `hangs` are outcomes of users that hang on one side only. They are no findings, but where one is allowed that reaches onward the
/// sides part: a user that the other side refused is in another situation, whatever it is that it hangs in.
pub(crate) fn sort(
    context: &Context<'_>,
    found: Vec<Finding>,
    hangs: impl Iterator<Item = Finding>,
    terms: Terms,
) -> Sorted {
    let mut sorted = Sorted::default();
    for finding in hangs {
        if let Some((status, allowance)) = covering(context, &finding, terms.except)
            && terms.allow.counts(status)
        {
            sorted.take(allowance, status, &finding);
        }
    }
    let mut uncovered = Vec::new();
    for finding in found {
        let Some((status, allowance)) = covering(context, &finding, terms.except) else {
            uncovered.push(finding);
            continue;
        };
        if !terms.allow.counts(status) {
            sorted.findings.push(Finding { known: Some(Known { id: allowance.id, status }), ..finding });
            continue;
        }
        sorted.take(allowance, status, &finding);
        sorted.allow(allowance, status, finding);
    }
    for finding in uncovered {
        match sorted.taken.iter().find(|taken| taken.covers(context, &finding)) {
            Some(&Taken { allowance, status, .. }) => sorted.allow(allowance, status, finding),
            None => sorted.findings.push(finding),
        }
    }
    // The oracles' order: what no allowance knows does not come after what one knows but does not count.
    sorted.findings.sort_by_key(|finding| finding.kind);
    sorted
}

impl Sorted {
    /// Takes out of the comparison what an allowance that reaches onward takes with a finding.
    fn take(&mut self, allowance: &'static Allowance, status: Status, finding: &Finding) {
        let reaches = allowance.reach != Reach::Difference;
        if let (true, Some(device), Some(located)) = (reaches, finding.device(), finding.difference()) {
            self.taken.push(Taken { allowance, status, device, at: located.steps_begun });
        }
    }

    /// Puts a finding under an allowance.
    pub(crate) fn allow(&mut self, allowance: &Allowance, status: Status, mut finding: Finding) {
        finding.known = Some(Known { id: allowance.id, status });
        let same =
            |allowed: &&mut Allowed| allowed.id == allowance.id && allowed.finding.signature == finding.signature;
        match self.allowed.iter_mut().find(same) {
            Some(allowed) => allowed.count += 1,
            None => self.allowed.push(Allowed { id: allowance.id, status, count: 1, finding }),
        }
    }
}
