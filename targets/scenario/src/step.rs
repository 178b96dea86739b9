//! What users, firmware and hardware do, and when.

use crate::firmware::Command;
pub use crate::operand::*;
use crate::scalar::{Scalar, names, record};
use crate::schedule::Point;

names! {
    /// When a step happens, seen from the step before it.
    pub enum When default AtRest {
        /// When nothing is left to run but device-loss timers.
        AtRest = 0 "at_rest",
        /// While the `nth` command of a kind is outstanding: after it was sent, before it is answered.
        Outstanding = 1 "outstanding",
        /// When a context reaches a named point for the `nth` time.
        AtPoint = 2 "at_point",
        /// `ms` after the step before it began.
        After = 3 "after",
    }
}

record! {
    /// The moment of a step. Fields that its kind does not use hold their defaults.
    pub struct Moment {
        /// Which kind of moment.
        when: When = When::AtRest;
        /// On which device.
        device: u8 = 0, within 0..=3u8;
        /// `outstanding`: which command.
        command: Command = Command::ExchangeConfigData;
        /// `at_point`: which point.
        point: Point = Point::ErpOpen;
        /// `outstanding`, `at_point`: which occurrence since the step before it, from 1.
        nth: u16 = 1, within 1..=65535u16;
        /// `after`: how long, in ms.
        ms: u32 = 0, within 0..=3_600_000u32;
    }
}

/// Which part of a step an operand is stored in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The device index.
    Device,
    /// The port index.
    Port,
    /// The LUN index.
    Lun,
    /// The first operand of its own.
    A,
    /// The second operand of its own.
    B,
}

/// One operand of a trigger.
#[derive(Clone, Copy, Debug)]
pub struct Operand {
    /// Its name in the text form.
    pub name: &'static str,
    /// Where it is stored.
    pub slot: Slot,
    /// The values it can hold.
    pub domain: crate::scalar::Domain,
    /// The value when it is not given.
    pub default: u64,
}

/// Who performs a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A user's process; it may block.
    User,
    /// The channel subsystem.
    Channel,
    /// The firmware, by unsolicited status.
    Firmware,
    /// The queue hardware.
    Queue,
    /// The fabric or a disk, silently.
    Fabric,
    /// The injector: something will fail.
    Injection,
}

const DEVICE: Operand = number("device", Slot::Device, 0, 3, 0);
const PORT: Operand = number("port", Slot::Port, 0, 7, 0);
const LUN: Operand = number("lun", Slot::Lun, 0, 63, 0);

const fn number(name: &'static str, slot: Slot, min: u64, max: u64, default: u64) -> Operand {
    Operand { name, slot, domain: crate::scalar::Domain::Range { min, max, hex: false }, default }
}

const fn hex(name: &'static str, slot: Slot, max: u64, default: u64) -> Operand {
    Operand { name, slot, domain: crate::scalar::Domain::Range { min: 0, max, hex: true }, default }
}

const fn flag(name: &'static str, slot: Slot) -> Operand {
    Operand { name, slot, domain: crate::scalar::Domain::Flag, default: 0 }
}

const fn named<T: Scalar>(name: &'static str, slot: Slot, default: u64) -> Operand {
    Operand { name, slot, domain: T::DOMAIN, default }
}

