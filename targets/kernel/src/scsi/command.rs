//! SCSI commands and their results.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use regdiff_scenario::Command;

use super::device::ScsiDevice;
use super::disk::Disk;
use super::errno::Errno;
use super::execute::Kind;
use super::queue::Carrier;
use crate::{Kernel, TimerId, WaitQueue, Work};

/// SCSI status byte of a command with sense data.
pub(crate) const STATUS_CHECK_CONDITION: u8 = 0x02;

/// What a command does, as far as the model cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the SCSI standards")]
pub enum Cdb {
    Inquiry {
        length: u16,
    },
    InquiryVpd {
        page: u8,
    },
    ReportLuns {
        length: u32,
    },
    TestUnitReady,
    /// In 16 bytes, or in 10.
    ReadCapacity {
        long: bool,
    },
    ModeSense {
        page: u8,
    },
    Read {
        lba: u32,
        blocks: u32,
    },
    /// The pattern stands for the data.
    Write {
        lba: u32,
        blocks: u32,
        pattern: u64,
    },
    SynchronizeCache,
    RequestSense,
    /// START STOP UNIT that starts.
    StartUnit,
}

impl Cdb {
    /// Its name in scenarios.
    pub fn command(self) -> Command {
        match self {
            Self::Inquiry { .. } => Command::Inquiry,
            Self::InquiryVpd { .. } => Command::InquiryVpd,
            Self::ReportLuns { .. } => Command::ReportLuns,
            Self::TestUnitReady => Command::TestUnitReady,
            Self::ReadCapacity { .. } => Command::ReadCapacity,
            Self::ModeSense { .. } => Command::ModeSense,
            Self::Read { .. } => Command::Read,
            Self::Write { .. } => Command::Write,
            Self::SynchronizeCache => Command::SynchronizeCache,
            Self::RequestSense => Command::RequestSense,
            Self::StartUnit => Command::StartUnit,
        }
    }
}

/// The protection operation of a command (midlayer.md 10.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProtOp {
    /// None.
    #[default]
    Normal,
    /// Read: the device's protection data ends in the adapter.
    ReadStrip,
    /// Write: the adapter makes protection data.
    WriteInsert,
    /// Read: the adapter makes protection data for memory.
    ReadInsert,
    /// Write: memory's protection data ends in the adapter.
    WriteStrip,
    /// Protection data all the way.
    ReadPass,
    /// Protection data all the way.
    WritePass,
}

/// The host byte of a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the kernel's")]
pub enum HostByte {
    #[default]
    Ok,
    NoConnect,
    Error,
    SoftError,
    ImmRetry,
    TransportDisrupted,
    TransportFailfast,
    TimeOut,
}

/// Sense key, additional sense code and qualifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the SCSI standards")]
pub struct Sense {
    pub key: u8,
    pub asc: u8,
    pub ascq: u8,
}

/// Data that came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the SCSI standards")]
pub enum ScsiData {
    #[default]
    None,
    Inquiry {
        qualifier: u8,
        device_type: u8,
        version: u8,
        byte5: u8,
        length: u16,
        queues_commands: bool,
    },
    /// A vital product data page; page 0 lists the others.
    Vpd {
        pages: &'static [u8],
    },
    Luns(Vec<u64>),
    Capacity {
        blocks: u64,
        byte12: u8,
    },
    Mode {
        write_cache: bool,
    },
    /// A digest of the blocks read.
    Digest(u64),
    /// REQUEST SENSE.
    Sense(Sense),
}

/// How a command ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScsiResult {
    /// Host byte.
    pub host: HostByte,
    /// SCSI status byte.
    pub status: u8,
    /// Sense data with CHECK CONDITION.
    pub sense: Option<Sense>,
    /// The midlayer refused it because its device is on its way out, and says so by a status of its own (BLK_STS_OFFLINE).
    pub refused: bool,
    /// Bytes that did not come.
    pub residual: u32,
    /// What came.
    pub data: ScsiData,
}

impl ScsiResult {
    /// A result without data.
    pub fn host(host: HostByte) -> Self {
        Self { host, ..Self::default() }
    }

    /// Whether it went well.
    pub fn is_good(&self) -> bool {
        self.host == HostByte::Ok && self.status == 0
    }

