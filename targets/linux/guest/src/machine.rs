//! What the threads of the guest share, and the thread that is the hardware.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use regdiff_linux_wire::{Fact, Happening, Order, Slot};
use regdiff_observation::FcEvent;
use regdiff_scenario::{Context, FailPoint, Moment, Point, Scalar, Scenario, When};

use crate::door::{self, Fields, Record, Records, RequestRecord, Trace};
use crate::firmware::Firmware;
use crate::kmsg::Log;
use crate::report::{Teller, boot_us, context};
use crate::rest::longest_scan_delay;
use crate::sysfs::{Tree, errno};
use crate::uevent::Names;

/// FC event code of an RSCN, whose data is a frame's word.
const FC_EVENT_RSCN: u32 = 5;

/// Everything that lives during a run.
pub(crate) struct Machine {
    pub(crate) scenario: Scenario,
    pub(crate) order: Order,
    pub(crate) tree: Tree,
    pub(crate) names: Names,
    pub(crate) teller: Teller,
    pub(crate) door: File,
    pub(crate) log: Option<Log>,
    pub(crate) longest_scan_delay: Duration,
    shared: Mutex<Shared>,
    changed: Condvar,
}

/// What waits until a step has begun whose moment came.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// Answers of the firmware.
    answers: Vec<Vec<u8>>,
    /// A context of the kernel at a point: device and payload to release it.
    at_point: Option<(u32, Vec<u8>)>,
    /// How many users of those that arrived.
    users: u32,
}

/// What changes under the lock.
pub(crate) struct Shared {
    pub(crate) firmware: Firmware,
    /// The moment of the step that waits has come.
    pub(crate) came: bool,
    /// A context of the kernel waits at a point: device and payload to release it.
    at_point: Option<(u32, Vec<u8>)>,
    /// Users that reached a step's moment, their start, and how many of them may go on.
    users_arrived: u32,
    users_released: u32,
    /// Steps of users and of the channel subsystem that have not ended.
    pub(crate) users: u32,
    /// Results of writes with a cookie.
    done: BTreeMap<u32, i32>,
}

