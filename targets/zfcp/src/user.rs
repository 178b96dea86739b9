//! What users do to an adapter and to what is below it (driver.md 22; midlayer.md 3.8, 9.3, 14).

use std::rc::Rc;

use regdiff_kernel::scsi::{
    Cdb, Errno, Rport, ScsiDevice, change_queue_depth, elevator_change, remove_device, rescan_device, scsi_ioctl_reset,
    sd_flush, sd_read_write, set_dev_loss_tmo, set_fast_io_fail_tmo, set_port_state, store_host_state,
    store_sdev_state, update_nr_requests,
};
use regdiff_kernel::{AttributeUsers, Kernel, Sim};
use regdiff_observation::{Access, TrapKind};
use regdiff_scenario::scalar::Scalar;
use regdiff_scenario::step::{Attribute, HostResetKind, QueueErrorKind, ResetLevel, ScanTarget, SdevStateWrite};
use regdiff_scenario::{Elevator, Step, Trigger};

use crate::objects::{Adapter, Port};
use crate::reference::AdapterRef;
use crate::status::ADAPTER_QDIOUP;
use crate::unit::find_sdev;
use crate::{qdio, statistics, sysfs, unit};

/// As a system call returns it.
pub(crate) fn code(result: Result<u64, Errno>) -> i64 {
    match result {
        Ok(value) => value as i64 & i64::MAX,
        Err(error) => error.code(),
    }
}

/// A step that needs an adapter: what the queue layer reports, and what users do through sysfs.
pub(crate) async fn on_adapter(kernel: &Rc<Kernel>, adapter: &Rc<Adapter>, step: &Step) -> Sim<i64> {
    let wwpn = adapter.model().ports.get(usize::from(step.port)).map_or(0, |p| p.wwpn);
    let lun = adapter.model().ports.get(usize::from(step.port)).and_then(|p| p.luns.get(usize::from(step.lun)));
    let lun = lun.map_or(0, |l| l.lun);
    match step.trigger {
        Trigger::QueueError if adapter.has(ADAPTER_QDIOUP) => {
            qdio::handler_error(adapter, QueueErrorKind::from_raw(step.a.into()))?;
            return Ok(0);
        }
        Trigger::UnknownRequestId if adapter.has(ADAPTER_QDIOUP) => {
            let _frame = kernel.enter("zfcp_fsf_reqid_check");
            return Err(kernel.bug(TrapKind::Panic, "fsf_req", "req_id"));
        }
        Trigger::QueueError | Trigger::UnknownRequestId => return Ok(0),
        _ => {}
    }
    if !adapter.attributes.get() {
        return Ok(Errno::ENOENT.code());
    }
    {
        let _frame = kernel.enter("dev_attr_store");
        adapter.alive(Access::Read, "ccw_device")?;
    }
    let _inside = attribute_users(adapter, step, wwpn, lun).map(|users| users.enter(kernel));
    let _reference = is_of_adapter(step).then(|| AdapterRef::of(adapter.clone()));
    let result = match step.trigger {
        Trigger::PortRescan => sysfs::port_rescan_store(adapter).await?,
        Trigger::PortRemove => sysfs::port_remove_store(adapter, wwpn).await?,
        Trigger::AdapterFailed => sysfs::adapter_failed_store(adapter, step.a).await?,
        Trigger::DiagMaxAge => {
            adapter.diagnostics.max_age.set(step.a);
            Ok(1)
        }
        Trigger::ReadAttribute => {
            let attribute = Attribute::from_raw(step.a.into());
            if is_of_host(attribute) && !host_is_visible(adapter) {
                Err(Errno::ENOENT)
            } else {
                statistics::attribute_show(adapter, attribute).await?
            }
        }
        Trigger::PortFailed | Trigger::UnitAdd | Trigger::UnitRemove | Trigger::UnitFailed => {
            match adapter.port_by_wwpn(wwpn) {
                Some(port) => on_port(adapter, &port, step, lun).await?,
                None => Err(Errno::ENOENT),
            }
        }
        _ => on_host(kernel, adapter, step, wwpn, lun).await?,
    };
    Ok(code(result))
}

