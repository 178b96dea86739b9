//! Changes a scenario by structure, for engines that let a target bring its own mutator.
//!
//! Each mutation is one to three small edits and a repair: a step more or less, another operand, another answer, another
//! parameter. Numbers come from boundaries and from values that the scenario holds already, because what is compared with
//! what cannot be guessed from 64 random bits. The same seed makes the same change.

use crate::language::Language;
use crate::place::{FieldView, Place};
use crate::scalar::{Domain, Scalar};
use crate::step::Moment;
use crate::{Content, ContentField, Lun, Part, Port, Random, Scenario, generate, parts, repair};

/// How often a mutation that changed nothing is tried again.
const TRIES: usize = 8;

/// How often a step is repeated, beyond two: an adapter has 16 buffers for status reads, and all other counts are smaller.
const REPEATS: usize = 18;

/// One kind of edit; it does nothing where it does not apply.
type Edit = fn(&mut Scenario, &mut Random, &Language);

/// The edits; one that is there twice is twice as likely.
const EDITS: &[Edit] = &[
    insert_step,
    insert_step,
    duplicate_step,
    repeat_step,
    swap_steps,
    replace_step,
    change_moment,
    remove_record,
    remove_record,
    insert_failure,
    insert_answer,
    insert_content,
    insert_check_condition,
    insert_choice,
    insert_hardware,
    change_field,
    change_field,
    change_field,
    change_field,
];

/// Changes `scenario` a little. The result is canonical.
pub fn mutate(scenario: &mut Scenario, random: &mut Random) {
    mutate_in(&Language::WHOLE, scenario, random);
}

/// [`mutate`] that draws new steps as a part of the language does.
pub(crate) fn mutate_in(language: &Language, scenario: &mut Scenario, random: &mut Random) {
    let before = scenario.clone();
    if scenario.devices.is_empty() {
        // Nothing can happen to no device: an engine that starts from nothing gets a machine first.
        *scenario = language.generate(random.next_u64());
    }
    for _ in 0..TRIES {
        for _ in 0..=random.below(3) {
            EDITS[random.below(EDITS.len())](scenario, random, language);
        }
        repair(scenario);
        if *scenario != before {
            return;
        }
    }
}

/// A canonical scenario with the machine of one, and answers, steps and choices of both.
pub fn crossover(a: &Scenario, b: &Scenario, random: &mut Random) -> Scenario {
    let (machine, other) = if random.chance(50) { (a, b) } else { (b, a) };
    let mut child = machine.clone();
    if random.chance(30) {
        child.module = other.module.clone();
    }
    if random.chance(30) {
        child.kernel = other.kernel.clone();
    }
    child.steps.truncate(random.below(machine.steps.len() + 1));
    let rest = random.below(other.steps.len() + 1);
    child.steps.extend_from_slice(&other.steps[rest..]);
    mix(&mut child.firmware, &other.firmware, random);
    mix(&mut child.schedule, &other.schedule, random);
    repair(&mut child);
    child
}

/// Keeps half of each list.
fn mix<T: Clone>(list: &mut Vec<T>, other: &[T], random: &mut Random) {
    list.retain(|_| random.chance(50));
    list.extend(other.iter().filter(|_| random.chance(50)).cloned());
}

fn insert<T>(list: &mut Vec<T>, item: T, random: &mut Random) {
    list.insert(random.below(list.len() + 1), item);
}

fn insert_step(scenario: &mut Scenario, random: &mut Random, language: &Language) {
    let step = generate::step(random, scenario, language);
    insert(&mut scenario.steps, step, random);
}

/// The next time that somebody comes by a point, it fails.
fn insert_failure(scenario: &mut Scenario, random: &mut Random, _: &Language) {
    let step = generate::failure(random, scenario);
    insert(&mut scenario.steps, step, random);
}

fn duplicate_step(scenario: &mut Scenario, random: &mut Random, _: &Language) {
    if let Some(step) = scenario.steps.get(random.below(scenario.steps.len())).cloned() {
        insert(&mut scenario.steps, step, random);
    }
}

/// What counts something shows itself after many of a kind.
fn repeat_step(scenario: &mut Scenario, random: &mut Random, _: &Language) {
    let index = random.below(scenario.steps.len());
    if let Some(step) = scenario.steps.get(index).cloned() {
        let times = 2 + random.below(REPEATS);
        scenario.steps.splice(index..index, std::iter::repeat_n(step, times));
    }
}

fn swap_steps(scenario: &mut Scenario, random: &mut Random, _: &Language) {
    let count = scenario.steps.len();
    if count > 1 {
        scenario.steps.swap(random.below(count), random.below(count));
    }
}

fn replace_step(scenario: &mut Scenario, random: &mut Random, language: &Language) {
    let step = generate::step(random, scenario, language);
    let index = random.below(scenario.steps.len());
    if let Some(place) = scenario.steps.get_mut(index) {
        *place = step;
    }
}

fn change_moment(scenario: &mut Scenario, random: &mut Random, language: &Language) {
    let moment = if random.chance(30) { Moment::default() } else { generate::step(random, scenario, language).moment };
    let index = random.below(scenario.steps.len());
    if let Some(step) = scenario.steps.get_mut(index) {
        step.moment = moment;
    }
}

