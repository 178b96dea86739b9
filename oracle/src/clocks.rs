//! Clocks: what an allowed difference of one FCP device does to the others.
//!
//! FCP devices share time and the numbers of hosts, nothing else. An allowance that reaches onward leaves the sides at different
//! times; timers of the other devices, above all for device loss, are then armed and run out at other moments, and steps that wait
//! for that device begin at other moments, with all that follows.
//! Property: after that a divergence of another device is a finding only if it is one, too, in the pair without the steps of the
//! devices that the allowance took out. This costs runs, so that it is asked only when there is something to ask about.

use std::collections::BTreeSet;

use regdiff_observation::{Observation, Rest, Stamped};
use regdiff_scenario::{Context, Scenario};

use crate::divergence::{Difference, event_device};
use crate::finding::Finding;
use crate::pair::Pair;
use crate::sorting::{Sorted, Taken};

/// Moves what the clocks explain from the findings to what is allowed. `judge` gives the findings of another scenario on the same
/// lane and terms.
pub(crate) fn split(
    scenario: &Scenario,
    seen: Pair<&Observation>,
    sorted: &mut Sorted,
    mut judge: impl FnMut(&Scenario) -> Vec<Finding>,
) {
    let caused = sorted.findings.iter().filter(|finding| cause(&sorted.taken, seen, finding).is_some());
    let devices: BTreeSet<u8> = caused.filter_map(Finding::device).collect();
    for device in devices {
        let others = sorted.taken.iter().map(|taken| taken.device).filter(|other| *other != device);
        let without = without(scenario, &others.collect());
        // A device without steps did nothing to anybody.
        if without.steps.len() == scenario.steps.len() {
            continue;
        }
        let own = judge(&without);
        let is_own = |finding: &Finding| {
            own.iter().any(|other| other.signature == finding.signature && other.device() == finding.device())
        };
        for finding in std::mem::take(&mut sorted.findings) {
            match cause(&sorted.taken, seen, &finding) {
                Some(taken) if finding.device() == Some(device) && !is_own(&finding) => {
                    let (allowance, status) = (taken.allowance, taken.status);
                    sorted.allow(allowance, status, finding);
                }
                _ => sorted.findings.push(finding),
            }
        }
    }
}

/// The part taken out, of another device, after which the sides were apart in time before a divergence.
fn cause<'a>(taken: &'a [Taken], seen: Pair<&Observation>, finding: &Finding) -> Option<&'a Taken> {
    // What an allowance covers that does not count stays.
    let (located, device) = (finding.difference().filter(|_| finding.known.is_none())?, finding.device()?);
    // An outcome stands where its step began, and the step may have gone on to the end.
    let end = match located.difference {
        Difference::Outcome { .. } => seen.eager.rests.last()?.steps_begun,
        _ => located.steps_begun,
    };
    taken.iter().find(|taken| taken.device != device && (taken.at..=end).any(|at| is_apart(seen, device, at)))
}

/// Whether the sides are apart in time when at most `at` steps have begun: they came to rest at different times; or a device-loss
/// timer ran out in the µs of both rests, before one of them and after the other; or what the device did before they first differ in
/// what it did was done at another time.
fn is_apart(seen: Pair<&Observation>, device: u8, at: u32) -> bool {
    let stretches = seen.map(|side| Stretch::until(side, at));
    stretches.eager.time_us != stretches.deferred.time_us
        || stretches.eager.loses_ports_later() != stretches.deferred.loses_ports_later()
        || stretches.eager.parts_in_time(&stretches.deferred, device)
}

/// What a side did until the last rest with so many steps begun.
struct Stretch<'a> {
    /// When it came to that rest, if it did.
    time_us: Option<u64>,
    events: &'a [Stamped],
    after: &'a [Stamped],
}

impl<'a> Stretch<'a> {
    fn until(side: &'a Observation, at: u32) -> Self {
        let rest = |at: u32| side.rests.iter().take_while(|rest| rest.steps_begun <= at).last();
        let end = |rest: Option<&Rest>| rest.map_or(0, |rest| rest.events_end.min(side.events.len()));
        let (start, end) = (end(at.checked_sub(1).and_then(rest)), end(rest(at)));
        Self {
            time_us: rest(at).map(|rest| rest.time_us),
            events: &side.events[start..end],
            after: &side.events[end..],
        }
    }

