//! Schedules: a divergence that one variant also shows against itself is no matter of registration.
//!
//! Property: for a divergence to be a finding, neither variant may show the very same difference between the scenario's schedule
//! and another one. This costs runs, so that it is asked only when there is a divergence to ask about.

use regdiff_observation::{Lane, Observation, Watch};
use regdiff_scenario::{Choice, Context, Point, Scenario, Turn, limits};

use crate::divergence::{Difference, Located, REGISTRATION, compare};
use crate::finding::Finding;
use crate::pair::Pair;

/// Places where waiting for everybody else is a plausible other schedule.
const YIELDS: &[(Context, Point)] = &[
    (Context::Erp, Point::ErpXportDone),
    (Context::Erp, Point::ErpAdapterOpen),
    (Context::AdapterWq, Point::ScanStart),
    (Context::AdapterWq, Point::RportWork),
];

/// How many times in a row each of these places yields.
const OCCURRENCES: u16 = 4;

/// Takes the divergences that depend on the schedule out of `findings`, and counts the runs it took.
pub(crate) fn split<L: Lane>(
    lane: &L,
    scenario: &Scenario,
    variants: Pair<&L::Variant>,
    seen: Pair<&Observation>,
    findings: &mut Vec<Finding>,
    runs: &mut u32,
) -> Vec<Finding> {
    let mut dependent = Vec::new();
    for other in others(scenario) {
        if !findings.iter().any(|finding| finding.difference().is_some()) {
            break;
        }
        let again = variants.map(|variant| lane.run(&other, variant, Watch::Everything));
        *runs += 2;
        // Each variant under the other schedule takes the place of the other variant.
        let mut within = compare(scenario, Pair { eager: seen.eager, deferred: &again.eager }).differences;
        within.extend(compare(scenario, Pair { eager: &again.deferred, deferred: seen.deferred }).differences);
        let explained = |finding: &mut Finding| {
            finding.difference().is_some_and(|located| within.iter().any(|other| explains(other, located)))
        };
        dependent.extend(findings.extract_if(.., explained));
    }
    dependent
}

/// Whether a difference within a variant is the one between the variants: the same thing, at the same rest, and with the
/// same two values. Of events, that the same side has more of them: how many depends on the schedule too.
fn explains(within: &Located, between: &Located) -> bool {
    within.steps_begun == between.steps_begun
        && match (&within.difference, &between.difference) {
            (Difference::Event { .. }, Difference::Event { .. }) => {
                within.difference.surplus() == between.difference.surplus()
            }
            (within, between) => within == between,
        }
}

/// The same scenario under other schedules.
fn others(scenario: &Scenario) -> impl Iterator<Item = Scenario> + '_ {
    let plain = (!scenario.schedule.is_empty()).then(|| Scenario { schedule: Vec::new(), ..scenario.clone() });
    plain.into_iter().chain(moved(scenario)).chain(YIELDS.iter().map(|(context, point)| {
        let mut other = scenario.clone();
        for device in 0..scenario.devices.len() as u8 {
            for nth in 1..=OCCURRENCES {
                let choice = Choice { device, context: *context, point: *point, nth, turn: Turn::Yield, amount: 0 };
                // The first choice of a key counts: these come before the scenario's own.
                other.schedule.insert(0, choice);
            }
        }
        other.schedule.truncate(limits::MAX_CHOICES);
        other
    }))
}

/// The same schedule with what it does at registration in recovery, where deferred alone comes by, done where both do.
fn moved(scenario: &Scenario) -> Option<Scenario> {
    let mut other = scenario.clone();
    let mut any = false;
    for choice in &mut other.schedule {
        if choice.context == Context::Erp && REGISTRATION.contains(&choice.point) {
            choice.point = Point::ErpXportDone;
            any = true;
        }
    }
    any.then_some(other)
}

#[cfg(test)]
mod tests {
    use regdiff_observation::{Attribute, LogId, Object};
    use regdiff_scenario::Device;

