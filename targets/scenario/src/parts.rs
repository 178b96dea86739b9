//! What can be taken out of a scenario: the vocabulary of the minimiser.
//!
//! Contract:
//!
//! * [`parts`] lists everything that is more than a plain machine on which nothing happens, biggest first; within a kind
//!   the last comes first, so that taking one out leaves the indices of those behind it in the list right.
//! * [`without`] takes one part out and keeps what refers to other things referring to them: indices behind a removed
//!   device, port or LUN move up.
//! * What refers to a removed *device* goes with it: its steps, answers and choices; a moment that waits for it becomes "at
//!   rest". What refers to a removed *port or LUN* falls to the neighbour, since a step that is not needed is a part of its
//!   own; an answer about it alone goes with it.
//! * The result is canonical, and has fewer parts: taking parts out always ends, after [`size`] tries that succeed at most.
//! * A scenario of which every `without` loses what made it interesting is minimal.

use std::fmt;

use crate::place::Place;
use crate::scalar::{Domain, Selector};
use crate::step::{Moment, When};
use crate::{Scenario, repair};

/// One part of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// A record that can be removed; of a moment, that the step does not happen at rest. Never module or kernel.
    Record(Place),
    /// A field that is not at its default.
    Field {
        /// The record.
        place: Place,
        /// The field's name in the text form.
        name: &'static str,
    },
    /// A flag that differs from the default of its field, where more than one does.
    Bit {
        /// The record.
        place: Place,
        /// The field's name in the text form.
        name: &'static str,
        /// The flag.
        bit: u64,
    },
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Record(place) => write!(f, "{place}"),
            Part::Field { place, name } => write!(f, "{place}, {name}"),
            Part::Bit { place, name, bit } => write!(f, "{place}, {name}, bit {bit:#x}"),
        }
    }
}

/// All parts of a canonical scenario, biggest first.
pub fn parts(scenario: &Scenario) -> Vec<Part> {
    let mut places = scenario.places();
    places.reverse();
    let mut records: Vec<Place> = places.iter().copied().filter(|place| is_removable(scenario, *place)).collect();
    records.sort_by_key(|place| rank(*place));
    let mut parts: Vec<Part> = records.into_iter().map(Part::Record).collect();
    for place in places {
        for field in scenario.fields(place) {
            if field.key || field.value == field.default {
                continue;
            }
            let name = field.name;
            parts.push(Part::Field { place, name });
            let changed = field.value ^ field.default;
            if let Domain::Flags(flags) = field.domain
                && changed.count_ones() > 1
            {
                let bits = flags.iter().map(|flag| flag.value).filter(|bit| changed & bit != 0);
                parts.extend(bits.map(|bit| Part::Bit { place, name, bit }));
            }
        }
    }
    parts
}

/// How many parts a scenario has: how far it is from a plain machine.
pub fn size(scenario: &Scenario) -> usize {
    parts(scenario).len()
}

/// `scenario` without `part`; `None` if there is no such part.
pub fn without(scenario: &Scenario, part: &Part) -> Option<Scenario> {
    let mut rest = scenario.clone();
    match *part {
        Part::Record(place) => remove(&mut rest, place)?,
        Part::Field { place, name } => {
            let field = scenario.fields(place).into_iter().find(|field| field.name == name)?;
            rest.set_field(place, name, field.default);
        }
        Part::Bit { place, name, bit } => {
            let field = scenario.fields(place).into_iter().find(|field| field.name == name)?;
            rest.set_field(place, name, field.value & !bit | field.default & bit);
        }
    }
    repair(&mut rest);
    (rest != *scenario).then_some(rest)
}

fn is_removable(scenario: &Scenario, place: Place) -> bool {
    match place {
        Place::Module | Place::Kernel => false,
        Place::Moment(step) => scenario.steps[step].moment.when != When::AtRest,
        _ => true,
    }
}

/// How much goes with a record: less is more.
fn rank(place: Place) -> u8 {
    match place {
        Place::Device(_) => 0,
        Place::Step(_) => 1,
        Place::Answer(_) => 2,
        Place::Port(..) => 3,
        Place::Choice(_) => 4,
        Place::Lun(..) => 5,
        Place::Moment(_) => 6,
        _ => 7,
    }
}

