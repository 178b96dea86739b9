//! The judge on lanes that show what a test says.

use regdiff_observation::{Attribute, Event, Object, SentCommand, Stamped, StepOutcome, TrapKind, UeventAction};
use regdiff_scenario::{Command, Context as TaskContext, FailPoint, Step, Trigger, scalar::Scalar};

use super::*;
use crate::pair::Side;
use crate::testing::{Fake, FakeLane, reading, rest, signatures, trap, uevent};
use crate::verdict::Parting;

const HOST: Object = Object::Host(0);
const FC_HOST: Object = Object::FcHost(0);

fn scenario() -> Scenario {
    let mut scenario = Scenario { steps: vec![Step::new(Trigger::SetOnline); 2], ..Scenario::default() };
    scenario.module.dif = true;
    scenario
}

fn judged(allow: Allow, scenario: &Scenario, show: impl Fn(Fake) -> Observation) -> Report {
    let options = Options { allow, left: Fake::EAGER, right: Fake::DEFERRED };
    judge_on(&FakeLane(|_: &Scenario, variant| show(variant)), scenario, &options)
}

fn showing(value: u64) -> Observation {
    let mut seen = Observation::default();
    rest(&mut seen, 2, &[], &[reading(Object::Adapter(0), Attribute::Status, value)]);
    seen
}

fn crash() -> Observation {
    trap(TrapKind::NullAccess, "scsi_queue_rq", "scsi_cmnd", "prot_sdb")
}

#[test]
fn equal_runs_agree() {
    let report = judged(Allow::Intended, &scenario(), |_| showing(1));
    assert_eq!(report.verdict, Verdict::Agree);
    assert_eq!((report.compared_rests, report.runs, report.first_difference), (1, 2, None));
}

#[test]
fn the_historical_crash_is_a_finding_unless_history_is_allowed() {
    let show = |variant: Fake| if variant.left && !variant.masked { crash() } else { showing(1) };
    let report = judged(Allow::Intended, &scenario(), show);
    assert_eq!(report.verdict, Verdict::Findings);
    assert_eq!(signatures(&report.findings), ["memory/eager/null-write/scsi_queue_rq/prot_sdb"]);
    assert_eq!(report.findings[0].known.map(|known| known.id), Some("eager-null-prot-sdb"));
    assert_eq!((report.masked, report.runs), (None, 2));

    let report = judged(Allow::Historical, &scenario(), show);
    assert_eq!(report.verdict, Verdict::CutShort);
    assert_eq!(report.masked, Some(Box::new(Verdict::Agree)));
    assert_eq!((report.findings, report.runs, report.compared_rests), (Vec::new(), 4, 1));
    assert_eq!(report.allowed[0].id, "eager-null-prot-sdb");
}

#[test]
fn what_an_allowed_crash_hides_is_found_behind_it() {
    let report = judged(Allow::Open, &scenario(), |variant| match (variant.left, variant.masked) {
        (true, false) => crash(),
        (left, _) => showing(u64::from(left)),
    });
    assert_eq!(report.verdict, Verdict::Findings);
    assert_eq!(signatures(&report.findings), ["divergence/adapter.status"]);
    assert!(report.findings[0].masked);
}

#[test]
fn nothing_historical_is_allowed_in_deferred_behind_a_crash_or_without_protection() {
    let both = judged(Allow::Open, &scenario(), |variant| if variant.masked { showing(1) } else { crash() });
    assert_eq!(signatures(&both.findings), ["memory/deferred/null-write/scsi_queue_rq/prot_sdb"]);
    let behind = judged(Allow::Open, &scenario(), |variant| if variant.left { crash() } else { showing(1) });
    assert_eq!(signatures(&behind.findings), ["memory/eager/null-write/scsi_queue_rq/prot_sdb"]);
    assert!(behind.findings[0].masked);
    let plain = judged(Allow::Open, &Scenario::default(), |variant| if variant.left { crash() } else { showing(1) });
    assert_eq!(plain.verdict, Verdict::Findings);
}

