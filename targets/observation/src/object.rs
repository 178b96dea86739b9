//! Objects a user can look at, and their attributes: the registry of observables.

use serde::{Deserialize, Serialize};

/// An object in sysfs or /proc. Hosts are named by their FCP device: the number is an attribute, since several adapters may be
/// numbered in another order (driver.md U4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    /// The zfcp attributes of an FCP device.
    Adapter(u8),
    /// A zfcp port below an FCP device: device, WWPN.
    Port(u8, u64),
    /// A zfcp unit below a port: device, WWPN, FCP LUN.
    Unit(u8, u64, u64),
    /// scsi_host/hostN.
    Host(u8),
    /// fc_host/hostN.
    FcHost(u8),
    /// fc_remote_ports/rport-H:C-N: device, WWPN.
    Rport(u8, u64),
    /// scsi_target: device, WWPN.
    Target(u8, u64),
    /// scsi_device: device, WWPN, FCP LUN.
    Sdev(u8, u64, u64),
    /// The block device of a disk: device, WWPN, FCP LUN.
    Disk(u8, u64, u64),
}

impl Object {
    /// Which FCP device it belongs to.
    pub const fn device(self) -> u8 {
        match self {
            Self::Adapter(d) | Self::Host(d) | Self::FcHost(d) => d,
            Self::Port(d, _) | Self::Rport(d, _) | Self::Target(d, _) => d,
            Self::Unit(d, ..) | Self::Sdev(d, ..) | Self::Disk(d, ..) => d,
        }
    }

    /// The name of its kind, as in signatures.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Adapter(_) => "adapter",
            Self::Port(..) => "port",
            Self::Unit(..) => "unit",
            Self::Host(_) => "scsi_host",
            Self::FcHost(_) => "fc_host",
            Self::Rport(..) => "rport",
            Self::Target(..) => "target",
            Self::Sdev(..) => "sdev",
            Self::Disk(..) => "disk",
        }
    }
}

impl std::fmt::Display for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = self.kind();
        match self {
            Self::Adapter(d) | Self::Host(d) | Self::FcHost(d) => write!(f, "{kind}[{d}]"),
            Self::Port(d, w) | Self::Rport(d, w) | Self::Target(d, w) => write!(f, "{kind}[{d}:{w:#018x}]"),
            Self::Unit(d, w, l) | Self::Sdev(d, w, l) | Self::Disk(d, w, l) => {
                write!(f, "{kind}[{d}:{w:#018x}:{l:#018x}]")
            }
        }
    }
}

/// How a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A decimal number.
    Decimal,
    /// A hexadecimal number with this many digits at least.
    Hex(u8),
    /// yes or no.
    Flag,
    /// A named value; a number out of the list is shown as a number.
    Names(&'static [&'static str]),
}

impl Format {
    /// The value as text.
    pub fn show(self, value: u64) -> String {
        match self {
            Self::Decimal => value.to_string(),
            Self::Hex(digits) => format!("0x{value:0width$x}", width = usize::from(digits)),
            Self::Flag => (if value == 0 { "no" } else { "yes" }).to_owned(),
            Self::Names(names) => match usize::try_from(value).ok().and_then(|i| names.get(i)) {
                Some(name) => (*name).to_owned(),
                None => value.to_string(),
            },
        }
    }
}