fn insert_answer(scenario: &mut Scenario, random: &mut Random, _: &Language) {
    let answer = generate::answer(random, scenario);
    insert(&mut scenario.firmware, answer, random);
}

fn insert_content(scenario: &mut Scenario, random: &mut Random, _: &Language) {
    let domain = Domain::Range { min: 0, max: u64::MAX, hex: true };
    let value = number(scenario, &domain, 0, random);
    let index = random.below(scenario.firmware.len());
    let Some(answer) = scenario.firmware.get_mut(index) else { return };
    if random.chance(70) {
        generate::content(random, answer);
    } else if let Some(field) = random.pick(ContentField::ALL) {
        answer.contents.push(Content { field, value });
    }
}

/// A device says why it does not do what it is asked: what its words lead to is seldom seen otherwise.
fn insert_check_condition(scenario: &mut Scenario, random: &mut Random, _: &Language) {
    let answer = generate::check_condition(random, scenario);
    insert(&mut scenario.firmware, answer, random);
}

fn insert_choice(scenario: &mut Scenario, random: &mut Random, _: &Language) {
    let choice = generate::choice(random, scenario);
    insert(&mut scenario.schedule, choice, random);
}

/// A device, a port or a LUN more, unlike its neighbours.
fn insert_hardware(scenario: &mut Scenario, random: &mut Random, _: &Language) {
    if random.chance(10) {
        let device = generate::device(random, scenario.devices.len());
        scenario.devices.push(device);
    }
    let index = random.below(scenario.devices.len());
    let Some(device) = scenario.devices.get_mut(index) else { return };
    let ports = device.ports.len();
    let index = random.below(ports);
    match device.ports.get_mut(index) {
        Some(port) if random.chance(70) => {
            let lun = port.luns.len() as u64 * 0x1_0000_0000_0000;
            port.luns.push(Lun { lun, ..Lun::default() });
        }
        _ => {
            let plain = Port::default();
            let (wwpn, d_id) = (plain.wwpn + ports as u64, plain.d_id + 0x100 * ports as u32);
            device.ports.push(Port { wwpn, d_id, luns: vec![Lun::default()], ..plain });
        }
    }
}

fn remove_record(scenario: &mut Scenario, random: &mut Random, _: &Language) {
    let mut places = scenario.places();
    // Mostly not hardware: much goes with it.
    places.retain(|place| match place {
        Place::Step(_) | Place::Moment(_) | Place::Answer(_) | Place::Content(..) | Place::Choice(_) => true,
        Place::Port(..) | Place::Lun(..) => random.chance(20),
        _ => false,
    });
    if let Some(place) = random.pick(&places)
        && let Some(rest) = parts::without(scenario, &Part::Record(place))
    {
        *scenario = rest;
    }
}

fn change_field(scenario: &mut Scenario, random: &mut Random, _: &Language) {
    let mut places = scenario.places();
    let group = random.below(100);
    places.retain(|place| match place {
        Place::Step(_) | Place::Moment(_) => group < 35,
        Place::Answer(_) | Place::Content(..) => (35..60).contains(&group),
        Place::Module => (60..72).contains(&group),
        Place::Kernel => (72..80).contains(&group),
        Place::Device(_) | Place::Port(..) | Place::Lun(..) => (80..95).contains(&group),
        Place::Choice(_) => group >= 95,
    });
    let Some(place) = random.pick(&places) else { return };
    let Some(field) = random.pick(&scenario.fields(place)) else { return };
    let raw = another_value(scenario, &field, random);
    scenario.set_field(place, field.name, raw);
}

fn another_value(scenario: &Scenario, field: &FieldView, random: &mut Random) -> u64 {
    match field.domain {
        Domain::Flag => field.value ^ 1,
        // One of many flags is seldom the one that matters.
        Domain::Flags(flags) if random.chance(50) => field.value ^ random.pick(flags).map_or(0, |flag| flag.value),
        Domain::Flags(flags) => flags.iter().filter(|_| random.chance(50)).fold(0, |value, flag| value | flag.value),
        Domain::Names(names) => random.pick(names).map_or(field.default, |name| name.value),
        Domain::Optional { .. } => generate::value(random, &field.domain, field.default),
        Domain::Range { .. } => number(scenario, &field.domain, field.value, random),
    }
}

/// A number near the old one, at a boundary, or from the scenario.
fn number(scenario: &Scenario, domain: &Domain, old: u64, random: &mut Random) -> u64 {
    let raw = match random.below(4) {
        0 => old.wrapping_add(1),
        1 => old.wrapping_sub(1),
        2 => generate::value(random, domain, old),
        _ => random.pick(&pool(scenario)).unwrap_or(old),
    };
    domain.clamp(raw, old)
}

/// Numbers that mean something to this scenario.
fn pool(scenario: &Scenario) -> Vec<u64> {
    let mut pool: Vec<u64> = generate::LINK_DOWN_CODES.iter().map(|code| code.to_raw()).collect();
    for place in scenario.places() {
        let numbers = scenario.fields(place).into_iter().filter(|field| matches!(field.domain, Domain::Range { .. }));
        pool.extend(numbers.map(|field| field.value));
    }
    pool
}