/// Whose attribute a user is in: that object cannot go meanwhile. Nobody's for I/O, and for a device that is told to delete
/// itself.
fn attribute_users(adapter: &Adapter, step: &Step, wwpn: u64, lun: u64) -> Option<AttributeUsers> {
    let host = || adapter.scsi_host.borrow().clone();
    Some(match step.trigger {
        Trigger::Read | Trigger::Write | Trigger::Flush | Trigger::SgReset | Trigger::SdevDelete => return None,
        _ if is_of_adapter(step) => adapter.users.clone(),
        Trigger::PortFailed | Trigger::UnitAdd | Trigger::UnitRemove => adapter.port_by_wwpn(wwpn)?.users.clone(),
        Trigger::UnitFailed => {
            let port = adapter.port_by_wwpn(wwpn)?;
            let units = port.unit_list.borrow();
            units.iter().find(|unit| unit.lun == lun)?.users.clone()
        }
        Trigger::SdevFailed
        | Trigger::LatencyReset
        | Trigger::QueueDepth
        | Trigger::SdevState
        | Trigger::SdevRescan
        | Trigger::SwitchElevator
        | Trigger::NrRequests
        | Trigger::Integrity
        | Trigger::ProtectionType => find_sdev(&*host()?, wwpn, lun)?.users.clone(),
        _ => host()?.users.clone(),
    })
}

/// Whether a user is in an attribute of the adapter itself.
pub(crate) fn is_of_adapter(step: &Step) -> bool {
    match step.trigger {
        Trigger::PortRescan | Trigger::PortRemove | Trigger::AdapterFailed | Trigger::DiagMaxAge => true,
        Trigger::ReadAttribute => !is_of_host(Attribute::from_raw(step.a.into())),
        _ => false,
    }
}

/// Whether an attribute belongs to the host, not to the adapter.
fn is_of_host(attribute: Attribute) -> bool {
    !matches!(attribute, Attribute::B2bCredit | Attribute::Temperature)
}

fn host_is_visible(adapter: &Adapter) -> bool {
    adapter.scsi_host.borrow().as_ref().is_some_and(|h| h.is_visible() && !h.is_released())
}

async fn on_port(adapter: &Rc<Adapter>, port: &Rc<Port>, step: &Step, lun: u64) -> sysfs::Outcome {
    match step.trigger {
        Trigger::PortFailed => sysfs::port_failed_store(adapter, port).await,
        Trigger::UnitAdd => sysfs::unit_add_store(adapter, port, lun).await,
        Trigger::UnitRemove => Ok(unit::unit_remove(adapter, port, lun).await?.map(|()| 1)),
        _ => {
            if !port.unit_list.borrow().iter().any(|u| u.lun == lun) {
                return Ok(Err(Errno::ENOENT));
            }
            sysfs::unit_failed_store(adapter, port, lun).await
        }
    }
}

async fn on_host(kernel: &Rc<Kernel>, adapter: &Rc<Adapter>, step: &Step, wwpn: u64, lun: u64) -> sysfs::Outcome {
    if !host_is_visible(adapter) {
        return Ok(Err(Errno::ENOENT));
    }
    match step.trigger {
        Trigger::HostReset => {
            return sysfs::host_reset_store(adapter, HostResetKind::from_raw(step.a.into())).await;
        }
        Trigger::Scan => {
            return sysfs::scan_store(adapter, ScanTarget::from_raw(step.a.into()), wwpn, lun).await;
        }
        Trigger::HostDevLossTmo => {
            adapter.set_fc_host("dev_loss_tmo", |fc| fc.dev_loss_tmo.set(step.a))?;
            for rport in adapter.shost(Access::Read, "rports")?.rports() {
                // What a remote port says to it is not looked at (midlayer.md 3.8).
                let _ = set_dev_loss_tmo(&rport, step.a);
            }
            return Ok(Ok(1));
        }
        Trigger::RportDevLossTmo => {
            return on_rport(adapter, wwpn, |rport| set_dev_loss_tmo(rport, step.a));
        }
        Trigger::RportFastIoFailTmo => return on_rport(adapter, wwpn, |rport| set_fast_io_fail_tmo(rport, step.a)),
        Trigger::RportState => return on_rport(adapter, wwpn, |rport| set_port_state(kernel, rport, step.a != 0)),
        Trigger::ResetStatistics => return statistics::reset(adapter).await,
        Trigger::HostState => return Ok(store_host_state(&*adapter.shost(Access::Write, "shost_state")?, step.a)),
        _ => {}
    }
    let host = adapter.scsi_host.borrow().clone();
    let sdev = host.as_ref().and_then(|h| find_sdev(h, wwpn, lun)).filter(|s| s.has_attributes());
    match sdev {
        Some(sdev) => on_sdev(kernel, adapter, &sdev, step).await,
        None => Ok(Err(Errno::ENOENT)),
    }
}

