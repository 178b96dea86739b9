//! The firmware of the fake channel: requests in, answers out, both as records of the door.
//!
//! [`regdiff_channel::Channel`] decides what is answered, as it does for the model lane; this part translates between its
//! typed requests and the hardware's control blocks. It does no input or output of its own: what is to be written to the
//! door is returned.

mod decode;
mod encode;
mod exchange;
mod fields;
mod hold;
mod layout;
mod media;
mod scsi;
pub(crate) mod service;
mod unsolicited;

use std::collections::{BTreeSet, VecDeque};

use regdiff_channel::{Body, Channel, Reply, Request, StatusEvent};
use regdiff_observation::SentCommand;
use regdiff_scenario::{Moment, Point, Scenario, Step};

use crate::door::{self, RequestRecord, Segment};
use decode::Decoded;
use hold::Hold;
use media::Media;

/// The firmware of all FCP devices.
pub(crate) struct Firmware {
    channel: Channel,
    lines: Vec<Line>,
    media: Media,
    hold: Hold,
    /// When answers are delivered, in µs since boot; those that were may be among them.
    due_us: BTreeSet<u64>,
}

/// Time between a request and its answer, and between two answers, in µs. In the model an answer comes when nobody can run any more,
/// and each by itself: those it wakes run before the next. Here time passes when nobody can run, and a little while somebody does,
/// since reading the clock takes a quarter of a µs.
pub(crate) const GAP_US: u64 = 100;

/// What one device's queues hold.
#[derive(Default)]
struct Line {
    /// Posted buffers for unsolicited status, oldest first.
    buffers: VecDeque<Buffer>,
}

struct Buffer {
    epoch: u32,
    tag: u32,
    segment: Segment,
}

/// What became of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Handled {
    /// The command, for observers; none for status reads.
    pub(crate) sent: Option<SentCommand>,
    /// It is a SCSI command.
    pub(crate) scsi: bool,
    /// Records to write to the door.
    pub(crate) writes: Vec<Vec<u8>>,
    /// The moment of a step has come; the answer is held until [`Firmware::release`].
    pub(crate) moment: bool,
    /// What could not be understood; it stays without an answer.
    pub(crate) trouble: Option<String>,
}

