//! Text to scenario.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::error::{TextError, TextErrorKind};
use super::section::{Read, Section};
use super::source::Source;
use super::{VERSION, names, step};
use crate::firmware::{Answer, Content, ContentField};
use crate::scalar::Domain;
use crate::schedule::Choice;
use crate::{Device, Port, Scenario, limits, repair};

/// The sections of a file.
const SECTIONS: &[&str] = &["version", "module", "kernel", "device", "answer", "step", "choice"];

/// The values of a content field, which is a key here and so has no line in a record's list.
const CONTENT_VALUE: Domain = Domain::Range { min: 0, max: u64::MAX, hex: true };

/// The scenario of a text.
pub fn parse(text: &str) -> Result<Scenario, TextError> {
    read(Source(text)).map_err(|error| *error)
}

fn read(source: Source<'_>) -> Read<Scenario> {
    let start = 0..0;
    if source.0.len() > limits::MAX_FILE {
        let problem = format!("the file has {} bytes", source.0.len());
        let cure = format!("keep it at {} bytes at most", limits::MAX_FILE);
        return Err(source.error(TextErrorKind::TooLarge, &start, "", problem, cure));
    }
    let root = DeTable::parse(source.0).map_err(|error| syntax(source, &error))?;
    let root = Section::new(source, String::new(), start, root.get_ref());
    version(&root)?;
    if let Some(unknown) = root.entries.iter().find(|entry| !SECTIONS.contains(&entry.key)) {
        let cure = names::cure(unknown.key, SECTIONS);
        let problem = format!("unknown section \"{}\"", unknown.key);
        return Err(root.key_error(TextErrorKind::UnknownSection, unknown, problem, cure));
    }
    let mut scenario = Scenario::default();
    // Devices first: all others refer to them.
    if let Some(entry) = root.get("device") {
        let sections = Section::list(source, entry.value, "device", limits::MAX_DEVICES, |i| format!("device {i}"))?;
        scenario.devices = sections.iter().map(device).collect::<Read<_>>()?;
    }
    if let Some(entry) = root.get("module") {
        let section = Section::of(source, "module".into(), entry.value, "[module]")?;
        scenario.module = section.record(&[])?;
        module_indices(&section, &scenario)?;
    }
    if let Some(entry) = root.get("kernel") {
        scenario.kernel = Section::of(source, "kernel".into(), entry.value, "[kernel]")?.record(&[])?;
    }
    if let Some(entry) = root.get("answer") {
        let place = |index| format!("answer {}", index + 1);
        let sections = Section::list(source, entry.value, "answer", limits::MAX_ANSWERS, place)?;
        scenario.firmware = sections.iter().map(|section| answer(section, &scenario)).collect::<Read<_>>()?;
    }
    if let Some(entry) = root.get("step") {
        let place = |index| format!("step {}", index + 1);
        let sections = Section::list(source, entry.value, "step", limits::MAX_STEPS, place)?;
        scenario.steps = sections.iter().map(|section| step::read(section, &scenario)).collect::<Read<_>>()?;
    }
    if let Some(entry) = root.get("choice") {
        let place = |index| format!("choice {}", index + 1);
        let sections = Section::list(source, entry.value, "choice", limits::MAX_CHOICES, place)?;
        scenario.schedule = sections.iter().map(|section| choice(section, &scenario)).collect::<Read<_>>()?;
    }
    // What was checked above is what the repair step would change; the order of contents is all that is left.
    repair(&mut scenario);
    Ok(scenario)
}

fn syntax(source: Source<'_>, error: &toml::de::Error) -> Box<TextError> {
    let span: Range<usize> = error.span().unwrap_or(0..0);
    let message = error.message().replace('\n', ", ");
    let cure = if message.contains("duplicate key") {
        "keep one of the two"
    } else {
        "write lines like `key = value`, text in quotes, and sections like [module] or [[step]]"
    };
    source.error(TextErrorKind::Syntax, &span, "", message, cure)
}

