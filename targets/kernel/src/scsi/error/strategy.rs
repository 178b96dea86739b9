//! The error handler's strategies (midlayer.md 13.4): sense data, device reset, target reset, host reset, offline.
//!
//! The drivers that this kernel serves have no bus reset. The offlining of disks whose medium stays silent while the device
//! says that it is ready is the disk driver's (sd_eh_action); the specification is silent about it.

use std::rc::Rc;

use regdiff_observation::LogId;

use super::EhResult;
use super::probe_command::{is_ready, request_sense};
use super::reset::{try_bus_device_reset, try_host_reset, try_target_reset};
use crate::Sim;
use crate::scsi::command::{Cdb, HostByte, STATUS_CHECK_CONDITION, ScsiCommand};
use crate::scsi::device::ScsiDevice;
use crate::scsi::disposition::needs_retry;
use crate::scsi::host::ScsiHost;
use crate::scsi::sdev_state::SdevState;

/// Recoveries in a row with time-outs of reads and writes after which a disk is given up.
const MAX_MEDIUM_ACCESS_TIMEOUTS: u32 = 2;

type Commands = Vec<Rc<ScsiCommand>>;

/// Commands in error handling.
pub(super) struct Patients {
    /// work_q: not cured yet.
    work: Commands,
    /// done_q: to be sent again or finished.
    pub(super) done: Commands,
}

/// Tries one strategy after the other while any command is left.
pub(super) async fn cure(host: &Rc<ScsiHost>, patients: &mut Patients) -> Sim<()> {
    get_sense(host, patients).await?;
    if !patients.work.is_empty() {
        bus_device_reset(host, patients).await?;
    }
    if !patients.work.is_empty() {
        target_reset(host, patients).await?;
    }
    if !patients.work.is_empty() {
        host_reset(host, patients).await?;
    }
    offline(host, patients);
    Ok(())
}

impl Patients {
    pub(super) fn new(work: Commands) -> Self {
        Self { work, done: Vec::new() }
    }

    /// scsi_eh_finish_cmd.
    fn finish(&mut self, command: &Rc<ScsiCommand>) {
        self.work.retain(|c| !Rc::ptr_eq(c, command));
        self.done.push(command.clone());
    }

    fn of(&self, sdev: &Rc<ScsiDevice>) -> Commands {
        self.work.iter().filter(|c| Rc::ptr_eq(&c.sdev, sdev)).cloned().collect()
    }
}

/// scsi_eh_get_sense: a check condition without sense data is asked about.
async fn get_sense(host: &ScsiHost, patients: &mut Patients) -> Sim<()> {
    let _frame = host.kernel.enter("scsi_eh_get_sense");
    for command in patients.work.clone() {
        let lacks_sense = {
            let result = command.result.borrow();
            result.status == STATUS_CHECK_CONDITION && result.sense.is_none()
        };
        if command.abort_scheduled.get() || !lacks_sense {
            continue;
        }
        let Some(sense) = request_sense(&command).await? else { continue };
        command.result.borrow_mut().sense = Some(sense);
        let retry = command.sdev.take_expected_attention(sense) || needs_retry(sense);
        if !(retry && command.may_retry() && !command.is_final()) {
            // It is finished with its sense data, not sent again.
            command.retries.set(command.kind.retries);
        }
        patients.finish(&command);
    }
    Ok(())
}

/// scsi_eh_bus_device_reset: devices that are going are left out.
async fn bus_device_reset(host: &Rc<ScsiHost>, patients: &mut Patients) -> Sim<()> {
    let _frame = host.kernel.enter("scsi_eh_bus_device_reset");
    let devices: Vec<_> = host.devices.borrow().clone();
    for sdev in devices.iter().filter(|sdev| sdev.can_be_taken()) {
        let Some(first) = patients.of(sdev).into_iter().next() else { continue };
        let result = try_bus_device_reset(sdev).await?;
        if result == EhResult::Failed {
            continue;
        }
        if !sdev.is_online() || result == EhResult::FastIoFail || is_ready(&first).await? {
            for command in patients.of(sdev) {
                if eh_action(&command, result) != EhResult::Failed {
                    patients.finish(&command);
                }
            }
        }
    }
    Ok(())
}

