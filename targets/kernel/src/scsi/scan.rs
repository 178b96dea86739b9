//! Scanning a target for LUNs (midlayer.md 4.1, 4.6).

use std::rc::Rc;

use regdiff_observation::Access;
use regdiff_scenario::Point;
use regdiff_scenario::kernel::ScsiScan;

use super::command::{Cdb, ScsiData, ScsiResult};
use super::device::remove_device_locked;
use super::execute::{MIDLAYER_RETRIES, TIMEOUT_US, scsi_execute};
use super::host::ScsiHost;
use super::probe::{Probe, alloc_sdev, find, probe_and_add_lun};
use super::rport::Rport;
use super::sdev_state::SdevState;
use crate::Sim;

/// Why a scan happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanMode {
    /// A remote port came.
    Rescan,
    /// A user, or a configured unit.
    Manual,
}

/// Limit of a sequential scan below SCSI-3.
const SEQUENTIAL_OLD: u64 = 8;
/// Limit of a sequential scan from SCSI-3.
const SEQUENTIAL_NEW: u64 = 256;
/// SCSI-3 as the midlayer counts levels.
const SCSI_3: u8 = 4;
/// Tries of REPORT LUNS.
const TRIES: u32 = 3;
/// Bytes asked for by REPORT LUNS: more LUNs than a scenario's port has.
const LUN_LIST_BYTES: u32 = 4096;
/// Sense key of a unit attention.
const UNIT_ATTENTION: u8 = 6;

/// scsi_scan_target: one LUN, or all. The scan mutex is held over all commands.
pub async fn scan_target(host: &Rc<ScsiHost>, rport: &Rc<Rport>, lun: Option<u64>, mode: ScanMode) -> Sim<()> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_scan_target");
    match kernel.scenario.kernel.scsi_scan {
        ScsiScan::None => return Ok(()),
        ScsiScan::Manual if mode == ScanMode::Rescan => return Ok(()),
        ScsiScan::Manual | ScsiScan::Sync => {}
    }
    kernel.point(Point::LunScan).await;
    host.alive(Access::Write, "scan_mutex")?;
    let _guard = host.scan_mutex.lock(kernel).await;
    if !host.scan_allowed() {
        return Ok(());
    }
    let _frame = kernel.enter("__scsi_scan_target");
    match lun {
        Some(lun) => probe_and_add_lun(host, rport, lun).await.map(|_| ()),
        None => scan_all(host, rport).await,
    }
}

/// fc_user_scan: a write to the host's `scan`. Only targets below an online remote port are visited (midlayer.md 4.6).
pub async fn fc_user_scan(host: &Rc<ScsiHost>, wwpn: Option<u64>, lun: Option<u64>) -> Sim<()> {
    let _frame = host.kernel.enter("fc_user_scan");
    // Between the class device and the transport's data there is nothing to walk through.
    host.fc_host(Access::Read, "rports")?;
    for rport in host.rports() {
        if rport.is_online() && wwpn.is_none_or(|wwpn| rport.wwpn.get() == wwpn) {
            scan_target(host, &rport, lun, ScanMode::Manual).await?;
        }
    }
    Ok(())
}

async fn scan_all(host: &Rc<ScsiHost>, rport: &Rc<Rport>) -> Sim<()> {
    if probe_and_add_lun(host, rport, 0).await? != Probe::NoResponse && !report_lun_scan(host, rport).await? {
        sequential_scan(host, rport).await?;
    }
    Ok(())
}

/// scsi_report_lun_scan: false if the target cannot do it.
async fn report_lun_scan(host: &Rc<ScsiHost>, rport: &Rc<Rport>) -> Sim<bool> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_report_lun_scan");
    if rport.target_level.get() < SCSI_3 {
        return Ok(false);
    }
    let sdev = match find(host, rport, 0) {
        Some(sdev) => sdev,
        // Only to send the command; nobody can scan without it.
        None => match alloc_sdev(host, rport, 0).await? {
            Some(sdev) => sdev,
            None => return Ok(true),
        },
    };
    let mut result = ScsiResult::default();
    for _ in 0..TRIES {
        let cdb = Cdb::ReportLuns { length: LUN_LIST_BYTES };
        result = scsi_execute(&sdev, cdb, TIMEOUT_US, MIDLAYER_RETRIES).await?;
        if result.is_good() || result.sense.is_some_and(|s| s.key != UNIT_ATTENTION) {
            break;
        }
    }
    let luns = match (result.is_good(), result.data) {
        (true, ScsiData::Luns(luns)) => Some(luns),
        // What did not come is no error: the list is what the memory holds, and fresh memory says that there are none.
        (true, _) => Some(Vec::new()),
        _ => None,
    };
    for &lun in luns.iter().flatten() {
        // The kernel warns of a LUN that the host cannot address, and goes on.
        if number(lun) <= host.max_lun.get() && probe_and_add_lun(host, rport, lun).await? == Probe::NoResponse {
            break;
        }
    }
    if matches!(sdev.state(), SdevState::Created | SdevState::CreatedBlock) {
        remove_device_locked(&sdev).await?;
    }
    Ok(luns.is_some())
}

/// scsi_sequential_lun_scan: from LUN 1 while there are any.
async fn sequential_scan(host: &Rc<ScsiHost>, rport: &Rc<Rport>) -> Sim<()> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_sequential_lun_scan");
    let limit = if rport.target_level.get() < SCSI_3 { SEQUENTIAL_OLD } else { SEQUENTIAL_NEW };
    let limit = limit.min(kernel.scenario.kernel.max_luns.into()).min(host.max_lun.get());
    for lun in 1..limit {
        if probe_and_add_lun(host, rport, number(lun)).await? != Probe::Present {
            break;
        }
    }
    Ok(())
}

/// scsilun_to_int and int_to_scsilun: the four levels of two bytes change their order.
fn number(lun: u64) -> u64 {
    (lun << 48) | (lun >> 48) | ((lun & 0xffff_0000) << 16) | ((lun >> 16) & 0xffff_0000)
}
