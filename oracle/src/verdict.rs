//! What the judge says: more than yes or no, and everything is counted.

use regdiff_observation::Limit;
use regdiff_scenario::Trigger;
use serde::Serialize;

use crate::contract::Status;
use crate::divergence::Located;
use crate::finding::Finding;
use crate::pair::{Pair, Side};
use crate::signature::Signature;

/// Why a pair could not be judged: the lane does not model something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Unmodelled {
    /// On which side it was needed.
    pub side: Side,
    /// What it is.
    pub what: &'static str,
}

impl std::fmt::Display for Unmodelled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} needs what is not modelled: {}", self.side, self.what)
    }
}

/// Where the sides of a pair part: from that step on they are in different situations by the scenario's own doing, and a
/// difference between them would say nothing about registration.
///
/// Up to there the pair is compared; memory, lifetime and liveness of each side are judged to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Parting {
    /// A step's moment came on one side only, so that the sides did different things from there on.
    OneSidedMoment {
        /// Index of the step, from 0.
        step: usize,
        /// What it does.
        trigger: Trigger,
        /// Where it never came.
        missed: Side,
    },
    /// A step's injected failure happened on one side only: it was armed after eager's registration, or in a recovery that the
    /// other side did not need.
    OneSidedFailure {
        /// Index of the step, from 0.
        step: usize,
    },
    /// A step's moment is registration itself, which the two sides pass at different times by design.
    RegistrationMoment {
        /// Index of the step, from 0.
        step: usize,
        /// What it does.
        trigger: Trigger,
    },
}

impl Parting {
    /// The step from which on nothing is compared: its index, which is also how many steps come before it.
    pub const fn step(self) -> usize {
        match self {
            Self::OneSidedMoment { step, .. }
            | Self::OneSidedFailure { step }
            | Self::RegistrationMoment { step, .. } => step,
        }
    }

    /// The name of the reason, as in JSON and in statistics.
    pub const fn text(self) -> &'static str {
        match self {
            Self::OneSidedMoment { .. } => "one_sided_moment",
            Self::OneSidedFailure { .. } => "one_sided_failure",
            Self::RegistrationMoment { .. } => "registration_moment",
        }
    }
}

impl std::fmt::Display for Parting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OneSidedMoment { step, trigger, missed } => {
                write!(f, "the moment of step {}, {}, never comes in {missed}", step + 1, trigger.text())
            }
            Self::OneSidedFailure { step } => write!(f, "the failure of step {} happens on one side only", step + 1),
            Self::RegistrationMoment { step, trigger } => {
                write!(f, "the moment of step {}, {}, is registration itself", step + 1, trigger.text())
            }
        }
    }
}

/// The judgement of one scenario.
///
/// The first that applies, in this order: [`Findings`](Self::Findings), [`Skipped`](Self::Skipped),
/// [`PartlyJudged`](Self::PartlyJudged), [`LimitHit`](Self::LimitHit), [`CutShort`](Self::CutShort), [`Agree`](Self::Agree).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// Both sides ran to their end, and every difference is allowed.
    Agree,
    /// Something that no allowance covers.
    Findings,
    /// Not judged: a side stopped at something that is not modelled.
    Skipped {
        /// Why.
        what: Unmodelled,
    },
    /// The sides were compared up to a step that they cannot do alike; memory, lifetime and liveness of each were judged to its end.
    PartlyJudged {
        /// Where and why the comparison ends.
        what: Parting,
    },
    /// A side hit a limit before it came to rest.
    LimitHit {
        /// Which limit.
        limit: Limit,
    },
    /// A trap ended a side, and no allowance is missing: compared as far as both came.
    CutShort,
}

impl Verdict {
    /// The name, as in statistics.
    pub const fn text(&self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::Findings => "findings",
            Self::Skipped { .. } => "skipped",
            Self::PartlyJudged { .. } => "partly_judged",
            Self::LimitHit { .. } => "limit_hit",
            Self::CutShort => "cut_short",
        }
    }
}

/// Something that the contract covers: the first finding of a signature under an allowance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Allowed {
    /// Id of the allowance.
    pub id: &'static str,
    /// Its status.
    pub status: Status,
    /// How many differences of this signature it covers.
    pub count: u32,
    /// The first of them.
    pub finding: Finding,
}

impl Allowed {
    /// Whether it is the same signature under the same allowance.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.id == other.id && self.finding.signature == other.finding.signature
    }
}

