//! The judge: runs the pair, asks every oracle, applies the contract.

use regdiff_observation::{End, Lane, Limit, Observation, Watch};
use regdiff_scenario::Scenario;

use crate::contract::{Allow, Context};
use crate::divergence::{self, Comparison};
use crate::finding::{Evidence, Finding, Kind};
use crate::lane::{Maskable, Model, Variant};
use crate::pair::{self, Pair};
use crate::sorting::{Sorted, Terms, sort};
use crate::verdict::{Report, Unmodelled, Verdict};
use crate::{clocks, lifetime, liveness, memory, schedule};

/// How to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options<V = Variant> {
    /// Which allowances count.
    pub allow: Allow,
    /// The reference, in the role of *eager*.
    pub left: V,
    /// The variant under test, in the role of *deferred*.
    pub right: V,
}

impl Default for Options {
    fn default() -> Self {
        Self { allow: Allow::Intended, left: Variant::EAGER, right: Variant::DEFERRED }
    }
}

impl Options {
    /// The default pair with other allowances.
    pub fn allowing(allow: Allow) -> Self {
        Self { allow, ..Self::default() }
    }
}

/// A part of judging, to be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The memory checker's oracle.
    Memory,
    /// The oracle of panics and dead objects.
    Lifetime,
    /// The oracle of what never ends.
    Liveness,
    /// The comparison of both sides.
    Divergence,
    /// The contract: everything seen is a finding.
    Contract,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Memory, Self::Lifetime, Self::Liveness, Self::Divergence, Self::Contract];

    /// The name.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Lifetime => "lifetime",
            Self::Liveness => "liveness",
            Self::Divergence => "divergence",
            Self::Contract => "contract",
        }
    }
}

/// Judges a scenario in the model.
pub fn judge(scenario: &Scenario, options: &Options) -> Report {
    judge_on(&Model, scenario, options)
}

/// Judges a scenario in the model as if an allowance, named by its id, were not in the contract: what needs it is a finding.
pub fn judge_without(scenario: &Scenario, options: &Options, except: &'static str) -> Report {
    judge_by(&Model, scenario, options, Terms { allow: options.allow, except: Some(except) }, None)
}

/// Judges a scenario in the model without a part of judging, to measure what that costs. Its verdict is worth nothing; where
/// [`Report::runs`] is not that of [`judge`], something else was left out with it.
pub fn judge_leaving_out(scenario: &Scenario, options: &Options, part: Part) -> Report {
    judge_by(&Model, scenario, options, Terms { allow: options.allow, except: None }, Some(part))
}

/// Judges a scenario in any lane.
pub fn judge_on<L: Lane<Variant: Maskable>>(lane: &L, scenario: &Scenario, options: &Options<L::Variant>) -> Report {
    judge_by(lane, scenario, options, Terms { allow: options.allow, except: None }, None)
}

/// After an allowed memory trap the pair runs once more with protection space always reserved: the historical defect kills
/// eager at its first command, and without this nothing behind it would ever be compared.
fn judge_by<L: Lane<Variant: Maskable>>(
    lane: &L,
    scenario: &Scenario,
    options: &Options<L::Variant>,
    terms: Terms,
    left_out: Option<Part>,
) -> Report {
    let variants = Pair { eager: &options.left, deferred: &options.right };
    let seen = pair::run(lane, scenario, variants);
    let mut report = judge_pair(lane, scenario, variants, seen.as_ref(), Manner { terms, masked: false, left_out });
    if let (true, Some(eager), Some(deferred)) = (report.hides_more(), options.left.masked(), options.right.masked()) {
        let masked = Pair { eager: &eager, deferred: &deferred };
        // A side that cannot tell the difference would only do the same again.
        let mut spared = 0;
        let mut again = |masked: &L::Variant, seen: Observation| {
            if masked.mask_matters(&seen) {
                return lane.run(scenario, masked, Watch::Everything);
            }
            spared += 1;
            seen
        };
        let seen = Pair { eager: again(&eager, seen.eager), deferred: again(&deferred, seen.deferred) };
        let mut behind = judge_pair(lane, scenario, masked, seen.as_ref(), Manner { terms, masked: true, left_out });
        behind.runs -= spared;
        report.masked = Some(Box::new(behind.verdict.clone()));
        report.absorb(behind);
    }
    report
}

/// How a pair is judged.
#[derive(Clone, Copy)]
struct Manner {
    terms: Terms,
    masked: bool,
    left_out: Option<Part>,
}

