//! One value of the file, read as a number of a domain.

use toml::Spanned;
use toml::de::{DeInteger, DeValue};

use super::error::TextErrorKind;
use super::names;
use super::section::Read;
use super::source::Source;
use crate::scalar::{Domain, Name};

/// Reads `value`, which must belong to `domain`.
pub(super) fn read(
    source: Source<'_>,
    value: &Spanned<DeValue<'_>>,
    domain: &Domain,
    place: &dyn Fn() -> String,
) -> Read<u64> {
    let fail = |kind, problem: String, cure: String| source.error(kind, &value.span(), &place(), problem, cure);
    let wrong_type = || {
        let problem = format!("{} where {} belongs", type_name(value.get_ref()), wanted(domain));
        fail(TextErrorKind::WrongType, problem, format!("write {}", example(domain)))
    };
    match (domain, value.get_ref()) {
        (Domain::Flag, DeValue::Boolean(flag)) => Ok(u64::from(*flag)),
        (Domain::Names(all), DeValue::String(name)) => find(all, name).ok_or_else(|| {
            fail(TextErrorKind::UnknownName, format!("unknown name \"{name}\""), cure_of_name(name, all))
        }),
        (Domain::Flags(all), DeValue::Array(items)) => {
            let mut bits = 0;
            for item in items.iter() {
                bits |= flag(source, item, all, bits, place)?;
            }
            Ok(bits)
        }
        (Domain::Optional { .. }, DeValue::String(text)) if text == "any" => Ok(0),
        (Domain::Optional { max }, DeValue::Integer(number)) => {
            let index = integer(number).filter(|index| index <= max);
            index.map(|index| index + 1).ok_or_else(|| {
                let cure = format!("write an index from 0 to {max}, or \"any\"");
                fail(TextErrorKind::OutOfRange, format!("{} is out of range", number.as_str()), cure)
            })
        }
        (Domain::Range { hex, .. }, DeValue::Integer(_) | DeValue::String(_)) => {
            let (text, number) = match value.get_ref() {
                DeValue::Integer(number) => (number.to_string(), integer(number)),
                DeValue::String(text) if *hex => (format!("\"{text}\""), hexadecimal(text)),
                _ => return Err(wrong_type()),
            };
            number.filter(|number| domain.contains(*number)).ok_or_else(|| {
                fail(TextErrorKind::OutOfRange, format!("{text} is out of range"), format!("write {}", example(domain)))
            })
        }
        _ => Err(wrong_type()),
    }
}

/// One name of a set of flags.
fn flag(
    source: Source<'_>,
    item: &Spanned<DeValue<'_>>,
    all: &[Name],
    before: u64,
    place: &dyn Fn() -> String,
) -> Read<u64> {
    let fail = |kind, problem: String, cure: String| source.error(kind, &item.span(), &place(), problem, cure);
    let DeValue::String(name) = item.get_ref() else {
        let problem = format!("{} where a name belongs", type_name(item.get_ref()));
        return Err(fail(TextErrorKind::WrongType, problem, "write names in quotes".into()));
    };
    match find(all, name) {
        None => Err(fail(TextErrorKind::UnknownName, format!("unknown name \"{name}\""), cure_of_name(name, all))),
        Some(bit) if before & bit != 0 => {
            Err(fail(TextErrorKind::DuplicateName, format!("\"{name}\" is there twice"), "remove one of them".into()))
        }
        Some(bit) => Ok(bit),
    }
}

/// What people call the type of a value.
pub(super) fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn wanted(domain: &Domain) -> &'static str {
    match domain {
        Domain::Flag => "true or false",
        Domain::Range { .. } => "a number",
        Domain::Optional { .. } => "an index",
        Domain::Names(_) => "a name",
        Domain::Flags(_) => "a list of names",
    }
}

fn example(domain: &Domain) -> String {
    match domain {
        Domain::Flag => "true or false".into(),
        Domain::Range { min, max, hex: true } => format!("a number from \"{min:#x}\" to \"{max:#x}\""),
        Domain::Range { min, max, hex: false } => format!("a number from {min} to {max}"),
        Domain::Optional { max } => format!("an index from 0 to {max}, or \"any\""),
        Domain::Names(names) => format!("a name, such as \"{}\"", names.first().map_or("", |name| name.text)),
        Domain::Flags(names) => {
            format!("a list of names, such as [\"{}\"]", names.first().map_or("", |name| name.text))
        }
    }
}

fn find(names: &[Name], text: &str) -> Option<u64> {
    names.iter().find(|name| name.text == text).map(|name| name.value)
}

fn cure_of_name(wrong: &str, all: &[Name]) -> String {
    names::cure(wrong, &all.iter().map(|name| name.text).collect::<Vec<_>>())
}

fn integer(number: &DeInteger<'_>) -> Option<u64> {
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn hexadecimal(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x")?;
    // The parser of the standard library also takes a sign.
    let plain = digits.chars().all(|digit| digit.is_ascii_hexdigit());
    if plain { u64::from_str_radix(digits, 16).ok() } else { None }
}