/// Everything there is to say about one scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The judgement.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What no allowance covers, one for each signature, in the order of the oracles.
    pub findings: Vec<Finding>,
    /// What is covered.
    pub allowed: Vec<Allowed>,
    /// Divergences that one variant also shows against itself under another schedule: no matter of registration.
    pub schedule_dependent: Vec<Finding>,
    /// The verdict of the pair with protection space always reserved; run only after an allowed memory trap.
    pub masked: Option<Box<Verdict>>,
    /// The first difference of the two sides, allowed or not.
    pub first_difference: Option<Located>,
    /// How many pairs of rests were compared, the masked pair's included.
    pub compared_rests: u32,
    /// Whether a host was added.
    pub registered: Pair<bool>,
    /// SCSI commands that reached the driver.
    pub scsi_commands: Pair<u32>,
    /// How often a side came by what is planted in it: a fault, or a fence that is missing.
    pub slips: Pair<u32>,
    /// Whether both sides went the same way in everything that is recorded, compared or not.
    pub alike: bool,
    /// Runs of a variant that this took.
    pub runs: u32,
}

impl Report {
    /// The finding of a signature, if no allowance covers it.
    pub fn finding(&self, signature: &Signature) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.signature == *signature)
    }

    /// Where the sides part, if the pair was compared in part only: the pair itself, or the one behind an allowed crash.
    pub fn parting(&self) -> Option<Parting> {
        let parting = |verdict: &Verdict| match verdict {
            Verdict::PartlyJudged { what } => Some(*what),
            _ => None,
        };
        parting(&self.verdict).or_else(|| parting(self.masked.as_deref()?))
    }

    /// Whether the pair was compared at all.
    pub fn is_comparison(&self) -> bool {
        self.compared_rests > 0
    }
}

#[cfg(test)]
mod tests {
    use regdiff_scenario::Scenario;

    use super::*;
    use crate::judge::{Options, judge};

    #[test]
    fn reasons_name_the_step_from_one_and_the_side() {
        let trigger = Trigger::SetOnline;
        let cases = [
            (
                Parting::OneSidedMoment { step: 2, trigger, missed: Side::Deferred },
                2,
                "the moment of step 3, set_online, never comes in deferred",
            ),
            (Parting::OneSidedFailure { step: 4 }, 4, "the failure of step 5 happens on one side only"),
            (
                Parting::RegistrationMoment { step: 6, trigger },
                6,
                "the moment of step 7, set_online, is registration itself",
            ),
        ];
        for (parting, step, text) in cases {
            assert_eq!((parting.step(), parting.to_string().as_str()), (step, text));
            let json = serde_json::to_value(parting).expect("plain data");
            assert!(json.get(parting.text()).is_some(), "{json}");
        }
        let unmodelled = Unmodelled { side: Side::Eager, what: "tapes" };
        assert_eq!(unmodelled.to_string(), "eager needs what is not modelled: tapes");
    }

    #[test]
    fn a_verdict_is_called_as_json_calls_it() {
        let all = [
            Verdict::Agree,
            Verdict::Findings,
            Verdict::Skipped { what: Unmodelled { side: Side::Eager, what: "tapes" } },
            Verdict::PartlyJudged { what: Parting::OneSidedFailure { step: 0 } },
            Verdict::LimitHit { limit: Limit::Time },
            Verdict::CutShort,
        ];
        for verdict in all {
            assert_eq!(serde_json::to_value(&verdict).expect("plain data")["verdict"], verdict.text());
        }
    }

    #[test]
    fn a_report_is_one_flat_json_object() {
        let seed =
            Scenario::load(include_bytes!("../../corpus/registration/lp1887124.toml")).expect("the seed can be read");
        let report = serde_json::to_value(judge(&seed, &Options::default())).expect("a report is plain data");
        assert_eq!(report["verdict"], "findings");
        let finding = &report["findings"][0];
        assert_eq!(finding["signature"], "memory/eager/null-write/scsi_queue_rq/prot_sdb");
        assert_eq!((&finding["kind"], &finding["side"]), (&"memory".into(), &"eager".into()));
        assert_eq!(finding["known"]["status"], "historical");
        assert_eq!(finding["evidence"]["trap"]["bytes"], 24);
        assert_eq!(report["registered"], serde_json::json!({ "eager": true, "deferred": true }));
    }
}
