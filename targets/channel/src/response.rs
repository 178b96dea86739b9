//! What the firmware answers.

use regdiff_scenario::{Answer, FsfStatus, ProtocolStatus};

use crate::exchange::{ConfigData, PortData};
use crate::scsi::ScsiReply;

/// Word 0 of the status qualifier with ADAPTER_STATUS_AVAILABLE (driver.md 8.3).
pub mod qualifier {
    /// No recommendation.
    pub const NO_RECOMMENDATION: u32 = 0;
    /// FCP response available.
    pub const FCP_RSP: u32 = 1;
    /// Retry if possible.
    pub const RETRY_IF_POSSIBLE: u32 = 2;
    /// Recovery by the upper layer is required.
    pub const ULP_DEPENDENT_ERP_REQUIRED: u32 = 3;
    /// Invoke the link test.
    pub const INVOKE_LINK_TEST: u32 = 4;
    /// The command was aborted.
    pub const COMMAND_ABORTED: u32 = 6;
    /// Retrying will not help.
    pub const NO_RETRY_POSSIBLE: u32 = 7;
}

/// The statuses of a response (driver.md 8.2, 8.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Protocol status.
    pub protocol: ProtocolStatus,
    /// FSF status.
    pub fsf: FsfStatus,
    /// Word 0 of the status qualifier: link-down error code, adapter status, or reason.
    pub qualifier: u32,
}

impl Status {
    /// GOOD and GOOD.
    pub const GOOD: Self = Self { protocol: ProtocolStatus::Good, fsf: FsfStatus::Good, qualifier: 0 };

    /// A status of the FSF layer; anything but GOOD is announced by the protocol status.
    pub(crate) fn fsf(fsf: FsfStatus, qualifier: u32) -> Self {
        let protocol = if fsf == FsfStatus::Good { ProtocolStatus::Good } else { ProtocolStatus::FsfStatusPresented };
        Self { protocol, fsf, qualifier }
    }

    /// ADAPTER_STATUS_AVAILABLE with one of [`qualifier`].
    pub(crate) fn adapter(qualifier: u32) -> Self {
        Self::fsf(FsfStatus::AdapterStatusAvailable, qualifier)
    }

    /// What a script says, to the letter.
    pub(crate) fn scripted(answer: &Answer) -> Self {
        Self { protocol: answer.protocol_status, fsf: answer.fsf_status, qualifier: answer.qualifier }
    }

    /// Whether the FSF status counts: every other protocol status is an error (driver.md 8.2).
    pub fn reaches_fsf(self) -> bool {
        matches!(self.protocol, ProtocolStatus::Good | ProtocolStatus::FsfStatusPresented)
    }

    /// Whether the FSF command was carried out.
    pub fn is_good(self) -> bool {
        self.reaches_fsf() && self.fsf == FsfStatus::Good
    }

    /// Whether an FCP command reached its target.
    pub fn reached_target(self) -> bool {
        self.reaches_fsf() && matches!(self.fsf, FsfStatus::Good | FsfStatus::FcpRspAvailable)
    }
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Protocol status.
    pub protocol_status: ProtocolStatus,
    /// FSF status.
    pub fsf_status: FsfStatus,
    /// Word 0 of the status qualifier.
    pub qualifier: u32,
    /// What it carries.
    pub body: Body,
}

impl Response {
    /// Its statuses together, with the questions one can ask them.
    pub const fn status(&self) -> Status {
        Status { protocol: self.protocol_status, fsf: self.fsf_status, qualifier: self.qualifier }
    }
}

/// What a response carries.
///
/// The two exchanges, FCP commands and task management always carry theirs, whatever the status: a handler may read it
/// (driver.md 9.1 rows 1, 2). All others carry one only if the command was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing but the status.
    None,
    /// Exchange Config Data.
    Config(Box<ConfigData>),
    /// Exchange Port Data.
    Port(Box<PortData>),
    /// Open Port.
    OpenPort(OpenedPort),
    /// Open Port for a well-known address.
    Wka {
        /// Handle of the service.
        handle: u32,
    },
    /// Open LUN.
    Lun {
        /// Handle of the LUN.
        handle: u32,
    },
    /// A CT response.
    Ct(Ct),
    /// An ADISC response.
    Adisc(AdiscData),
    /// The response to task management.
    Task {
        /// FCP response code; 0 is complete.
        response_code: u8,
    },
    /// The response to an FCP command.
    Scsi(ScsiReply),
}

/// The shortest login payload a driver looks at, in bytes (driver.md 12).
pub const MIN_LOGIN_LENGTH: u32 = 112;
/// The login payload the hardware returns, in bytes (FC-LS PLOGI).
pub const LOGIN_LENGTH: u32 = 116;

/// An opened port (driver.md 12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedPort {
    /// Handle of the port.
    pub handle: u32,
    /// FC security of the connection: the port's algorithms, 0 without the feature.
    pub connection_info: u32,
    /// Length of the login payload, in bytes.
    pub login_length: u32,
    /// The login payload, if it was complete.
    pub login: Login,
}

impl OpenedPort {
    /// The login payload, if it is long enough.
    pub fn login(&self) -> Option<&Login> {
        (self.login_length >= MIN_LOGIN_LENGTH).then_some(&self.login)
    }
}

/// What the login payload says about a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Login {
    /// Worldwide port name.
    pub wwpn: u64,
    /// Worldwide node name.
    pub wwnn: u64,
    /// Maximum frame size, in bytes.
    pub maxframe_size: u32,
    /// Supported classes of service (bit 3: class 3).
    pub supported_classes: u8,
}

/// How the name server took a request (driver.md 13.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CtResult {
    /// Accepted.
    #[default]
    Accepted,
    /// Rejected, reason "unable to perform command request": worth a retry.
    RejectedUnable,
    /// Rejected for another reason.
    RejectedOther,
    /// Not a CT response at all.
    Bad,
}

impl CtResult {
    /// As scripts write it: 0 to 2 in the order above, everything else is not a response.
    pub fn from_number(number: u64) -> Self {
        match number {
            0 => Self::Accepted,
            1 => Self::RejectedUnable,
            2 => Self::RejectedOther,
            _ => Self::Bad,
        }
    }
}

/// A CT response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ct {
    /// How the request was taken.
    pub result: CtResult,
    /// Words that did not fit.
    pub residual: u32,
    /// What was found.
    pub payload: CtPayload,
}

/// What a CT response carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CtPayload {
    /// Nothing.
    None,
    /// GPN_FT: the list of ports; the last entry carries the last flag. Empty without a remote port.
    GpnFt(Vec<GpnFtEntry>),
    /// GID_PN.
    GidPn {
        /// The port id found, 24 bits; 0 for none.
        d_id: u32,
    },
    /// GSPN_ID. The text itself is the driver's to render (driver.md 13.5).
    GspnId {
        /// The name carries `DEVNO:` already.
        carries_devno: bool,
    },
}

/// One entry of GPN_FT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GpnFtEntry {
    /// Port id, 24 bits.
    pub d_id: u32,
    /// Worldwide port name.
    pub wwpn: u64,
    /// The last flag.
    pub last: bool,
}

/// An ADISC response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AdiscData {
    /// Worldwide port name.
    pub wwpn: u64,
    /// Worldwide node name.
    pub wwnn: u64,
    /// Port id, 24 bits.
    pub d_id: u32,
}
