//! Open: defects or doubts that regdiff found and that still stand. Each is described in FINDINGS.md.

use regdiff_observation::{Attribute, Object};

use super::Allowance;
use crate::divergence::Difference;
use crate::finding::Finding;
use crate::pair::Pair;

mod answers;
mod life;
mod link_down;
mod protection;
mod versions;

/// The entries, in the order in which they are asked.
pub(super) fn list() -> impl Iterator<Item = &'static Allowance> {
    protection::LIST.iter().chain(life::LIST).chain(link_down::LIST).chain(answers::LIST).chain(versions::LIST)
}

/// An attribute of an FC host with two values: device, attribute, values, rest.
fn fc_host_value(finding: &Finding) -> Option<(u8, Attribute, Pair<u64>, u32)> {
    let located = finding.difference()?;
    match located.difference {
        Difference::Value { object: Object::FcHost(device), attribute, values } => {
            Some((device, attribute, values, located.steps_begun))
        }
        _ => None,
    }
}
