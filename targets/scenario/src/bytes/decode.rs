//! Bytes to scenario.
//!
//! One reader serves engines and people: it never stops, and it remembers the first thing that a strict reader would
//! refuse. Limits are not applied here but by the repair step, which knows them all.

use super::{BytesError, BytesProblem, LAST_RESERVED_VERSION, VERSION, encode, tag, width};
use crate::firmware::{Answer, Content};
use crate::scalar::Record;
use crate::step::{Moment, Step};
use crate::{Device, Lun, Port, Scenario, limits};

/// The scenario that `bytes` mean. Every byte string means one, and it is canonical.
///
/// A missing part of the fixed fields is its default, a record cut in the middle is dropped, a value outside its domain is
/// clamped, an unknown name is the default, a record without its owner is dropped, a spare tag is skipped alone.
pub fn decode(bytes: &[u8]) -> Scenario {
    let mut scenario = Reader::new(bytes).scenario();
    crate::repair(&mut scenario);
    scenario
}

/// The scenario of a file that a person gave: exactly what [`encode`] writes, or an error.
pub fn decode_strict(bytes: &[u8]) -> Result<Scenario, BytesError> {
    if bytes.len() > limits::MAX_FILE {
        return Err(BytesError { offset: limits::MAX_FILE, problem: BytesProblem::TooLarge });
    }
    let mut reader = Reader::new(bytes);
    let mut scenario = reader.scenario();
    if let Some(error) = reader.refusal {
        return Err(error);
    }
    crate::repair(&mut scenario);
    let canonical = encode(&scenario);
    if canonical == bytes {
        return Ok(scenario);
    }
    let same = canonical.iter().zip(bytes).take_while(|(a, b)| a == b).count();
    Err(BytesError { offset: same, problem: BytesProblem::NotCanonical })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The first thing that a strict reader refuses.
    refusal: Option<BytesError>,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, refusal: None }
    }

    fn refuse(&mut self, offset: usize, problem: BytesProblem) {
        self.refusal.get_or_insert(BytesError { offset, problem });
    }

    fn scenario(&mut self) -> Scenario {
        let mut scenario = Scenario::default();
        match self.bytes.first() {
            None => {
                self.refuse(0, BytesProblem::Empty);
                return scenario;
            }
            Some(&VERSION) => {}
            Some(&other) => {
                self.refuse(0, BytesProblem::UnknownVersion(other));
                if (VERSION..=LAST_RESERVED_VERSION).contains(&other) {
                    return scenario;
                }
            }
        }
        self.at = 1;
        self.fields(&mut scenario.module);
        self.fields(&mut scenario.kernel);
        while let Some(&tag) = self.bytes.get(self.at) {
            self.at += 1;
            self.record(tag, &mut scenario);
        }
        scenario
    }

    /// Reads the record after `tag`.
    fn record(&mut self, tag: u8, scenario: &mut Scenario) {
        let start = self.at - 1;
        match tag {
            tag::DEVICE => {
                let device = self.whole::<Device>(0);
                self.push("device", start, Some(&mut scenario.devices), device, limits::MAX_DEVICES);
            }
            tag::PORT => {
                let port = self.whole::<Port>(0);
                let ports = scenario.devices.last_mut().map(|device| &mut device.ports);
                self.push("port", start, ports, port, limits::MAX_PORTS);
            }
            tag::LUN => {
                let lun = self.whole::<Lun>(0);
                let port = scenario.devices.last_mut().and_then(|device| device.ports.last_mut());
                self.push("LUN", start, port.map(|port| &mut port.luns), lun, limits::MAX_LUNS);
            }
            tag::ANSWER => {
                let answer = self.whole::<Answer>(0);
                self.push("answer", start, Some(&mut scenario.firmware), answer, limits::MAX_ANSWERS);
            }
            tag::CONTENT => {
                let content = self.whole::<Content>(0);
                let contents = scenario.firmware.last_mut().map(|answer| &mut answer.contents);
                self.push("content", start, contents, content, limits::MAX_CONTENTS);
            }
            tag::STEP => {
                let step = self.whole::<Step>(width::<Moment>()).map(|mut step| {
                    self.fields(&mut step.moment);
                    step
                });
                self.push("step", start, Some(&mut scenario.steps), step, limits::MAX_STEPS);
            }
            tag::CHOICE => {
                let choice = self.whole(0);
                self.push("choice", start, Some(&mut scenario.schedule), choice, limits::MAX_CHOICES);
            }
            spare => self.refuse(start, BytesProblem::UnknownTag(spare)),
        }
    }

    fn push<R>(
        &mut self,
        name: &'static str,
        start: usize,
        list: Option<&mut Vec<R>>,
        record: Option<R>,
        limit: usize,
    ) {
        match (list, record) {
            (_, None) => self.refuse(start, BytesProblem::Truncated),
            (None, Some(_)) => self.refuse(start, BytesProblem::Orphan(name)),
            (Some(list), Some(record)) => {
                if list.len() >= limit {
                    self.refuse(start, BytesProblem::TooMany(name));
                }
                list.push(record);
            }
        }
    }

    /// A record of which, with `more` bytes behind it, nothing is missing. A cut record uses up the rest of the bytes.
    fn whole<R: Record>(&mut self, more: usize) -> Option<R> {
        if self.bytes.len() - self.at < width::<R>() + more {
            self.at = self.bytes.len();
            return None;
        }
        let mut record = R::default();
        self.fields(&mut record);
        Some(record)
    }

    /// Reads the fields of `record` as far as there are bytes.
    fn fields<R: Record>(&mut self, record: &mut R) {
        for field in R::FIELDS {
            let end = self.at + usize::from(field.width);
            let Some(bytes) = self.bytes.get(self.at..end) else {
                self.refuse(self.at, BytesProblem::Truncated);
                self.at = self.bytes.len();
                return;
            };
            let default = (field.default)();
            let value = default ^ bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            if !field.domain.contains(value) {
                self.refuse(self.at, BytesProblem::OutOfDomain { field: field.name, value });
            }
            (field.set)(record, field.domain.clamp(value, default));
            self.at = end;
        }
    }
}