/// What was seen of a pair, judged. Some findings take more runs.
fn judge_pair<L: Lane>(
    lane: &L,
    scenario: &Scenario,
    variants: Pair<&L::Variant>,
    seen: Pair<&Observation>,
    manner: Manner,
) -> Report {
    let Manner { terms, masked, left_out } = manner;
    let compared = match left_out {
        Some(Part::Divergence) => Comparison::default(),
        _ => divergence::compare(scenario, seen),
    };
    let context = Context { scenario, seen, masked };
    let found = asked(&context, &compared, left_out);
    let mut sorted = match left_out {
        Some(Part::Contract) => Sorted { findings: found, ..Sorted::default() },
        _ => {
            let hangs = compared.hangs.iter().cloned().map(Finding::divergence);
            sort(&context, found, hangs, terms)
        }
    };
    let mut runs = 2;
    clocks::split(scenario, seen, &mut sorted, |without| {
        let seen = pair::run(lane, without, variants);
        let report = judge_pair(lane, without, variants, seen.as_ref(), manner);
        runs += report.runs;
        report.findings
    });
    let Sorted { mut findings, allowed, .. } = sorted;
    let schedule_dependent = schedule::split(lane, scenario, variants, seen, &mut findings, &mut runs);
    let findings = first_of_each(findings);
    let verdict = verdict(seen, &compared, &findings);
    Report {
        verdict,
        schedule_dependent: first_of_each(schedule_dependent),
        findings,
        allowed,
        masked: None,
        first_difference: compared.differences.into_iter().next(),
        compared_rests: compared.rests,
        registered: seen.map(|observation| observation.hosts_added > 0),
        scsi_commands: seen.map(|observation| observation.scsi_commands),
        slips: seen.map(|observation| observation.slips),
        alike: seen.eager.is_like(seen.deferred),
        runs,
    }
}

/// Everything the oracles see, in their order: what breaks memory comes before what follows from it.
pub(crate) fn oracles(context: &Context<'_>, compared: &Comparison) -> Vec<Finding> {
    asked(context, compared, None)
}

/// The same, and one of them may not be asked.
fn asked(context: &Context<'_>, compared: &Comparison, left_out: Option<Part>) -> Vec<Finding> {
    let mut found = Vec::new();
    let each = context.seen.sides();
    if left_out != Some(Part::Memory) {
        each.iter().for_each(|(side, seen)| memory::judge(*side, seen, &mut found));
    }
    if left_out != Some(Part::Lifetime) {
        each.iter().for_each(|(side, seen)| lifetime::judge(*side, seen, &mut found));
    }
    if left_out != Some(Part::Liveness) {
        each.iter().for_each(|(side, seen)| liveness::judge(context.scenario, *side, seen, &mut found));
        // Sides that parted may well differ in when they come to rest.
        if compared.parting.is_none() {
            liveness::judge_pair(context.scenario, context.seen, &mut found);
        }
    }
    found.extend(compared.differences.iter().cloned().map(Finding::divergence));
    found.iter_mut().for_each(|finding| finding.masked = context.masked);
    found
}

/// One finding of each signature, the first.
fn first_of_each(findings: Vec<Finding>) -> Vec<Finding> {
    let mut first: Vec<Finding> = Vec::new();
    for finding in findings {
        if !first.iter().any(|other| other.signature == finding.signature) {
            first.push(finding);
        }
    }
    first
}

fn verdict(seen: Pair<&Observation>, compared: &Comparison, findings: &[Finding]) -> Verdict {
    if !findings.is_empty() {
        return Verdict::Findings;
    }
    let unmodelled = seen.sides().into_iter().find_map(|(side, seen)| match seen.end {
        End::Unmodelled(what) => Some(Unmodelled { side, what }),
        _ => None,
    });
    if let Some(what) = unmodelled {
        return Verdict::Skipped { what };
    }
    if let Some(what) = compared.parting {
        return Verdict::PartlyJudged { what };
    }
    let limit = |seen: &Observation| match seen.end {
        End::Limit(limit) => Some(limit),
        _ => None,
    };
    let hit: Option<Limit> = limit(seen.eager).or(limit(seen.deferred));
    match hit {
        Some(limit) => Verdict::LimitHit { limit },
        None if lifetime::trap(seen.eager).or(lifetime::trap(seen.deferred)).is_some() => Verdict::CutShort,
        None => Verdict::Agree,
    }
}

impl Report {
    /// Whether an allowed trap in memory keeps the rest from being judged.
    fn hides_more(&self) -> bool {
        self.allowed.iter().any(|allowed| {
            allowed.finding.kind == Kind::Memory && matches!(allowed.finding.evidence, Evidence::Trap(_))
        })
    }

    /// Adds what a masked pair shows beyond this one.
    fn absorb(&mut self, behind: Self) {
        self.findings.extend(behind.findings);
        self.findings = first_of_each(std::mem::take(&mut self.findings));
        self.schedule_dependent.extend(behind.schedule_dependent);
        self.schedule_dependent = first_of_each(std::mem::take(&mut self.schedule_dependent));
        for allowed in behind.allowed {
            let known = self.allowed.iter_mut().find(|other| other.is_same(&allowed));
            match known {
                Some(known) => known.count += allowed.count,
                None => self.allowed.push(allowed),
            }
        }
        if !self.findings.is_empty() {
            self.verdict = Verdict::Findings;
        }
        self.first_difference = self.first_difference.take().or(behind.first_difference);
        self.compared_rests += behind.compared_rests;
        self.runs += behind.runs;
        self.alike &= behind.alike;
        self.scsi_commands = self.scsi_commands.and(behind.scsi_commands, u32::max);
        self.slips = self.slips.and(behind.slips, u32::max);
    }
}

#[cfg(test)]
mod tests;
