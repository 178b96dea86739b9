//! SCSI commands and what comes back (SPC, SBC; midlayer.md 4.4, 4.6, 10.3).

use regdiff_scenario::Command;

/// A SCSI command, as far as the model tells commands apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScsiCommand {
    /// INQUIRY, standard data.
    Inquiry {
        /// Allocation length, in bytes.
        length: u16,
    },
    /// INQUIRY with EVPD.
    InquiryVpd {
        /// Page code.
        page: u8,
    },
    /// REPORT LUNS.
    ReportLuns {
        /// Allocation length, in bytes.
        length: u32,
    },
    /// TEST UNIT READY.
    TestUnitReady,
    /// READ CAPACITY.
    ReadCapacity {
        /// The 16 byte form, the only one with a byte 12 of protection information.
        long: bool,
    },
    /// MODE SENSE.
    ModeSense {
        /// Page code.
        page: u8,
    },
    /// READ.
    Read {
        /// First logical block.
        lba: u64,
        /// How many logical blocks.
        blocks: u32,
    },
    /// WRITE.
    Write {
        /// First logical block.
        lba: u64,
        /// How many logical blocks.
        blocks: u32,
        /// What is written: the content of a block is a function of this and its address.
        pattern: u64,
    },
    /// SYNCHRONIZE CACHE.
    SynchronizeCache,
    /// REQUEST SENSE.
    RequestSense,
    /// START STOP UNIT.
    StartUnit,
}

impl ScsiCommand {
    /// The command that scripts and observers know it by.
    pub const fn command(&self) -> Command {
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

/// SCSI status GOOD.
pub const STATUS_GOOD: u8 = 0x00;
/// SCSI status CHECK CONDITION.
pub const STATUS_CHECK_CONDITION: u8 = 0x02;

/// Sense data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sense {
    /// Sense key, 4 bits.
    pub key: u8,
    /// Additional sense code.
    pub asc: u8,
    /// Its qualifier.
    pub ascq: u8,
}

impl Sense {
    /// Nothing to report.
    pub const NONE: Self = Self::new(0x0, 0x00, 0x00);
    /// Illegal request: invalid command operation code.
    pub const INVALID_OPCODE: Self = Self::new(0x5, 0x20, 0x00);
    /// Illegal request: logical block address out of range.
    pub const LBA_OUT_OF_RANGE: Self = Self::new(0x5, 0x21, 0x00);
    /// Illegal request: invalid field in CDB.
    pub const INVALID_FIELD: Self = Self::new(0x5, 0x24, 0x00);
    /// Illegal request: logical unit not supported.
    pub const LUN_NOT_SUPPORTED: Self = Self::new(0x5, 0x25, 0x00);

    /// From its three parts.
    pub const fn new(key: u8, asc: u8, ascq: u8) -> Self {
        Self { key: key & 0xf, asc, ascq }
    }

    /// From 0xKKAAQQ, as scripts write it; higher bits are cut off.
    pub const fn from_packed(packed: u64) -> Self {
        Self::new((packed >> 16) as u8, (packed >> 8) as u8, packed as u8)
    }
}

/// The response IU of an FCP command, and its data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScsiReply {
    /// SCSI status byte.
    pub status: u8,
    /// Sense data, with CHECK CONDITION.
    pub sense: Option<Sense>,
    /// Residual under-run, in bytes.
    pub residual: u32,
    /// FCP response code; 0 is complete, anything else a failure of the transport.
    pub response_code: u8,
    /// The data of a read direction.
    pub data: ScsiData,
}

impl ScsiReply {
    /// GOOD, with data.
    pub fn good(data: ScsiData) -> Self {
        Self { data, ..Self::default() }
    }

    /// CHECK CONDITION.
    pub fn check(sense: Sense) -> Self {
        Self { status: STATUS_CHECK_CONDITION, sense: Some(sense), ..Self::default() }
    }

    /// Whether the target did what it was asked to.
    pub fn is_good(&self) -> bool {
        self.status == STATUS_GOOD && self.response_code == 0
    }
}

/// Data of a SCSI command, typed instead of in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ScsiData {
    /// None came: the caller's buffer keeps its zeros.
    #[default]
    None,
    /// INQUIRY, standard data.
    Inquiry(InquiryData),
    /// INQUIRY, a page.
    Vpd(VpdPage),
    /// REPORT LUNS.
    Luns(LunList),
    /// READ CAPACITY.
    Capacity(CapacityData),
    /// MODE SENSE.
    Mode(ModeData),
    /// READ.
    Blocks {
        /// A digest of the blocks' contents. It is the wrapping sum over the blocks, so that the digest of a read that
        /// was split is the wrapping sum of its parts; blocks never written add 0.
        digest: u64,
    },
    /// REQUEST SENSE.
    Sense(Sense),
}

/// Standard INQUIRY data (SPC-3 6.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InquiryData {
    /// Peripheral qualifier, 3 bits: 3 is "nothing here".
    pub qualifier: u8,
    /// Peripheral device type, 5 bits: 0x1f is "unknown or none".
    pub device_type: u8,
    /// Byte 2, the SCSI level.
    pub version: u8,
    /// Byte 5; bit 0 says that protection information is supported.
    pub byte5: u8,
    /// All the data it has, in bytes (byte 4 plus 5).
    pub length: u16,
    /// Byte 7 bit 1: commands can be queued.
    pub queues_commands: bool,
}

/// A vital product data page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VpdPage {
    /// Page code.
    pub page: u8,
    /// Its length with the header, in bytes.
    pub length: u16,
    /// Page 0: the pages there are; else empty.
    pub pages: &'static [u8],
}

/// The list of REPORT LUNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LunList {
    /// LUN LIST LENGTH: bytes of the complete list, without the 8 bytes of the header.
    pub list_length: u32,
    /// The LUNs that fit the allocation length, as in sysfs.
    pub luns: Vec<u64>,
}

/// READ CAPACITY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapacityData {
    /// The last logical block.
    pub last_lba: u64,
    /// Bytes of a logical block.
    pub block_size: u32,
    /// Byte 12 of the 16 byte form: bit 0 is formatted with protection information, bits 3..1 plus 1 its type. `None` in
    /// the 10 byte form.
    pub byte12: Option<u8>,
}

/// MODE SENSE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModeData {
    /// The page asked for.
    pub page: u8,
    /// Header: write protected.
    pub write_protected: bool,
    /// Caching page: a volatile write cache.
    pub write_cache: bool,
}
