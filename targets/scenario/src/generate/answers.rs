//! Scripted answers: deviations from a healthy firmware that fit the command.

use super::{Draw, hardware};
use crate::Scenario;
use crate::firmware::{Answer, Command, Content, ContentField, FsfStatus, ProtocolStatus, Reply};
use crate::scalar::{Scalar, Selector};

/// Link-down error codes (driver.md 11), and one that the driver does not know.
pub(crate) const LINK_DOWN_CODES: &[u32] =
    &[0x4, 0x8, 0x10, 0x20, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000, 0x1];

/// Word 0 of an adapter status (driver.md 8.3).
const ADAPTER_STATUS: &[u32] = &[0, 1, 2, 3, 4, 6, 7, 99];

/// Commands by how much depends on their answer.
const COMMANDS: &[(Command, u32)] = &[
    (Command::ExchangeConfigData, 26),
    (Command::ExchangePortData, 22),
    (Command::OpenPort, 8),
    (Command::ClosePort, 2),
    (Command::ClosePhysicalPort, 2),
    (Command::OpenLun, 6),
    (Command::CloseLun, 2),
    (Command::OpenWka, 4),
    (Command::CloseWka, 1),
    (Command::GpnFt, 5),
    (Command::GidPn, 2),
    (Command::GspnId, 2),
    (Command::RspnId, 1),
    (Command::Adisc, 3),
    (Command::Abort, 2),
    (Command::LunReset, 2),
    (Command::TargetReset, 2),
    (Command::StatusRead, 2),
    (Command::Inquiry, 6),
    (Command::InquiryVpd, 1),
    (Command::ReportLuns, 4),
    (Command::TestUnitReady, 2),
    (Command::ReadCapacity, 3),
    (Command::ModeSense, 1),
    (Command::Read, 4),
    (Command::Write, 4),
    (Command::SynchronizeCache, 1),
    (Command::RequestSense, 1),
    (Command::StartUnit, 1),
];

/// In which way an answer is not what a healthy firmware says.
#[derive(Clone, Copy)]
enum Deviation {
    FsfStatus,
    Content,
    ProtocolStatus,
    Delay,
    Silence,
}

/// How often each deviation is drawn.
const DEVIATIONS: &[(Deviation, u32)] = &[
    (Deviation::FsfStatus, 46),
    (Deviation::Content, 20),
    (Deviation::ProtocolStatus, 14),
    (Deviation::Delay, 12),
    (Deviation::Silence, 8),
];

/// A healthy answer to one command at one moment.
fn healthy(draw: &mut Draw<'_, '_>, scenario: &Scenario, commands: &[(Command, u32)]) -> Answer {
    let device = draw.below(scenario.devices.len().max(1));
    let command = draw.weighted(commands);
    let mut answer = Answer {
        device: device as u8,
        command,
        nth: draw.weighted(&[(1, 68), (2, 20), (3, 8), (5, 4)]),
        count: draw.weighted(&[(1, 75), (2, 8), (3, 5), (0, 12)]),
        ..Answer::default()
    };
    if names_port(command) && draw.chance(30) {
        let port = draw.below(scenario.port_count(device).max(1));
        answer.port = Selector(Some(port as u8));
        if names_lun(command) && draw.chance(50) {
            answer.lun = Selector(Some(draw.below(scenario.lun_count(device, port).max(1)) as u8));
        }
    }
    answer
}

/// A deviation for one command.
pub(super) fn answer(draw: &mut Draw<'_, '_>, scenario: &Scenario) -> Answer {
    let mut answer = healthy(draw, scenario, COMMANDS);
    match draw.weighted(DEVIATIONS) {
        Deviation::FsfStatus => fsf_status(draw, &mut answer),
        Deviation::Content => content(draw, &mut answer),
        Deviation::ProtocolStatus => protocol_status(draw, &mut answer),
        Deviation::Delay => answer.delay_ms = draw.pick(&[1, 10, 1000, 10_000, 29_999, 30_000, 60_000, 90_000]),
        Deviation::Silence => answer.reply = Reply::Silence,
    }
    answer
}

