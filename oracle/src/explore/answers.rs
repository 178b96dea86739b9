//! Classes of answers: for each command at least six ways not to answer as a healthy firmware does.

use regdiff_scenario::{Answer, Command, Content, ContentField, FsfStatus, ProtocolStatus, Reply, device};

use super::alphabet::{Change, Key, KeyKind};

/// The link-down error code "no light".
const NO_LIGHT: u32 = 4;
/// Longer than the driver waits for an answer, in ms.
const TOO_LATE: u32 = 31_000;
/// Long, but in time, in ms.
const SLOW: u32 = 2_000;

/// A class of answers: its name, and what is not the default.
type Class = (&'static str, fn(&mut Answer));

const SILENCE: Class = ("silence", |a| a.reply = Reply::Silence);
const TOO_LATE_CLASS: Class = ("too_late", |a| a.delay_ms = TOO_LATE);
const SLOW_CLASS: Class = ("slow", |a| a.delay_ms = SLOW);
const SEQUENCE: Class = ("seq_numb_error", |a| a.protocol_status = ProtocolStatus::SeqNumbError);
const LINK_DOWN: Class = ("link_down", |a| (a.protocol_status, a.qualifier) = (ProtocolStatus::LinkDown, NO_LIGHT));
const REESTABLISH: Class = ("reest_queue", |a| a.protocol_status = ProtocolStatus::ReestQueue);
const INITIALIZING: Class =
    ("host_connection_initializing", |a| a.protocol_status = ProtocolStatus::HostConnectionInitializing);
const INCOMPLETE: Class =
    ("incomplete", |a| (a.fsf_status, a.qualifier) = (FsfStatus::ExchangeDataIncomplete, NO_LIGHT));
const UNKNOWN: Class = ("unknown_status", |a| a.fsf_status = FsfStatus::Unknown);
const UNKNOWN_COMMAND: Class = ("unknown_command", |a| a.fsf_status = FsfStatus::UnknownCommand);
const UPPER_LAYER: Class = ("erp_required", |a| (a.fsf_status, a.qualifier) = (FsfStatus::AdapterStatusAvailable, 3));
const LINK_TEST: Class =
    ("link_test_required", |a| (a.fsf_status, a.qualifier) = (FsfStatus::AdapterStatusAvailable, 4));
const PORT_HANDLE: Class = ("port_handle_not_valid", |a| a.fsf_status = FsfStatus::PortHandleNotValid);
const LUN_HANDLE: Class = ("lun_handle_not_valid", |a| a.fsf_status = FsfStatus::LunHandleNotValid);
const PORT_BOXED: Class = ("port_boxed", |a| a.fsf_status = FsfStatus::PortBoxed);
const LUN_BOXED: Class = ("lun_boxed", |a| a.fsf_status = FsfStatus::LunBoxed);
const GUARD: Class = ("guard_check_failure", |a| a.fsf_status = FsfStatus::BlockGuardCheckFailure);
const REJECTED: Class = ("ct_rejected", |a| content(a, ContentField::CtResult, 1));
const NO_FEATURES: Class =
    ("no_protection", |a| content(a, ContentField::AdapterFeatures, device::PLAIN_FEATURES.0.into()));
const LOOP: Class = ("loop", |a| content(a, ContentField::FcTopology, 3));
const LOGIN: Class = ("other_wwpn", |a| content(a, ContentField::LoginWwpn, 1));
const ATTENTION: Class = ("unit_attention", |a| sense(a, 0x06_2900));
const BECOMING_READY: Class = ("becoming_ready", |a| sense(a, 0x02_0401));
const SCSI_BUSY: Class = ("busy", |a| {
    a.fsf_status = FsfStatus::FcpRspAvailable;
    content(a, ContentField::ScsiStatus, 8);
});

const CONFIG: &[Class] =
    &[INCOMPLETE, UNKNOWN, SILENCE, TOO_LATE_CLASS, SEQUENCE, LINK_DOWN, INITIALIZING, NO_FEATURES, LOOP];
const PORT: &[Class] = &[INCOMPLETE, UNKNOWN, UNKNOWN_COMMAND, SILENCE, TOO_LATE_CLASS, SEQUENCE, LINK_DOWN];
const OPEN_PORT: &[Class] = &[SILENCE, SLOW_CLASS, REESTABLISH, UPPER_LAYER, UNKNOWN, LOGIN];
const OPEN_LUN: &[Class] = &[SILENCE, SLOW_CLASS, PORT_HANDLE, PORT_BOXED, UPPER_LAYER, UNKNOWN];
const CLOSE: &[Class] = &[SILENCE, SLOW_CLASS, PORT_HANDLE, PORT_BOXED, UPPER_LAYER, UNKNOWN];
const WELL_KNOWN: &[Class] = &[SILENCE, SLOW_CLASS, REESTABLISH, UPPER_LAYER, UNKNOWN, PORT_HANDLE];
const SERVICE: &[Class] = &[SILENCE, SLOW_CLASS, PORT_HANDLE, PORT_BOXED, UPPER_LAYER, REJECTED];
const LINK_TEST_ELS: &[Class] = &[SILENCE, SLOW_CLASS, PORT_HANDLE, PORT_BOXED, UPPER_LAYER, UNKNOWN];
const TASK: &[Class] = &[SILENCE, SLOW_CLASS, PORT_HANDLE, LUN_BOXED, UPPER_LAYER, UNKNOWN];
const SCSI: &[Class] = &[SILENCE, SEQUENCE, LUN_HANDLE, LINK_TEST, ATTENTION, SCSI_BUSY];
const READY: &[Class] = &[SILENCE, SEQUENCE, LUN_BOXED, LINK_TEST, ATTENTION, BECOMING_READY];
const DATA: &[Class] = &[SILENCE, SEQUENCE, LUN_BOXED, LINK_TEST, ATTENTION, GUARD];

/// Commands with the occurrences that can be answered otherwise, and how. Status reads are answered by nothing but a status.
const COMMANDS: &[(Command, u16, &[Class])] = &[
    (Command::ExchangeConfigData, 2, CONFIG),
    (Command::ExchangePortData, 2, PORT),
    (Command::OpenPort, 1, OPEN_PORT),
    (Command::ClosePort, 1, CLOSE),
    (Command::ClosePhysicalPort, 1, CLOSE),
    (Command::OpenLun, 1, OPEN_LUN),
    (Command::CloseLun, 1, CLOSE),
    (Command::OpenWka, 1, WELL_KNOWN),
    (Command::CloseWka, 1, WELL_KNOWN),
    (Command::GpnFt, 1, SERVICE),
    (Command::GidPn, 1, SERVICE),
    (Command::GspnId, 1, SERVICE),
    (Command::RspnId, 1, SERVICE),
    (Command::Adisc, 1, LINK_TEST_ELS),
    (Command::Abort, 1, TASK),
    (Command::LunReset, 1, TASK),
    (Command::TargetReset, 1, TASK),
    (Command::Inquiry, 1, SCSI),
    (Command::InquiryVpd, 1, SCSI),
    (Command::ReportLuns, 1, SCSI),
    (Command::TestUnitReady, 1, READY),
    (Command::ReadCapacity, 1, SCSI),
    (Command::ModeSense, 1, SCSI),
    (Command::Read, 1, DATA),
    (Command::Write, 1, DATA),
    (Command::SynchronizeCache, 1, SCSI),
    (Command::RequestSense, 1, SCSI),
    (Command::StartUnit, 1, SCSI),
];

fn content(answer: &mut Answer, field: ContentField, value: u64) {
    answer.contents.push(Content { field, value });
}

fn sense(answer: &mut Answer, value: u64) {
    answer.fsf_status = FsfStatus::FcpRspAvailable;
    content(answer, ContentField::ScsiStatus, 2);
    content(answer, ContentField::Sense, value);
}

/// Every open choice of an answer.
pub(super) fn answers() -> Vec<Key> {
    let mut keys = Vec::new();
    for (command, occurrences, classes) in COMMANDS {
        for nth in 1..=*occurrences {
            let answer = |(name, set): &Class| {
                let mut answer = Answer { command: *command, nth, ..Answer::default() };
                set(&mut answer);
                if answer.fsf_status != FsfStatus::Good {
                    answer.protocol_status = ProtocolStatus::FsfStatusPresented;
                }
                (*name, Change::Answer(answer))
            };
            keys.push(Key {
                name: format!("{}#{nth}", command.text()),
                kind: KeyKind::Answer { command: *command, nth },
                changes: classes.iter().map(answer).collect(),
            });
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_but_the_status_read_has_six_classes() {
        for command in Command::ALL {
            let classes = COMMANDS.iter().find(|(other, ..)| other == command).map(|(_, _, classes)| *classes);
            match command {
                Command::StatusRead => assert!(classes.is_none()),
                _ => {
                    let classes = classes.unwrap_or_else(|| panic!("{} has no classes", command.text()));
                    let names: std::collections::BTreeSet<_> = classes.iter().map(|(name, _)| name).collect();
                    assert!(names.len() >= 6 && names.len() == classes.len(), "{}", command.text());
                }
            }
        }
    }
}