macro_rules! attributes {
    ($($(#[doc = $doc:literal])+ $variant:ident $text:literal $format:expr,)+) => {
        /// An attribute. Adding an observable is one line here, and one where the lane reads it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Attribute {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Attribute {
            /// Every attribute.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name in sysfs.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// How it is shown.
            pub const fn format(self) -> Format {
                match self { $(Self::$variant => $format,)+ }
            }
        }
    };
}

const HOST_STATES: &[&str] =
    &["?", "created", "running", "cancel", "deleted", "recovery", "cancel/recovery", "deleted/recovery"];
const PORT_TYPES: &[&str] =
    &["Unknown", "Other", "Not Present", "NPort", "NLPort", "LPort", "Point-To-Point", "NPIV VPORT"];
const PORT_STATES: &[&str] = &[
    "Unknown",
    "Not Present",
    "Online",
    "Offline",
    "Blocked",
    "Bypassed",
    "Diagnostics",
    "Linkdown",
    "Error",
    "Loopback",
    "Deleted",
    "Marginal",
];
const SDEV_STATES: &[&str] = &[
    "?",
    "created",
    "running",
    "cancel",
    "deleted",
    "quiesce",
    "offline",
    "transport-offline",
    "blocked",
    "created-blocked",
];

attributes! {
    /// The ccw device's `online`.
    Online "online" Format::Flag,
    /// A user's process hangs in this object's attribute or removal.
    Blocked "blocked_user" Format::Flag,
    /// Status bits.
    Status "status" Format::Hex(8),
    /// Recovery is running.
    InRecovery "in_recovery" Format::Flag,
    /// Recovery gave up.
    Failed "failed" Format::Flag,
    /// WWPN of the peer.
    PeerWwpn "peer_wwpn" Format::Hex(16),
    /// WWNN of the peer.
    PeerWwnn "peer_wwnn" Format::Hex(16),
    /// Port id of the peer.
    PeerDId "peer_d_id" Format::Hex(6),
    /// Adapter type.
    CardVersion "card_version" Format::Hex(4),
    /// Firmware level.
    LicVersion "lic_version" Format::Hex(8),
    /// Hardware version.
    HardwareVersion "hardware_version" Format::Hex(8),
    /// FC Endpoint Security.
    FcSecurity "fc_security" Format::Names(&["unknown", "unsupported", "none", "Authentication", "Encryption", "both"]),
    /// Age limit of diagnostic data, in ms.
    DiagMaxAge "diag_max_age" Format::Decimal,
    /// Listed among the system service levels.
    ServiceLevel "service_level" Format::Flag,
    /// Access denied.
    AccessDenied "access_denied" Format::Flag,
    /// Host number.
    HostNo "host_no" Format::Decimal,
    /// Host state.
    HostState "state" Format::Names(HOST_STATES),
    /// Unique id.
    UniqueId "unique_id" Format::Decimal,
    /// Requests of the host.
    CanQueue "can_queue" Format::Decimal,
    /// Scatter-gather limit.
    SgTablesize "sg_tablesize" Format::Decimal,
    /// Scatter-gather limit of protection data.
    SgProtTablesize "sg_prot_tablesize" Format::Decimal,
    /// Sector limit.
    MaxSectors "max_sectors" Format::Decimal,
    /// Protection mask: DIF 1, DIX 16.
    ProtCapabilities "prot_capabilities" Format::Decimal,
    /// Guard type: 2 is the IP checksum.
    ProtGuardType "prot_guard_type" Format::Decimal,
    /// How often a command found the request queue full; the utilisation beside it is left out.
    QueueFull "queue_full" Format::Decimal,
    /// Node name.
    NodeName "node_name" Format::Hex(16),
    /// Port name.
    PortName "port_name" Format::Hex(16),
    /// Permanent port name.
    PermanentPortName "permanent_port_name" Format::Hex(16),
    /// Supported classes of service.
    SupportedClasses "supported_classes" Format::Hex(2),
    /// First word of the supported FC-4 types.
    SupportedFc4s "supported_fc4s" Format::Hex(8),
    /// First word of the active FC-4 types.
    ActiveFc4s "active_fc4s" Format::Hex(8),
    /// Supported speeds.
    SupportedSpeeds "supported_speeds" Format::Hex(4),
    /// Speed.
    Speed "speed" Format::Hex(4),
    /// Maximum frame size.
    MaxframeSize "maxframe_size" Format::Decimal,
    /// Serial number; 0 is empty.
    SerialNumber "serial_number" Format::Hex(16),
    /// Manufacturer.
    Manufacturer "manufacturer" Format::Names(&["", "IBM"]),
    /// Model, as a number; all ones is empty.
    Model "model" Format::Hex(4),
    /// Firmware version of the FC host; all ones is empty.
    FirmwareVersion "firmware_version" Format::Hex(8),
    /// Port id.
    PortId "port_id" Format::Hex(6),
    /// Port type.
    PortType "port_type" Format::Names(PORT_TYPES),
    /// Port state.
    PortState "port_state" Format::Names(PORT_STATES),
    /// Symbolic name, as a number; 0 is empty.
    SymbolicName "symbolic_name" Format::Hex(8),
    /// Name of the fabric.
    FabricName "fabric_name" Format::Hex(16),
    /// Device loss time-out, in s.
    DevLossTmo "dev_loss_tmo" Format::Decimal,
    /// Fast I/O fail time-out, in s; all ones is off.
    FastIoFailTmo "fast_io_fail_tmo" Format::Decimal,
    /// Roles of a remote port.
    Roles "roles" Format::Hex(2),
    /// SCSI target id.
    ScsiTargetId "scsi_target_id" Format::Decimal,
    /// Number of a remote port.
    RportNumber "rport_number" Format::Decimal,
    /// State of a SCSI device.
    SdevState "state" Format::Names(SDEV_STATES),
    /// SCSI device type.
    SdevType "type" Format::Decimal,
    /// SCSI level.
    ScsiLevel "scsi_level" Format::Decimal,
    /// Queue depth.
    QueueDepth "queue_depth" Format::Decimal,
    /// zfcp's status of a SCSI device.
    ZfcpStatus "zfcp_status" Format::Hex(8),
    /// Attached elevator.
    Scheduler "scheduler" Format::Names(&["none", "mq-deadline"]),
    /// Requests of a block queue.
    NrRequests "nr_requests" Format::Decimal,
    /// Segments of a block queue.
    MaxSegments "max_segments" Format::Decimal,
    /// Integrity segments of a block queue.
    MaxIntegritySegments "max_integrity_segments" Format::Decimal,
    /// Largest request of the hardware, in KiB.
    MaxHwSectorsKb "max_hw_sectors_kb" Format::Decimal,
    /// Protection type of a disk.
    ProtectionType "protection_type" Format::Decimal,
    /// Protection mode of a disk.
    ProtectionMode "protection_mode" Format::Names(&["none", "dif1", "dif2", "dif3", "dix0", "dix1", "dix2", "dix3"]),
    /// An integrity profile is registered.
    IntegrityFormat "integrity/format" Format::Flag,
    /// The device itself is integrity capable.
    DeviceIsIntegrityCapable "integrity/device_is_integrity_capable" Format::Flag,
}