/// scsi_eh_target_reset.
async fn target_reset(host: &ScsiHost, patients: &mut Patients) -> Sim<()> {
    let _frame = host.kernel.enter("scsi_eh_target_reset");
    let mut untried = std::mem::take(&mut patients.work);
    let mut check = Vec::new();
    while let Some(first) = untried.first().cloned() {
        let result = try_target_reset(&first.sdev).await?;
        let of_target = |c: &Rc<ScsiCommand>| Rc::ptr_eq(&c.sdev.rport, &first.sdev.rport);
        for command in untried.extract_if(.., |c| of_target(c)) {
            match result {
                EhResult::Success => check.push(command),
                EhResult::FastIoFail => patients.done.push(command),
                EhResult::Failed => patients.work.insert(0, command),
            }
        }
    }
    test_devices(check, patients, false).await
}

/// scsi_eh_host_reset.
async fn host_reset(host: &ScsiHost, patients: &mut Patients) -> Sim<()> {
    let _frame = host.kernel.enter("scsi_eh_host_reset");
    let Some(first) = patients.work.first().cloned() else { return Ok(()) };
    match try_host_reset(&first.sdev).await? {
        EhResult::Success => {
            let check = std::mem::take(&mut patients.work);
            test_devices(check, patients, true).await
        }
        EhResult::FastIoFail => {
            patients.done.append(&mut patients.work);
            Ok(())
        }
        EhResult::Failed => Ok(()),
    }
}

/// scsi_eh_test_devices: whose device is ready, or offline, is cured. `last`: no milder judgement is left, so the upper driver
/// is not asked.
async fn test_devices(mut check: Commands, patients: &mut Patients, last: bool) -> Sim<()> {
    while let Some(first) = check.first().cloned() {
        let cured = !first.sdev.is_online() || is_ready(&first).await?;
        for command in check.extract_if(.., |c| Rc::ptr_eq(&c.sdev, &first.sdev)) {
            if cured && (last || eh_action(&command, EhResult::Success) == EhResult::Success) {
                patients.done.push(command);
            } else {
                patients.work.push(command);
            }
        }
    }
    Ok(())
}

/// scsi_eh_offline_sdevs: what is left is given up.
fn offline(host: &ScsiHost, patients: &mut Patients) {
    for command in std::mem::take(&mut patients.work) {
        host.kernel.log(LogId::SdevOffline, host.device, command.sdev.lun);
        // A device that goes stays as it is.
        let _ = command.sdev.set_state(SdevState::Offline);
        patients.done.push(command);
    }
}

/// scsi_eh_reset, sd_eh_reset: a new recovery begins for the disk.
pub(super) fn eh_reset(command: &ScsiCommand) {
    if let Some(disk) = command.disk() {
        disk.ignore_medium_access_errors.set(false);
    }
}

/// scsi_eh_action, sd_eh_action: a disk that says it is ready, and whose medium stays silent, is given up after a while.
fn eh_action(command: &ScsiCommand, result: EhResult) -> EhResult {
    let sdev = &command.sdev;
    let Some(disk) = command.disk() else { return result };
    let medium = matches!(command.cdb, Cdb::Read { .. } | Cdb::Write { .. } | Cdb::SynchronizeCache);
    let timed_out = command.result.borrow().host == HostByte::TimeOut;
    if !sdev.is_online() || !medium || !timed_out || result != EhResult::Success {
        return result;
    }
    if !disk.ignore_medium_access_errors.replace(true) {
        disk.medium_access_timed_out.set(disk.medium_access_timed_out.get() + 1);
    }
    if disk.medium_access_timed_out.get() >= MAX_MEDIUM_ACCESS_TIMEOUTS {
        sdev.host.kernel.log(LogId::SdevOffline, sdev.host.device, sdev.lun);
        let _ = sdev.set_state(SdevState::Offline);
    }
    EhResult::Success
}
