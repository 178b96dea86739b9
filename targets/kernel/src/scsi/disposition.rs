//! What is done with a completed command (midlayer.md 13.1).

use super::command::{Cdb, HostByte, ScsiResult, Sense};

/// What happens to a command now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// It is finished, well or not.
    Finish,
    /// It is sent again at once, while retries are left.
    Retry,
    /// It is sent again after a while, until it is too old.
    Requeue,
    /// It is prepared anew, in another form.
    Reprepare,
    /// The error handler gets it.
    ErrorHandler,
}

/// SCSI status bytes.
pub(crate) mod status {
    pub(crate) const GOOD: u8 = 0x00;
    pub(crate) const CHECK_CONDITION: u8 = 0x02;
    pub(crate) const CONDITION_MET: u8 = 0x04;
    pub(crate) const BUSY: u8 = 0x08;
    pub(crate) const INTERMEDIATE: u8 = 0x10;
    pub(crate) const INTERMEDIATE_MET: u8 = 0x14;
    pub(crate) const RESERVATION_CONFLICT: u8 = 0x18;
    pub(crate) const TASK_SET_FULL: u8 = 0x28;
    pub(crate) const ACA_ACTIVE: u8 = 0x30;
    pub(crate) const TASK_ABORTED: u8 = 0x40;
}

/// Sense keys.
mod key {
    pub(super) const NOT_READY: u8 = 2;
    pub(super) const ILLEGAL_REQUEST: u8 = 5;
    pub(super) const UNIT_ATTENTION: u8 = 6;
    pub(super) const ABORTED_COMMAND: u8 = 11;
}

/// Additional sense code of protection errors: they are not retried.
const PROTECTION_ERROR: u8 = 0x10;
/// Additional sense code and qualifier of a device that becomes ready.
const BECOMING_READY: (u8, u8) = (0x04, 0x01);
/// Additional sense code of an operation code that the device does not know.
const INVALID_OPCODE: u8 = 0x20;

/// Sense data of a device that was reset, or is not ready.
pub(crate) fn is_attention(sense: Sense) -> bool {
    matches!(sense.key, key::UNIT_ATTENTION | key::NOT_READY)
}

/// scsi_check_sense: whether the command is worth another try at once.
pub(crate) fn needs_retry(sense: Sense) -> bool {
    match sense.key {
        key::NOT_READY => (sense.asc, sense.ascq) == BECOMING_READY,
        key::ABORTED_COMMAND => sense.asc != PROTECTION_ERROR,
        _ => false,
    }
}

/// scsi_io_completion for a command that the error handler gave up: the device may still have said what helps.
pub(crate) fn after_recovery(cdb: Cdb, passthrough: bool, result: &ScsiResult) -> Disposition {
    match result.sense {
        Some(sense) if !passthrough && result.host == HostByte::Ok => match by_sense(cdb, sense) {
            Disposition::Retry if sense.key == key::NOT_READY => Disposition::Requeue,
            Disposition::Retry => Disposition::Finish,
            other => other,
        },
        _ => Disposition::Finish,
    }
}

/// scsi_decide_disposition, and for file systems what scsi_io_completion does then. `passthrough`: the caller looks at sense
/// data itself.
pub fn disposition(cdb: Cdb, passthrough: bool, result: &ScsiResult) -> Disposition {
    match result.host {
        HostByte::Ok => by_status(cdb, passthrough, result),
        HostByte::NoConnect | HostByte::TransportFailfast => Disposition::Finish,
        HostByte::TimeOut if matches!(cdb, Cdb::Inquiry { .. } | Cdb::InquiryVpd { .. } | Cdb::TestUnitReady) => {
            Disposition::Finish
        }
        HostByte::TimeOut => Disposition::ErrorHandler,
        HostByte::ImmRetry => Disposition::Requeue,
        // Protection errors come with sense data and a soft error: retried like any other.
        HostByte::TransportDisrupted | HostByte::SoftError | HostByte::Error => Disposition::Retry,
    }
}

fn by_status(cdb: Cdb, passthrough: bool, result: &ScsiResult) -> Disposition {
    match result.status {
        status::GOOD
        | status::CONDITION_MET
        | status::INTERMEDIATE
        | status::INTERMEDIATE_MET
        | status::RESERVATION_CONFLICT
        | status::ACA_ACTIVE => Disposition::Finish,
        status::BUSY | status::TASK_SET_FULL => Disposition::Requeue,
        status::TASK_ABORTED => Disposition::Retry,
        status::CHECK_CONDITION => match result.sense {
            Some(_) if passthrough => Disposition::Finish,
            Some(sense) => by_sense(cdb, sense),
            None => Disposition::ErrorHandler,
        },
        _ => Disposition::ErrorHandler,
    }
}

fn by_sense(cdb: Cdb, sense: Sense) -> Disposition {
    let refused = sense.key == key::ILLEGAL_REQUEST && sense.asc == INVALID_OPCODE && sense.ascq == 0;
    match sense.key {
        key::UNIT_ATTENTION => Disposition::Requeue,
        _ if needs_retry(sense) => Disposition::Retry,
        _ if refused && matches!(cdb, Cdb::Read { .. } | Cdb::Write { .. }) => Disposition::Reprepare,
        _ => Disposition::Finish,
    }
}
