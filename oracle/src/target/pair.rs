//! Targets that judge scenarios: a panic for each finding that is meant.

use regdiff_observation::Lane;
use regdiff_scenario::{Language, Scenario, bytes, text};

use super::{Asked, Checked, Kind, Planted, Target};
use crate::feedback::Listening;
use crate::finding::{self, Finding};
use crate::judge::{Options, judge_on};
use crate::lane::{Model, Variant};
use crate::verdict::Report;

/// The signature of the seed's crash. A drill ends at it alone, so that an engine that stops at its first finding stops at
/// the right one.
pub const SEED: &str = "memory/eager/null-write/scsi_queue_rq/prot_sdb";

pub(super) fn check(target: &Target, language: &Language, data: &[u8], asked: Asked<'_>) -> Checked {
    let scenario = bytes::decode(data);
    if !language.admits(&scenario) {
        return Checked::Foreign;
    }
    let findings = match asked.feedback {
        None => findings(&Model, target, &scenario, asked.planted).0,
        Some(shown) => {
            let listening = Listening::default();
            let (findings, report) = findings(&listening, target, &scenario, asked.planted);
            listening.features(&report).into_iter().for_each(shown);
            findings
        }
    };
    let meant = |finding: &&Finding| {
        asked.planted.is_some() || target.kind == Kind::Continuous || finding.signature.as_str() == SEED
    };
    if let Some(finding) = findings.iter().find(meant) {
        fall(finding, &scenario);
    }
    Checked::Judged
}

/// What is found, and the judgement that is about the scenario as it is.
fn findings<L>(lane: &L, target: &Target, scenario: &Scenario, planted: Option<Planted<'_>>) -> (Vec<Finding>, Report)
where
    L: Lane<Variant = Variant>,
{
    match planted {
        Some(Planted { fault, told }) => {
            let (progress, findings, report) = fault.tried_on(lane, scenario);
            told(progress);
            (findings, report)
        }
        None => {
            let report = judge_on(lane, scenario, &Options::allowing(target.allow));
            (report.findings.clone(), report)
        }
    }
}

/// Panics at one place for each kind of finding, so that tools that go by the stack agree with signatures as far as they can.
fn fall(finding: &Finding, scenario: &Scenario) -> ! {
    let message = message(finding, scenario);
    match finding.kind {
        finding::Kind::Memory => memory_finding(&message),
        finding::Kind::Lifetime => lifetime_finding(&message),
        finding::Kind::Liveness => liveness_finding(&message),
        finding::Kind::Divergence => divergence_finding(&message),
    }
}

/// What a crash says: the signature first, then the sentence, then a scenario to paste into a file.
fn message(finding: &Finding, scenario: &Scenario) -> String {
    format!("{}\n{}\n\n{}", finding.signature, finding.sentence(), text::print(scenario))
}

#[inline(never)]
fn memory_finding(message: &str) -> ! {
    panic!("{message}")
}

#[inline(never)]
fn lifetime_finding(message: &str) -> ! {
    panic!("{message}")
}

#[inline(never)]
fn liveness_finding(message: &str) -> ! {
    panic!("{message}")
}

#[inline(never)]
fn divergence_finding(message: &str) -> ! {
    panic!("{message}")
}