fn remove(scenario: &mut Scenario, place: Place) -> Option<()> {
    match place {
        Place::Module | Place::Kernel => return None,
        Place::Device(device) => remove_device(scenario, device)?,
        Place::Port(device, port) => remove_port(scenario, device, port)?,
        Place::Lun(device, port, lun) => remove_lun(scenario, device, port, lun)?,
        Place::Answer(answer) => take(&mut scenario.firmware, answer)?,
        Place::Content(answer, content) => take(&mut scenario.firmware.get_mut(answer)?.contents, content)?,
        Place::Step(step) => take(&mut scenario.steps, step)?,
        Place::Moment(step) => scenario.steps.get_mut(step)?.moment = Moment::default(),
        Place::Choice(choice) => take(&mut scenario.schedule, choice)?,
    }
    Some(())
}

fn take<T>(list: &mut Vec<T>, index: usize) -> Option<()> {
    (index < list.len()).then(|| drop(list.remove(index)))
}

fn remove_device(scenario: &mut Scenario, device: usize) -> Option<()> {
    take(&mut scenario.devices, device)?;
    let Scenario { module, firmware, steps, schedule, .. } = scenario;
    let named = |index: u8| usize::from(index) == device;
    if named(module.init_device_index) {
        (module.init_port_index, module.init_lun_index) = (0, 0);
    }
    firmware.retain(|answer| !named(answer.device));
    schedule.retain(|choice| !named(choice.device));
    steps.retain(|step| !(repair::takes_device(step) && named(step.device)));
    for step in &mut *steps {
        let waits = matches!(step.moment.when, When::Outstanding | When::AtPoint);
        if waits && named(step.moment.device) {
            step.moment = Moment::default();
        }
    }
    move_up(&mut module.init_device_index, device);
    firmware.iter_mut().for_each(|answer| move_up(&mut answer.device, device));
    schedule.iter_mut().for_each(|choice| move_up(&mut choice.device, device));
    for step in steps {
        move_up(&mut step.device, device);
        move_up(&mut step.moment.device, device);
    }
    Some(())
}

fn remove_port(scenario: &mut Scenario, device: usize, port: usize) -> Option<()> {
    take(&mut scenario.devices.get_mut(device)?.ports, port)?;
    let Scenario { module, firmware, steps, .. } = scenario;
    let on_device = |index: u8| usize::from(index) == device;
    if on_device(module.init_device_index) {
        move_up(&mut module.init_port_index, port);
    }
    firmware.retain(|answer| !(on_device(answer.device) && names(answer.port, port)));
    for answer in firmware.iter_mut().filter(|answer| on_device(answer.device)) {
        move_selector_up(&mut answer.port, port);
    }
    for step in steps.iter_mut().filter(|step| on_device(step.device)) {
        move_up(&mut step.port, port);
    }
    Some(())
}

fn remove_lun(scenario: &mut Scenario, device: usize, port: usize, lun: usize) -> Option<()> {
    take(&mut scenario.devices.get_mut(device)?.ports.get_mut(port)?.luns, lun)?;
    let Scenario { module, firmware, steps, .. } = scenario;
    let on_port = |d: u8, p: u8| usize::from(d) == device && usize::from(p) == port;
    if on_port(module.init_device_index, module.init_port_index) {
        move_up(&mut module.init_lun_index, lun);
    }
    // An answer about a LUN of any port still has the LUNs of the other ports.
    firmware.retain(|answer| {
        let about_port = usize::from(answer.device) == device && names(answer.port, port);
        !(about_port && names(answer.lun, lun))
    });
    for answer in firmware.iter_mut() {
        if usize::from(answer.device) == device && names(answer.port, port) {
            move_selector_up(&mut answer.lun, lun);
        }
    }
    for step in steps.iter_mut().filter(|step| on_port(step.device, step.port)) {
        move_up(&mut step.lun, lun);
    }
    Some(())
}

fn names(selector: Selector, index: usize) -> bool {
    selector.0.is_some_and(|selected| usize::from(selected) == index)
}

/// An index behind a removed one.
fn move_up(index: &mut u8, removed: usize) {
    if usize::from(*index) > removed {
        *index -= 1;
    }
}

fn move_selector_up(selector: &mut Selector, removed: usize) {
    if let Some(index) = &mut selector.0 {
        move_up(index, removed);
    }
}