impl Firmware {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        Self {
            channel: Channel::new(scenario),
            lines: scenario.devices.iter().map(|_| Line::default()).collect(),
            media: Media::default(),
            hold: Hold::default(),
            due_us: BTreeSet::new(),
        }
    }

    /// After which time an answer is delivered that the channel wants after `delay_us`, or when nobody can run any more if that is 0.
    fn delay(&mut self, now_us: u64, delay_us: u64) -> u64 {
        self.due_us = self.due_us.split_off(&now_us);
        let mut due_us = now_us + delay_us.max(GAP_US);
        while let Some(other_us) = self.due_us.range(due_us.saturating_sub(GAP_US - 1)..due_us + GAP_US).next_back() {
            due_us = other_us + GAP_US;
        }
        self.due_us.insert(due_us);
        due_us - now_us
    }

    /// The queues of a device are up.
    pub(crate) fn opened(&mut self, device: u8) {
        self.channel.queues_opened(device);
    }

    /// The queues of a device are down.
    pub(crate) fn closed(&mut self, device: u8) {
        self.channel.queues_closed(device);
        if let Some(line) = self.lines.get_mut(usize::from(device)) {
            *line = Line::default();
        }
    }

    /// A request arrived, at a time since boot.
    pub(crate) fn request(&mut self, device: u8, record: &RequestRecord, now_us: u64) -> Handled {
        if record.is_status_read() {
            return Handled {
                writes: self.status_read(device, record, now_us).into_iter().collect(),
                ..Handled::default()
            };
        }
        let decoded = decode::decode(record);
        let request = match decoded {
            Ok(Decoded::Request(request)) => request,
            Ok(Decoded::OtherScsi(opcode)) => {
                let delay_us = self.delay(now_us, 0);
                let answer = door::answer(device.into(), record.epoch, record.tag, delay_us, &encode::refused(record));
                let trouble = Some(format!("SCSI command {opcode:#04x} is not one of the channel; refused"));
                return Handled { scsi: true, writes: vec![answer], trouble, ..Handled::default() };
            }
            Err(trouble) => return Handled { trouble: Some(trouble.to_string()), ..Handled::default() },
        };
        let submission = self.channel.submit(device, &request);
        let disk = submission.port.zip(submission.lun).map(|(port, lun)| (device, port, lun));
        let mut handled = Handled {
            sent: Some(submission.sent),
            scsi: matches!(request, Request::Fcp { .. }),
            moment: self.hold.command_sent(&submission.sent),
            ..Handled::default()
        };
        let Reply::Answer { delay_ms, response } = submission.reply else { return handled };
        if response.status().reached_target()
            && matches!(&response.body, Body::Scsi(reply) if reply.is_good())
            && let (Some(disk), Some((lba, data, tuples))) = (disk, decode::written(record, &request))
        {
            self.media.write(disk, lba, &data, &tuples);
        }
        let stores = encode::answer(record, &request, &response, &self.media, disk);
        let delay_us = self.delay(now_us, u64::from(delay_ms) * 1000);
        let answer = door::answer(device.into(), record.epoch, record.tag, delay_us, &stores);
        if handled.moment {
            self.hold.keep(answer);
        } else {
            handled.writes.extend(self.hold.pass(answer));
        }
        handled
    }

    fn status_read(&mut self, device: u8, record: &RequestRecord, now_us: u64) -> Option<Vec<u8>> {
        let segment = record.segments.first()?.clone();
        let line = self.lines.get_mut(usize::from(device))?;
        let posted = self.channel.posted_status_reads(device);
        let event = self.channel.post_status_read(device);
        let buffer = Buffer { epoch: record.epoch, tag: record.tag, segment };
        // A buffer that a script swallows is not posted.
        if event.is_some() || self.channel.posted_status_reads(device) > posted {
            line.buffers.push_back(buffer);
        }
        self.deliver(device, &event?, now_us)
    }

    /// Fills the oldest posted buffer.
    fn deliver(&mut self, device: u8, event: &StatusEvent, now_us: u64) -> Option<Vec<u8>> {
        let buffer = self.lines.get_mut(usize::from(device))?.buffers.pop_front()?;
        let stores = unsolicited::encode(&buffer.segment, event);
        let delay_us = self.delay(now_us, 0);
        Some(door::answer(device.into(), buffer.epoch, buffer.tag, delay_us, &stores))
    }

    /// Performs a step of the firmware or the fabric, at a time since boot.
    pub(crate) fn perform(&mut self, step: &Step, now_us: u64) -> Option<Vec<u8>> {
        let event = self.channel.perform(step)?;
        self.deliver(step.device, &event, now_us)
    }

    /// A step waits for a moment.
    pub(crate) fn arm(&mut self, moment: &Moment) {
        self.hold.arm(moment);
    }

    /// The step's moment did not come.
    pub(crate) fn disarm(&mut self) {
        self.hold.disarm();
    }

    /// A context stands at a point; tells whether a step waited for it.
    pub(crate) fn point_reached(&mut self, device: u8, point: Point) -> bool {
        self.hold.point_reached(device, point)
    }

    /// The module tells of the occurrence that was armed there: it counts by itself.
    pub(crate) fn point_armed(&mut self, device: u8, point: Point) -> bool {
        self.hold.point_armed(device, point)
    }

    /// The step has begun: what was held is due.
    pub(crate) fn release(&mut self) -> Vec<Vec<u8>> {
        self.hold.release()
    }

    /// Answers that queued up behind those that were held; the next ones go at once.
    pub(crate) fn queued(&mut self) -> Vec<Vec<u8>> {
        self.hold.queued()
    }
}

#[cfg(test)]
mod tests {
    use regdiff_scenario::{Answer, Command, Device, Port, Reply as Scripted, Trigger, When};

    use super::decode::tests::request;
    use super::layout::command;
    use super::*;

    fn scenario() -> Scenario {
        Scenario { devices: vec![Device { ports: vec![Port::default()], ..Device::default() }], ..Scenario::default() }
    }

    fn status_read(tag: u32) -> RequestRecord {
        let segment = Segment { address: 0x9000, length: 4096, ..Segment::default() };
        RequestRecord { epoch: 1, tag, sbtype: 0, segments: vec![segment], ..RequestRecord::default() }
    }

    #[test]
    fn a_request_is_told_and_answered() {
        let mut firmware = Firmware::new(&scenario());
        firmware.opened(0);
        let handled = firmware.request(0, &request(command::EXCHANGE_CONFIG_DATA, 0, 0), 0);
        assert_eq!(handled.sent.unwrap().command, Command::ExchangeConfigData);
        assert_eq!((handled.writes.len(), handled.moment, handled.scsi), (1, false, false));
        let strange = firmware.request(0, &request(0x99, 0, 0), 0);
        assert!(strange.trouble.is_some() && strange.writes.is_empty());
    }

