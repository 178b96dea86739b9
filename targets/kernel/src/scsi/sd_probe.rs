//! The disk driver: bound, probed, published, removed (midlayer.md 9.2).

use std::cell::Cell;
use std::rc::Rc;

use regdiff_observation::{LogId, Object, UeventAction};
use regdiff_scenario::{Context, Midlayer, Point};

use super::command::Cdb;
use super::device::ScsiDevice;
use super::disk::{Disk, sd_io};
use super::elevator::elevator_init;
use super::execute::{Kind, submit};
use super::sd_revalidate::{register_integrity, revalidate};
use crate::{Kernel, Sim};

/// What the partition scan reads, in blocks.
const PARTITION_BLOCKS: u32 = 8;
/// Peripheral device type of a disk.
const TYPE_DISK: u8 = 0;

impl ScsiDevice {
    fn disk_object(&self) -> Object {
        Object::Disk(self.host.device, self.rport.wwpn.get(), self.lun)
    }
}

/// Binds the disk driver to a new disk; its probe runs in a worker of its own. No driver is bound to a device that is not
/// connected (scsi_bus_match).
pub(crate) fn bind(sdev: &Rc<ScsiDevice>) {
    if sdev.device_type.get() != TYPE_DISK || sdev.qualifier.get() != 0 {
        return;
    }
    let disk = Rc::new(Disk { integrity_enabled: Cell::new(true), ..Disk::default() });
    *sdev.disk.borrow_mut() = Some(disk.clone());
    let sdev = sdev.clone();
    let kernel = sdev.host.kernel.clone();
    kernel.clone().spawn_worker(Context::SdProbe, sdev.host.device, async move {
        let result = sd_probe(&kernel, &sdev, &disk).await;
        disk.probed.complete(&kernel);
        result
    });
}

async fn sd_probe(kernel: &Rc<Kernel>, sdev: &Rc<ScsiDevice>, disk: &Rc<Disk>) -> Sim<()> {
    let _frame = kernel.enter("sd_probe");
    let _guard = sdev.device_lock.lock(kernel).await;
    kernel.point(Point::SdProbe).await;
    revalidate(sdev, disk).await?;
    kernel.point(Point::SdPublish).await;
    elevator_init(sdev).await;
    disk.published.set(true);
    kernel.make_node().await;
    if disk.blocks.get() > 0 {
        let _frame = kernel.enter("disk_scan_partitions");
        if kernel.scenario.kernel.midlayer >= Midlayer::V6_1 {
            // The scan says so by a flag, and opening a disk with that flag asks the disk everything again.
            revalidate(sdev, disk).await?;
        }
        sd_io(sdev, disk, Cdb::Read { lba: 0, blocks: PARTITION_BLOCKS }, PARTITION_BLOCKS).await?;
    }
    // Users are told of the disk when its partitions are known (device_add_disk).
    kernel.uevent(UeventAction::Add, sdev.disk_object());
    if kernel.scenario.kernel.midlayer < Midlayer::V6_1 {
        if disk.blocks.get() > 0 {
            register_integrity(sdev, disk);
        }
        revalidate(sdev, disk).await?;
    }
    kernel.log(LogId::SdAttached, sdev.host.device, sdev.lun);
    Ok(())
}

/// sd_remove: waits for the probe, takes the block device away, flushes the cache.
pub(crate) async fn sd_remove(sdev: &Rc<ScsiDevice>) -> Sim<()> {
    let disk = sdev.disk.borrow().clone();
    let Some(disk) = disk else { return Ok(()) };
    let kernel = &sdev.host.kernel;
    let _frame = kernel.enter("sd_remove");
    disk.probed.wait(kernel).await;
    let _guard = sdev.device_lock.lock(kernel).await;
    if disk.published.replace(false) {
        kernel.uevent(UeventAction::Remove, sdev.disk_object());
        if kernel.scenario.kernel.midlayer >= Midlayer::V6_1 {
            // del_gendisk sleeps: requests that wait in the queue fail now, and are waited for.
            kernel.sleep_us(0).await;
            sdev.queue.drained(kernel).await;
        }
        if disk.write_cache.get() && disk.blocks.get() > 0 {
            let _frame = kernel.enter("sd_sync_cache");
            let kind = Kind { passthrough: true, power: true, ..Kind::default() };
            submit(sdev, Cdb::SynchronizeCache, kind).await?;
        }
    }
    Ok(())
}
