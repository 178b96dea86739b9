//! What a driver asks of an FCP channel.

use regdiff_scenario::Command;

use crate::scsi::ScsiCommand;

/// A fabric service with a well-known address (FC-FS; driver.md 1.1 `gs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// The management server.
    Management,
    /// The time server.
    Time,
    /// The directory server: the name server.
    Directory,
    /// The alias server.
    Alias,
}

impl Service {
    /// Every service, in the order in which a driver takes them offline (driver.md 6.5.2).
    pub const ALL: [Self; 4] = [Self::Management, Self::Time, Self::Directory, Self::Alias];

    /// Its port id, 24 bits.
    pub const fn d_id(self) -> u32 {
        match self {
            Self::Management => 0xff_fffa,
            Self::Time => 0xff_fffb,
            Self::Directory => 0xff_fffc,
            Self::Alias => 0xff_fff8,
        }
    }
}

/// What the channel does with protection information on the way (driver.md 15, "direction by protection op").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProtectionOp {
    /// None: directions 1, 2 and 4.
    #[default]
    Normal,
    /// Check and remove it on a read: 0xA.
    ReadStrip,
    /// Generate it on a write: 0x9.
    WriteInsert,
    /// Check it on a read and pass it to memory: 0xC.
    ReadPass,
    /// Check it on a write and pass it from memory: 0xB.
    WritePass,
}

impl ProtectionOp {
    /// Whether the disk's protection information takes part: RDPROTECT or WRPROTECT is not 0.
    pub const fn is_protected(self) -> bool {
        !matches!(self, Self::Normal)
    }

    /// Whether memory holds protection information too (DIX).
    pub const fn passes(self) -> bool {
        matches!(self, Self::ReadPass | Self::WritePass)
    }
}

/// A request as it reaches the firmware.
///
/// Handles are those of earlier answers. The channel judges a wrong one as the firmware would; it never panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// FSF Exchange Config Data (driver.md 9).
    ExchangeConfigData,
    /// FSF Exchange Port Data (driver.md 10).
    ExchangePortData,
    /// FSF Open Port (driver.md 12).
    OpenPort {
        /// Port id, 24 bits.
        d_id: u32,
    },
    /// FSF Close Port.
    ClosePort {
        /// Handle of the port.
        handle: u32,
    },
    /// FSF Close Physical Port.
    ClosePhysicalPort {
        /// Handle of the port.
        handle: u32,
    },
    /// FSF Open LUN.
    OpenLun {
        /// Handle of the port.
        port_handle: u32,
        /// FCP LUN, as in sysfs.
        lun: u64,
    },
    /// FSF Close LUN.
    CloseLun {
        /// Handle of the LUN.
        lun_handle: u32,
    },
    /// FSF Open Port for a well-known address.
    OpenWka {
        /// Which service.
        service: Service,
    },
    /// FSF Close Port for a well-known address.
    CloseWka {
        /// Handle of the service.
        handle: u32,
    },
    /// CT GPN_FT for FC-4 type FCP.
    GpnFt,
    /// CT GID_PN.
    GidPn {
        /// Port name to look up.
        wwpn: u64,
    },
    /// CT GSPN_ID.
    GspnId {
        /// Port id to look up, 24 bits.
        d_id: u32,
    },
    /// CT RSPN_ID: registers a symbolic name that carries `DEVNO:`.
    RspnId,
    /// ELS ADISC.
    Adisc {
        /// Port id to test, 24 bits.
        d_id: u32,
    },
    /// FSF Abort FCP Command.
    Abort {
        /// Handle of the port.
        port_handle: u32,
        /// Handle of the LUN.
        lun_handle: u32,
    },
    /// FCP task management: LUN reset.
    LunReset {
        /// Handle of the port.
        port_handle: u32,
        /// Handle of the LUN.
        lun_handle: u32,
    },
    /// FCP task management: target reset, sent through one of the target's LUNs.
    TargetReset {
        /// Handle of the port.
        port_handle: u32,
        /// Handle of the LUN.
        lun_handle: u32,
    },
    /// An FCP command.
    Fcp {
        /// Handle of the port.
        port_handle: u32,
        /// Handle of the LUN.
        lun_handle: u32,
        /// The SCSI command.
        cdb: ScsiCommand,
        /// What happens to protection information.
        protection: ProtectionOp,
    },
}

impl Request {
    /// The command that scripts and observers know it by.
    pub const fn command(&self) -> Command {
        match self {
            Self::ExchangeConfigData => Command::ExchangeConfigData,
            Self::ExchangePortData => Command::ExchangePortData,
            Self::OpenPort { .. } => Command::OpenPort,
            Self::ClosePort { .. } => Command::ClosePort,
            Self::ClosePhysicalPort { .. } => Command::ClosePhysicalPort,
            Self::OpenLun { .. } => Command::OpenLun,
            Self::CloseLun { .. } => Command::CloseLun,
            Self::OpenWka { .. } => Command::OpenWka,
            Self::CloseWka { .. } => Command::CloseWka,
            Self::GpnFt => Command::GpnFt,
            Self::GidPn { .. } => Command::GidPn,
            Self::GspnId { .. } => Command::GspnId,
            Self::RspnId => Command::RspnId,
            Self::Adisc { .. } => Command::Adisc,
            Self::Abort { .. } => Command::Abort,
            Self::LunReset { .. } => Command::LunReset,
            Self::TargetReset { .. } => Command::TargetReset,
            Self::Fcp { cdb, .. } => cdb.command(),
        }
    }
}
