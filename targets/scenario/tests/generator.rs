//! What the generator draws, and what the mutator makes of it.

use std::collections::BTreeMap;

use regdiff_scenario::mutate::{crossover, mutate};
use regdiff_scenario::{
    AdapterFeatures, Command, ContentField, Encoded, FailPoint, FsfStatus, Layout, Name, Place, Point, ProtocolStatus,
    Random, Reply, Scenario, Slot, Trigger, When, bytes, text,
};

/// Scenarios in which everything must appear.
const SEEDS: u64 = 20_000;

fn all() -> impl Iterator<Item = Scenario> {
    (0..SEEDS).map(Scenario::generate)
}

fn assert_all_seen(what: &str, names: &[Name], seen: impl Iterator<Item = u64>) {
    let mut counts: BTreeMap<u64, usize> = names.iter().map(|name| (name.value, 0)).collect();
    for value in seen {
        *counts.entry(value).or_default() += 1;
    }
    let never: Vec<&str> = names.iter().filter(|name| counts[&name.value] == 0).map(|name| name.text).collect();
    assert!(never.is_empty(), "{what} never drawn in {SEEDS} scenarios: {never:?}");
}

#[test]
fn every_name_of_the_language_appears() {
    let scenarios: Vec<Scenario> = all().collect();
    let steps = || scenarios.iter().flat_map(|s| &s.steps);
    let answers = || scenarios.iter().flat_map(|s| &s.firmware);
    assert_all_seen("trigger", Trigger::NAMES, steps().map(|s| s.trigger as u64));
    assert_all_seen("moment", When::NAMES, steps().map(|s| s.moment.when as u64));
    assert_all_seen("layout", &Layout::NAMES[..Layout::DRAWN.len()], scenarios.iter().map(|s| s.kernel.layout as u64));
    assert_all_seen("answered command", Command::NAMES, answers().map(|a| a.command as u64));
    assert_all_seen("FSF status", FsfStatus::NAMES, answers().map(|a| a.fsf_status as u64));
    assert_all_seen("protocol status", ProtocolStatus::NAMES, answers().map(|a| a.protocol_status as u64));
    assert_all_seen("reply", Reply::NAMES, answers().map(|a| a.reply as u64));
    let contents = answers().flat_map(|a| &a.contents);
    assert_all_seen("content", ContentField::NAMES, contents.map(|c| c.field as u64));
    assert_all_seen("point", Point::NAMES, scenarios.iter().flat_map(|s| &s.schedule).map(|c| c.point as u64));
    let failures = steps().filter(|s| s.trigger == Trigger::Fail);
    assert_all_seen("failure", FailPoint::NAMES, failures.map(|s| s.operand(Slot::A)));
}

#[test]
fn most_scenarios_are_of_use() {
    let share = |holds: &dyn Fn(&Scenario) -> bool| all().filter(|s| holds(s)).count() as f64 / SEEDS as f64;
    let starts_online = share(&|s| s.steps.iter().take(2).any(|step| step.trigger == Trigger::SetOnline));
    assert!(starts_online > 0.95, "{starts_online}");
    let one_device = share(&|s| s.devices.len() == 1);
    assert!((0.75..0.95).contains(&one_device), "{one_device}");
    let has_lun = share(&|s| s.devices[0].ports.iter().any(|port| !port.luns.is_empty()));
    assert!(has_lun > 0.65, "{has_lun}");
    let dif = share(&|s| (s.module.dif || s.module.dix) && s.devices[0].features.has(AdapterFeatures::DIF_PROT_TYPE1));
    assert!((0.25..0.60).contains(&dif), "{dif}");
    let good = share(&|s| s.firmware.is_empty());
    assert!((0.30..0.55).contains(&good), "{good}");
    let few_steps = share(&|s| (1..=10).contains(&s.steps.len()));
    assert!(few_steps > 0.97, "{few_steps}");
}

#[test]
fn generated_scenarios_are_canonical_and_small() {
    for (seed, scenario) in (0..2_000).map(|seed| (seed, Scenario::generate(seed))) {
        assert!(scenario.is_canonical(), "seed {seed}");
        assert!(bytes::encode(&scenario).len() < 4096, "seed {seed}");
        assert_eq!(scenario, Scenario::generate(seed), "seed {seed}");
    }
}

#[test]
fn no_entropy_gives_the_plainest_scenario() {
    let mut none = arbitrary::Unstructured::new(&[]);
    let scenario = <Scenario as arbitrary::Arbitrary>::arbitrary(&mut none).unwrap();
    assert_eq!((scenario.devices.len(), scenario.firmware.len(), scenario.schedule.len()), (1, 0, 0));
    assert_eq!(scenario.steps.iter().map(|step| step.trigger).collect::<Vec<_>>(), [Trigger::SetOnline]);
}

#[test]
fn encoded_takes_any_bytes_and_prints_text() {
    let scenario = Scenario::generate(3);
    let stored = bytes::encode(&scenario);
    let take = |bytes| <Encoded as arbitrary::Arbitrary>::arbitrary_take_rest(arbitrary::Unstructured::new(bytes));
    let encoded = take(&stored).unwrap();
    assert_eq!(encoded.0, scenario);
    assert_eq!(format!("{encoded:?}"), text::print(&scenario));
    assert_eq!(take(&[]).unwrap().0, Scenario::default());
}

#[test]
fn mutations_change_a_scenario_and_keep_it_canonical() {
    let mut unchanged = 0;
    for seed in 0..5_000 {
        let before = Scenario::generate(seed);
        let mut after = before.clone();
        mutate(&mut after, &mut Random::new(seed));
        assert!(after.is_canonical(), "seed {seed}");
        unchanged += usize::from(after == before);
        let mut again = before.clone();
        mutate(&mut again, &mut Random::new(seed));
        assert_eq!(after, again, "seed {seed}");
    }
    assert!(unchanged < 10, "{unchanged} of 5000 mutations changed nothing");
}

#[test]
fn mutation_builds_a_machine_from_nothing() {
    let mut random = Random::new(1);
    let mut scenario = bytes::decode(&[]);
    for _ in 0..2_000 {
        mutate(&mut scenario, &mut random);
    }
    assert!(!scenario.devices.is_empty() && !scenario.steps.is_empty(), "{}", text::print(&scenario));
}

#[test]
fn crossover_has_something_of_both() {
    let mut of_both = 0;
    for seed in 0..1_000 {
        let (a, b) = (Scenario::generate(seed), Scenario::generate(seed + 1));
        let child = crossover(&a, &b, &mut Random::new(seed));
        assert!(child.is_canonical(), "seed {seed}");
        assert!(child.devices == a.devices || child.devices == b.devices, "seed {seed}");
        of_both += usize::from(child != a && child != b);
    }
    assert!(of_both > 900, "{of_both}");
}

#[test]
fn every_field_can_be_seen_and_set() {
    let scenario = Scenario::generate(7);
    for place in scenario.places() {
        for field in scenario.fields(place) {
            assert!(field.domain.contains(field.value), "{place}, {}", field.name);
            let mut changed = scenario.clone();
            changed.set_field(place, field.name, field.default);
            let now = changed.fields(place);
            let value = now.iter().find(|other| other.name == field.name).map(|other| other.value);
            assert!(value == Some(field.default) || matches!(place, Place::Moment(_)), "{place}, {}", field.name);
        }
    }
}