/// A check condition for one SCSI command.
pub(super) fn check_condition(draw: &mut Draw<'_, '_>, scenario: &Scenario) -> Answer {
    let commands: Vec<_> = COMMANDS.iter().copied().filter(|(command, _)| command.is_scsi()).collect();
    let mut answer = healthy(draw, scenario, &commands);
    answer.contents.push(Content { field: ContentField::Sense, value: content_value(draw, ContentField::Sense) });
    answer
}

fn names_port(command: Command) -> bool {
    use Command::*;
    !matches!(
        command,
        ExchangeConfigData | ExchangePortData | OpenWka | CloseWka | GpnFt | GspnId | RspnId | StatusRead
    )
}

fn names_lun(command: Command) -> bool {
    command.is_scsi() || matches!(command, Command::OpenLun | Command::CloseLun | Command::Abort | Command::LunReset)
}

fn protocol_status(draw: &mut Draw<'_, '_>, answer: &mut Answer) {
    use ProtocolStatus::*;
    answer.protocol_status = draw.weighted(&[
        (LinkDown, 30),
        (HostConnectionInitializing, 30),
        (ReestQueue, 8),
        (SeqNumbError, 6),
        (ErrorState, 6),
        (QtcbVersionError, 4),
        (UnsuppQtcbType, 4),
        (DuplicateRequestId, 4),
        (FsfStatusPresented, 4),
        (Unknown, 4),
    ]);
    if answer.protocol_status == LinkDown {
        answer.qualifier = draw.pick(LINK_DOWN_CODES);
    }
}

fn fsf_status(draw: &mut Draw<'_, '_>, answer: &mut Answer) {
    // Any status for any command now and then: the driver must come to rest whatever the firmware says.
    answer.fsf_status =
        if draw.chance(10) { draw.pick(FsfStatus::ALL) } else { draw.pick(fitting_statuses(answer.command)) };
    answer.qualifier = match answer.fsf_status {
        FsfStatus::ExchangeDataIncomplete => draw.pick(LINK_DOWN_CODES),
        FsfStatus::AdapterStatusAvailable => draw.pick(ADAPTER_STATUS),
        FsfStatus::LunSharingViolation | FsfStatus::SecurityError => draw.below(3) as u32,
        _ => 0,
    };
}

/// The statuses that a handler tells apart (driver.md 9, 10, 12, 15).
fn fitting_statuses(command: Command) -> &'static [FsfStatus] {
    use FsfStatus::*;
    match command {
        // Twice: the one way in which an exchange goes on without a link.
        Command::ExchangeConfigData | Command::ExchangePortData => {
            &[ExchangeDataIncomplete, ExchangeDataIncomplete, AdapterStatusAvailable, UnknownCommand, Unknown]
        }
        Command::OpenPort | Command::OpenWka => {
            &[PortAlreadyOpen, MaximumNumberOfPorts, SecurityError, AdapterStatusAvailable, UnknownOpSubtype]
        }
        Command::ClosePort | Command::CloseWka => &[PortHandleNotValid, AdapterStatusAvailable],
        Command::ClosePhysicalPort => &[PortBoxed, PortHandleNotValid, AdapterStatusAvailable],
        Command::OpenLun => &[
            LunAlreadyOpen,
            PortHandleNotValid,
            PortBoxed,
            LunSharingViolation,
            MaximumNumberOfLuns,
            InvalidCommandOption,
            AdapterStatusAvailable,
        ],
        Command::CloseLun => &[LunHandleNotValid, PortHandleNotValid, PortBoxed, AdapterStatusAvailable],
        Command::GpnFt | Command::GidPn | Command::GspnId | Command::RspnId | Command::Adisc => {
            &[ServiceClassNotSupported, PortHandleNotValid, PortBoxed, AdapterStatusAvailable]
        }
        Command::Abort => &[FcpCommandDoesNotExist, PortHandleNotValid, LunHandleNotValid, PortBoxed, LunBoxed],
        Command::StatusRead => &[Unknown, UnknownCommand],
        Command::LunReset | Command::TargetReset => {
            &[HandleMismatch, PortHandleNotValid, LunHandleNotValid, PortBoxed, LunBoxed, SecurityError]
        }
        Command::Read | Command::Write => &[
            InconsistentProtData,
            InvalidProtParm,
            BlockGuardCheckFailure,
            AppTagCheckFailure,
            RefTagCheckFailure,
            PortBoxed,
            LunBoxed,
            AdapterStatusAvailable,
            FcpRspAvailable,
        ],
        _ => &[
            FcplunNotValid,
            LunHandleNotValid,
            PortBoxed,
            LunBoxed,
            DirectionIndicatorNotValid,
            CmndLengthNotValid,
            SecurityError,
            InconsistentProtData,
            AdapterStatusAvailable,
        ],
    }
}