#[test]
fn what_cannot_be_judged_is_named_and_the_rest_is_judged() {
    let unmodelled = Observation { end: End::Unmodelled("tapes"), ..showing(1) };
    let report = judged(Allow::Open, &scenario(), |variant| if variant.left { showing(1) } else { unmodelled.clone() });
    let what = Unmodelled { side: Side::Deferred, what: "tapes" };
    assert_eq!(report.verdict, Verdict::Skipped { what });
    assert_eq!(report.compared_rests, 1);
    let freed = trap(TrapKind::UseAfterFree, "fc_remove_host", "Scsi_Host", "");
    let report =
        judged(Allow::Open, &scenario(), |variant| if variant.left { freed.clone() } else { unmodelled.clone() });
    assert_eq!(signatures(&report.findings), ["lifetime/eager/freed-write/fc_remove_host/Scsi_Host"]);
    let limited = Observation { end: End::Limit(Limit::Turns), turns: 9, ..showing(1) };
    let report = judged(Allow::Open, &scenario(), |_| limited.clone());
    assert_eq!(report.verdict, Verdict::LimitHit { limit: Limit::Turns });
}

#[test]
fn a_report_names_where_the_sides_part() {
    let what = Parting::OneSidedFailure { step: 0 };
    let hit = |variant: Fake| Observation { failures_hit: if variant.left { vec![0] } else { vec![] }, ..showing(1) };
    let report = judged(Allow::Open, &scenario(), hit);
    assert_eq!((report.verdict.clone(), report.parting()), (Verdict::PartlyJudged { what }, Some(what)));
    assert_eq!(judged(Allow::Open, &scenario(), |_| showing(1)).parting(), None);
}

#[test]
fn an_allowed_difference_never_hides_a_later_one() {
    let host = [reading(HOST, Attribute::HostNo, 0)];
    let add = uevent(UeventAction::Add, FC_HOST);
    let came_and_went = [add, uevent(UeventAction::Remove, FC_HOST)];
    let show = |lost: bool| {
        move |variant: Fake| {
            let mut seen = Observation::default();
            if variant.left {
                rest(&mut seen, 1, &[add], &host);
                rest(&mut seen, 2, &[], &host);
            } else {
                rest(&mut seen, 1, &[], &[]);
                // The host comes and is lost on the way: eager never removed one.
                rest(&mut seen, 2, if lost { &came_and_went } else { &[] }, &[]);
            }
            seen
        }
    };
    let report = judged(Allow::Intended, &scenario(), show(false));
    assert_eq!((report.verdict, report.allowed[1].count), (Verdict::Agree, 2));
    let report = judged(Allow::Intended, &scenario(), show(true));
    assert!(signatures(&report.findings).contains(&"divergence/scsi_host/absent-in-deferred".to_owned()));
    assert!(report.allowed.iter().any(|a| a.finding.signature.as_str() == "divergence/scsi_host/absent-in-deferred"));
}

#[test]
fn an_allowance_reaches_onward_on_its_device_only() {
    let mut scenario = scenario();
    let mut fail = Step::new(Trigger::Fail);
    fail.a = FailPoint::HostTagSet.to_raw() as u32;
    scenario.steps[0] = fail;
    let report = judged(Allow::Intended, &scenario, |variant| {
        let mut seen = Observation::default();
        let outcome = if variant.left { -12 } else { 0 };
        seen.steps = vec![StepOutcome::Done(0), StepOutcome::Done(outcome)];
        let value = u64::from(variant.left);
        let status = |device| reading(Object::Adapter(device), Attribute::Status, value);
        rest(&mut seen, 1, &[], &[status(0)]);
        rest(&mut seen, 2, &[], &[status(0), status(1)]);
        seen
    });
    let found: Vec<_> =
        report.findings.iter().filter_map(|f| Some((f.device()?, f.difference()?.steps_begun))).collect();
    // Before the step, device 0 differs without an excuse.
    assert_eq!(found, [(0, 1)]);
    assert!(report.allowed.iter().any(|a| a.finding.signature.as_str() == "divergence/adapter.status"));
    assert!(report.allowed.iter().all(|a| a.finding.device() == Some(0)));
}

#[test]
fn sides_part_where_a_user_hangs_that_the_other_side_refused() {
    let scenario = Scenario { steps: vec![Step::new(Trigger::PortRescan)], ..Scenario::default() };
    let statuses = |eager, deferred| {
        let report = judged(Allow::Intended, &scenario, |variant| {
            let outcome = if variant.left { eager } else { deferred };
            let mut seen = Observation { steps: vec![outcome], ..Observation::default() };
            let status = reading(Object::Adapter(0), Attribute::Status, u64::from(variant.left));
            rest(&mut seen, 1, &[], &[status]);
            seen
        });
        signatures(&report.findings)
    };
    let (hangs, refused, status) = (StepOutcome::Blocked, StepOutcome::Done(-19), "divergence/adapter.status");
    // That it hangs stays a finding.
    assert_eq!(statuses(hangs, refused), ["liveness/eager/blocked/port_rescan"]);
    assert_eq!(statuses(hangs, StepOutcome::Done(1)), ["liveness/eager/blocked/port_rescan", status]);
    assert_eq!(statuses(hangs, hangs).last().map(String::as_str), Some(status));
}

