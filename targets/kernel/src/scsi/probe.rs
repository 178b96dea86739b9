//! Probing one LUN and publishing what is there (midlayer.md 4.3 to 4.5).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use regdiff_observation::{Object, UeventAction};
use regdiff_scenario::{FailPoint, Midlayer, Point};

use super::command::{Cdb, ScsiData};
use super::device::{ScsiDevice, remove_device_locked};
use super::execute::{INQUIRY_TIMEOUT_US, MIDLAYER_RETRIES, TIMEOUT_US, scsi_execute};
use super::host::ScsiHost;
use super::queue::RequestQueue;
use super::rport::Rport;
use super::sd_probe;
use super::sdev_state::SdevState;
use crate::{AttributeUsers, Mutex, Sim, WaitQueue};

/// What a probe of one LUN says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    /// Nothing answers there.
    NoResponse,
    /// A target answers, but has no such LUN.
    TargetPresent,
    /// There is a device.
    Present,
}

/// Tries of one INQUIRY while the device reports unit attention or sends nothing.
const TRIES: u32 = 3;
/// Length of the first INQUIRY.
const FIRST_LENGTH: u16 = 36;
/// SPC-2 as the midlayer counts levels: from here on there are vital product data pages.
const SPC_2: u8 = 5;
/// SCSI-2 as the midlayer counts levels.
const SCSI_2: u8 = 3;
/// Peripheral device type "unknown or none".
const TYPE_NONE: u8 = 0x1f;
/// Depth of a device whose driver has not said more: the host has no cmd_per_lun.
const FIRST_DEPTH: u32 = 1;

/// Finds a device that is not removed.
pub(crate) fn find(host: &ScsiHost, rport: &Rc<Rport>, lun: u64) -> Option<Rc<ScsiDevice>> {
    let devices = host.devices.borrow();
    devices.iter().find(|d| Rc::ptr_eq(&d.rport, rport) && d.lun == lun && !d.is_deleted()).cloned()
}

/// scsi_alloc_sdev up to the driver's slave_alloc. None: no device, silently.
pub(crate) async fn alloc_sdev(host: &Rc<ScsiHost>, rport: &Rc<Rport>, lun: u64) -> Sim<Option<Rc<ScsiDevice>>> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_alloc_sdev");
    if kernel.fails(host.device, FailPoint::SdevAlloc) || kernel.fails(host.device, FailPoint::QueueAlloc) {
        return Ok(None);
    }
    let Some(queue) = RequestQueue::new(host).await? else { return Ok(None) };
    let sdev = Rc::new(ScsiDevice {
        host: host.clone(),
        rport: rport.clone(),
        lun,
        queue,
        device_type: Cell::new(TYPE_NONE),
        scsi_level: Cell::new(rport.target_level.get()),
        inquiry_byte5: Cell::new(0),
        qualifier: Cell::new(0),
        tagged_supported: Cell::new(false),
        queue_depth: Cell::new(FIRST_DEPTH),
        driver_data: RefCell::default(),
        disk: RefCell::default(),
        users: AttributeUsers::default(),
        state: Cell::new(SdevState::Created),
        attributes: Cell::new(false),
        visible: Cell::new(false),
        use_10_for_rw: Cell::new(true),
        expecting_cc_ua: Cell::new(false),
        device_lock: Mutex::default(),
        busy: Cell::new(0),
        device_blocked: Cell::new(0),
        state_changed: WaitQueue::default(),
    });
    host.devices.borrow_mut().push(sdev.clone());
    kernel.point(Point::SlaveAlloc).await;
    let accepted = match host.driver.upgrade() {
        Some(driver) => driver.slave_alloc(&sdev).await?.is_ok(),
        None => false,
    };
    if !accepted {
        remove_device_locked(&sdev).await?;
    }
    Ok(accepted.then_some(sdev))
}

/// scsi_probe_and_add_lun. A device that is there already is sent nothing.
pub(crate) async fn probe_and_add_lun(host: &Rc<ScsiHost>, rport: &Rc<Rport>, lun: u64) -> Sim<Probe> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("scsi_probe_and_add_lun");
    if find(host, rport, lun).is_some() {
        return Ok(Probe::Present);
    }
    let Some(sdev) = alloc_sdev(host, rport, lun).await? else { return Ok(Probe::NoResponse) };
    kernel.point(Point::LunInquiry).await;
    let probe = match inquiry(&sdev).await? {
        Some(data) if has_device(&sdev, &data) => add_lun(&sdev).await?,
        Some(_) => Probe::TargetPresent,
        None => Probe::NoResponse,
    };
    if probe != Probe::Present {
        remove_device_locked(&sdev).await?;
    }
    Ok(probe)
}