    /// Whether a device-loss timer runs out in the µs of the rest, and after it: nothing rests for these timers.
    fn loses_ports_later(&self) -> bool {
        let mut now = self.after.iter().take_while(|stamped| Some(stamped.time_us) == self.time_us);
        now.any(|stamped| stamped.context == Context::FcDl)
    }

    /// Whether the device did something at another time than on the other side, before it did anything else.
    fn parts_in_time(&self, other: &Self, device: u8) -> bool {
        let own = |stretch: &Self| {
            let events = stretch.events.iter();
            events.filter(move |stamped| event_device(&stamped.event) == Some(device))
        };
        let mut pairs = own(self).zip(own(other)).take_while(|(one, other)| one.event == other.event);
        pairs.any(|(one, other)| one.time_us != other.time_us)
    }
}

/// The same scenario without the steps of some devices.
fn without(scenario: &Scenario, devices: &BTreeSet<u8>) -> Scenario {
    let mut other = scenario.clone();
    other.steps.retain(|step| !devices.contains(&step.device));
    other
}

#[cfg(test)]
mod tests {
    use regdiff_observation::{Object, UeventAction};

    use super::*;
    use crate::testing::uevent;

    /// A side that comes to two rests, at 10 and 20 µs, and what happens until the second one and after it: when, where, of which
    /// device and port.
    fn side(until: &[(u64, Context, u8, u64)], after: &[(u64, Context, u8, u64)]) -> Observation {
        let stamp = |&(time_us, context, device, port): &(u64, Context, u8, u64)| {
            let event = uevent(UeventAction::Remove, Object::Rport(device, port));
            Stamped { time_us, context, event }
        };
        let rest = |steps_begun, time_us, events_end| Rest { steps_begun, time_us, readings: Vec::new(), events_end };
        Observation {
            rests: vec![rest(1, 10, 0), rest(2, 20, until.len())],
            events: until.iter().chain(after).map(stamp).collect(),
            ..Observation::default()
        }
    }

    fn apart(eager: &Observation, deferred: &Observation) -> bool {
        let (there, back) = (Pair { eager, deferred }, Pair { eager: deferred, deferred: eager });
        assert_eq!(is_apart(there, 0, 2), is_apart(back, 0, 2));
        is_apart(there, 0, 2)
    }

    #[test]
    fn a_device_loss_timer_runs_out_before_or_after_a_rest_of_the_same_time() {
        let loss = (20, Context::FcDl, 0, 7);
        let (before, after) = (side(&[loss], &[]), side(&[], &[loss]));
        assert!(apart(&before, &after));
        assert!(!apart(&before, &before) && !apart(&after, &after));
        assert!(!apart(&before, &side(&[], &[(21, Context::FcDl, 0, 7)])), "later than the rest");
        assert!(!apart(&before, &side(&[], &[(20, Context::User, 0, 7)])), "what a step does comes after the rest");
        assert!(!is_apart(Pair { eager: &before, deferred: &after }, 0, 1), "not yet");
    }

    #[test]
    fn what_a_device_does_at_other_times_is_apart_until_it_does_something_else() {
        let did = |list: &[(u64, u8, u64)]| {
            let list: Vec<_> = list.iter().map(|&(time, device, port)| (time, Context::Erp, device, port)).collect();
            side(&list, &[])
        };
        assert!(apart(&did(&[(11, 0, 1)]), &did(&[(12, 0, 1)])));
        assert!(apart(&did(&[(11, 0, 1), (12, 0, 2)]), &did(&[(11, 0, 1), (13, 0, 2), (14, 0, 3)])));
        assert!(!apart(&did(&[(11, 0, 1)]), &did(&[(11, 0, 1)])));
        assert!(
            !apart(&did(&[(11, 0, 1), (12, 0, 2)]), &did(&[(11, 0, 3), (13, 0, 2)])),
            "it did something else first"
        );
        assert!(!apart(&did(&[(11, 1, 1)]), &did(&[(12, 1, 1)])), "another device");
        assert!(!apart(&did(&[(11, 0, 1)]), &did(&[])));
    }
}
