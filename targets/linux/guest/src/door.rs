//! The door's records: the numbers of `targets/linux/kernel/module/door.h`, and nothing that runs.

/// Longest record, header included.
pub(crate) const MAX_RECORD: usize = 4 << 20;
/// Bytes of a record's header.
const HEADER: usize = 24;

macro_rules! numbers {
    ($($(#[doc = $doc:literal])+ $name:ident = $value:literal $c:literal;)+) => {
        $($(#[doc = $doc])+ pub(crate) const $name: u32 = $value;)+

        /// Names of the header and our numbers, for the test that holds them together.
        #[cfg(test)]
        const NUMBERS: &[(&str, u32)] = &[$(($c, $name),)+];
    };
}

numbers! {
    /// Version of the interface.
    VERSION = 1 "DOOR_VERSION";
    /// Once, first.
    EV_HELLO = 1 "DOOR_EV_HELLO";
    /// Queues activated.
    EV_OPENED = 2 "DOOR_EV_OPENED";
    /// Queues shut down.
    EV_CLOSED = 3 "DOOR_EV_CLOSED";
    /// A request.
    EV_REQUEST = 4 "DOOR_EV_REQUEST";
    /// A record of the recovery trace area.
    EV_TRACE = 5 "DOOR_EV_TRACE";
    /// An armed point was reached.
    EV_POINT = 6 "DOOR_EV_POINT";
    /// An armed failure happened.
    EV_FAILED = 7 "DOOR_EV_FAILED";
    /// A write with a cookie is done.
    EV_DONE = 8 "DOOR_EV_DONE";
    /// An FC event.
    EV_FC = 9 "DOOR_EV_FC";
    /// Measured request memory.
    EV_SLOT = 10 "DOOR_EV_SLOT";
    /// Create a ccw device.
    DO_ADD_DEVICE = 64 "DOOR_DO_ADD_DEVICE";
    /// Answer a request.
    DO_ANSWER = 65 "DOOR_DO_ANSWER";
    /// The queue layer reports an error.
    DO_QUEUE_ERROR = 66 "DOOR_DO_QUEUE_ERROR";
    /// The channel subsystem notifies the driver.
    DO_NOTIFY = 67 "DOOR_DO_NOTIFY";
    /// The driver's shutdown callback.
    DO_SHUTDOWN = 68 "DOOR_DO_SHUTDOWN";
    /// A response without a request.
    DO_UNKNOWN_ID = 69 "DOOR_DO_UNKNOWN_ID";
    /// An allocation or registration will fail.
    DO_FAIL = 70 "DOOR_DO_FAIL";
    /// Tell when a point is reached.
    DO_ARM = 71 "DOOR_DO_ARM";
    /// Let the context at a point go on.
    DO_RELEASE = 72 "DOOR_DO_RELEASE";
    /// The queue layer offers multi-buffer.
    QUEUES_MULTI_BUFFER = 1 "DOOR_QUEUES_MULTI_BUFFER";
    /// The queue layer offers data division.
    QUEUES_DATA_DIVISION = 2 "DOOR_QUEUES_DATA_DIVISION";
    /// A segment's data was too long to be sent along.
    SEGMENT_LEFT_OUT = 1 "DOOR_SEGMENT_LEFT_OUT";
    /// Recovery is running or wanted.
    BUSY_ERP = 0x1 "DOOR_BUSY_ERP";
    /// A work of an adapter, port or unit is queued, maybe for later, or runs.
    BUSY_ADAPTER_WORK = 0x2 "DOOR_BUSY_ADAPTER_WORK";
    /// A request is outstanding.
    BUSY_REQUEST = 0x4 "DOOR_BUSY_REQUEST";
    /// A scan or a deletion is queued or runs, in a worker that may be asleep.
    BUSY_SCSI_SCAN = 0x8 "DOOR_BUSY_SCSI_SCAN";
    /// The error handler.
    BUSY_EH = 0x20 "DOOR_BUSY_EH";
    /// SCSI commands that have not ended.
    BUSY_IO = 0x40 "DOOR_BUSY_IO";
    /// An answer is on its way.
    BUSY_ANSWER = 0x80 "DOOR_BUSY_ANSWER";
    /// Device-loss timers run: rest allows it, settled does not.
    BUSY_LOSS_TIMER = 0x200 "DOOR_BUSY_LOSS_TIMER";
}

/// A record as it was read, without its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// EV_* or DO_*.
    pub(crate) kind: u32,
    /// Virtual time since boot, in µs.
    pub(crate) time_us: u64,
    /// Index of the FCP device; all ones without one.
    pub(crate) device: u32,
    /// Number of the context in which it happened.
    pub(crate) context: u32,
    /// What follows the header.
    pub(crate) payload: &'a [u8],
}

/// A record that is shorter than it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record of the door is cut off")]
pub(crate) struct CutOff;

/// Reads little-endian fields off a payload.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], CutOff> {
        let (head, tail) = self.0.split_at_checked(length).ok_or(CutOff)?;
        self.0 = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CutOff> {
        self.bytes(N)?.try_into().map_err(|_| CutOff)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, CutOff> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn u16(&mut self) -> Result<u16, CutOff> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, CutOff> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, CutOff> {
        Ok(u64::from_le_bytes(self.array()?))
    }
}

/// The records of one read.
pub(crate) struct Records<'a>(Fields<'a>);

impl<'a> Records<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(Fields(bytes))
    }

    fn one(&mut self) -> Result<Record<'a>, CutOff> {
        let fields = &mut self.0;
        let (kind, length) = (fields.u32()?, fields.u32()? as usize);
        let (time_us, device, context) = (fields.u64()?, fields.u32()?, fields.u32()?);
        let payload = fields.bytes(length)?;
        // The last record's padding may be missing.
        let padding = (length.next_multiple_of(8) - length).min(fields.0.len());
        fields.bytes(padding)?;
        Ok(Record { kind, time_us, device, context, payload })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, CutOff>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.0.is_empty() {
            return None;
        }
        let record = self.one();
        if record.is_err() {
            self.0 = Fields(&[]);
        }
        Some(record)
    }
}

