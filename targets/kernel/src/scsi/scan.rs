//! Scanning a target for LUNs (midlayer.md 4).

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use regdiff_observation::{Access, UeventAction};
use regdiff_scenario::kernel::ScsiScan;
use regdiff_scenario::{FailPoint, Midlayer, Point};

use super::command::{Cdb, ScsiData, ScsiResult};
use super::device::{ScsiDevice, SdevState, remove_device};
use super::execute::scsi_execute;
use super::host::ScsiHost;
use super::queue::RequestQueue;
use super::rport::Rport;
use super::{Errno, disk};
use crate::{Sim, WaitQueue};

/// Why a scan happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanMode {
    /// A remote port came.
    Rescan,
    /// A user, or a configured unit.
    Manual,
}

/// What a probe of one LUN says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Probe {
    NoResponse,
    TargetPresent,
    Present,
}

/// Limit of a sequential scan below SCSI-3 (midlayer.md 4.6).
const SEQUENTIAL_OLD: u64 = 8;
/// Limit of a sequential scan from SCSI-3.
const SEQUENTIAL_NEW: u64 = 256;
/// Tries of one INQUIRY or REPORT LUNS while the device reports unit attention.
const ATTENTION_TRIES: u32 = 3;

/// scsi_scan_target: one LUN, or all. The scan mutex is held over all commands.
pub async fn scan_target(host: &Rc<ScsiHost>, rport: &Rc<Rport>, lun: Option<u64>, mode: ScanMode) -> Sim<()> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_scan_target");
    match kernel.scenario.kernel.scsi_scan {
        ScsiScan::None => return Ok(()),
        ScsiScan::Manual if mode == ScanMode::Rescan => return Ok(()),
        _ => {}
    }
    kernel.point(Point::LunScan).await;
    host.alive(Access::Write, "scan_mutex")?;
    let _guard = host.scan_mutex.lock(kernel).await;
    if !host.scan_allowed() {
        return Ok(());
    }
    let _frame = kernel.enter("__scsi_scan_target");
    match lun {
        Some(lun) => {
            probe_and_add_lun(host, rport, lun).await?;
        }
        None => scan_all(host, rport).await?,
    }
    Ok(())
}

async fn scan_all(host: &Rc<ScsiHost>, rport: &Rc<Rport>) -> Sim<()> {
    let first = probe_and_add_lun(host, rport, 0).await?;
    if first == Probe::NoResponse {
        return Ok(());
    }
    if !report_lun_scan(host, rport).await? {
        sequential_scan(host, rport, first).await?;
    }
    Ok(())
}

fn find(host: &ScsiHost, rport: &Rc<Rport>, lun: u64) -> Option<Rc<ScsiDevice>> {
    let devices = host.devices.borrow();
    devices.iter().find(|d| Rc::ptr_eq(&d.rport, rport) && d.lun == lun && !d.is_deleted()).cloned()
}

/// scsi_alloc_sdev up to the driver's slave_alloc. None: no device, silently.
async fn alloc_sdev(host: &Rc<ScsiHost>, rport: &Rc<Rport>, lun: u64) -> Sim<Option<Rc<ScsiDevice>>> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_alloc_sdev");
    if kernel.fails(host.device, FailPoint::SdevAlloc) || kernel.fails(host.device, FailPoint::QueueAlloc) {
        return Ok(None);
    }
    let Some(queue) = RequestQueue::new(host)? else { return Ok(None) };
    let sdev = Rc::new(ScsiDevice {
        host: host.clone(),
        rport: rport.clone(),
        lun,
        queue,
        device_type: Cell::new(0x1f),
        scsi_level: Cell::new(3),
        inquiry_byte5: Cell::new(0),
        queue_depth: Cell::new(1),
        driver_data: RefCell::default(),
        disk: RefCell::default(),
        state: Cell::new(SdevState::Created),
        visible: Cell::new(false),
        state_changed: WaitQueue::default(),
        myself: RefCell::new(Weak::new()),
    });
    *sdev.myself.borrow_mut() = Rc::downgrade(&sdev);
    host.devices.borrow_mut().push(sdev.clone());
    kernel.point(Point::SlaveAlloc).await;
    let Some(driver) = host.driver.upgrade() else { return Ok(None) };
    if let Err(error) = driver.slave_alloc(&sdev).await? {
        debug_assert!(error == Errno::ENXIO || error == Errno::ENOMEM);
        sdev.set_state(SdevState::Del);
        sdev.queue.destroy();
        driver.slave_destroy(&sdev).await?;
        host.devices.borrow_mut().retain(|d| !Rc::ptr_eq(d, &sdev));
        return Ok(None);
    }
    Ok(Some(sdev))
}