    use super::*;
    use crate::testing::{Fake, FakeLane, log, reading, rest};

    fn showing(value: u64, oper: usize) -> Observation {
        let mut seen = Observation::default();
        rest(&mut seen, 0, &vec![log(LogId::Oper); oper], &[reading(Object::Adapter(0), Attribute::Status, value)]);
        seen
    }

    /// Splits the differences of two runs, of which the left side changes when the schedule does.
    fn split_with(eager: (u64, usize), again: (u64, usize), deferred: (u64, usize)) -> (usize, usize, u32) {
        let scenario = Scenario { devices: vec![Device::default()], ..Scenario::default() };
        let lane =
            FakeLane(move |scenario: &Scenario, variant: Fake| match (variant.left, scenario.schedule.is_empty()) {
                (true, true) => showing(eager.0, eager.1),
                (true, false) => showing(again.0, again.1),
                (false, _) => showing(deferred.0, deferred.1),
            });
        let seen = Pair { eager: showing(eager.0, eager.1), deferred: showing(deferred.0, deferred.1) };
        let differences = compare(&scenario, seen.as_ref()).differences;
        let mut findings: Vec<Finding> = differences.into_iter().map(Finding::divergence).collect();
        let variants = Pair { eager: &Fake::EAGER, deferred: &Fake::DEFERRED };
        let mut runs = 0;
        let dependent = split(&lane, &scenario, variants, seen.as_ref(), &mut findings, &mut runs);
        (findings.len(), dependent.len(), runs)
    }

    #[test]
    fn nothing_is_run_without_a_divergence() {
        assert_eq!(split_with((1, 0), (2, 0), (1, 0)), (0, 0, 0));
    }

    #[test]
    fn what_a_variant_shows_against_itself_depends_on_the_schedule() {
        assert_eq!(split_with((1, 0), (2, 0), (2, 0)), (0, 1, 2));
        assert_eq!(split_with((1, 3), (1, 1), (1, 2)), (0, 1, 2));
    }

    #[test]
    fn another_value_or_direction_explains_nothing() {
        let all = 2 * YIELDS.len() as u32;
        assert_eq!(split_with((1, 0), (3, 0), (2, 0)), (1, 0, all));
        assert_eq!(split_with((1, 1), (1, 2), (1, 0)), (1, 0, all));
        assert_eq!(split_with((1, 0), (1, 0), (2, 0)), (1, 0, all));
    }

    #[test]
    fn a_choice_at_registration_is_tried_where_both_variants_come_by() {
        let choice = |context, point| Choice { context, point, turn: Turn::Sleep, amount: 7, ..Choice::default() };
        let points = |schedule: &[Choice]| {
            let scenario =
                Scenario { devices: vec![Device::default()], schedule: schedule.to_vec(), ..Scenario::default() };
            moved(&scenario).map(|other| other.schedule)
        };
        let (erp, scan) = (choice(Context::Erp, Point::HostPublished), choice(Context::AdapterWq, Point::ScanStart));
        assert_eq!(points(&[erp, scan.clone()]), Some(vec![choice(Context::Erp, Point::ErpXportDone), scan.clone()]));
        assert_eq!(points(&[scan, choice(Context::User, Point::HostPublished)]), None);
    }

    #[test]
    fn the_scenarios_own_choices_stay_behind_the_perturbation() {
        let own = Choice { point: Point::HostAdded, ..Choice::default() };
        let scenario =
            Scenario { devices: vec![Device::default(); 2], schedule: vec![own.clone()], ..Scenario::default() };
        let others: Vec<Scenario> = others(&scenario).collect();
        assert_eq!(others.len(), 2 + YIELDS.len());
        assert_eq!(others[0].schedule, []);
        for other in &others[2..] {
            assert_eq!(other.schedule.len(), 2 * usize::from(OCCURRENCES) + 1);
            assert_eq!(other.schedule.last(), Some(&own));
        }
    }
}
