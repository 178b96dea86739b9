//! The disk driver: probing, protection, publishing, reads and writes (midlayer.md 9.2, 10).

use std::cell::Cell;
use std::rc::Rc;

use regdiff_observation::{LogId, Object, UeventAction};
use regdiff_scenario::{Context, Midlayer, Point};

use super::command::{Cdb, ScsiData, ScsiResult};
use super::device::ScsiDevice;
use super::errno::Errno;
use super::execute::{Kind, scsi_execute, submit};
use super::queue::elevator_init;
use crate::{Completion, Kernel, Sim};

/// The disk driver's part of a SCSI device.
#[derive(Default)]
pub struct Disk {
    /// Protection type stored in the disk (midlayer.md 10.3).
    pub protection_type: Cell<u8>,
    /// Whether an integrity profile is registered.
    pub integrity: Cell<bool>,
    /// Whether the device itself is integrity capable.
    pub device_integrity: Cell<bool>,
    /// read_verify and write_generate.
    pub integrity_enabled: Cell<bool>,
    /// A volatile write cache.
    pub write_cache: Cell<bool>,
    /// Capacity, in blocks of 512 bytes.
    pub blocks: Cell<u64>,
    /// Whether the block device is published.
    pub published: Cell<bool>,
    probed: Completion,
    first_scan_done: Cell<bool>,
}

/// Bytes of protection information a block.
const TUPLE: u32 = 8;
/// What the partition scan reads, in blocks.
const PARTITION_BLOCKS: u32 = 8;

impl ScsiDevice {
    fn disk_object(&self) -> Object {
        Object::Disk(self.host.device, self.rport.wwpn.get(), self.lun)
    }
}

/// Whether the mask can do DIX for a protection type; type 0 is DIX without DIF (midlayer.md 10.1).
fn dix_capable(cap: u32, kind: u8) -> bool {
    kind <= 3 && cap & (8 << kind) != 0
}

/// Whether the mask can do DIF of a type.
fn dif_capable(cap: u32, kind: u8) -> bool {
    (1..=3).contains(&kind) && cap & (1 << (kind - 1)) != 0
}

/// Binds the disk driver to a new disk; its probe runs in a worker of its own.
pub(crate) fn bind(sdev: &Rc<ScsiDevice>) {
    if sdev.device_type.get() != 0 {
        return;
    }
    let disk = Rc::new(Disk { integrity_enabled: Cell::new(true), ..Disk::default() });
    *sdev.disk.borrow_mut() = Some(disk.clone());
    let sdev = sdev.clone();
    let kernel = sdev.host.kernel.clone();
    kernel.clone().spawn(Context::SdProbe, sdev.host.device, async move {
        let result = sd_probe(&kernel, &sdev, &disk).await;
        disk.probed.complete(&kernel);
        result
    });
}

async fn sd_probe(kernel: &Rc<Kernel>, sdev: &Rc<ScsiDevice>, disk: &Rc<Disk>) -> Sim<()> {
    let _frame = kernel.enter("sd_probe");
    kernel.point(Point::SdProbe).await;
    let newer = kernel.scenario.kernel.midlayer >= Midlayer::V6_1;
    revalidate(sdev, disk).await?;
    if newer {
        register_integrity(sdev, disk);
    }
    kernel.point(Point::SdPublish).await;
    if sdev.is_deleted() {
        return Ok(());
    }
    elevator_init(sdev).await;
    disk.published.set(true);
    kernel.uevent(UeventAction::Add, sdev.disk_object());
    if disk.blocks.get() > 0 {
        let _frame = kernel.enter("disk_scan_partitions");
        sd_io(sdev, disk, Cdb::Read { lba: 0, blocks: PARTITION_BLOCKS }, PARTITION_BLOCKS).await?;
    }
    if !newer {
        register_integrity(sdev, disk);
        revalidate(sdev, disk).await?;
    }
    kernel.log(LogId::SdAttached, sdev.host.device, sdev.lun);
    Ok(())
}

/// sd_revalidate_disk: capacity, protection type, cache.
async fn revalidate(sdev: &Rc<ScsiDevice>, disk: &Rc<Disk>) -> Sim<()> {
    let kernel = &sdev.host.kernel;
    let _frame = kernel.enter("sd_revalidate_disk");
    scsi_execute(sdev, Cdb::TestUnitReady).await?;
    let capacity = scsi_execute(sdev, Cdb::ReadCapacity).await?;
    let ScsiData::Capacity { blocks, byte12 } = capacity.data else {
        disk.blocks.set(0);
        disk.first_scan_done.set(true);
        return Ok(());
    };
    disk.blocks.set(blocks);
    store_protection_type(sdev, disk, byte12);
    let mode = scsi_execute(sdev, Cdb::ModeSense { page: 8 }).await?;
    if let ScsiData::Mode { write_cache } = mode.data {
        disk.write_cache.set(write_cache);
    }
    disk.first_scan_done.set(true);
    Ok(())
}

