//! sd_revalidate_disk: what the disk driver asks a disk, and the protection it detects (midlayer.md 9.2, 10.3, 10.4).

use std::rc::Rc;

use regdiff_observation::LogId;
use regdiff_scenario::Midlayer;

use super::command::{Cdb, ScsiData, ScsiResult, Sense};
use super::device::ScsiDevice;
use super::disk::Disk;
use super::execute::{DISK_RETRIES, TIMEOUT_US, scsi_execute};
use super::probe::{supports_vpd, vpd_pages};
use super::protection::{dif_capable, dix_capable};
use crate::Sim;

/// Tries of one TEST UNIT READY or READ CAPACITY.
const TRIES: u32 = 3;
/// Sense key of a disk that is not ready.
const NOT_READY: u8 = 2;
/// Sense key of a device that has something to tell.
const UNIT_ATTENTION: u8 = 6;
/// Additional sense code of a disk that is not ready, and the qualifiers with which no start helps: it waits for a person, is
/// in standby, unavailable, or being sanitised.
const NOT_READY_ASC: u8 = 0x04;
const NO_START: [u8; 4] = [0x03, 0x0b, 0x0c, 0x1b];
/// Additional sense code of a medium that may have changed.
const NEW_MEDIUM: u8 = 0x28;
/// How long a disk has to start, or a device with slow firmware to become ready, in ms (sd_spinup_disk).
const START_MS: u64 = 100_000;
const SLOW_MS: u64 = 5_000;
/// Additional sense code of a drive without medium.
const NO_MEDIUM: u8 = 0x3a;
/// The largest protection type there is.
const MAX_TYPE: u8 = 3;
/// SPC-2 as the midlayer counts levels.
const SPC_2: u8 = 5;
/// SCSI-2 as the midlayer counts levels.
const SCSI_2: u8 = 3;

async fn sd_execute(sdev: &Rc<ScsiDevice>, cdb: Cdb) -> Sim<ScsiResult> {
    scsi_execute(sdev, cdb, TIMEOUT_US, DISK_RETRIES).await
}

/// sd_revalidate_disk.
pub(crate) async fn revalidate(sdev: &Rc<ScsiDevice>, disk: &Disk) -> Sim<()> {
    let kernel = &sdev.host.kernel;
    let _frame = kernel.enter("sd_revalidate_disk");
    let midlayer = kernel.scenario.kernel.midlayer;
    let first = !disk.scanned.get();
    if spin_up(sdev).await? {
        read_capacity(sdev, disk).await?;
        // From 6.1 on these pages are kept since the device was added.
        if midlayer < Midlayer::V6_1 && supports_vpd(sdev) {
            for page in [0xb0, 0xb1] {
                if vpd_pages(sdev).await?.contains(&page) {
                    sd_execute(sdev, Cdb::InquiryVpd { page }).await?;
                }
            }
        }
        sd_execute(sdev, Cdb::ModeSense { page: 0x3f }).await?;
        let mode = sd_execute(sdev, Cdb::ModeSense { page: 8 }).await?;
        if let ScsiData::Mode { write_cache } = mode.data {
            disk.write_cache.set(write_cache);
        }
        match midlayer {
            Midlayer::V5_3 | Midlayer::V5_7 => {}
            Midlayer::V6_1 if !first => {}
            Midlayer::V6_1 | Midlayer::V6_12 => configure_protection(sdev, disk, first),
        }
    } else {
        disk.blocks.set(0);
    }
    disk.scanned.set(true);
    Ok(())
}

/// sd_spinup_disk: false without medium.
async fn spin_up(sdev: &Rc<ScsiDevice>) -> Sim<bool> {
    let kernel = &sdev.host.kernel;
    let _frame = kernel.enter("sd_spinup_disk");
    let mut until = None;
    loop {
        let Some(result) = test_unit_ready(sdev).await? else { return Ok(false) };
        let Some(sense) = result.sense else { return Ok(true) };
        let patience = match sense.key {
            NOT_READY if sense.asc == NOT_READY_ASC && NO_START.contains(&sense.ascq) => return Ok(true),
            NOT_READY => {
                if until.is_none() {
                    sd_execute(sdev, Cdb::StartUnit).await?;
                }
                START_MS
            }
            // Devices with slow firmware say so.
            UNIT_ATTENTION if sense.asc == NEW_MEDIUM => SLOW_MS,
            _ => return Ok(true),
        };
        let until = *until.get_or_insert(kernel.now_us() + patience * 1000);
        kernel.sleep_ms(1000).await;
        if kernel.now_us() > until {
            return Ok(true);
        }
    }
}

