//! Liveness: recovery comes to rest, and nobody hangs.
//!
//! Property: when the machine is at rest no user still waits in a system call and no recovery is left undone; and where one
//! side comes to rest, the other does too. A limit that both sides hit is a verdict, not a finding: the limit may just be low.

use regdiff_observation::{End, Limit, Observation, StepOutcome};
use regdiff_scenario::Scenario;

use crate::divergence;
use crate::finding::{Evidence, Finding, Kind};
use crate::lifetime::{is_recovery, left_over};
use crate::pair::{Pair, Side};
use crate::signature::Signature;

/// A side that hits a limit is found only if the other side needed at most this part of it: near the limit, a few
/// commands more or less decide.
const MARGIN: u64 = 2;

/// What one side did wrong.
pub(crate) fn judge(scenario: &Scenario, side: Side, seen: &Observation, findings: &mut Vec<Finding>) {
    if seen.end != End::Rest {
        return;
    }
    for (step, _) in seen.steps.iter().enumerate().filter(|(_, outcome)| **outcome == StepOutcome::Blocked) {
        let Some(trigger) = scenario.steps.get(step).map(|step| step.trigger) else { continue };
        let signature = Signature::sided(Kind::Liveness.text(), side, &["blocked", trigger.text()]);
        findings.push(Finding::new(Kind::Liveness, side, signature, Evidence::Blocked { step, trigger }));
    }
    for leftover in seen.leftovers.iter().filter(|leftover| is_recovery(leftover)) {
        findings.push(left_over(Kind::Liveness, side, leftover));
    }
}

/// Whether one side never comes to rest where the other does with ease.
pub(crate) fn judge_pair(scenario: &Scenario, seen: Pair<&Observation>, findings: &mut Vec<Finding>) {
    for (side, tired, rested) in [(Side::Eager, seen.eager, seen.deferred), (Side::Deferred, seen.deferred, seen.eager)]
    {
        let End::Limit(limit) = tired.end else { continue };
        // A step that failed on one side only may well be why that side has nothing to do.
        let refused = |a: &StepOutcome, b: &StepOutcome| matches!(a, StepOutcome::Done(code) if *code < 0) && a != b;
        if tired.steps.iter().zip(&rested.steps).any(|(t, r)| refused(t, r) || refused(r, t)) {
            continue;
        }
        // The comparison sees partings up to the last rest only, and this side may have had none.
        if divergence::parted(scenario, side, tired, rested) {
            continue;
        }
        if rested.end != End::Rest || spent(limit, rested).saturating_mul(MARGIN) > spent(limit, tired) {
            continue;
        }
        let signature = Signature::sided(Kind::Liveness.text(), side, &["never-rests", limit_text(limit)]);
        findings.push(Finding::new(Kind::Liveness, side, signature, Evidence::NeverRests(limit)));
    }
}

/// How much of what a limit limits a run took.
fn spent(limit: Limit, seen: &Observation) -> u64 {
    match limit {
        Limit::Turns => seen.turns,
        Limit::Events => seen.events.len() as u64,
        // Nothing that can be told from what was seen: a side that rests spent none.
        Limit::RealTime | Limit::Output => 0,
        Limit::Time => {
            let last_event = seen.events.last().map_or(0, |event| event.time_us);
            seen.rests.last().map_or(0, |rest| rest.time_us).max(last_event)
        }
    }
}

pub(crate) const fn limit_text(limit: Limit) -> &'static str {
    match limit {
        Limit::Turns => "turns",
        Limit::Time => "time",
        Limit::Events => "events",
        Limit::RealTime => "real-time",
        Limit::Output => "output",
    }
}

#[cfg(test)]
mod tests {
    use regdiff_scenario::{Moment, Point, Step, Trigger, When};

    use super::*;
    use crate::testing::{left, signatures};

    fn scenario() -> Scenario {
        Scenario { steps: vec![Step::new(Trigger::SetOnline), Step::new(Trigger::PortRescan)], ..Scenario::default() }
    }