impl Machine {
    pub(crate) fn new(
        scenario: Scenario,
        order: Order,
        tree: Tree,
        teller: Teller,
        door: File,
        log: Option<Log>,
    ) -> Self {
        let shared = Shared {
            firmware: Firmware::new(&scenario),
            came: false,
            at_point: None,
            users_arrived: 0,
            users_released: 0,
            users: 0,
            done: BTreeMap::new(),
        };
        Self {
            longest_scan_delay: longest_scan_delay(&scenario),
            scenario,
            order,
            tree,
            names: Names::default(),
            teller,
            door,
            log,
            shared: Mutex::new(shared),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps until something changed, or so long.
    pub(crate) fn wait_changed<'a>(&self, shared: MutexGuard<'a, Shared>, time: Duration) -> MutexGuard<'a, Shared> {
        self.changed.wait_timeout(shared, time).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Writes one record to the door.
    pub(crate) fn write(&self, record: &[u8]) -> Result<(), Errno> {
        let written = (&self.door).write(record).map_err(errno)?;
        if written == record.len() { Ok(()) } else { Err(Errno::EIO) }
    }

    fn write_all(&self, records: &[Vec<u8>]) {
        for record in records {
            if let Err(error) = self.write(record) {
                self.teller.remark(&format!("the door takes no record: {error}"));
            }
        }
    }

    /// The hardware: reads the door for ever.
    pub(crate) fn be_hardware(&self) {
        let mut buffer = vec![0; door::MAX_RECORD];
        loop {
            match (&self.door).read(&mut buffer) {
                Ok(0) => return self.teller.remark("the door is closed"),
                Ok(length) => {
                    // What the kernel logged before it sent this comes first.
                    if let Some(log) = &self.log {
                        log.drain(&self.teller);
                    }
                    for record in Records::new(&buffer[..length]) {
                        let handled = record.and_then(|record| self.record(&record));
                        if let Err(error) = handled {
                            self.teller.remark(&error.to_string());
                        }
                    }
                }
                Err(error) => match errno(error) {
                    Errno::EINTR => {}
                    error => return self.teller.remark(&format!("the door cannot be read: {error}")),
                },
            }
        }
    }

    fn record(&self, record: &Record<'_>) -> Result<(), door::CutOff> {
        let device = u8::try_from(record.device).unwrap_or(u8::MAX);
        let mut fields = Fields(record.payload);
        let tell = |what| self.teller.happened(record.time_us, context(record.context), what);
        match record.kind {
            door::EV_HELLO => {
                let (version, linux_version, early) = (fields.u32()?, fields.u32()?, fields.u32()? != 0);
                if version != door::VERSION {
                    let what = format!("the module speaks version {version} of the door, not {}", door::VERSION);
                    self.teller.tell(&Fact::NotExpressible { what });
                }
                self.teller.tell(&Fact::Hello { linux_version, early: early || self.order.early });
            }
            door::EV_OPENED => self.lock().firmware.opened(device),
            door::EV_CLOSED => self.lock().firmware.closed(device),
            door::EV_REQUEST => self.request(record, device)?,
            door::EV_TRACE => {
                let trace = Trace::parse(record.payload)?;
                if trace.id == Trace::TRIGGER {
                    tell(Happening::Trace { device, tag: trace.tag, wanted: trace.want, needed: trace.need });
                }
            }
            door::EV_POINT => self.point(record, device)?,
            door::EV_FAILED => {
                let (_point, step) = (fields.u32()?, fields.u32()?);
                self.teller.tell(&Fact::FailureHit { step });
            }
            door::EV_DONE => {
                let (cookie, result) = (fields.u32()?, fields.u32()? as i32);
                self.lock().done.insert(cookie, result);
                self.changed.notify_all();
            }
            door::EV_FC => {
                let (code, data) = (fields.u32()?, fields.u32()?);
                // An RSCN page goes as it lies in the frame.
                let data = if code == FC_EVENT_RSCN { u32::from_be_bytes(data.to_ne_bytes()) } else { data };
                tell(Happening::Fc(FcEvent { device, code: code as u8, data }));
            }
            door::EV_SLOT => {
                let (why, cmd_size, prot_capabilities, _nr) =
                    (fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?);
                let (prot_sdb, command, _op, opcode) = (fields.u64()?, fields.u64()?, fields.u32()?, fields.u32()?);
                // Of hosts that belong to no device yet there is nothing to say.
                if usize::from(device) >= self.scenario.devices.len() {
                    return Ok(());
                }
                let seen = why == 1;
                self.teller.tell(&Fact::Slot(Slot {
                    device,
                    cmd_size,
                    prot_capabilities,
                    prot_sdb: seen.then_some(prot_sdb),
                    command: seen.then_some(command),
                    opcode: seen.then_some(opcode as u8),
                }));
            }
            other => self.teller.remark(&format!("a record of kind {other} came through the door")),
        }
        Ok(())
    }

    fn request(&self, record: &Record<'_>, device: u8) -> Result<(), door::CutOff> {
        let mut request = RequestRecord::parse(record.payload)?;
        request.by_recovery = context(record.context) == Some(Context::Erp);
        if request.segments.iter().any(|segment| segment.flags & door::SEGMENT_LEFT_OUT != 0) {
            self.teller.remark("a request is too long for the door");
        }
        let handled = self.lock().firmware.request(device, &request, boot_us());
        if handled.scsi {
            self.teller.count_scsi();
        }
        if let Some(sent) = handled.sent {
            self.teller.happened(record.time_us, context(record.context), Happening::Command(sent));
        }
        if let Some(trouble) = handled.trouble {
            self.teller.remark(&trouble);
        }
        self.write_all(&handled.writes);
        if handled.moment {
            self.lock().came = true;
            self.changed.notify_all();
        }
        Ok(())
    }

    fn point(&self, record: &Record<'_>, device: u8) -> Result<(), door::CutOff> {
        let mut fields = Fields(record.payload);
        let (point, _nth, waits) = (fields.u32()?, fields.u32()?, fields.u32()? != 0);
        // The module counts occurrences: it tells the one that was armed.
        let mut shared = self.lock();
        let known = point_of(point).is_some_and(|point| shared.firmware.point_armed(device, point));
        if known {
            shared.came = true;
            if waits {
                shared.at_point = Some((record.device, record.payload.to_vec()));
            }
            drop(shared);
            self.changed.notify_all();
        } else if waits {
            drop(shared);
            self.write_all(&[door::record(door::DO_RELEASE, record.device, record.payload)]);
        }
        Ok(())
    }

    /// A step waits for a moment from now on.
    pub(crate) fn arm(&self, moment: &Moment) -> Result<(), Errno> {
        let mut shared = self.lock();
        shared.came = false;
        shared.firmware.arm(moment);
        drop(shared);
        if moment.when == When::AtPoint && is_of_the_kernel(moment.point) {
            let words = [moment.point.to_raw() as u32, moment.nth.max(1).into(), 1, 0];
            self.write(&door::words(door::DO_ARM, moment.device.into(), &words))?;
        }
        Ok(())
    }

    /// The moment did not come.
    pub(crate) fn disarm(&self) {
        self.lock().firmware.disarm();
    }

    /// Takes what is held for the step whose moment came.
    pub(crate) fn held(&self) -> Held {
        let mut shared = self.lock();
        Held { answers: shared.firmware.release(), at_point: shared.at_point.take(), users: shared.users_arrived }
    }

    /// That step, a user's or not, has done what it could: what was held for it goes on.
    pub(crate) fn release(&self, held: Held, by_user: bool) {
        self.lock().users_released = held.users;
        self.changed.notify_all();
        if !held.answers.is_empty() {
            if by_user {
                // An answer comes when nobody can run any more, as in the model: not those either whom the user woke.
                self.let_run();
            }
            let queued = self.lock().firmware.queued();
            self.write_all(&held.answers);
            self.write_all(&queued);
        }
        if let Some((device, payload)) = held.at_point {
            self.write_all(&[door::record(door::DO_RELEASE, device, &payload)]);
        }
    }

    /// A user starts: steps may wait for that.
    pub(crate) fn user_starts(&self, device: u8) {
        let mut shared = self.lock();
        if !shared.firmware.point_reached(device, Point::UserStart) {
            return;
        }
        shared.came = true;
        shared.users_arrived += 1;
        let me = shared.users_arrived;
        self.changed.notify_all();
        while shared.users_released < me {
            shared = self.changed.wait(shared).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Writes a record with a cookie and waits for its result.
    pub(crate) fn do_and_wait(&self, cookie: u32, record: &[u8]) -> Result<i64, Errno> {
        self.write(record)?;
        let mut shared = self.lock();
        loop {
            if let Some(result) = shared.done.remove(&cookie) {
                return Ok(result.into());
            }
            shared = self.changed.wait(shared).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The nth allocation or registration of a kind will fail; the step's index is the cookie.
    pub(crate) fn fail(&self, device: u8, point: FailPoint, nth: u32, step: u32) -> Result<(), Errno> {
        self.write(&door::words(door::DO_FAIL, device.into(), &[point.to_raw() as u32, nth, step, 0]))
    }
}

fn point_of(number: u32) -> Option<Point> {
    Point::ALL.iter().copied().find(|point| point.to_raw() == u64::from(number))
}

/// Points that a context of the kernel reaches; users start here, and a draw is no place to stand at.
fn is_of_the_kernel(point: Point) -> bool {
    !matches!(point, Point::UserStart | Point::DrawOnlineBackoff | Point::DrawScanBackoff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_by_number() {
        assert!(Point::ALL.iter().all(|point| point_of(point.to_raw() as u32) == Some(*point)));
        assert_eq!(point_of(0), None);
        assert!(is_of_the_kernel(Point::ErpOpen) && !is_of_the_kernel(Point::UserStart));
    }
}
