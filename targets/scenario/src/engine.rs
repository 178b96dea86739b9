//! How an engine changes an input: mostly by structure, sometimes by bytes. One implementation for every engine.

use crate::language::Language;
use crate::random::Random;
use crate::{Scenario, bytes};

/// One call in so many is the engine's own byte mutation: it reaches what no edit of a scenario would write, such as spare
/// tags and torn records, and it is where an engine's dictionaries and tables of compares act.
const BYTES_SHARE: usize = 8;
/// One call in so many starts over with a generated scenario, so that a corpus does not descend from its first find alone.
const FRESH_SHARE: usize = 8;

/// Another input, made of one in byte form; `None` if it is the engine's turn, or if the result is longer than `max_size`.
pub fn mutate(language: &Language, data: &[u8], max_size: usize, seed: u64) -> Option<Vec<u8>> {
    let mut random = Random::new(seed);
    if random.below(BYTES_SHARE) == 0 {
        return None;
    }
    let mut scenario = bytes::decode(data);
    // An empty corpus decodes to a machine without hardware, which no edit can bring to life.
    if scenario.devices.is_empty() || random.below(FRESH_SHARE) == 0 {
        scenario = language.generate(random.next_u64());
    } else {
        language.mutate(&mut scenario, &mut random);
    }
    fitting(&scenario, max_size)
}

/// A child of two inputs in byte form; `None` if it is longer than `max_size`.
pub fn crossover(language: &Language, a: &[u8], b: &[u8], max_size: usize, seed: u64) -> Option<Vec<u8>> {
    let child = language.crossover(&bytes::decode(a), &bytes::decode(b), &mut Random::new(seed));
    fitting(&child, max_size)
}

/// The byte form, if it is no longer than `max_size`: half a scenario would be another one.
fn fitting(scenario: &Scenario, max_size: usize) -> Option<Vec<u8>> {
    Some(bytes::encode(scenario)).filter(|encoded| encoded.len() <= max_size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_calls_change_the_scenario_and_some_are_left_to_the_engine() {
        let input = bytes::encode(&Scenario::generate(1));
        let made: Vec<_> = (0..400).map(|seed| mutate(&Language::WHOLE, &input, 4096, seed)).collect();
        let own = made.iter().filter(|made| made.is_none()).count();
        assert!((25..80).contains(&own), "{own} of 400");
        assert!(made.iter().flatten().filter(|made| **made != input).count() > 250);
        assert_eq!(made[7], mutate(&Language::WHOLE, &input, 4096, 7), "the same seed makes the same change");
    }

    #[test]
    fn nothing_is_cut_in_half() {
        let (a, b) = (bytes::encode(&Scenario::generate(1)), bytes::encode(&Scenario::generate(2)));
        for seed in 0..200 {
            for made in [mutate(&Language::WHOLE, &a, 200, seed), crossover(&Language::WHOLE, &a, &b, 200, seed)] {
                assert!(made.is_none_or(|made| made.len() <= 200 && bytes::encode(&bytes::decode(&made)) == made));
            }
        }
    }

    #[test]
    fn an_empty_input_becomes_a_machine() {
        let made =
            (0..20).find_map(|seed| mutate(&Language::RECOVERY, &[], 4096, seed)).expect("not all are the engine's");
        let scenario = bytes::decode(&made);
        assert!(!scenario.devices.is_empty() && Language::RECOVERY.admits(&scenario));
    }
}
