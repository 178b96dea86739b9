//! From what a guest told to an observation.

use regdiff_linux_wire::{Fact, Happening, Slot};
use regdiff_observation::{
    Access, Attribute, End, Event, Leftover, Limit, LogId, LogLine, Object, Observation, Rest, Stamped, StepOutcome,
    Tag, TraceRecord, Trap, TrapKind, UeventAction,
};
use regdiff_scenario::Context;

use crate::console::{Kind, Place, Report};
use crate::log::LogIds;

/// What a kernel says beyond an observation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside {
    /// A part of the scenario that this lane cannot do, in words.
    pub not_expressible: Option<String>,
    /// Lines of the log that have no name.
    pub unknown_lines: Vec<String>,
    /// Warnings of the kernel: the functions, in order.
    pub warnings: Vec<String>,
    /// Request memory as it was measured.
    pub slots: Vec<Slot>,
    /// LINUX_VERSION_CODE and registration, as the guest told first.
    pub hello: Option<(u32, bool)>,
    /// What was still busy when the guest ended, as a mask.
    pub busy: u32,
    /// Whether the guest told that it ended.
    pub ended: bool,
    /// Counters of the driver's files by name, in gcc's form; only of a kernel that counts lines.
    pub counted: Vec<(String, Vec<u8>)>,
}

/// Functions that write through a request's protection pointer without looking at it. A fault says an address and no name;
/// in these functions there is no other pointer that can be null (midlayer.md 8.4, W1).
const TOUCH: &[&str] =
    &["scsi_queue_rq", "scsi_prepare_cmd", "scsi_mq_prep_fn", "scsi_setup_scsi_cmnd", "scsi_setup_fs_cmnd"];
/// Functions that read or write the list behind that pointer.
const LISTS: &[&str] = &["scsi_alloc_sgtables", "scsi_init_io", "sg_alloc_table_chained", "scsi_free_sgtables"];
/// Addresses below this are a null pointer and an offset.
const NULL_PAGE: u64 = 4096;
/// Warnings that are observables, by the function that warns.
const WARNINGS: &[(&str, LogId)] =
    &[("sysfs_remove_group", LogId::SysfsGroupMissing), ("scsi_alloc_sgtables", LogId::ProtSdbMissing)];

/// Puts together what a guest told. The end is [`End::Rest`] if it told so, and otherwise the caller's to find out.
pub(crate) fn observation(facts: Vec<Fact>, steps: usize, log_ids: &LogIds) -> (Observation, Beside) {
    let mut seen = Observation { steps: vec![StepOutcome::Missed; steps], ..Observation::default() };
    let mut beside = Beside::default();
    for fact in facts {
        take(&mut seen, &mut beside, fact, log_ids);
    }
    (seen, beside)
}

fn take(seen: &mut Observation, beside: &mut Beside, fact: Fact, log_ids: &LogIds) {
    match fact {
        Fact::Hello { linux_version, early } => beside.hello = Some((linux_version, early)),
        Fact::NotExpressible { what } => beside.not_expressible = Some(what),
        Fact::StepBegun { step, .. } => outcome(seen, step, StepOutcome::Blocked),
        Fact::StepDone { step, code } => outcome(seen, step, StepOutcome::Done(code)),
        Fact::Rest { time_us, steps_begun, mut readings } => {
            readings.sort_unstable();
            seen.rests.push(Rest { time_us, steps_begun, readings, events_end: seen.events.len() });
        }
        Fact::FailureHit { step } => seen.failures_hit.push(step),
        Fact::Slot(slot) => beside.slots.push(slot),
        // What is no hexadecimal number is missing then, as if it had not been told.
        Fact::Counted { file, gcda } => beside.counted.extend(bytes(&gcda).map(|gcda| (file, gcda))),
        Fact::End { busy, timed_out, scsi_commands, .. } => {
            beside.ended = true;
            beside.busy = busy;
            seen.scsi_commands = scsi_commands;
            seen.leftovers = endless(seen, busy);
            if timed_out {
                seen.end = End::Limit(Limit::Time);
            }
        }
        Fact::Happened { time_us, context, what } => {
            // Where the kernel does not know: observations need some context, and comparisons look at none.
            let context = context.unwrap_or(Context::User);
            let Some(event) = event(what, seen, beside, log_ids) else { return };
            seen.events.push(Stamped { time_us, context, event });
        }
    }
}

/// DOOR_BUSY_ERP of `door.h`: recovery is running or wanted.
const BUSY_ERP: u32 = 0x001;
/// ZFCP_STATUS_ADAPTER_ERP_PENDING in an adapter's `status`.
const ERP_PENDING: u64 = 0x100;