    #[test]
    fn answers_come_one_by_one() {
        let mut firmware = Firmware::new(&scenario());
        assert_eq!((firmware.delay(5000, 0), firmware.delay(5001, 0)), (GAP_US, 2 * GAP_US - 1));
        assert_eq!(firmware.delay(5001, 2000), 2000, "what the script delays");
        assert_eq!(firmware.delay(5003, 2000), 2000 + GAP_US - 2, "and what it delays as long");
        assert_eq!(firmware.delay(6900, 0), 7101 + GAP_US - 6900, "behind both");
        assert_eq!(firmware.delay(9000, 0), GAP_US, "whoever runs comes first");
    }

    #[test]
    fn a_moment_holds_the_answer() {
        let mut firmware = Firmware::new(&scenario());
        firmware.opened(0);
        let command = Command::ExchangePortData;
        firmware.arm(&Moment { when: When::Outstanding, command, nth: 2, ..Moment::default() });
        let ask = |firmware: &mut Firmware| firmware.request(0, &request(command::EXCHANGE_PORT_DATA, 0, 0), 0);
        assert!(!ask(&mut firmware).moment);
        let held = ask(&mut firmware);
        assert!(held.moment && held.writes.is_empty());
        assert!(ask(&mut firmware).writes.is_empty(), "what follows stays behind it");
        assert_eq!((firmware.release().len(), firmware.queued().len()), (1, 1));
        assert!(firmware.release().is_empty() && firmware.queued().is_empty());
        assert_eq!(ask(&mut firmware).writes.len(), 1, "at once again");
    }

    #[test]
    fn unsolicited_status_takes_the_oldest_buffer() {
        let mut firmware = Firmware::new(&scenario());
        firmware.opened(0);
        for tag in [1, 2] {
            assert!(firmware.request(0, &status_read(tag), 0).writes.is_empty());
        }
        let record = firmware.perform(&Step::new(Trigger::LinkUp), 0).expect("delivered");
        assert_eq!(record[28..32], 1u32.to_le_bytes(), "the first buffer's tag");
        assert!(firmware.perform(&Step::new(Trigger::Cable), 0).is_none());
        firmware.closed(0);
        assert!(firmware.perform(&Step::new(Trigger::LinkUp), 0).is_none(), "buffers are gone with the queues");
    }

    #[test]
    fn status_that_waits_is_delivered_with_the_next_buffer() {
        let mut firmware = Firmware::new(&scenario());
        firmware.opened(0);
        assert!(firmware.perform(&Step::new(Trigger::LinkUp), 0).is_none());
        assert_eq!(firmware.request(0, &status_read(1), 0).writes.len(), 1);
        assert!(firmware.perform(&Step::new(Trigger::LinkUp), 0).is_none(), "the buffer is used up");
    }

    #[test]
    fn a_swallowed_buffer_is_not_posted() {
        let mut scenario = scenario();
        scenario.firmware =
            vec![Answer { command: Command::StatusRead, reply: Scripted::Silence, ..Answer::default() }];
        let mut firmware = Firmware::new(&scenario);
        firmware.opened(0);
        firmware.request(0, &status_read(1), 0);
        firmware.request(0, &status_read(2), 0);
        let record = firmware.perform(&Step::new(Trigger::LinkUp), 0).expect("delivered");
        assert_eq!(record[28..32], 2u32.to_le_bytes());
    }

    #[test]
    fn well_known_ports_are_closed_as_such() {
        let mut firmware = Firmware::new(&scenario());
        firmware.opened(0);
        let mut open = request(command::OPEN_PORT_WITH_DID, 0, 0);
        super::decode::tests::bottom(&mut open, layout::support::D_ID, &[0xff, 0xff, 0xfc]);
        assert_eq!(firmware.request(0, &open, 0).sent.unwrap().command, Command::OpenWka);
        let mut close = request(command::CLOSE_PORT, 1, 0);
        assert_eq!(firmware.request(0, &close, 0).sent.unwrap().command, Command::CloseWka);
        close.by_recovery = true;
        assert_eq!(firmware.request(0, &close, 0).sent.unwrap().command, Command::ClosePort);
    }
}