fn version(root: &Section<'_>) -> Read<()> {
    let cure = format!("write `version = {VERSION}` as the first line");
    let Some(entry) = root.get("version") else {
        let problem = "the version is missing";
        return Err(root.source.error(TextErrorKind::MissingVersion, &root.span, "", problem, cure));
    };
    match entry.value.get_ref() {
        DeValue::Integer(number) if number.to_string() == VERSION.to_string() => Ok(()),
        DeValue::Integer(number) => {
            Err(root.error(TextErrorKind::UnknownVersion, entry, format!("unknown version {number}"), cure))
        }
        _ => Err(root.error(TextErrorKind::WrongType, entry, "the version is not a number", cure)),
    }
}

fn device(section: &Section<'_>) -> Read<Device> {
    let mut device: Device = section.record(&["port"])?;
    if let Some(entry) = section.get("port") {
        let place = |index| format!("{}, port {index}", section.place);
        let ports = Section::list(section.source, entry.value, "device.port", limits::MAX_PORTS, place)?;
        device.ports = ports.iter().map(port).collect::<Read<_>>()?;
    }
    Ok(device)
}

fn port(section: &Section<'_>) -> Read<Port> {
    let mut port: Port = section.record(&["lun"])?;
    if let Some(entry) = section.get("lun") {
        let place = |index| format!("{}, LUN {index}", section.place);
        let luns = Section::list(section.source, entry.value, "device.port.lun", limits::MAX_LUNS, place)?;
        port.luns = luns.iter().map(|lun| lun.record(&[])).collect::<Read<_>>()?;
    }
    Ok(port)
}

fn module_indices(section: &Section<'_>, scenario: &Scenario) -> Read<()> {
    let module = &scenario.module;
    let (device, port) = (usize::from(module.init_device_index), usize::from(module.init_port_index));
    section.check_index("init_device_index", module.init_device_index, scenario.devices.len(), "device", true)?;
    let ports = scenario.port_count(device);
    section.check_index("init_port_index", module.init_port_index, ports, "device.port", true)?;
    let luns = scenario.lun_count(device, port);
    section.check_index("init_lun_index", module.init_lun_index, luns, "device.port.lun", true)
}

fn answer(section: &Section<'_>, scenario: &Scenario) -> Read<Answer> {
    let mut answer: Answer = section.record(&["content"])?;
    section.check_index("device", answer.device, scenario.devices.len(), "device", false)?;
    let device = &scenario.devices[usize::from(answer.device)];
    if let Some(port) = answer.port.0 {
        section.check_index("port", port, device.ports.len(), "device.port", true)?;
    }
    if let Some(lun) = answer.lun.0 {
        let luns = repair::selectable_luns(device, answer.port);
        section.check_index("lun", lun, luns, "device.port.lun", true)?;
    }
    if let Some(entry) = section.get("content") {
        let place = section.place_of("content");
        let contents = Section::of(section.source, place, entry.value, "content = { lic_version = \"0x1103\" }")?;
        answer.contents = read_contents(&contents)?;
    }
    Ok(answer)
}

fn read_contents(section: &Section<'_>) -> Read<Vec<Content>> {
    let mut contents = Vec::new();
    for entry in &section.entries {
        let Some(field) = ContentField::ALL.iter().find(|field| field.text() == entry.key) else {
            let known: Vec<&str> = ContentField::ALL.iter().map(|field| field.text()).collect();
            return Err(section.unknown_key(entry, &known));
        };
        if contents.len() == limits::MAX_CONTENTS {
            let problem = format!("{} fields where {} are the most", section.entries.len(), limits::MAX_CONTENTS);
            let cure = format!("keep {} of them", limits::MAX_CONTENTS);
            return Err(section.key_error(TextErrorKind::TooMany, entry, problem, cure));
        }
        contents.push(Content { field: *field, value: section.value(entry, &CONTENT_VALUE)? });
    }
    Ok(contents)
}

fn choice(section: &Section<'_>, scenario: &Scenario) -> Read<Choice> {
    let choice: Choice = section.record(&[])?;
    section.check_index("device", choice.device, scenario.devices.len(), "device", false)?;
    Ok(choice)
}
