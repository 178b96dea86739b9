//! The target of the contract's own bounds: a panic for each allowance that covers what it does not say.

use regdiff_scenario::{bytes, text};

use super::{Checked, Target};
use crate::bounds::strays;
use crate::fault::{FAULTS, Fault};
use crate::judge::Options;

/// Judges the usual pair, and once more with a planted fault, so that predicates meet findings that no driver of today makes.
/// The fault is one of all, by the input, so that an engine that changes a byte tries another; unless one is armed.
pub(super) fn check(target: &Target, data: &[u8], armed: Option<&'static Fault>) -> Checked {
    let scenario = bytes::decode(data);
    let sum = data.iter().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let fault = armed.unwrap_or(&FAULTS[sum % FAULTS.len()]);
    for (options, with) in [(Options::allowing(target.allow), "no fault"), (fault.usual_pair(), fault.name)] {
        if let Some(stray) = strays(&scenario, &options).first() {
            let (id, signature) = (stray.allowance.id, &stray.signature);
            panic!(
                "contract/{id}/{signature}\nthe allowance covers what it does not say, with {with}\n\n{}",
                text::print(&scenario)
            );
        }
    }
    Checked::Judged
}