    /// What a user of the block device is told of a command that did not go well.
    pub(crate) fn errno(&self) -> Errno {
        if self.refused { Errno::ENODEV } else { Errno::EIO }
    }

    /// Whether the device asks to try again after a change: sense 28/00 or 29/00.
    pub fn is_unit_attention(&self) -> bool {
        self.sense.is_some_and(|s| s.key == 6 && matches!(s.asc, 0x28 | 0x29) && s.ascq == 0)
    }
}

/// A scsi_cmnd: one try of a command.
pub struct ScsiCommand {
    /// For which device.
    pub sdev: Rc<ScsiDevice>,
    /// What it does.
    pub cdb: Cdb,
    /// Its protection operation.
    pub prot_op: Cell<ProtOp>,
    /// The FSF request that carries it, for the driver (0: none).
    pub host_scribble: Cell<u64>,
    pub(crate) carrier: Carrier,
    pub(crate) kind: Kind,
    pub(crate) prepared: Cell<bool>,
    /// When it was prepared first.
    pub(crate) born_us: Cell<Option<u64>>,
    /// How often it was sent again because it failed.
    pub(crate) retries: Cell<u32>,
    /// Of the last try.
    pub(crate) result: RefCell<ScsiResult>,
    /// SCMD_STATE_COMPLETE: driver or timer were through with it first; the other one comes too late.
    pub(crate) complete: Cell<bool>,
    /// SCSI_EH_ABORT_SCHEDULED: it is aborted once; the next time the error handler gets it.
    pub(crate) abort_scheduled: Cell<bool>,
    pub(crate) abort_work: RefCell<Option<Rc<Work>>>,
    /// What became of the last try; none while it is under way.
    pub(crate) fate: Cell<Option<Fate>>,
    pub(crate) settled: WaitQueue,
    pub(crate) timer: Cell<Option<TimerId>>,
}

/// What became of one try of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The driver completed it: its result decides.
    Done,
    /// The error handler wants it sent again.
    Retry,
    /// The error handler gave it up; the result says how.
    Finish,
}

impl ScsiCommand {
    /// One for a device, before its first try.
    pub(crate) fn new(sdev: &Rc<ScsiDevice>, cdb: Cdb, carrier: Carrier, kind: Kind) -> Rc<Self> {
        Rc::new(Self {
            sdev: sdev.clone(),
            cdb,
            prot_op: Cell::new(ProtOp::Normal),
            host_scribble: Cell::new(0),
            carrier,
            kind,
            prepared: Cell::new(false),
            born_us: Cell::new(None),
            retries: Cell::new(0),
            result: RefCell::default(),
            complete: Cell::new(false),
            abort_scheduled: Cell::new(false),
            abort_work: RefCell::default(),
            fate: Cell::new(None),
            settled: WaitQueue::default(),
            timer: Cell::new(None),
        })
    }

    /// scsi_done: the driver is through with it. Ignored if the timer was faster.
    pub fn done(&self, kernel: &Kernel, result: ScsiResult) {
        if !self.complete.replace(true) {
            *self.result.borrow_mut() = result;
            self.settle(kernel, Fate::Done);
        }
    }

    pub(crate) fn settle(&self, kernel: &Kernel, fate: Fate) {
        self.fate.set(Some(fate));
        self.settled.wake_all(kernel);
    }

    /// The disk that it belongs to, if it is a file system's.
    pub(crate) fn disk(&self) -> Option<Rc<Disk>> {
        if self.kind.passthrough { None } else { self.sdev.disk.borrow().clone() }
    }

    /// scsi_noretry_cmd: commands of the midlayer and the upper drivers are not repeated after a time-out or with sense.
    pub(crate) fn is_final(&self) -> bool {
        let result = self.result.borrow();
        self.kind.passthrough
            && (result.host == HostByte::TimeOut
                || result.host == HostByte::Ok && result.status == STATUS_CHECK_CONDITION)
    }

    /// scsi_cmd_retry_allowed: counts one more retry, if it may have one.
    pub(crate) fn may_retry(&self) -> bool {
        self.retries.set(self.retries.get() + 1);
        self.retries.get() <= self.kind.retries
    }

    /// Whether the driver reads the protection header of this command.
    pub fn has_protection(&self) -> bool {
        self.prot_op.get() != ProtOp::Normal
    }
}
