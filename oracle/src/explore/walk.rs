//! The walk: branches where runs came to a choice, and counts what each judgement stands for.

use std::cell::RefCell;

use regdiff_scenario::Scenario;
use regdiff_scenario::module::Toggle;

use super::alphabet::Alphabet;
use super::node::Node;
use super::outcome::{Outcome, Sighting};
use super::space::{Bounds, Following, Space, Unreached};
use super::watcher::{Seen, Tables, Watcher};
use crate::fault::Fault;
use crate::finding::Finding;
use crate::judge::{Options, judge_on};
use crate::verdict::Report;
use crate::worse::worse_in;

/// What is asked of every scenario.
#[derive(Clone, Debug)]
pub enum Question {
    /// What the pair shows beyond the contract.
    Pair(Options),
    /// What a planted fault does, against the same driver without it.
    Fault(&'static Fault),
}

/// An exploration.
#[derive(Clone, Debug)]
pub struct Explorer {
    alphabet: Alphabet,
    space: Space,
    question: Question,
    tables: Tables,
    /// Steps that do nothing are not tried together with everything else.
    cuts_steps: bool,
}

/// The work, in parts that do not need each other.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The parts, always in the same order.
    pub units: Vec<Node>,
    /// What was seen while they were found.
    pub outcome: Outcome,
}

/// A judgement.
struct Judged {
    seen: Seen,
    report: Report,
    findings: Vec<Finding>,
}

/// Where the walk puts nodes whose words have this many steps, instead of going on.
struct Frontier<'a> {
    steps: usize,
    nodes: &'a mut Vec<Node>,
}

impl Explorer {
    /// An exploration of an alphabet of at most [`Alphabet::MAX_KEYS`] choices.
    pub fn new(alphabet: Alphabet, bounds: Bounds, question: Question) -> Self {
        assert!(alphabet.keys.len() <= Alphabet::MAX_KEYS, "too many open choices");
        let space = Space::new(&alphabet, bounds);
        let tables = Tables::new(&alphabet);
        Self { alphabet, space, question, tables, cuts_steps: true }
    }

    /// The same, but steps that do nothing are tried like all others: slower, and every finding is counted.
    #[must_use]
    pub fn with_all_steps(self) -> Self {
        Self { cuts_steps: false, ..self }
    }

    /// The alphabet.
    pub fn alphabet(&self) -> &Alphabet {
        &self.alphabet
    }

    /// The space.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Walks the shortest words, and finds the units behind them.
    pub fn plan(&self) -> Plan {
        let bounds = self.space.bounds;
        // With more changes there would be more units than memory for them.
        let steps = bounds.depth.min(if bounds.changes < 2 { 2 } else { 1 }) as usize;
        let (mut units, mut outcome) = (Vec::new(), Outcome::default());
        self.start(Node::default(), &mut outcome, &mut Some(Frontier { steps, nodes: &mut units }));
        Plan { units, outcome }
    }

    /// Walks a unit.
    pub fn explore(&self, unit: &Node) -> Outcome {
        let mut outcome = Outcome::default();
        self.visit(unit.clone(), &mut outcome, &mut None);
        outcome
    }

    /// What is found in a scenario, by signature.
    pub fn signatures(&self, scenario: &Scenario) -> Vec<String> {
        let findings = self.judge(scenario).findings;
        findings.into_iter().map(|finding| finding.signature.to_string()).collect()
    }

    fn start(&self, node: Node, outcome: &mut Outcome, frontier: &mut Option<Frontier<'_>>) {
        match frontier {
            Some(frontier) if frontier.steps == node.word.len() && frontier.steps > 0 => frontier.nodes.push(node),
            _ => self.visit(node, outcome, frontier),
        }
    }

