//! Manually configured LUNs (driver.md 16.6; zfcp_unit.c).

use std::rc::{Rc, Weak};

use regdiff_kernel::scsi::{Errno, RportState, ScanMode, ScsiDevice, remove_device, scan_target};
use regdiff_kernel::{AttributeUsers, Sim, Work};
use regdiff_observation::Access;
use regdiff_scenario::{FailPoint, Point};

use crate::fault::DriverFault;
use crate::objects::{Adapter, Port, Unit};

/// zfcp_unit_queue_scsi_scan for each unit of a port.
pub(crate) fn queue_unit_scans(adapter: &Rc<Adapter>, port: &Rc<Port>) -> Sim<()> {
    for unit in port.unit_list.borrow().iter() {
        let host = adapter.shost(Access::Read, "work_q")?;
        if let Some(queue) = host.work_q() {
            adapter.kernel.queue_work(&queue, &unit.scsi_work);
        }
    }
    Ok(())
}

/// zfcp_unit_scsi_scan: one LUN, if the port has an online rport.
pub(crate) async fn unit_scsi_scan(adapter: &Rc<Adapter>, port: &Rc<Port>, lun: u64) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_unit_scsi_scan");
    let rport = port.rport.borrow().clone();
    let Some(rport) = rport.filter(|r| r.state() == RportState::Online) else { return Ok(()) };
    let host = adapter.shost(Access::Read, "scan_mutex")?;
    scan_target(&host, &rport, Some(lun), ScanMode::Manual).await
}

/// zfcp_unit_add.
pub(crate) async fn unit_add(adapter: &Rc<Adapter>, port: &Rc<Port>, lun: u64) -> Sim<Result<(), Errno>> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_unit_add");
    if port.being_removed.get() {
        return Ok(Err(Errno::ENODEV));
    }
    if port.unit_list.borrow().iter().any(|u| u.lun == lun) {
        return Ok(Err(Errno::EEXIST));
    }
    if kernel.fails(adapter.device, FailPoint::UnitAlloc) || kernel.fails(adapter.device, FailPoint::UnitSysfs) {
        return Ok(Err(Errno::ENOMEM));
    }
    let weak: Weak<Port> = Rc::downgrade(port);
    let scsi_work = Work::new(move || {
        let port = weak.upgrade();
        async move {
            match port {
                Some(port) => match port.adapter() {
                    Some(adapter) => unit_scsi_scan(&adapter, &port, lun).await,
                    None => Ok(()),
                },
                None => Ok(()),
            }
        }
    });
    port.unit_list.borrow_mut().push(Rc::new(Unit { lun, scsi_work, users: AttributeUsers::default() }));
    unit_scsi_scan(adapter, port, lun).await?;
    Ok(Ok(()))
}

/// zfcp_unit_sdev: the SCSI device of a unit.
pub(crate) fn unit_sdev(adapter: &Adapter, port: &Port, lun: u64) -> Sim<Option<Rc<ScsiDevice>>> {
    let _frame = adapter.kernel.enter("zfcp_unit_sdev");
    let host = adapter.shost(Access::Read, "__devices")?;
    Ok(find_sdev(&host, port.wwpn, lun))
}

/// A live SCSI device by port name and LUN.
pub(crate) fn find_sdev(host: &regdiff_kernel::scsi::ScsiHost, wwpn: u64, lun: u64) -> Option<Rc<ScsiDevice>> {
    host.devices.borrow().iter().find(|d| d.rport.wwpn.get() == wwpn && d.lun == lun && !d.is_deleted()).cloned()
}

/// zfcp_unit_remove, from sysfs.
pub(crate) async fn unit_remove(adapter: &Rc<Adapter>, port: &Rc<Port>, lun: u64) -> Sim<Result<(), Errno>> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_unit_remove");
    let place = port.unit_list.borrow().iter().position(|u| u.lun == lun);
    let Some(place) = place else { return Ok(Err(Errno::EINVAL)) };
    let unit = port.unit_list.borrow_mut().remove(place);
    if adapter.slips(DriverFault::UnitStaysCounted) {
        port.unit_list.borrow_mut().push(unit.clone());
    }
    kernel.point(Point::UnitRemove).await;
    if let Some(sdev) = unit_sdev(adapter, port, lun)? {
        remove_device(&sdev).await?;
    }
    unit.users.wait_until_left(kernel).await;
    Ok(Ok(()))
}
