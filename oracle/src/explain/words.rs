//! Kernel terms for what the model counts and names.

use regdiff_observation::{RequestObject, SlotState, Trap};
use regdiff_scenario::{Command, Context};

use crate::pair::Pair;

/// A position in a row.
pub(super) fn ordinal(n: u32) -> String {
    match n {
        1 => "first".to_owned(),
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        // Nobody counts further by words; 11th to 13th are regular.
        n => match (n % 10, n % 100) {
            (1, rest) if rest != 11 => format!("{n}st"),
            (2, rest) if rest != 12 => format!("{n}nd"),
            (3, rest) if rest != 13 => format!("{n}rd"),
            _ => format!("{n}th"),
        },
    }
}

/// A command as the standards write it.
pub(super) fn command(command: Command) -> String {
    let text = command.text().replace('_', " ");
    if command.is_scsi() {
        return match command {
            Command::InquiryVpd => "INQUIRY (VPD page)".to_owned(),
            Command::StartUnit => "START STOP UNIT".to_owned(),
            _ => text.to_uppercase(),
        };
    }
    text
}

/// The context of a trap, by its work where the trace names it.
pub(super) fn context(trap_context: Context, trace: &[std::borrow::Cow<'static, str>]) -> &'static str {
    let ran = |function: &str| trace.iter().any(|entry| entry == function);
    match trap_context {
        Context::User => "a user's process",
        Context::Erp => "the recovery thread (zfcperp)",
        Context::AdapterWq => "the adapter's ordered work queue (zfcp_q)",
        Context::ScsiWq if ran("fc_scsi_scan_rport") => "the remote-port scan worker (scsi_wq)",
        Context::ScsiWq => "the host's work queue (scsi_wq)",
        Context::FcWq => "the FC transport's work queue (fc_wq)",
        Context::FcDl => "the device-loss work queue (fc_dl)",
        Context::SdProbe => "the disk driver's asynchronous probe",
        Context::Response => "the response interrupt",
        Context::Timer => "a timer",
        Context::Notify => "a channel-path notification",
        Context::ScsiEh => "the error handler thread (scsi_eh)",
        Context::ScsiTmf => "the asynchronous abort worker (scsi_tmf)",
    }
}

/// What a trap was doing: the command and its place in the row, and the context.
pub(super) fn doing(trap: &Trap, ordinal_of: Option<u32>) -> String {
    let place = context(trap.context, &trap.trace);
    match (trap.command, ordinal_of) {
        (Some(what), Some(n)) => format!("preparing the {} {}, in {place}", ordinal(n), command(what)),
        (Some(what), None) => format!("preparing {}, in {place}", command(what)),
        (None, _) => format!("in {place}"),
    }
}

/// A kind of request, with its article.
pub(super) const fn request(object: RequestObject) -> &'static str {
    match object {
        RequestObject::DriverTag => "a driver tag's request",
        RequestObject::SchedulerTag => "a scheduler's request",
        RequestObject::Flush => "a flush request",
    }
}

/// A slot's state.
pub(super) const fn state(state: SlotState) -> &'static str {
    match state {
        SlotState::Idle => "idle: its next allocation writes these members anew",
        SlotState::Allocated => "allocated, not yet at the driver",
        SlotState::InFlight => "in flight",
    }
}

/// A number of steps.
pub(super) fn steps(count: u32) -> String {
    format!("{count} step{}", if count == 1 { "" } else { "s" })
}

/// A moment of the run, in s.
pub(super) fn time(us: u64) -> String {
    format!("{}.{:06} s", us / 1_000_000, us % 1_000_000)
}

/// When both sides were there.
pub(super) fn times(us: Pair<u64>) -> String {
    if us.eager == us.deferred {
        return format!("after {}", time(us.eager));
    }
    format!("after {} in eager, {} in deferred", time(us.eager), time(us.deferred))
}