/// One more part of an answer's contents.
pub(super) fn content(draw: &mut Draw<'_, '_>, answer: &mut Answer) {
    let field = draw.pick(fitting_fields(answer.command));
    let value = content_value(draw, field);
    answer.contents.push(Content { field, value });
    if field == ContentField::ScsiStatus && value == 2 {
        answer.contents.push(Content { field: ContentField::Sense, value: content_value(draw, ContentField::Sense) });
    }
    // An incomplete exchange carries data as well.
    let exchange = matches!(answer.command, Command::ExchangeConfigData | Command::ExchangePortData);
    if exchange && draw.chance(25) {
        answer.fsf_status = FsfStatus::ExchangeDataIncomplete;
        answer.qualifier = draw.pick(LINK_DOWN_CODES);
    }
}

/// The fields that a command's response carries; the weighty ones twice.
fn fitting_fields(command: Command) -> &'static [ContentField] {
    use ContentField::*;
    match command {
        Command::ExchangeConfigData => &[
            AdapterFeatures,
            AdapterFeatures,
            AdapterFeatures,
            FcTopology,
            FcTopology,
            ConnectionFeatures,
            LicVersion,
            HighQtcbVersion,
            LowQtcbVersion,
            MaxQtcbSize,
            FcLinkSpeed,
            AdapterType,
            PeerDId,
            PeerWwpn,
            PeerWwnn,
            StatusReadBufNum,
            TimerInterval,
            SId,
            PortName,
            NodeName,
            HardwareVersion,
            FabricName,
            SerialNumber,
        ],
        Command::ExchangePortData => &[
            PermanentPortName,
            MaximumFrameSize,
            SupportedSpeed,
            SupportedFc4Types,
            ActiveFc4Types,
            FcSecurityAlgorithms,
            Statistics,
        ],
        Command::OpenPort => &[ConnectionInfo, LoginWwpn, LoginLength],
        Command::GidPn => &[CtResult, CtDId],
        Command::GspnId => &[CtResult, SymbolicName],
        Command::Adisc => &[AdiscWwpn],
        Command::Inquiry => &[InquiryByte5, InquiryByte5, ScsiStatus, Residual],
        Command::ReadCapacity => &[CapacityByte12, CapacityByte12, ScsiStatus],
        command if command.is_scsi() => &[ScsiStatus, ScsiStatus, Sense, ResponseCode, Residual],
        Command::LunReset | Command::TargetReset => &[ResponseCode],
        _ => &[CtResult, CtResidual],
    }
}

fn content_value(draw: &mut Draw<'_, '_>, field: ContentField) -> u64 {
    use ContentField::*;
    match field {
        AdapterFeatures => hardware::features(draw).to_raw(),
        ConnectionFeatures | HighQtcbVersion | LowQtcbVersion => draw.below(3) as u64,
        FcTopology => draw.between(0, 4),
        MaxQtcbSize => draw.pick(&[0, 1695, 1696, 4096]),
        CtResult => draw.between(0, 3),
        LoginLength => draw.pick(&[0, 111, 112, 256]),
        // Check condition, busy, reservation conflict, task set full.
        ScsiStatus => draw.pick(&[0x2, 0x8, 0x18, 0x28]),
        // Not ready, unit attention, medium error, invalid LUN, guard check failed.
        Sense => draw.pick(&[0x02_0401, 0x06_2900, 0x03_1100, 0x05_2500, 0x05_1001]),
        InquiryByte5 => draw.pick(&[0, 1, 0xff]),
        CapacityByte12 => draw.pick(&[0, 1, 3, 5, 7]),
        Residual => draw.pick(&[0, 1, 36, 512, 4096]),
        _ => match draw.below(4) {
            0 => 0,
            1 => draw.between(0, 0xff),
            2 => 1 << draw.below(64),
            _ => draw.between(0, u64::MAX),
        },
    }
}
