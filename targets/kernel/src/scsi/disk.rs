//! A disk: its state, and reads, writes and flushes through its block device (midlayer.md 10.4, 14.4).

use std::cell::Cell;
use std::rc::Rc;

use regdiff_scenario::Midlayer;

use super::command::{Cdb, HostByte, ScsiData, ScsiResult};
use super::device::ScsiDevice;
use super::errno::Errno;
use super::execute::{Kind, submit};
use super::flush::flush;
use super::protection::{dif_capable, dix_capable};
use crate::{Completion, Sim};

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
    /// The disk driver's probe is through.
    pub(crate) probed: Completion,
    /// It was revalidated once.
    pub(crate) scanned: Cell<bool>,
    /// Recoveries in a row in which reads or writes had timed out.
    pub(crate) medium_access_timed_out: Cell<u32>,
    /// This recovery is counted already.
    pub(crate) ignore_medium_access_errors: Cell<bool>,
}

/// Bytes of protection information a block.
const TUPLE: u32 = 8;

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
    if !result.is_good() {
        return Ok(Err(result.errno()));
    }
    Ok(Ok(match result.data {
        ScsiData::Digest(digest) => digest,
        _ => 0,
    }))
}

/// A read or write with the protection data that the block layer attaches: a buffer of its own, a segment a page, because
/// the driver's segments end at page boundaries.
pub(crate) async fn sd_io(sdev: &Rc<ScsiDevice>, disk: &Disk, cdb: Cdb, blocks: u32) -> Sim<ScsiResult> {
    let kernel = &sdev.host.kernel;
    let _frame = kernel.enter("submit_bio");
    let carries = disk.integrity.get() && disk.integrity_enabled.get();
    let integrity_segments = if carries { (blocks * TUPLE).div_ceil(kernel.profile.page_size) } else { 0 };
    let newest = kernel.scenario.kernel.midlayer >= Midlayer::V6_12;
    if newest && integrity_segments > sdev.queue.max_integrity_segments {
        // The data cannot be attached to the bio; there is no request yet.
        return Ok(ScsiResult::host(HostByte::Error));
    }
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
    let result = flush(sdev).await?;
    Ok(if result.is_good() { Ok(0) } else { Err(result.errno()) })
}

impl Disk {
    /// protection_mode: computed live from mask and type (midlayer.md 14.4); the number is that of the observable.
    pub fn protection_mode(&self, cap: u32) -> u64 {
        /// Numbers of "dixT" start here; those of "difT" are T.
        const DIX: u64 = 4;
        let kind = self.protection_type.get();
        if dix_capable(cap, kind) {
            DIX + if dif_capable(cap, kind) { u64::from(kind) } else { 0 }
        } else if dix_capable(cap, 0) {
            DIX
        } else if dif_capable(cap, kind) {
            kind.into()
        } else {
            0
        }
    }
}
