//! The two stored forms are lossless between each other, and the byte form is total.
//!
//! Done-when 4 of the language: 100,000 generated scenarios, 100,000 random byte strings. Each hundred thousand is split over
//! a few tests, so that they run side by side.

use regdiff_scenario::{Random, Scenario, bytes, text};

/// Generated scenarios of one test.
const SHARE: u64 = 25_000;

fn generated_round_trips(first: u64) {
    for seed in first..first + SHARE {
        let scenario = Scenario::generate(seed);
        let encoded = bytes::encode(&scenario);
        assert_eq!(bytes::decode(&encoded), scenario, "seed {seed}: bytes");
        assert_eq!(bytes::decode_strict(&encoded).as_ref(), Ok(&scenario), "seed {seed}: strict bytes");
        let printed = text::print(&scenario);
        let parsed = text::parse(&printed).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{printed}"));
        assert_eq!(parsed, scenario, "seed {seed}: text\n{printed}");
    }
}

#[test]
fn generated_scenarios_0() {
    generated_round_trips(0);
}

#[test]
fn generated_scenarios_1() {
    generated_round_trips(SHARE);
}

#[test]
fn generated_scenarios_2() {
    generated_round_trips(2 * SHARE);
}

#[test]
fn generated_scenarios_3() {
    generated_round_trips(3 * SHARE);
}

/// Half of the strings are noise; half are made of tags, so that they get past the header more often.
fn random_bytes(random: &mut Random) -> Vec<u8> {
    let length = random.below(400);
    let mut bytes = random.bytes(length);
    if random.chance(50) {
        for byte in &mut bytes {
            *byte %= 8;
        }
    }
    bytes
}

#[test]
fn random_bytes_decode_to_canonical_scenarios() {
    let mut random = Random::new(4);
    for round in 0..100_000 {
        let bytes = random_bytes(&mut random);
        let scenario = bytes::decode(&bytes);
        assert!(scenario.is_canonical(), "round {round}: {bytes:?}");
        assert_eq!(bytes::decode(&bytes::encode(&scenario)), scenario, "round {round}: {bytes:?}");
    }
}

#[test]
fn random_bytes_print_as_text_that_parses() {
    let mut random = Random::new(5);
    for round in 0..10_000 {
        let scenario = bytes::decode(&random_bytes(&mut random));
        let printed = text::print(&scenario);
        assert_eq!(text::parse(&printed).as_ref(), Ok(&scenario), "round {round}:\n{printed}");
    }
}

#[test]
fn a_file_is_told_by_its_content() {
    for seed in 0..200 {
        let scenario = Scenario::generate(seed);
        let (encoded, printed) = (bytes::encode(&scenario), text::print(&scenario));
        assert_eq!(Scenario::load(&encoded), Ok(scenario.clone()));
        assert_eq!(Scenario::load(printed.as_bytes()), Ok(scenario.clone()));
        assert_eq!(Scenario::load_crash(&encoded), Ok(scenario.clone()));
        assert_eq!(Scenario::load_crash(printed.as_bytes()), Ok(scenario));
    }
}

#[test]
fn an_engine_file_is_total_and_a_persons_is_not() {
    let mut encoded = bytes::encode(&Scenario::generate(1));
    encoded.truncate(encoded.len() - 1);
    encoded[0] = b'x';
    assert!(Scenario::load(&encoded).is_err());
    assert_eq!(Scenario::load_crash(&encoded), Ok(bytes::decode(&encoded)));
    assert_eq!(Scenario::load_crash(b""), Ok(Scenario::default()));
    let misspelt = b"verison = 1\n";
    assert!(Scenario::load_crash(misspelt).is_err(), "a text with a mistake is not taken for noise");
}