#[test]
fn only_a_trap_in_memory_hides_what_is_behind_it() {
    // Eager's host is freed when adding it failed: allowed, and nothing about protection space.
    let mut scenario = scenario();
    let mut fail = Step::new(Trigger::Fail);
    fail.a = FailPoint::HostTagSet.to_raw() as u32;
    scenario.steps.push(fail);
    let freed = trap(TrapKind::UseAfterFree, "zfcp_scsi_adapter_unregister", "Scsi_Host", "shost_data");
    let report = judged(Allow::Open, &scenario, |variant| if variant.left { freed.clone() } else { showing(1) });
    assert_eq!((report.allowed.len(), report.masked, report.runs), (1, None, 2));
    // A silent access lets the run go on.
    let hit = crate::testing::violation(regdiff_observation::MemoryOp::W1, regdiff_observation::Region::Slack);
    let report = judged(Allow::Open, &scenario, |variant| {
        let violations = if variant.left { vec![hit.clone()] } else { Vec::new() };
        Observation { violations, ..showing(1) }
    });
    assert_eq!((report.allowed.len(), report.masked, report.runs), (1, None, 2));
}

#[test]
fn both_pairs_are_counted_together() {
    let host = [reading(HOST, Attribute::HostNo, 0)];
    let report = judged(Allow::Open, &scenario(), |variant| {
        let mut seen = if variant.left && !variant.masked { crash() } else { Observation::default() };
        let commands = match (variant.left, variant.masked) {
            (true, false) => 1,
            (false, false) => 5,
            (true, true) => 4,
            (false, true) => 3,
        };
        (seen.scsi_commands, seen.hosts_added) = (commands, u32::from(variant.left));
        // Eager has a host in both pairs, deferred waits for its own.
        rest(&mut seen, 1, &[], if variant.left { &host } else { &[] });
        rest(&mut seen, 2, &[], if variant.left { &host } else { &[] });
        seen
    });
    assert_eq!(report.findings, Vec::new());
    let known = |id: &str| report.allowed.iter().find(|allowed| allowed.id == id).map(|allowed| allowed.count);
    assert_eq!(known("host-comes-later"), Some(4), "two rests in each pair");
    assert_eq!(known("eager-null-prot-sdb"), Some(1));
    assert_eq!((report.compared_rests, report.runs), (4, 4));
    assert_eq!((report.scsi_commands.eager, report.scsi_commands.deferred), (4, 5));
    assert_eq!((report.registered.eager, report.registered.deferred), (true, false));
}

#[test]
fn a_report_says_whether_anything_was_compared() {
    let report = judged(Allow::Open, &scenario(), |_| showing(1));
    assert!(report.is_comparison());
    let report = judged(Allow::Open, &scenario(), |_| Observation { end: End::Unmodelled("x"), ..Default::default() });
    assert!(!report.is_comparison());
}

#[test]
fn a_side_need_not_rest_after_what_an_allowance_took_out() {
    let mut scenario = scenario();
    scenario.steps[1] = Step::new(Trigger::ReadAttribute);
    let found = |asks: bool, busy: u8, allow| {
        let report = judged(allow, &scenario, |variant| {
            let sent = SentCommand { device: 0, command: Command::ExchangePortData, port: 0, lun: 0 };
            let mut seen =
                Observation { steps: vec![StepOutcome::Done(0), StepOutcome::Done(-2)], ..Default::default() };
            rest(&mut seen, 1, &[], &[]);
            // Eager asks for a file that deferred has not got.
            let asked = [Event::Command(sent)];
            rest(&mut seen, 2, if variant.left && asks { &asked } else { &[] }, &[]);
            if !variant.left {
                (seen.end, seen.turns) = (End::Limit(Limit::Turns), 1000);
                let event = uevent(UeventAction::Add, Object::Rport(busy, 7));
                seen.events.push(Stamped { time_us: 40, context: TaskContext::Erp, event });
            }
            seen
        });
        signatures(&report.findings)
    };
    let tired = ["liveness/deferred/never-rests/turns"];
    assert_eq!(found(true, 0, Allow::Intended), [""; 0]);
    assert_eq!(found(false, 0, Allow::Intended), tired, "nothing was taken out");
    assert_eq!(found(true, 1, Allow::Intended), tired, "it is another device that never rests");
    assert_eq!(found(true, 0, Allow::Nothing).len(), 2, "nothing is taken out by what does not count");
}