/// One element of a request's buffer list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Kernel address, what a store names.
    pub(crate) address: u64,
    /// Bytes.
    pub(crate) length: u32,
    /// Its bytes, as far as the driver sends them.
    pub(crate) data: Vec<u8>,
    /// SEGMENT_*.
    pub(crate) flags: u32,
}

/// struct door_request with its segments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestRecord {
    /// Which opening of the queues.
    pub(crate) epoch: u32,
    /// Its name in an answer.
    pub(crate) tag: u32,
    /// The driver's name for it.
    pub(crate) req_id: u64,
    /// Type bits of the first buffer element: 0 is a status read.
    pub(crate) sbtype: u8,
    /// The first one is the QTCB, but for a status read.
    pub(crate) segments: Vec<Segment>,
    /// Recovery sent it: not part of the payload, but of the record around it.
    pub(crate) by_recovery: bool,
}

impl RequestRecord {
    /// Type bits that tell directions: a status read has none.
    const TYPES: u8 = 0x18;

    pub(crate) fn parse(payload: &[u8]) -> Result<Self, CutOff> {
        let mut fields = Fields(payload);
        let (epoch, tag, req_id) = (fields.u32()?, fields.u32()?, fields.u64()?);
        let (sbtype, _sbals, count, _) = (fields.u8()?, fields.u8()?, fields.u16()?, fields.u32()?);
        let mut segments = Vec::with_capacity(count.into());
        for _ in 0..count {
            let (address, length, stored) = (fields.u64()?, fields.u32()?, fields.u32()? as usize);
            let (_sbal, flags) = (fields.u32()?, fields.u32()?);
            let data = fields.bytes(stored)?.to_vec();
            fields.bytes((stored.next_multiple_of(8) - stored).min(fields.0.len()))?;
            segments.push(Segment { address, length, data, flags });
        }
        Ok(Self { epoch, tag, req_id, sbtype, segments, by_recovery: false })
    }

    /// A buffer for unsolicited status.
    pub(crate) fn is_status_read(&self) -> bool {
        self.sbtype & Self::TYPES == 0
    }

    /// The QTCB's bytes; empty for a status read.
    pub(crate) fn qtcb(&self) -> &[u8] {
        self.segments.first().map_or(&[], |segment| &segment.data)
    }

    /// The segments after the QTCB.
    pub(crate) fn data(&self) -> &[Segment] {
        self.segments.get(1..).unwrap_or(&[])
    }
}

