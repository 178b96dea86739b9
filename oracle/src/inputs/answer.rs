//! The classes of answers that the driver tells apart, by command.
//!
//! One handler serves several commands; what it names in its switch is listed here, from the tables of driver.md 8.2, 8.3, 9, 10,
//! 12, 13, 15. Everything it does not name is one class, `other`. Statuses of the protocol and those that every command shares
//! are judged before any handler runs.

use std::fmt;

use regdiff_scenario::{Command, FsfStatus, ProtocolStatus};
use serde::{Serialize, Serializer};

/// How a command was answered, as far as the driver tells answers apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Not at all.
    Silence,
    /// With a protocol status that stands for itself (driver.md 8.2).
    Protocol(ProtocolStatus),
    /// With an FSF status that the handler of the command, or the common evaluation, names.
    Status(FsfStatus),
    /// With ADAPTER_STATUS_AVAILABLE and this word 0 of the qualifier; every value above 7 is 8.
    Adapter(u8),
    /// With an FSF status that nobody names.
    Other,
}

impl Class {
    /// The class of a response to a command.
    pub fn of(command: Command, protocol: ProtocolStatus, fsf: FsfStatus, qualifier: u32) -> Self {
        if !matches!(protocol, ProtocolStatus::Good | ProtocolStatus::FsfStatusPresented) {
            return Self::Protocol(protocol);
        }
        match fsf {
            FsfStatus::AdapterStatusAvailable => Self::Adapter(qualifier.min(8) as u8),
            FsfStatus::UnknownCommand => Self::Status(fsf),
            _ if Handler::of(command).named().contains(&fsf) => Self::Status(fsf),
            _ => Self::Other,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silence => f.write_str("silence"),
            Self::Protocol(status) => write!(f, "protocol:{}", status.text()),
            Self::Status(status) => f.write_str(status.text()),
            Self::Adapter(word) => write!(f, "adapter_status:{word}"),
            Self::Other => f.write_str("other"),
        }
    }
}

impl Serialize for Class {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

macro_rules! handlers {
    ($($(#[doc = $doc:literal])+ $name:ident $text:literal [$($status:ident),*] [$($word:literal),*],)+) => {
        /// A handler of responses.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Handler {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Handler {
            /// Every handler.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// FSF statuses that it names.
            pub const fn named(self) -> &'static [FsfStatus] {
                match self { $(Self::$name => &[$(FsfStatus::$status),*],)+ }
            }

            /// Words 0 of the qualifier of ADAPTER_STATUS_AVAILABLE that it tells apart.
            pub const fn words(self) -> &'static [u8] {
                match self { $(Self::$name => &[$($word),*],)+ }
            }
        }
    };
}

handlers! {
    /// zfcp_fsf_exchange_config_data_handler (driver.md 9).
    ConfigData "exchange_config_data" [Good, ExchangeDataIncomplete] [],
    /// zfcp_fsf_exchange_port_data_handler (driver.md 10).
    PortData "exchange_port_data" [Good, ExchangeDataIncomplete] [],
    /// zfcp_fsf_open_port_handler (driver.md 12).
    OpenPort "open_port" [Good, MaximumNumberOfPorts, SecurityError, UnknownOpSubtype] [3, 4, 7],
    /// zfcp_fsf_close_port_handler (driver.md 12).
    ClosePort "close_port" [Good, PortHandleNotValid] [7],
    /// zfcp_fsf_close_physical_port_handler (driver.md 12).
    ClosePhysicalPort "close_physical_port" [Good, PortHandleNotValid, PortBoxed] [3, 4],
    /// zfcp_fsf_open_lun_handler (driver.md 12).
    OpenLun "open_lun"
        [Good, PortHandleNotValid, PortBoxed, LunSharingViolation, MaximumNumberOfLuns, InvalidCommandOption] [3, 4],
    /// zfcp_fsf_close_lun_handler (driver.md 12).
    CloseLun "close_lun" [Good, PortHandleNotValid, LunHandleNotValid, PortBoxed] [3, 4],
    /// zfcp_fsf_open_wka_port_handler (driver.md 12).
    OpenWka "open_wka" [Good, MaximumNumberOfPorts, PortAlreadyOpen] [7],
    /// zfcp_fsf_close_wka_port_handler (driver.md 12).
    CloseWka "close_wka" [Good, PortHandleNotValid] [],
    /// zfcp_fsf_send_ct_handler (driver.md 13.2).
    Ct "ct" [Good, ServiceClassNotSupported, PortHandleNotValid] [7],
    /// zfcp_fsf_send_els_handler (driver.md 13.3).
    Els "els" [Good, ServiceClassNotSupported] [3, 4],
    /// zfcp_fsf_abort_fcp_command_handler (driver.md 15).
    Abort "abort" [Good, PortHandleNotValid, LunHandleNotValid, FcpCommandDoesNotExist, PortBoxed, LunBoxed] [3, 4],
    /// zfcp_fsf_fcp_task_mgmt_handler behind the common part (driver.md 15).
    TaskManagement "task_management" [Good, FcpRspAvailable] [],
    /// zfcp_fsf_fcp_cmnd_handler and its common part (driver.md 15).
    Fcp "fcp"
        [
            Good, FcpRspAvailable, HandleMismatch, PortHandleNotValid, FcplunNotValid, LunHandleNotValid,
            ServiceClassNotSupported, DirectionIndicatorNotValid, CmndLengthNotValid, PortBoxed, LunBoxed,
            SecurityError, InconsistentProtData, InvalidProtParm, BlockGuardCheckFailure, AppTagCheckFailure,
            RefTagCheckFailure
        ]
        [3, 4],
    /// zfcp_fsf_status_read_handler: answered by events, which are steps.
    StatusRead "status_read" [] [],
}

impl Handler {
    /// The handler of a command's responses.
    pub const fn of(command: Command) -> Self {
        match command {
            Command::ExchangeConfigData => Self::ConfigData,
            Command::ExchangePortData => Self::PortData,
            Command::OpenPort => Self::OpenPort,
            Command::ClosePort => Self::ClosePort,
            Command::ClosePhysicalPort => Self::ClosePhysicalPort,
            Command::OpenLun => Self::OpenLun,
            Command::CloseLun => Self::CloseLun,
            Command::OpenWka => Self::OpenWka,
            Command::CloseWka => Self::CloseWka,
            Command::GpnFt | Command::GidPn | Command::GspnId | Command::RspnId => Self::Ct,
            Command::Adisc => Self::Els,
            Command::Abort => Self::Abort,
            Command::LunReset | Command::TargetReset => Self::TaskManagement,
            Command::StatusRead => Self::StatusRead,
            Command::Inquiry
            | Command::InquiryVpd
            | Command::ReportLuns
            | Command::TestUnitReady
            | Command::ReadCapacity
            | Command::ModeSense
            | Command::Read
            | Command::Write
            | Command::SynchronizeCache
            | Command::RequestSense
            | Command::StartUnit => Self::Fcp,
        }
    }

    /// Every class that it tells apart, those it does not name among them.
    pub fn classes(self) -> Vec<Class> {
        if self == Self::StatusRead {
            return Vec::new();
        }
        let named = self.named().iter().map(|status| Class::Status(*status));
        let words = self.words().iter().map(|word| Class::Adapter(*word));
        named.chain(words).chain([Class::Other, Class::Silence]).collect()
    }
}