/// Stores the type that READ CAPACITY(16) reports (midlayer.md 10.3).
fn store_protection_type(sdev: &Rc<ScsiDevice>, disk: &Rc<Disk>, byte12: u8) {
    let kernel = &sdev.host.kernel;
    let claims = sdev.inquiry_byte5.get() & 1 != 0 && sdev.scsi_level.get() > 3;
    let reported = if claims && byte12 & 1 != 0 { ((byte12 >> 1) & 7) + 1 } else { 0 };
    if reported > 3 {
        kernel.log(LogId::DifUnsupported, sdev.host.device, reported.into());
        disk.blocks.set(0);
        return;
    }
    let first = !disk.first_scan_done.get();
    let capable = dif_capable(sdev.host.prot_capabilities.get(), reported);
    let before = disk.protection_type.get();
    if reported > 0 && (first || before != reported) {
        let id = if capable { LogId::DifEnabling } else { LogId::DifDisabling };
        kernel.log(id, sdev.host.device, reported.into());
    }
    let midlayer = kernel.scenario.kernel.midlayer;
    let cleared = !capable
        && match midlayer {
            Midlayer::V5_3 | Midlayer::V5_7 => false,
            Midlayer::V6_1 => first,
            Midlayer::V6_12 => true,
        };
    disk.protection_type.set(if cleared { 0 } else { reported });
}

/// sd_dif_config_host: the integrity profile (midlayer.md 10.4).
fn register_integrity(sdev: &Rc<ScsiDevice>, disk: &Rc<Disk>) {
    let cap = sdev.host.prot_capabilities.get();
    let kind = disk.protection_type.get();
    let dix = dix_capable(cap, kind) && kind != 0;
    let dix0 = dix_capable(cap, 0);
    if dix || dix0 {
        disk.integrity.set(true);
        disk.device_integrity.set(dix && dif_capable(cap, kind));
    }
}

/// sd_remove: waits for the probe, flushes the cache, takes the block device away.
pub(crate) async fn sd_remove(sdev: &Rc<ScsiDevice>) -> Sim<()> {
    let disk = sdev.disk.borrow().clone();
    let Some(disk) = disk else { return Ok(()) };
    let kernel = &sdev.host.kernel;
    let _frame = kernel.enter("sd_remove");
    disk.probed.wait(kernel).await;
    if disk.published.replace(false) {
        kernel.uevent(UeventAction::Remove, sdev.disk_object());
        if disk.write_cache.get() {
            scsi_execute(sdev, Cdb::SynchronizeCache).await?;
        }
    }
    Ok(())
}

/// A user's read or write through the block device: a digest of what was read, 0 for a write, or an error number.
pub async fn sd_read_write(sdev: &Rc<ScsiDevice>, cdb: Cdb) -> Sim<Result<u64, Errno>> {
    let disk = sdev.disk.borrow().clone();
    let Some(disk) = disk.filter(|d| d.published.get()) else { return Ok(Err(Errno::ENXIO)) };
    let (lba, blocks) = match cdb {
        Cdb::Read { lba, blocks } | Cdb::Write { lba, blocks, .. } => (lba, blocks),
        _ => return Ok(Err(Errno::EINVAL)),
    };
    if u64::from(lba) + u64::from(blocks) > disk.blocks.get() {
        return Ok(Err(Errno::EIO));
    }
    let result = sd_io(sdev, &disk, cdb, blocks).await?;
    Ok(match (result.is_good(), result.data) {
        (true, ScsiData::Digest(digest)) => Ok(digest),
        (true, _) => Ok(0),
        (false, _) => Err(Errno::EIO),
    })
}

async fn sd_io(sdev: &Rc<ScsiDevice>, disk: &Rc<Disk>, cdb: Cdb, blocks: u32) -> Sim<ScsiResult> {
    let kernel = &sdev.host.kernel;
    let _frame = kernel.enter("submit_bio");
    let carries = disk.integrity.get() && disk.integrity_enabled.get();
    let integrity_segments = if carries { (blocks * TUPLE).div_ceil(kernel.profile.page_size) } else { 0 };
    submit(sdev, cdb, Kind { integrity_segments, ..Kind::default() }).await
}

/// A user's flush: with a volatile write cache it goes out on the queue's flush request.
pub async fn sd_flush(sdev: &Rc<ScsiDevice>) -> Sim<Result<u64, Errno>> {
    let disk = sdev.disk.borrow().clone();
    let Some(disk) = disk.filter(|d| d.published.get()) else { return Ok(Err(Errno::ENXIO)) };
    if !disk.write_cache.get() {
        return Ok(Ok(0));
    }
    let _frame = sdev.host.kernel.enter("submit_bio");
    let result = submit(sdev, Cdb::SynchronizeCache, Kind { flush: true, ..Kind::default() }).await?;
    Ok(if result.is_good() { Ok(0) } else { Err(Errno::EIO) })
}

impl Disk {
    /// protection_mode: computed live from mask and type (midlayer.md 14.4); the number is that of the observable.
    pub fn protection_mode(&self, cap: u32) -> u64 {
        let kind = self.protection_type.get();
        let (dif, dix) = (dif_capable(cap, kind), dix_capable(cap, kind));
        match (dix || dix_capable(cap, 0), dif) {
            (true, _) if dix => 4 + u64::from(kind),
            (true, _) => 4,
            (false, true) => u64::from(kind),
            (false, false) => 0,
        }
    }
}