/// Keeps the INQUIRY data, and tells whether a device is behind it. The level is the target's from now on, with or without.
fn has_device(sdev: &ScsiDevice, data: &ScsiData) -> bool {
    let ScsiData::Inquiry { qualifier, device_type, version, byte5, queues_commands, .. } = *data else { return false };
    let midlayer = sdev.host.kernel.scenario.kernel.midlayer;
    let version = version & if midlayer >= Midlayer::V6_12 { 0xf } else { 0x7 };
    let level = if version >= 2 { version + 1 } else { version };
    sdev.scsi_level.set(level);
    sdev.rport.target_level.set(level);
    sdev.device_type.set(device_type);
    sdev.inquiry_byte5.set(byte5);
    sdev.qualifier.set(qualifier);
    sdev.tagged_supported.set(level >= SCSI_2 && queues_commands);
    match qualifier {
        3 => false,
        1 if is_well_known(sdev.lun) => true,
        1 => midlayer >= Midlayer::V6_1 && device_type != TYPE_NONE,
        _ => true,
    }
}

/// scsi_is_wlun: an address of a well-known logical unit.
fn is_well_known(lun: u64) -> bool {
    lun >> 56 == 0xc1
}

/// INQUIRY in up to three passes (midlayer.md 4.4).
async fn inquiry(sdev: &Rc<ScsiDevice>) -> Sim<Option<ScsiData>> {
    let first = inquiry_pass(sdev, FIRST_LENGTH).await?;
    let Some(ScsiData::Inquiry { length, .. }) = first else { return Ok(None) };
    if length <= FIRST_LENGTH {
        return Ok(first);
    }
    match inquiry_pass(sdev, length).await? {
        Some(data) => Ok(Some(data)),
        None => inquiry_pass(sdev, FIRST_LENGTH).await,
    }
}

async fn inquiry_pass(sdev: &Rc<ScsiDevice>, length: u16) -> Sim<Option<ScsiData>> {
    for _ in 0..TRIES {
        let result = scsi_execute(sdev, Cdb::Inquiry { length }, INQUIRY_TIMEOUT_US, MIDLAYER_RETRIES).await?;
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
    // The transport may have blocked it meanwhile.
    if sdev.set_state(SdevState::Running).is_err() && sdev.set_state(SdevState::Block).is_err() {
        return Ok(Probe::NoResponse);
    }
    let Some(driver) = host.driver.upgrade() else { return Ok(Probe::NoResponse) };
    driver.slave_configure(sdev)?;
    attach_vpd(sdev).await?;
    // A target that is on its way out is not added any more, nor a device below it (scsi_target_add).
    if sdev.rport.target_goes.get() && !sdev.rport.target_visible.get() {
        return Ok(Probe::NoResponse);
    }
    if !sdev.rport.target_visible.replace(true) {
        kernel.uevent(UeventAction::Add, Object::Target(host.device, sdev.rport.wwpn.get()));
    }
    sdev.visible.set(true);
    sdev.attributes.set(true);
    kernel.uevent(UeventAction::Add, sdev.object());
    sd_probe::bind(sdev);
    // Its bsg queue: the disk's probe gets ahead of the scan.
    kernel.make_node().await;
    Ok(Probe::Present)
}

/// Whether the device is asked for vital product data.
pub(crate) fn supports_vpd(sdev: &ScsiDevice) -> bool {
    sdev.scsi_level.get() >= SPC_2
}

/// INQUIRY for page 0: the pages there are.
pub(crate) async fn vpd_pages(sdev: &Rc<ScsiDevice>) -> Sim<&'static [u8]> {
    Ok(match vpd(sdev, 0x00).await? {
        ScsiData::Vpd { pages } => pages,
        _ => &[],
    })
}

async fn vpd(sdev: &Rc<ScsiDevice>, page: u8) -> Sim<ScsiData> {
    let result = scsi_execute(sdev, Cdb::InquiryVpd { page }, TIMEOUT_US, MIDLAYER_RETRIES).await?;
    Ok(if result.is_good() { result.data } else { ScsiData::None })
}

/// scsi_attach_vpd: reads the pages that are kept, in the order of page 0.
pub(crate) async fn attach_vpd(sdev: &Rc<ScsiDevice>) -> Sim<()> {
    if !supports_vpd(sdev) {
        return Ok(());
    }
    let kept: &[u8] = match sdev.host.kernel.scenario.kernel.midlayer {
        Midlayer::V5_3 => &[0x80, 0x83],
        Midlayer::V5_7 => &[0x00, 0x80, 0x83, 0x89],
        Midlayer::V6_1 | Midlayer::V6_12 => &[0x00, 0x80, 0x83, 0x89, 0xb0, 0xb1, 0xb2],
    };
    for page in vpd_pages(sdev).await?.iter().filter(|page| kept.contains(page)) {
        vpd(sdev, *page).await?;
    }
    Ok(())
}