/// struct door_trace, as far as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    /// Seven characters.
    pub(crate) tag: String,
    /// 1: a trigger; others are runs and answers.
    pub(crate) id: u8,
    /// Wanted.
    pub(crate) want: u8,
    /// Needed.
    pub(crate) need: u8,
}

impl Trace {
    /// `id` of a trigger record.
    pub(crate) const TRIGGER: u8 = 1;

    pub(crate) fn parse(payload: &[u8]) -> Result<Self, CutOff> {
        let mut fields = Fields(payload);
        let tag = fields.bytes(8)?;
        let end = tag.iter().position(|byte| *byte == 0).unwrap_or(tag.len());
        let tag = String::from_utf8_lossy(&tag[..end.min(7)]).into_owned();
        Ok(Self { tag, id: fields.u8()?, want: fields.u8()?, need: fields.u8()? })
    }
}

/// Bytes to store when an answer is delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Store {
    /// Kernel address within a segment of the request.
    pub(crate) address: u64,
    /// What.
    pub(crate) bytes: Vec<u8>,
}

/// A record for the kernel.
pub(crate) fn record(kind: u32, device: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + payload.len().next_multiple_of(8));
    bytes.extend(kind.to_le_bytes());
    bytes.extend((payload.len() as u32).to_le_bytes());
    bytes.extend(0u64.to_le_bytes());
    bytes.extend(device.to_le_bytes());
    bytes.extend(0u32.to_le_bytes());
    bytes.extend(payload);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

/// DO_ADD_DEVICE: a device with this number, and what its queue layer offers.
pub(crate) fn add_device(device: u32, devno: u16, multi_buffer: bool, data_division: bool) -> Vec<u8> {
    let queues =
        if multi_buffer { QUEUES_MULTI_BUFFER } else { 0 } | if data_division { QUEUES_DATA_DIVISION } else { 0 };
    let mut payload = devno.to_le_bytes().to_vec();
    payload.extend((queues as u16).to_le_bytes());
    payload.extend(0u32.to_le_bytes());
    record(DO_ADD_DEVICE, device, &payload)
}

/// DO_ANSWER: after so many µs.
pub(crate) fn answer(device: u32, epoch: u32, tag: u32, delay_us: u64, stores: &[Store]) -> Vec<u8> {
    let mut payload = Vec::new();
    payload.extend(epoch.to_le_bytes());
    payload.extend(tag.to_le_bytes());
    payload.extend(delay_us.to_le_bytes());
    payload.extend((stores.len() as u32).to_le_bytes());
    payload.extend(0u32.to_le_bytes());
    for store in stores {
        payload.extend(store.address.to_le_bytes());
        payload.extend((store.bytes.len() as u32).to_le_bytes());
        payload.extend(0u32.to_le_bytes());
        payload.extend(&store.bytes);
        payload.resize(payload.len().next_multiple_of(8), 0);
    }
    record(DO_ANSWER, device, &payload)
}