#[test]
fn what_another_devices_clock_did_is_none_of_a_device() {
    let mut scenario = scenario();
    let mut fail = Step::new(Trigger::Fail);
    fail.a = FailPoint::HostTagSet.to_raw() as u32;
    scenario.steps[0] = fail;
    scenario.steps.push(Step { device: 1, ..Step::new(Trigger::SetOnline) });
    // The allowed difference of the first device shows at the second rest, one of the second device at `shown`; and without the
    // first device's steps if it is its `own`.
    let report = |eager_us: [u64; 4], shown: u32, own: bool, allow| {
        let show = |steps: &Scenario, variant: Fake| {
            let with_first = steps.steps.iter().any(|step| step.device == 0);
            let failed = StepOutcome::Done(if variant.left { -12 } else { 0 });
            let outcomes =
                if with_first { vec![StepOutcome::Done(0), failed, StepOutcome::Done(0)] } else { Vec::new() };
            let mut seen = Observation { steps: outcomes, ..Observation::default() };
            for steps in 1..=4 {
                let value = u64::from(variant.left && steps == shown && (with_first || own));
                rest(&mut seen, steps, &[], &[reading(Object::Adapter(1), Attribute::Status, value)]);
            }
            if variant.left {
                seen.rests.iter_mut().zip(eager_us).for_each(|(rest, time_us)| rest.time_us = time_us);
            }
            seen
        };
        let options = Options { allow, left: Fake::EAGER, right: Fake::DEFERRED };
        let report = judge_on(&FakeLane(show), &scenario, &options);
        (
            signatures(&report.findings),
            report.allowed.iter().map(|allowed| (allowed.id, allowed.count)).collect::<Vec<_>>(),
        )
    };
    let found = |eager_us, shown, own| report(eager_us, shown, own, Allow::Intended).0;
    let own = ["divergence/adapter.status"];
    let together = [10, 20, 30, 40];
    assert_eq!(found(together, 2, false), own, "the clocks were never apart");
    assert_eq!(found([11, 20, 30, 40], 2, false), own, "they were apart before the allowed difference only");
    assert_eq!(found([10, 21, 30, 40], 1, false), own, "it shows before the allowed difference");
    assert_eq!(found([10, 20, 31, 40], 2, false), own, "they are apart after it only");
    for shown in 2..=4 {
        assert_eq!(found([10, 21, 30, 40], shown, false), [""; 0], "{shown}");
        assert_eq!(found([10, 21, 30, 40], shown, true), own, "{shown}: it shows without the first device, too");
    }
    let allowed = report([10, 21, 30, 40], 4, false, Allow::Intended).1;
    assert_eq!(allowed, [("failed-registration-fails-online", 1); 2], "the difference, and what its clock did");
    let strict = report([10, 21, 30, 40], 4, false, Allow::Nothing).0;
    assert_eq!(strict.len(), 2, "nothing is taken out by what does not count");
}

/// A scenario of the corpus, judged with everything and without a part.
fn with_and_without(file: &str, options: &Options, part: Part) -> [Report; 2] {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let text = std::fs::read_to_string(file).expect("a file of the corpus");
    let scenario = regdiff_scenario::text::parse(&text).expect("a scenario");
    [crate::judge(&scenario, options), judge_leaving_out(&scenario, options, part)]
}

#[test]
fn an_oracle_that_is_left_out_says_nothing() {
    let mut tried = 0;
    for part in Part::ALL {
        let kind = |fault: &&crate::Fault| fault.signature.is_some_and(|signature| signature.starts_with(part.text()));
        let Some(fault) = crate::FAULTS.iter().find(kind) else { continue };
        let [all, rest] = with_and_without(&fault.witness(), &fault.options(), part);
        let says = |report: &Report| report.findings.iter().any(|finding| finding.kind.text() == part.text());
        assert!(says(&all) && !says(&rest), "{}", part.text());
        tried += 1;
    }
    assert!(tried >= 3, "{tried} kinds have a planted fault");
}

#[test]
fn without_the_contract_what_it_allows_is_a_finding() {
    let options = Options::allowing(Allow::Open);
    let [all, rest] = with_and_without("corpus/registration/host-comes-later.toml", &options, Part::Contract);
    assert!(all.findings.is_empty() && !all.allowed.is_empty());
    assert!(!rest.findings.is_empty() && rest.allowed.is_empty());
}