macro_rules! triggers {
    ($($(#[doc = $doc:literal])+ $variant:ident = $tag:literal $text:literal by $actor:ident [$($operand:expr),*],)+) => {
        names! {
            /// Everything that can happen from outside (driver.md 3, 6.1, 14, 22; midlayer.md 3.8, 4.6, 6.7, 9.3, 13.6, 14).
            pub enum Trigger default SetOnline {
                $($(#[doc = $doc])+ $variant = $tag $text,)+
            }
        }

        impl Trigger {
            /// Who performs it.
            pub const fn actor(self) -> Actor {
                match self { $(Self::$variant => Actor::$actor,)+ }
            }

            /// The operands it takes; the others of its step hold 0.
            pub const fn operands(self) -> &'static [Operand] {
                match self { $(Self::$variant => const { &[$($operand),*] },)+ }
            }
        }
    };
}

triggers! {
    /// A user writes 1 to the ccw device's `online`.
    SetOnline = 1 "set_online" by User [DEVICE],
    /// A user writes 0 to the ccw device's `online`.
    SetOffline = 2 "set_offline" by User [DEVICE],
    /// A user unbinds the device from the driver.
    Remove = 3 "remove" by User [DEVICE],
    /// The machine shuts down.
    Shutdown = 4 "shutdown" by User [DEVICE],
    /// Suspend, before 6.1.
    Freeze = 5 "freeze" by User [DEVICE],
    /// A suspend that was called off, before 6.1.
    Thaw = 6 "thaw" by User [DEVICE],
    /// Resume, before 6.1.
    Restore = 7 "restore" by User [DEVICE],
    /// The channel subsystem notifies the driver of a change.
    Notify = 8 "notify" by Channel [DEVICE, named::<NotifyEvent>("event", Slot::A, 4)],

    /// A user writes to the adapter's `port_rescan`.
    PortRescan = 16 "port_rescan" by User [DEVICE],
    /// A user writes a port's name to the adapter's `port_remove`.
    PortRemove = 17 "port_remove" by User [DEVICE, PORT],
    /// A user writes to the adapter's `failed`.
    AdapterFailed = 18 "adapter_failed" by User [DEVICE, number("value", Slot::A, 0, 9, 0)],
    /// A user writes to the adapter's `diag_max_age`.
    DiagMaxAge = 19 "diag_max_age" by User [DEVICE, number("ms", Slot::A, 0, 0xffff_ffff, 5000)],
    /// A user writes 0 to a port's `failed`.
    PortFailed = 20 "port_failed" by User [DEVICE, PORT],
    /// A user writes a LUN to a port's `unit_add`.
    UnitAdd = 21 "unit_add" by User [DEVICE, PORT, LUN],
    /// A user writes a LUN to a port's `unit_remove`.
    UnitRemove = 22 "unit_remove" by User [DEVICE, PORT, LUN],
    /// A user writes 0 to a unit's `failed`.
    UnitFailed = 23 "unit_failed" by User [DEVICE, PORT, LUN],
    /// A user writes 0 to a SCSI device's `zfcp_failed`.
    SdevFailed = 24 "sdev_failed" by User [DEVICE, PORT, LUN],
    /// A user resets the latencies of a SCSI device.
    LatencyReset = 25 "latency_reset" by User [DEVICE, PORT, LUN],
    /// A user writes to the host's `host_reset`.
    HostReset = 26 "host_reset" by User [DEVICE, named::<HostResetKind>("kind", Slot::A, 0)],
    /// A user reads an attribute that makes the driver ask the firmware.
    ReadAttribute = 27 "read_attribute" by User [DEVICE, named::<Attribute>("attribute", Slot::A, 0)],
    /// A user resets the FC statistics.
    ResetStatistics = 28 "reset_statistics" by User [DEVICE],
    /// A user writes a module parameter.
    SetParameter = 29 "set_parameter" by User
        [named::<Parameter>("parameter", Slot::A, 0), number("value", Slot::B, 0, 0xffff_ffff, 0)],
    /// A user writes to the host's `scan`.
    Scan = 30 "scan" by User
        [DEVICE, named::<ScanTarget>("target", Slot::A, 0), PORT, LUN],
    /// A user writes to a remote port's `dev_loss_tmo`.
    RportDevLossTmo = 31 "rport_dev_loss_tmo" by User [DEVICE, PORT, number("seconds", Slot::A, 0, 100_000, 60)],
    /// A user writes to a remote port's `fast_io_fail_tmo`; 0xffffffff is off.
    RportFastIoFailTmo = 32 "rport_fast_io_fail_tmo" by User [DEVICE, PORT, number("seconds", Slot::A, 0, 0xffff_ffff, 5)],
    /// A user writes to the host's `state`.
    HostState = 33 "host_state" by User [DEVICE, number("state", Slot::A, 1, 7, 2)],
    /// A user writes to a SCSI device's `state`.
    SdevState = 34 "sdev_state" by User [DEVICE, PORT, LUN, named::<SdevStateWrite>("state", Slot::A, 0)],
    /// A user writes to a SCSI device's `delete`.
    SdevDelete = 35 "sdev_delete" by User [DEVICE, PORT, LUN],
    /// A user writes to a SCSI device's `rescan`.
    SdevRescan = 36 "sdev_rescan" by User [DEVICE, PORT, LUN],
    /// A user writes to the host's `dev_loss_tmo`.
    HostDevLossTmo = 37 "host_dev_loss_tmo" by User [DEVICE, number("seconds", Slot::A, 0, 100_000, 60)],
    /// A user writes to a remote port's `port_state`, from 6.1.
    RportState = 38 "rport_state" by User [DEVICE, PORT, flag("marginal", Slot::A)],
    /// A user writes to a SCSI device's `queue_depth`.
    QueueDepth = 39 "queue_depth" by User [DEVICE, PORT, LUN, number("depth", Slot::A, 0, 65535, 32)],

    /// A user reads from a disk.
    Read = 48 "read" by User [DEVICE, PORT, LUN, number("lba", Slot::A, 0, 0xffff_ffff, 0), number("blocks", Slot::B, 1, 1024, 8)],
    /// A user writes to a disk.
    Write = 49 "write" by User [DEVICE, PORT, LUN, number("lba", Slot::A, 0, 0xffff_ffff, 0), number("blocks", Slot::B, 1, 1024, 8)],
    /// A user flushes a disk's cache.
    Flush = 50 "flush" by User [DEVICE, PORT, LUN],
    /// A user switches a disk's elevator.
    SwitchElevator = 51 "switch_elevator" by User [DEVICE, PORT, LUN, named::<crate::kernel::Elevator>("elevator", Slot::A, 0)],
    /// A user writes to a disk's `nr_requests`.
    NrRequests = 52 "nr_requests" by User [DEVICE, PORT, LUN, number("requests", Slot::A, 0, 65535, 256)],
    /// A user switches a disk's `read_verify` and `write_generate` together.
    Integrity = 53 "integrity" by User [DEVICE, PORT, LUN, flag("on", Slot::A)],
    /// A user writes to a disk's `protection_type`.
    ProtectionType = 54 "protection_type" by User [DEVICE, PORT, LUN, number("type", Slot::A, 0, 3, 0)],
    /// A user calls the reset ioctl on a SCSI device.
    SgReset = 55 "sg_reset" by User [DEVICE, PORT, LUN, named::<ResetLevel>("level", Slot::A, 0)],

    /// Unsolicited status: a port was closed.
    PortClosed = 64 "port_closed" by Firmware [DEVICE, PORT],
    /// Unsolicited status: a port sent an ELS.
    IncomingEls = 65 "incoming_els" by Firmware [DEVICE, PORT, named::<IncomingElsKind>("els", Slot::A, 0)],
    /// Unsolicited status: registered state changes of a range around a port.
    Rscn = 66 "rscn" by Firmware [DEVICE, PORT, named::<RscnRange>("range", Slot::A, 0)],
    /// Unsolicited status: sense data available.
    SenseData = 67 "sense_data" by Firmware [DEVICE],
    /// Unsolicited status: the bit error threshold.
    BitErrorThreshold = 68 "bit_error_threshold" by Firmware [DEVICE],
    /// Unsolicited status: the local link is down.
    LinkDown = 69 "link_down" by Firmware [DEVICE, number("subtype", Slot::A, 0, 3, 0), hex("code", Slot::B, 0xffff, 4)],
    /// Unsolicited status: the local link is up.
    LinkUp = 70 "link_up" by Firmware [DEVICE],
    /// Unsolicited status: notifications were lost (1: ELS, 0x100: version change).
    NotificationLost = 71 "notification_lost" by Firmware [DEVICE, hex("subtype", Slot::A, 0x1ff, 1)],
    /// Unsolicited status: the features changed.
    FeatureUpdate = 72 "feature_update" by Firmware [DEVICE, named::<crate::device::AdapterFeatures>("features", Slot::A, 0x10)],
    /// Unsolicited status: the firmware level changed.
    VersionChange = 73 "version_change" by Firmware [DEVICE, hex("version", Slot::A, 0xffff_ffff, 0x1103)],

    /// The queue layer reports an error.
    QueueError = 80 "queue_error" by Queue [DEVICE, named::<QueueErrorKind>("kind", Slot::A, 0)],
    /// A response names a request that does not exist: a kernel panic.
    UnknownRequestId = 81 "unknown_request_id" by Queue [DEVICE],

    /// An allocation or registration will fail.
    Fail = 96 "fail" by Injection [DEVICE, named::<FailPoint>("point", Slot::A, 2), number("nth", Slot::B, 1, 65535, 1)],

    /// A remote port appears in or vanishes from the fabric; nobody is told.
    FabricPort = 112 "fabric_port" by Fabric [DEVICE, PORT, flag("online", Slot::A)],
    /// The local cable: the next answers say so; nobody is told.
    Cable = 113 "cable" by Fabric [DEVICE, flag("plugged", Slot::A), hex("code", Slot::B, 0xffff, 4)],
}

record! {
    /// One step: what happens, to what, and when.
    pub struct Step {
        /// What happens.
        trigger: Trigger = Trigger::SetOnline;
        /// Device index.
        device: u8 = 0, within 0..=3u8;
        /// Port index.
        port: u8 = 0, within 0..=7u8;
        /// LUN index.
        lun: u8 = 0, within 0..=63u8;
        /// The trigger's first operand of its own.
        a: u32 = 0;
        /// The trigger's second operand of its own.
        b: u32 = 0;
        + /// When it happens.
        moment: Moment;
    }
}

impl Step {
    /// The value of an operand.
    pub fn operand(&self, slot: Slot) -> u64 {
        match slot {
            Slot::Device => self.device.into(),
            Slot::Port => self.port.into(),
            Slot::Lun => self.lun.into(),
            Slot::A => self.a.into(),
            Slot::B => self.b.into(),
        }
    }

    /// Sets an operand; the value must be of the operand's domain.
    pub fn set_operand(&mut self, slot: Slot, raw: u64) {
        match slot {
            Slot::Device => self.device = raw as u8,
            Slot::Port => self.port = raw as u8,
            Slot::Lun => self.lun = raw as u8,
            Slot::A => self.a = raw as u32,
            Slot::B => self.b = raw as u32,
        }
    }

    /// A step at rest, with the trigger's default operands.
    pub fn new(trigger: Trigger) -> Self {
        let mut step = Self { trigger, ..Self::default() };
        for operand in trigger.operands() {
            step.set_operand(operand.slot, operand.default);
        }
        step
    }
}
