//! Properties of every scenario, by proptest.

use proptest::prelude::*;
use regdiff_scenario::{Content, Place, Scenario, bytes, parts, repair, strategy, text};

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_round_trip(scenario in strategy::scenario()) {
        prop_assert_eq!(bytes::decode_strict(&bytes::encode(&scenario)), Ok(scenario));
    }

    #[test]
    fn text_round_trip(scenario in strategy::scenario()) {
        let printed = text::print(&scenario);
        prop_assert_eq!(text::parse(&printed).map_err(|error| error.to_string()), Ok(scenario), "{}", printed);
    }

    #[test]
    fn repair_is_idempotent(mut scenario in broken()) {
        repair(&mut scenario);
        prop_assert!(scenario.is_canonical());
    }

    #[test]
    fn bytes_of_a_broken_scenario_decode_to_its_repair(scenario in broken()) {
        let decoded = bytes::decode(&bytes::encode(&scenario));
        let mut repaired = scenario.clone();
        repair(&mut repaired);
        prop_assert_eq!(&decoded, &repaired);
        prop_assert_eq!(text::parse(&text::print(&scenario)), Ok(repaired));
    }

    #[test]
    fn any_bytes_decode(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(bytes::decode(&bytes).is_canonical());
        prop_assert!(Scenario::load_crash(&bytes).is_ok() || bytes.is_ascii() || std::str::from_utf8(&bytes).is_ok());
    }

    #[test]
    fn any_text_parses_or_says_why(text in "(version = 1\n)?([\\[\\]a-z_0-9=\"{}., #\n]|device|step|do|\\PC){0,80}") {
        if let Err(error) = text::parse(&text) {
            prop_assert!(error.line >= 1 && error.column >= 1 && !error.cure.is_empty());
        }
    }

    #[test]
    fn a_cut_file_is_refused_or_shorter(scenario in strategy::scenario(), cut in any::<proptest::sample::Index>()) {
        let mut stored = bytes::encode(&scenario);
        let whole = stored.len();
        stored.truncate(cut.index(whole));
        if let Ok(rest) = bytes::decode_strict(&stored) {
            prop_assert!(rest != scenario);
        }
    }

    #[test]
    fn parts_shrink(scenario in strategy::scenario()) {
        let before = parts::size(&scenario);
        for part in parts::parts(&scenario) {
            let Some(rest) = parts::without(&scenario, &part) else {
                return Err(TestCaseError::fail(format!("{part} changes nothing")));
            };
            prop_assert!(rest.is_canonical() && parts::size(&rest) < before, "without {}", part);
        }
    }
}

/// Scenarios that need repair: indices of things that are gone, contents twice, values out of their domains.
fn broken() -> impl Strategy<Value = Scenario> {
    (strategy::scenario(), 0..3usize, any::<u64>()).prop_map(|(mut scenario, devices, raw)| {
        scenario.devices.truncate(devices);
        for device in &mut scenario.devices {
            device.ports.truncate(1);
        }
        for answer in &mut scenario.firmware {
            let again: Vec<Content> = answer.contents.iter().rev().cloned().collect();
            answer.contents.extend(again);
        }
        for step in &mut scenario.steps {
            (step.a, step.b) = (raw as u32, (raw >> 32) as u32);
            step.moment.ms = raw as u32;
        }
        for place in [Place::Module, Place::Kernel, Place::Device(0), Place::Answer(0), Place::Choice(0)] {
            for field in scenario.fields(place) {
                scenario.set_field(place, field.name, field.value ^ raw & 0xffff);
            }
        }
        scenario
    })
}
