//! How many scenarios there are: a closed formula, and the weights of what one judgement stands for.

use serde::{Deserialize, Serialize};

use super::alphabet::Alphabet;

/// Bounds of an exploration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Most steps.
    pub depth: u32,
    /// Most changes: scripted answers, other hardware, preemptions, early steps.
    pub changes: u32,
    /// Most preemptions among the changes.
    pub preemptions: u32,
}

/// An alphabet and bounds, as numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// The bounds.
    pub bounds: Bounds,
    /// Boolean parameters.
    pub toggles: u32,
    /// Steps to choose from.
    pub letters: u64,
    /// Moments at which a step can come early.
    pub moments: u64,
    /// For each open choice that is no preemption, how many alternatives there are.
    pub classes: Vec<u64>,
    /// Preemptions.
    pub preemptions: u64,
}

/// A polynomial in the number of changes, cut off at the largest degree that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Polynomial(Vec<u128>);

impl Polynomial {
    fn one(degree: u32) -> Self {
        let mut coefficients = vec![0; degree as usize + 1];
        coefficients[0] = 1;
        Self(coefficients)
    }

    /// Times `1 + count x`: one more choice with `count` alternatives.
    fn choice(mut self, count: u64) -> Self {
        for degree in (1..self.0.len()).rev() {
            self.0[degree] += self.0[degree - 1] * u128::from(count);
        }
        self
    }

    fn times(mut self, factor: u128) -> Self {
        self.0.iter_mut().for_each(|coefficient| *coefficient *= factor);
        self
    }

    /// Times `x`: one change more.
    fn shifted(mut self) -> Self {
        self.0.rotate_right(1);
        self.0[0] = 0;
        self
    }

    fn plus(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(&other.0).for_each(|(ours, theirs)| *ours += theirs);
        self
    }
}

/// What a judged scenario's run did not come to, and may still vary.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unreached<'a> {
    /// Boolean parameters.
    pub(super) toggles: u32,
    /// Alternatives of each open choice but preemptions.
    pub(super) classes: &'a [u64],
    /// Preemptions.
    pub(super) preemptions: u64,
    /// Changes that may still be made.
    pub(super) changes: u32,
    /// Preemptions that may still be made.
    pub(super) preemptions_left: u32,
    /// Steps that may still follow.
    pub(super) steps: u32,
    /// Which of those that may follow are counted too.
    pub(super) following: Following,
}

/// Which scenarios with more steps are counted with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Following {
    /// None: they are judged by themselves.
    None,
    /// Those with a next step at rest, which would not be reached.
    AtRest,
    /// All.
    All,
}

impl Space {
    /// The space of an alphabet.
    pub fn new(alphabet: &Alphabet, bounds: Bounds) -> Self {
        let others = alphabet.keys.iter().filter(|key| !key.is_preemption());
        Self {
            bounds,
            toggles: alphabet.toggles.len() as u32,
            letters: alphabet.letters.len() as u64,
            moments: alphabet.moments.len() as u64,
            classes: others.map(|key| key.changes.len() as u64).collect(),
            preemptions: alphabet.keys.iter().filter(|key| key.is_preemption()).count() as u64,
        }
    }

    /// The number of scenarios: for `t` parameters, `A` steps, `M` moments, `Y` preemptions and choices of `c` alternatives
    /// each, with at most `K` steps, `N` changes and `P` preemptions,
    ///
    /// `2^t · Σ(j ≤ P) C(Y,j) · Σ(i ≤ N−j) [x^i] Π(1 + c·x) · (1 + Σ(k=1..K) A^k (1 + M·x)^(k−1))`.
    pub fn count(&self) -> u128 {
        let mut words = Polynomial::one(self.bounds.changes);
        for length in 1..=self.bounds.depth {
            let mut of_length = Polynomial::one(self.bounds.changes).times(u128::from(self.letters).pow(length));
            for _ in 1..length {
                of_length = of_length.choice(self.moments);
            }
            words = words.plus(&of_length);
        }
        let all = self.classes.iter().fold(words, |all, count| all.choice(*count));
        (1 << self.toggles) * sum(&all, self.preemptions, self.bounds.changes, self.bounds.preemptions)
    }

    /// The formula with its numbers.
    pub fn formula(&self) -> String {
        let Bounds { depth, changes, preemptions } = self.bounds;
        let classes: u64 = self.classes.iter().sum();
        format!(
            "2^t · Σ(j ≤ P) C(Y,j) · Σ(i ≤ N−j) [x^i] Π(1 + c·x) · (1 + Σ(k=1..K) A^k (1 + M·x)^(k−1)) with t={} A={} M={} \
             Y={} K={depth} N={changes} P={preemptions} and {} choices of {classes} alternatives c in all",
            self.toggles,
            self.letters,
            self.moments,
            self.preemptions,
            self.classes.len(),
        )
    }

    /// How many scenarios have the same runs.
    pub(super) fn weight(&self, unreached: Unreached<'_>) -> u128 {
        let one = Polynomial::one(unreached.changes);
        let tails = match unreached.following {
            Following::AtRest if unreached.steps > 0 => {
                one.plus(&self.tails(unreached.steps - 1, unreached.changes).times(self.letters.into()))
            }
            Following::All => self.tails(unreached.steps, unreached.changes),
            _ => one,
        };
        let all = unreached.classes.iter().fold(tails, |all, count| all.choice(*count));
        (1 << unreached.toggles)
            * sum(&all, unreached.preemptions, unreached.changes, unreached.preemptions_left.min(unreached.changes))
    }

    /// All that may follow a step: up to `steps` more.
    fn tails(&self, steps: u32, changes: u32) -> Polynomial {
        let mut all = Polynomial::one(changes);
        let mut longest = Polynomial::one(changes);
        for _ in 0..steps {
            let early = longest.clone().times(self.moments.into()).shifted();
            longest = longest.plus(&early).times(self.letters.into());
            all = all.plus(&longest);
        }
        all
    }
}

/// Adds up the ways to make at most `changes` changes, at most `most` of them preemptions.
fn sum(others: &Polynomial, preemptions: u64, changes: u32, most: u32) -> u128 {
    let ways = |chosen: u32| {
        (0..u128::from(chosen)).fold(1, |ways: u128, i| ways * (u128::from(preemptions).saturating_sub(i)) / (i + 1))
    };
    (0..=most.min(changes))
        .map(|chosen| ways(chosen) * others.0.iter().take((changes - chosen) as usize + 1).sum::<u128>())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_that_can_be_counted_by_hand() {
        let bounds = Bounds { depth: 2, changes: 1, preemptions: 1 };
        let space = Space { bounds, toggles: 1, letters: 3, moments: 2, classes: vec![4, 5], preemptions: 6 };
        // Words without an early step: 1 + 3 + 9. With one: 9 · 2. One other change: 4 + 5 + 6.
        assert_eq!(space.count(), 2 * (13 * (1 + 15) + 18));
        let none = Space { bounds: Bounds { changes: 0, ..bounds }, ..space.clone() };
        assert_eq!(none.count(), 2 * 13);
        let two = Space { bounds: Bounds { depth: 1, changes: 2, preemptions: 1 }, ..space };
        // Words: 4. No change 1; one: 15; two: 4·5 answers, 9·6 of an answer and a preemption.
        assert_eq!(two.count(), 2 * 4 * (1 + 15 + 20 + 54));
    }
}