/// A record whose payload is a list of words.
pub(crate) fn words(kind: u32, device: u32, words: &[u32]) -> Vec<u8> {
    let payload: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    record(kind, device, &payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER_FILE: &str = include_str!("../../kernel/module/door.h");

    /// The number of a `#define`.
    fn define(name: &str) -> Option<u32> {
        let mut lines = HEADER_FILE.lines().filter_map(|line| line.strip_prefix("#define "));
        let value = lines.find_map(|line| {
            let mut words = line.split_whitespace();
            (words.next() == Some(name)).then(|| words.next()).flatten()
        })?;
        match value.strip_prefix("0x") {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => value.parse().ok(),
        }
    }

    /// Bytes of a packed struct of the header.
    fn size_of(name: &str) -> usize {
        let body = HEADER_FILE.split_once(&format!("struct {name} {{")).expect(name).1.split_once('}').expect(name).0;
        let mut size = 0;
        for line in body.lines().map(|line| line.split("/*").next().unwrap_or("").trim()) {
            let Some((kind, field)) = line.trim_end_matches(';').split_once(' ') else { continue };
            let width = match kind {
                "__u8" | "char" => 1,
                "__u16" => 2,
                "__u32" | "__s32" => 4,
                "__u64" => 8,
                _ => panic!("{name}: {line}"),
            };
            let count = field.split_once('[').map_or(1, |(_, n)| n.trim_end_matches(']').parse().expect(line));
            size += width * count;
        }
        size
    }

    #[test]
    fn numbers_are_those_of_the_header() {
        for (name, value) in NUMBERS {
            assert_eq!(define(name), Some(*value), "{name}");
        }
        assert!(HEADER_FILE.contains("#define DOOR_MAX_RECORD (4u << 20)"));
        assert_eq!(MAX_RECORD, 4 << 20);
    }

    #[test]
    fn every_event_and_request_of_the_header_is_known() {
        let known: Vec<&str> = NUMBERS.iter().map(|(name, _)| *name).collect();
        for line in HEADER_FILE.lines().filter_map(|line| line.strip_prefix("#define DOOR_")) {
            let name = line.split_whitespace().next().unwrap_or_default();
            if name.starts_with("EV_") || name.starts_with("DO_") {
                assert!(known.contains(&format!("DOOR_{name}").as_str()), "{name}");
            }
        }
    }

    #[test]
    fn sizes_are_those_of_the_header() {
        assert_eq!(size_of("door_record"), HEADER);
        let body = |record: Vec<u8>| record.len() - HEADER;
        assert_eq!(size_of("door_add_device"), body(add_device(0, 0x1900, true, true)));
        assert_eq!(size_of("door_answer"), body(answer(0, 1, 1, 0, &[])));
        let store = Store { address: 1, bytes: vec![0; 8] };
        assert_eq!(size_of("door_answer") + size_of("door_store") + 8, body(answer(0, 1, 1, 0, &[store])));
        assert_eq!(size_of("door_request"), 24);
        assert_eq!(size_of("door_segment"), 24);
        for (name, words) in [
            ("door_hello", 4),
            ("door_point", 4),
            ("door_arm", 4),
            ("door_fail", 4),
            ("door_queue_error", 4),
            ("door_notify", 2),
            ("door_done", 2),
            ("door_failed", 2),
            ("door_fc_event", 2),
        ] {
            assert_eq!(size_of(name), 4 * words, "{name}");
        }
        assert_eq!(size_of("door_trace"), 52);
        assert_eq!(size_of("door_slot"), 40);
    }

    #[test]
    fn contexts_are_those_of_the_language() {
        for context in regdiff_scenario::Context::ALL {
            let name = format!("DOOR_CTX_{}", context.text().to_uppercase());
            assert_eq!(define(&name), Some(*context as u32), "{name}");
        }
    }

    #[test]
    fn records_come_back() {
        let mut bytes = words(EV_DONE, 2, &[7, 1, 9]);
        bytes.extend(record(EV_CLOSED, 0, &[1, 0, 0, 0]));
        let records: Vec<_> = Records::new(&bytes).map(Result::unwrap).collect();
        assert_eq!((records[0].kind, records[0].device, records[0].payload.len()), (EV_DONE, 2, 12));
        assert_eq!((records[1].kind, records[1].payload), (EV_CLOSED, &[1, 0, 0, 0][..]));
        assert_eq!(records.len(), 2);
        assert_eq!(Records::new(&bytes[..30]).next(), Some(Err(CutOff)));
    }

    #[test]
    fn requests_come_with_their_segments() {
        let mut payload = Vec::new();
        payload.extend(3u32.to_le_bytes());
        payload.extend(4u32.to_le_bytes());
        payload.extend(0x55u64.to_le_bytes());
        payload.extend([0x18, 1, 2, 0, 0, 0, 0, 0]);
        for (address, length, stored) in [(0x1000u64, 5u32, 5u32), (0x2000, 64, 0)] {
            payload.extend(address.to_le_bytes());
            payload.extend(length.to_le_bytes());
            payload.extend(stored.to_le_bytes());
            payload.extend(0u64.to_le_bytes());
            payload.extend(vec![0xaa; (stored as usize).next_multiple_of(8)]);
        }
        let request = RequestRecord::parse(&payload).unwrap();
        assert_eq!((request.epoch, request.tag, request.req_id, request.sbtype), (3, 4, 0x55, 0x18));
        assert_eq!(request.qtcb(), [0xaa; 5]);
        assert_eq!((request.data()[0].address, request.data()[0].length), (0x2000, 64));
        assert!(!request.is_status_read());
        assert_eq!(RequestRecord::parse(&payload[..payload.len() - 9]), Err(CutOff));
    }
}