/// Adapters whose recovery goes on when nothing is left to wait for. What else a kernel may have forgotten, this lane cannot see.
fn endless(seen: &Observation, busy: u32) -> Vec<Leftover> {
    let last = seen.rests.last().filter(|_| busy & BUSY_ERP != 0);
    let readings = last.into_iter().flat_map(|rest| &rest.readings);
    let pending = readings.filter_map(|reading| match (reading.object, reading.attribute) {
        (Object::Adapter(device), Attribute::Status) if reading.value & ERP_PENDING != 0 => Some(device),
        _ => None,
    });
    let leftover = |device| Leftover { device, what: "recovery that never ends", function: "zfcp_erp_thread" };
    pending.map(leftover).collect()
}

/// Bytes from two hexadecimal digits each.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16);
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| Some((digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?) as u8)).collect()
}

fn outcome(seen: &mut Observation, step: u32, outcome: StepOutcome) {
    if let Some(place) = seen.steps.get_mut(step as usize) {
        *place = outcome;
    }
}

fn event(what: Happening, seen: &mut Observation, beside: &mut Beside, log_ids: &LogIds) -> Option<Event> {
    Some(match what {
        Happening::Log { text, .. } => match log_ids.id(&text).or_else(|| warned(&text)) {
            Some(id) => Event::Log(LogLine { id, device: None, argument: 0 }),
            None => {
                beside.unknown_lines.push(text);
                return None;
            }
        },
        Happening::Uevent(uevent) => {
            seen.hosts_added +=
                u32::from(uevent.action == UeventAction::Add && matches!(uevent.object, Object::Host(_)));
            Event::Uevent(uevent)
        }
        Happening::Command(sent) => Event::Command(sent),
        Happening::Trace { device, tag, wanted, needed } => {
            Event::Trace(TraceRecord { device, tag: Tag::new(&tag), wanted, needed })
        }
        Happening::Fc(event) => Event::Fc(event),
    })
}

/// The first line of a warning that is an observable.
fn warned(text: &str) -> Option<LogId> {
    let place = text.strip_prefix("WARNING: ")?;
    WARNINGS.iter().find(|(function, _)| place.contains(&format!(" {function}+0x"))).map(|(_, id)| *id)
}

/// The end that the console tells of: the first report that stops the machine, or else the first of the sanitizer.
pub(crate) fn end(reports: &[Report], time_us: u64, access: impl Fn(&Place) -> Option<Access>) -> Option<End> {
    let sanitizer = reports.iter().find(|report| matches!(report.kind, Kind::Sanitizer { .. }));
    let stop = reports.iter().find(|report| report.kind.stops());
    // What the sanitizer saw came first and is the cause.
    let report = sanitizer.or(stop)?;
    Some(End::Trap(Box::new(trap(report, time_us, access))))
}

/// Functions of later kernels that make the same check as one of another name that the model knows.
const RENAMED: &[(&str, &str)] = &[("scsi_init_limits", "__scsi_init_queue")];

fn trap(report: &Report, time_us: u64, access: impl Fn(&Place) -> Option<Access>) -> Trap {
    let said = report.place.function();
    let function = RENAMED.iter().find(|(later, _)| *later == said).map_or(said, |(_, known)| known).to_owned();
    let (kind, access, address, bytes) = match report.kind {
        Kind::Fault { address } => {
            // A load is the careful guess: it claims less.
            let access = access(report.mover.as_ref().unwrap_or(&report.place)).unwrap_or(Access::Read);
            let kind = if address < NULL_PAGE { TrapKind::NullAccess } else { TrapKind::UseAfterFree };
            (kind, access, Some(address), 0)
        }
        Kind::Sanitizer { freed, access, bytes, address } => {
            (if freed { TrapKind::UseAfterFree } else { TrapKind::OutOfBounds }, access, address, bytes)
        }
        Kind::Bug => (TrapKind::Bug, Access::Read, None, 0),
        Kind::Panic | Kind::Warning => (TrapKind::Panic, Access::Read, None, 0),
    };
    let named = |names: &[&str]| kind == TrapKind::NullAccess && names.contains(&function.as_str());
    let (object, field) = match () {
        () if named(TOUCH) => ("scsi_cmnd", "prot_sdb"),
        () if named(LISTS) => ("scsi_cmnd", "prot_sdb.table"),
        () => ("", ""),
    };
    let mut trace: Vec<_> = vec![function.clone().into()];
    trace.extend(report.frames.iter().map(|frame| frame.function().to_owned().into()));
    Trap {
        kind,
        function: function.into(),
        object: object.into(),
        field: field.into(),
        access,
        address,
        bytes,
        device: None,
        command: None,
        context: Context::User,
        trace,
        time_us,
    }
}