async fn probe_and_add_lun(host: &Rc<ScsiHost>, rport: &Rc<Rport>, lun: u64) -> Sim<Probe> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_probe_and_add_lun");
    let known = find(host, rport, lun);
    let sdev = match known {
        Some(_) => return Ok(Probe::Present),
        None => match alloc_sdev(host, rport, lun).await? {
            Some(sdev) => sdev,
            None => return Ok(Probe::NoResponse),
        },
    };
    kernel.point(Point::LunInquiry).await;
    let Some(ScsiData::Inquiry { qualifier, device_type, version, byte5, .. }) = inquiry(&sdev).await? else {
        remove_device(&sdev).await?;
        return Ok(Probe::NoResponse);
    };
    let old = kernel.scenario.kernel.midlayer < Midlayer::V6_1;
    if qualifier == 3 || (qualifier == 1 && (old || device_type == 0x1f)) {
        remove_device(&sdev).await?;
        return Ok(Probe::TargetPresent);
    }
    sdev.device_type.set(device_type);
    sdev.scsi_level.set(if version >= 2 { version + 1 } else { version });
    sdev.inquiry_byte5.set(byte5);
    add_lun(&sdev).await
}

/// INQUIRY in up to three passes (midlayer.md 4.4).
async fn inquiry(sdev: &Rc<ScsiDevice>) -> Sim<Option<ScsiData>> {
    const FIRST: u16 = 36;
    let first = inquiry_pass(sdev, FIRST).await?;
    let Some(ScsiData::Inquiry { length, .. }) = first else { return Ok(None) };
    if length <= FIRST {
        return Ok(first);
    }
    match inquiry_pass(sdev, length).await? {
        Some(data) => Ok(Some(data)),
        None => inquiry_pass(sdev, FIRST).await,
    }
}

async fn inquiry_pass(sdev: &Rc<ScsiDevice>, length: u16) -> Sim<Option<ScsiData>> {
    for _ in 0..ATTENTION_TRIES {
        let result = scsi_execute(sdev, Cdb::Inquiry { length }).await?;
        if result.is_good() && result.data != ScsiData::None {
            return Ok(Some(result.data));
        }
        if !result.is_unit_attention() && !result.is_good() {
            return Ok(None);
        }
    }
    Ok(None)
}

/// scsi_add_lun: publishes a device (midlayer.md 4.5).
async fn add_lun(sdev: &Rc<ScsiDevice>) -> Sim<Probe> {
    let host = &sdev.host;
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_add_lun");
    match sdev.state() {
        SdevState::Created => sdev.set_state(SdevState::Running),
        SdevState::CreatedBlock => sdev.set_state(SdevState::Block),
        _ => {
            remove_device(sdev).await?;
            return Ok(Probe::NoResponse);
        }
    }
    let Some(driver) = host.driver.upgrade() else { return Ok(Probe::NoResponse) };
    driver.slave_configure(sdev)?;
    if sdev.scsi_level.get() >= 6 {
        let newer: &[u8] = if kernel.scenario.kernel.midlayer >= Midlayer::V6_1 { &[0xb0, 0xb1, 0xb2] } else { &[] };
        for &page in [0x00, 0x80, 0x83].iter().chain(newer) {
            scsi_execute(sdev, Cdb::InquiryVpd { page }).await?;
        }
    }
    if sdev.is_deleted() {
        return Ok(Probe::NoResponse);
    }
    sdev.visible.set(true);
    kernel.uevent(UeventAction::Add, sdev.object());
    disk::bind(sdev);
    Ok(Probe::Present)
}

/// scsi_report_lun_scan (midlayer.md 4.6): false if the target cannot do it.
async fn report_lun_scan(host: &Rc<ScsiHost>, rport: &Rc<Rport>) -> Sim<bool> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_report_lun_scan");
    let (sdev, temporary) = match find(host, rport, 0) {
        Some(sdev) => (sdev, false),
        None => match alloc_sdev(host, rport, 0).await? {
            Some(sdev) => (sdev, true),
            None => return Ok(true),
        },
    };
    if !temporary && sdev.scsi_level.get() < 4 {
        return Ok(false);
    }
    let mut result = ScsiResult::default();
    for _ in 0..ATTENTION_TRIES {
        result = scsi_execute(&sdev, Cdb::ReportLuns { length: 4096 }).await?;
        if !result.is_unit_attention() {
            break;
        }
    }
    let luns = match (result.is_good(), result.data) {
        (true, ScsiData::Luns(luns)) => Some(luns),
        _ => None,
    };
    if let Some(luns) = &luns {
        for &lun in luns {
            // LUN 0 has its device already; a rescan sends it nothing.
            if lun != 0 && probe_and_add_lun(host, rport, lun).await? == Probe::NoResponse {
                break;
            }
        }
    }
    if temporary && matches!(sdev.state(), SdevState::Created | SdevState::CreatedBlock) {
        remove_device(&sdev).await?;
    }
    Ok(luns.is_some())
}

async fn sequential_scan(host: &Rc<ScsiHost>, rport: &Rc<Rport>, first: Probe) -> Sim<()> {
    let _frame = host.kernel.enter("scsi_sequential_lun_scan");
    if first != Probe::Present {
        return Ok(());
    }
    let level = find(host, rport, 0).map_or(0, |d| d.scsi_level.get());
    let limit = if level < 4 { SEQUENTIAL_OLD } else { SEQUENTIAL_NEW };
    for lun in 1..limit.min(host.kernel.scenario.kernel.max_luns.into()) {
        // A flat LUN number sits in the first level of the eight bytes.
        if probe_and_add_lun(host, rport, lun << 48).await? != Probe::Present {
            break;
        }
    }
    Ok(())
}
