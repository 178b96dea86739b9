//! A scenario of the space, by what it is not the default of.

use regdiff_scenario::{Random, Scenario};

use super::alphabet::Alphabet;
use super::space::Bounds;

/// A scenario of a space, and which of its choices were decided. What is not decided holds its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Parameters that were decided, by bit.
    pub(super) decided: u32,
    /// Parameters that are not the default, by bit.
    pub(super) flipped: u32,
    /// Open choices that were decided, by bit.
    pub(super) settled: u128,
    /// Changes: which choice, and which alternative.
    pub(super) changes: Vec<(u8, u8)>,
    /// Steps: which, and at which moment (0 is at rest).
    pub(super) word: Vec<(u8, u8)>,
    /// Early steps among them.
    pub(super) early: u32,
    /// Preemptions among the changes.
    pub(super) preemptions: u32,
}

impl Node {
    /// How many changes it makes.
    pub(super) fn spent(&self) -> u32 {
        self.changes.len() as u32 + self.early
    }

    /// Steps and changes: what somebody has to read.
    pub(super) fn size(&self) -> u32 {
        self.word.len() as u32 + self.spent() + self.flipped.count_ones()
    }

    /// With one more change.
    pub(super) fn changed(&self, alphabet: &Alphabet, key: usize, class: usize) -> Self {
        let mut changed = self.clone();
        changed.settled |= 1 << key;
        changed.changes.push((key as u8, class as u8));
        changed.preemptions += u32::from(alphabet.keys[key].is_preemption());
        changed
    }

    /// With one more step.
    pub(super) fn followed(&self, letter: usize, moment: usize) -> Self {
        let mut followed = self.clone();
        followed.word.push((letter as u8, moment as u8));
        followed.early += u32::from(moment > 0);
        followed
    }

    /// Any scenario of a space: a length, steps, parameters and a number of changes, each drawn evenly.
    pub fn draw(random: &mut Random, alphabet: &Alphabet, bounds: Bounds) -> Self {
        let mut node =
            Self { flipped: random.next_u64() as u32 & ((1 << alphabet.toggles.len()) - 1), ..Self::default() };
        let length = random.below(bounds.depth as usize + 1);
        for _ in 0..length {
            let letter = random.below(alphabet.letters.len());
            node = node.followed(letter, 0);
        }
        for _ in 0..random.below(bounds.changes as usize + 1) {
            let which = random.below(alphabet.keys.len() + length.saturating_sub(1));
            match alphabet.keys.get(which) {
                Some(key) if node.settled >> which & 1 == 0 && !key.changes.is_empty() => {
                    if !key.is_preemption() || node.preemptions < bounds.preemptions {
                        node = node.changed(alphabet, which, random.below(key.changes.len()));
                    }
                }
                Some(_) => {}
                None => {
                    let step = &mut node.word[which - alphabet.keys.len() + 1];
                    if step.1 == 0 && !alphabet.moments.is_empty() {
                        step.1 = 1 + random.below(alphabet.moments.len()) as u8;
                        node.early += 1;
                    }
                }
            }
        }
        node
    }

    /// The scenario.
    pub fn scenario(&self, alphabet: &Alphabet) -> Scenario {
        let mut scenario = alphabet.base.clone();
        for (bit, toggle) in alphabet.toggles.iter().enumerate() {
            if self.flipped >> bit & 1 == 1 {
                let value = toggle.get(&scenario.module);
                toggle.set(&mut scenario.module, !value);
            }
        }
        let mut changes = self.changes.clone();
        changes.sort_unstable();
        for (key, class) in changes {
            alphabet.keys[usize::from(key)].changes[usize::from(class)].1.apply(&mut scenario);
        }
        for (letter, moment) in &self.word {
            let mut step = alphabet.letters[usize::from(*letter)].step.clone();
            if let Some(moment) = usize::from(*moment).checked_sub(1) {
                step.moment = alphabet.moments[moment].1.clone();
            }
            scenario.steps.push(step);
        }
        scenario
    }

    /// The scenario in a line.
    pub fn words(&self, alphabet: &Alphabet) -> String {
        let mut words: Vec<String> = Vec::new();
        for (bit, toggle) in alphabet.toggles.iter().enumerate() {
            if self.flipped >> bit & 1 == 1 {
                words.push(format!("{}={}", toggle.text(), u8::from(!toggle.get(&alphabet.base.module))));
            }
        }
        for (key, class) in &self.changes {
            let key = &alphabet.keys[usize::from(*key)];
            words.push(format!("{}={}", key.name, key.changes[usize::from(*class)].0));
        }
        words.push("|".to_owned());
        for (letter, moment) in &self.word {
            let name = &alphabet.letters[usize::from(*letter)].name;
            words.push(match usize::from(*moment).checked_sub(1) {
                Some(moment) => format!("{name}({})", alphabet.moments[moment].0),
                None => name.clone(),
            });
        }
        words.join(" ")
    }
}
