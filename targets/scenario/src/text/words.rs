//! The words of the text form, for an engine's dictionary.

use std::collections::BTreeSet;

use super::moment::KINDS;
use crate::firmware::{Answer, ContentField};
use crate::scalar::{Domain, Record};
use crate::step::{Moment, Trigger};
use crate::{Choice, Device, Kernel, Lun, Module, Port};

const HEADERS: &[&str] = &[
    "[module]",
    "[kernel]",
    "[[device]]",
    "[[device.port]]",
    "[[device.port.lun]]",
    "[[answer]]",
    "[[step]]",
    "[[choice]]",
    "version = 1",
    "do = ",
    "when = { ",
    "content = { ",
    "\"any\"",
    "true",
    "false",
    "\"0x",
];

/// Every header, key and name that the text form knows, sorted.
pub fn words() -> BTreeSet<String> {
    let mut words: BTreeSet<String> = HEADERS.iter().map(|header| (*header).to_owned()).collect();
    record::<Module>(&mut words);
    record::<Kernel>(&mut words);
    record::<Device>(&mut words);
    record::<Port>(&mut words);
    record::<Lun>(&mut words);
    record::<Answer>(&mut words);
    record::<Choice>(&mut words);
    record::<Moment>(&mut words);
    words.extend(KINDS.iter().map(|kind| format!("{} = ", kind.1)));
    words.extend(ContentField::ALL.iter().map(|field| format!("{} = ", field.text())));
    for trigger in Trigger::ALL {
        words.insert(format!("\"{}\"", trigger.text()));
        for operand in trigger.operands() {
            words.insert(format!("{} = ", operand.name));
            names(&mut words, &operand.domain);
        }
    }
    words
}

fn record<R: Record>(words: &mut BTreeSet<String>) {
    for field in R::FIELDS {
        words.insert(format!("{} = ", field.name));
        names(words, &field.domain);
    }
}

fn names(words: &mut BTreeSet<String>, domain: &Domain) {
    if let Domain::Names(names) | Domain::Flags(names) = domain {
        words.extend(names.iter().map(|name| format!("\"{}\"", name.text)));
    }
}