    /// Judges a node's scenario, then those in which what its runs came to is decided otherwise, or another step follows.
    fn visit(&self, mut node: Node, outcome: &mut Outcome, frontier: &mut Option<Frontier<'_>>) {
        let scenario = node.scenario(&self.alphabet);
        let judged = self.judge(&scenario);
        let bounds = self.space.bounds;
        if self.cuts_steps && !judged.seen.effect && node.word.last().is_some_and(|(_, moment)| *moment == 0) {
            let before = outcome.scenarios;
            self.count(&node, &judged, Following::All, scenario, outcome);
            outcome.without_effect += outcome.scenarios - before;
            return;
        }
        for (index, toggle) in self.alphabet.toggles.iter().enumerate() {
            if node.decided >> index & 1 == 0 && judged.seen.toggles.contains(toggle) {
                node.decided |= 1 << index;
                let flipped = Node { flipped: node.flipped | 1 << index, ..node.clone() };
                self.visit(flipped, outcome, frontier);
            }
        }
        let changes = bounds.changes - node.spent();
        for (index, key) in self.alphabet.keys.iter().enumerate() {
            let reached = judged.seen.keys >> index & 1 == 1 && node.settled >> index & 1 == 0;
            if !reached || changes == 0 || (key.is_preemption() && node.preemptions >= bounds.preemptions) {
                continue;
            }
            for class in 0..key.changes.len() {
                self.visit(node.changed(&self.alphabet, index, class), outcome, frontier);
            }
            node.settled |= 1 << index;
        }
        let following = if judged.seen.rest { Following::None } else { Following::AtRest };
        self.count(&node, &judged, following, scenario, outcome);
        if node.word.len() as u32 == bounds.depth {
            return;
        }
        for letter in 0..self.alphabet.letters.len() {
            if judged.seen.rest {
                self.start(node.followed(letter, 0), outcome, frontier);
            }
            if changes > 0 && !node.word.is_empty() {
                for moment in 1..=self.alphabet.moments.len() {
                    self.start(node.followed(letter, moment), outcome, frontier);
                }
            }
        }
    }

    /// Counts a judgement with what it stands for.
    fn count(&self, node: &Node, judged: &Judged, following: Following, scenario: Scenario, outcome: &mut Outcome) {
        let free = self.alphabet.keys.iter().enumerate().filter(|(index, _)| node.settled >> index & 1 == 0);
        let (preemptions, others): (Vec<_>, Vec<_>) = free.partition(|(_, key)| key.is_preemption());
        let classes: Vec<u64> = others.iter().map(|(_, key)| key.changes.len() as u64).collect();
        let bounds = self.space.bounds;
        let scenarios = self.space.weight(Unreached {
            toggles: self.space.toggles - node.decided.count_ones(),
            classes: &classes,
            preemptions: preemptions.len() as u64,
            changes: bounds.changes - node.spent(),
            preemptions_left: bounds.preemptions - node.preemptions,
            steps: bounds.depth - node.word.len() as u32,
            following,
        });
        outcome.scenarios += scenarios;
        outcome.judged += 1;
        outcome.runs += u64::from(judged.seen.runs);
        outcome.states.insert(judged.seen.state);
        outcome.reached |= judged.seen.keys;
        outcome.strays.extend(&judged.seen.strays);
        *outcome.verdicts.entry(judged.report.verdict.text().to_owned()).or_default() += 1;
        for finding in &judged.findings {
            let sighting = Sighting {
                scenarios: if following == Following::All { 0 } else { scenarios },
                judged: 1,
                size: node.size(),
                words: node.words(&self.alphabet),
                first: scenario.clone(),
            };
            outcome.sight(finding.signature.to_string(), sighting);
        }
    }

    fn judge(&self, scenario: &Scenario) -> Judged {
        let watcher = Watcher { tables: &self.tables, steps: scenario.steps.len() as u32, seen: RefCell::default() };
        let (report, findings) = match &self.question {
            Question::Pair(options) => {
                let report = judge_on(&watcher, scenario, options);
                let findings = report.findings.clone();
                (report, findings)
            }
            Question::Fault(fault) => {
                let options = fault.options();
                let report = judge_on(&watcher, scenario, &options);
                let findings = worse_in(&report, &watcher, scenario, &options);
                (report, findings)
            }
        };
        let mut seen = watcher.seen.into_inner();
        // Allowances read these whether a run did or not.
        if !report.findings.is_empty() || !report.allowed.is_empty() {
            for toggle in [Toggle::Dif, Toggle::Dix, Toggle::NoAutoPortRescan] {
                if !seen.toggles.contains(&toggle) {
                    seen.toggles.push(toggle);
                }
            }
        }
        Judged { seen, report, findings }
    }
}