async fn on_sdev(kernel: &Rc<Kernel>, adapter: &Rc<Adapter>, sdev: &Rc<ScsiDevice>, step: &Step) -> sysfs::Outcome {
    let disk = sdev.disk.borrow().clone().filter(|d| d.published.get());
    match step.trigger {
        Trigger::SdevFailed => sysfs::sdev_failed_store(adapter, sdev).await,
        Trigger::LatencyReset => Ok(Ok(1)),
        Trigger::QueueDepth => {
            if step.a == 0 || step.a > sdev.host.can_queue.get() {
                return Ok(Err(Errno::EINVAL));
            }
            change_queue_depth(sdev, step.a);
            Ok(Ok(1))
        }
        Trigger::SdevDelete => {
            remove_device(sdev).await?;
            Ok(Ok(1))
        }
        Trigger::Read => sd_read_write(sdev, Cdb::Read { lba: step.a, blocks: step.b }).await,
        Trigger::Write => {
            // The pattern tells apart what was written where.
            let pattern = u64::from(step.a) << 32 | u64::from(step.b);
            sd_read_write(sdev, Cdb::Write { lba: step.a, blocks: step.b, pattern }).await
        }
        Trigger::Flush => sd_flush(sdev).await,
        Trigger::SwitchElevator if disk.is_some() => {
            Ok(elevator_change(sdev, Elevator::from_raw(step.a.into())).await?.map(|()| 1))
        }
        Trigger::NrRequests if disk.is_some() => Ok(update_nr_requests(sdev, step.a).await?.map(|()| 1)),
        Trigger::Integrity => match disk.filter(|d| d.integrity.get()) {
            Some(disk) => {
                disk.integrity_enabled.set(step.a != 0);
                Ok(Ok(1))
            }
            None => Ok(Err(Errno::ENOENT)),
        },
        Trigger::ProtectionType => match disk {
            Some(disk) => {
                disk.protection_type.set(step.a as u8);
                Ok(Ok(1))
            }
            None => Ok(Err(Errno::ENOENT)),
        },
        Trigger::SwitchElevator | Trigger::NrRequests => Ok(Err(Errno::ENOENT)),
        Trigger::SdevState => store_sdev_state(sdev, SdevStateWrite::from_raw(step.a.into())).await,
        Trigger::SdevRescan => {
            rescan_device(sdev).await?;
            Ok(Ok(1))
        }
        Trigger::SgReset => scsi_ioctl_reset(sdev, ResetLevel::from_raw(step.a.into())).await,
        _ => Err(kernel.unmodelled("this trigger")),
    }
}

/// An attribute of a remote port, if it is there.
fn on_rport(adapter: &Adapter, wwpn: u64, store: impl FnOnce(&Rport) -> Result<u64, Errno>) -> Sim<Result<u64, Errno>> {
    let rport = adapter.shost(Access::Read, "rports")?.rports().into_iter().find(|r| r.wwpn.get() == wwpn);
    Ok(rport.map_or(Err(Errno::ENOENT), |rport| store(&rport)))
}