    fn judged(seen: &Observation) -> Vec<String> {
        let mut findings = Vec::new();
        judge(&scenario(), Side::Eager, seen, &mut findings);
        signatures(&findings)
    }

    #[test]
    fn users_that_came_back_are_fine() {
        let steps = vec![StepOutcome::Done(0), StepOutcome::Missed];
        assert_eq!(judged(&Observation { steps, ..Observation::default() }), [""; 0]);
    }

    #[test]
    fn a_user_that_hangs_is_found_unless_the_machine_stopped() {
        let steps = vec![StepOutcome::Done(0), StepOutcome::Blocked];
        let mut seen = Observation { steps, ..Observation::default() };
        assert_eq!(judged(&seen), ["liveness/eager/blocked/port_rescan"]);
        seen.end = End::Limit(Limit::Turns);
        assert_eq!(judged(&seen), [""; 0]);
    }

    #[test]
    fn recovery_left_undone_is_found() {
        assert_eq!(judged(&left("action", "zfcp_erp_thread")), ["liveness/eager/leftover/zfcp_erp_thread/action"]);
        assert_eq!(judged(&left("host", "scsi_host_put")), [""; 0]);
    }

    #[test]
    fn one_side_that_never_rests_is_found_only_far_from_the_limit() {
        let tired = Observation { end: End::Limit(Limit::Turns), turns: 1000, ..Observation::default() };
        let judged = |turns, tired: &Observation| {
            let rested = Observation { turns, ..Observation::default() };
            let mut findings = Vec::new();
            judge_pair(&scenario(), Pair { eager: &rested, deferred: tired }, &mut findings);
            signatures(&findings)
        };
        assert_eq!(judged(500, &tired), ["liveness/deferred/never-rests/turns"]);
        assert_eq!(judged(501, &tired), [""; 0]);
        // A step that failed on one side only may be why that side has nothing to do; one that failed on both is not.
        let failed = |eager, deferred| {
            let seen = |seen: Observation, code| Observation { steps: vec![StepOutcome::Done(code)], ..seen };
            let (rested, tired) = (seen(Observation::default(), eager), seen(tired.clone(), deferred));
            let mut findings = Vec::new();
            judge_pair(&scenario(), Pair { eager: &rested, deferred: &tired }, &mut findings);
            findings.len()
        };
        assert_eq!([failed(-5, -5), failed(0, 0), failed(0, 1)], [1; 3]);
        assert_eq!([failed(-5, 0), failed(0, -5), failed(-5, -6)], [0; 3]);
        // A step that one side did alone, or at registration, put the sides into different situations.
        let did = |eager, deferred, point| {
            let seen = |seen: Observation, outcome| Observation { steps: vec![outcome], ..seen };
            let (rested, tired) = (seen(Observation::default(), eager), seen(tired.clone(), deferred));
            let moment = Moment { when: When::AtPoint, point, ..Moment::default() };
            let step = Step { moment, ..Step::new(Trigger::LinkUp) };
            let mut findings = Vec::new();
            let scenario = Scenario { steps: vec![step], ..Scenario::default() };
            judge_pair(&scenario, Pair { eager: &rested, deferred: &tired }, &mut findings);
            findings.len()
        };
        let (missed, done, elsewhere) = (StepOutcome::Missed, StepOutcome::Done(0), Point::ErpAdapterOpen);
        assert_eq!(did(done, done, elsewhere), 1);
        assert_eq!(did(missed, done, elsewhere), 0, "done alone");
        assert_eq!(did(done, missed, elsewhere), 1, "it never got there");
        assert_eq!(did(done, done, Point::RedoLinkDown), 0, "at registration");
        assert_eq!(did(done, missed, Point::RedoLinkDown), 0, "where one side alone comes by");
        let mut findings = Vec::new();
        judge_pair(&scenario(), Pair { eager: &tired, deferred: &tired }, &mut findings);
        assert_eq!(findings, []);
    }
}