/// TEST UNIT READY until it goes well, a few times: the last result. None: there is no medium.
async fn test_unit_ready(sdev: &Rc<ScsiDevice>) -> Sim<Option<ScsiResult>> {
    let mut result = ScsiResult::default();
    for _ in 0..TRIES {
        result = sd_execute(sdev, Cdb::TestUnitReady).await?;
        let of_medium = |s: &Sense| matches!(s.key, NOT_READY | UNIT_ATTENTION) && s.asc == NO_MEDIUM;
        if result.sense.as_ref().is_some_and(of_medium) {
            return Ok(None);
        }
        if result.is_good() {
            break;
        }
    }
    Ok(Some(result))
}

/// Whether the device says that it can do protection information.
fn claims_protection(sdev: &ScsiDevice) -> bool {
    sdev.scsi_level.get() > SCSI_2 && sdev.inquiry_byte5.get() & 1 != 0
}

/// sd_read_capacity: the 16 byte form first where it is to be expected, the other one if it fails.
async fn read_capacity(sdev: &Rc<ScsiDevice>, disk: &Disk) -> Sim<()> {
    let long_first = sdev.scsi_level.get() > SPC_2 || claims_protection(sdev);
    let mut capacity = capacity_of(sdev, long_first).await?;
    if long_first && capacity.is_none() {
        capacity = capacity_of(sdev, false).await?;
    }
    let Some((blocks, byte12, long)) = capacity else {
        disk.blocks.set(0);
        return Ok(());
    };
    disk.blocks.set(blocks);
    if long {
        read_protection_type(sdev, disk, byte12);
    }
    Ok(())
}

/// Blocks, byte 12, and whether that byte counts. The 10 byte form says "too many for me" by 2^32 blocks.
async fn capacity_of(sdev: &Rc<ScsiDevice>, long: bool) -> Sim<Option<(u64, u8, bool)>> {
    let mut long = long;
    let mut tries = 0;
    while tries < TRIES {
        let result = sd_execute(sdev, Cdb::ReadCapacity { long }).await?;
        match result.data {
            ScsiData::Capacity { blocks, .. } if result.is_good() && !long && blocks > u64::from(u32::MAX) => {
                (long, tries) = (true, 0);
            }
            ScsiData::Capacity { blocks, byte12 } if result.is_good() => return Ok(Some((blocks, byte12, long))),
            _ if long && result.sense.is_some_and(|s| s.key == 5) => return Ok(None),
            _ => tries += 1,
        }
    }
    Ok(None)
}

/// sd_read_protection_type: stores what READ CAPACITY(16) reports.
fn read_protection_type(sdev: &ScsiDevice, disk: &Disk, byte12: u8) {
    let kernel = &sdev.host.kernel;
    let old = kernel.scenario.kernel.midlayer < Midlayer::V6_1;
    if !claims_protection(sdev) || byte12 & 1 == 0 {
        if !old {
            disk.protection_type.set(0);
        }
        return;
    }
    let reported = ((byte12 >> 1) & 7) + 1;
    let changed = !disk.scanned.get() || disk.protection_type.replace(reported) != reported;
    disk.protection_type.set(reported);
    if reported > MAX_TYPE {
        kernel.log(LogId::DifUnsupported, sdev.host.device, reported.into());
        disk.blocks.set(0);
    } else if old && changed {
        let capable = dif_capable(sdev.host.prot_capabilities.get(), reported);
        let id = if capable { LogId::DifEnabling } else { LogId::DifDisabling };
        kernel.log(id, sdev.host.device, reported.into());
    }
}

/// sd_config_protection, from 6.1 on: the profile by the reported type, then the type goes if the host cannot do it. A type
/// that was just disabled is also said to be enabled.
fn configure_protection(sdev: &ScsiDevice, disk: &Disk, first: bool) {
    let kernel = &sdev.host.kernel;
    register_integrity(sdev, disk);
    let kind = disk.protection_type.get();
    if kind == 0 {
        return;
    }
    let log = |id| {
        if first {
            kernel.log(id, sdev.host.device, kind.into());
        }
    };
    if !dif_capable(sdev.host.prot_capabilities.get(), kind) {
        log(LogId::DifDisabling);
        disk.protection_type.set(0);
    }
    log(LogId::DifEnabling);
}

/// sd_dif_config_host: the integrity profile. Only from 6.12 on it can go again.
pub(crate) fn register_integrity(sdev: &ScsiDevice, disk: &Disk) {
    let cap = sdev.host.prot_capabilities.get();
    let kind = disk.protection_type.get();
    let by_type = dix_capable(cap, kind);
    if by_type || dix_capable(cap, 0) {
        disk.integrity.set(true);
        // Without DIX for its type, DIF is treated as off.
        disk.device_integrity.set(by_type && dif_capable(cap, kind));
    } else if sdev.host.kernel.scenario.kernel.midlayer >= Midlayer::V6_12 {
        disk.integrity.set(false);
        disk.device_integrity.set(false);
    }
}
