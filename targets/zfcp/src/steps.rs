//! Performing the steps of a scenario at their moments.

use std::cell::RefCell;
use std::rc::Rc;

use regdiff_kernel::scsi::{
    Cdb, Errno, ScsiDevice, elevator_change, remove_device, sd_flush, sd_read_write, update_nr_requests,
};
use regdiff_kernel::{Kernel, Sim};
use regdiff_observation::{StepOutcome, TrapKind};
use regdiff_scenario::module::InitDevice;
use regdiff_scenario::scalar::Scalar;
use regdiff_scenario::step::{Actor, Attribute, HostResetKind, NotifyEvent, Parameter, QueueErrorKind, ScanTarget};
use regdiff_scenario::{Context, Elevator, FailPoint, Module, Point, Step, Trigger, When};

use crate::ccw::{self, Power};
use crate::machine::Machine;
use crate::objects::{Adapter, Port};
use crate::status::ADAPTER_QDIOUP;
use crate::unit::find_sdev;
use crate::{fsf, qdio, sysfs, unit};

/// The script: waits for each step's moment, begins it, observes at rest.
pub(crate) async fn script(machine: Rc<Machine>) -> Sim<()> {
    let kernel = machine.kernel.clone();
    init_device(&machine);
    let mut began_us = kernel.now_us();
    for (index, step) in kernel.scenario.clone().steps.iter().enumerate() {
        let came = match step.moment.when {
            When::AtRest => {
                kernel.wait_for_rest().await;
                machine.observe(index as u32);
                true
            }
            When::After => {
                let due = began_us + u64::from(step.moment.ms) * 1000;
                kernel.sleep_us(due.saturating_sub(kernel.now_us())).await;
                true
            }
            When::Outstanding | When::AtPoint => {
                let came = kernel.wait_for_moment(&step.moment).await;
                if !came {
                    machine.observe(index as u32);
                }
                came
            }
        };
        if came {
            began_us = kernel.now_us();
            begin(&machine, index, step);
        }
    }
    let begun = kernel.scenario.steps.len() as u32;
    kernel.wait_for_rest().await;
    machine.observe(begun);
    // What waits for a device-loss timer is not stuck: let them all run out, and look once more. Settling counts as a step.
    kernel.wait_until_settled().await;
    machine.observe(begun + 1);
    Ok(())
}

/// The `device=` module parameter (driver.md 3.1): gives up silently at each step.
fn init_device(machine: &Rc<Machine>) {
    let module = &machine.kernel.scenario.module;
    if module.dix {
        machine.kernel.log_driver(regdiff_observation::LogId::DixExperimental);
    }
    match module.init_device {
        InitDevice::Absent | InitDevice::UnknownDevice => {}
        InitDevice::Malformed => machine.kernel.log_driver(regdiff_observation::LogId::BadInitDevice),
        InitDevice::Named => {
            let machine = machine.clone();
            let kernel = machine.kernel.clone();
            let index = module.init_device_index;
            kernel.clone().spawn(Context::User, index, async move { configure_init_device(&machine).await });
        }
    }
}

async fn configure_init_device(machine: &Rc<Machine>) -> Sim<()> {
    let kernel = &machine.kernel;
    let _frame = kernel.enter("zfcp_init_device_configure");
    let module = kernel.scenario.module.clone();
    let Some(ccw) = machine.ccws.get(usize::from(module.init_device_index)) else { return Ok(()) };
    if ccw::ccw_device_set_online(&machine.driver, ccw).await?.is_err() {
        return Ok(());
    }
    let Some(adapter) = ccw.adapter() else { return Ok(()) };
    let device = adapter.model();
    let Some(port) = device.ports.get(usize::from(module.init_port_index)) else { return Ok(()) };
    let Some(lun) = port.luns.get(usize::from(module.init_lun_index)) else { return Ok(()) };
    let (wwpn, lun) = (port.wwpn, lun.lun);
    let Some(port) = adapter.port_by_wwpn(wwpn) else { return Ok(()) };
    if let Some(work) = port.works(|w| w.rport.clone()) {
        kernel.flush_work(&work).await;
    }
    unit::unit_add(&adapter, &port, lun).await?.ok();
    Ok(())
}

/// The outcomes of all steps.
pub(crate) type Outcomes = RefCell<Vec<StepOutcome>>;

/// Begins a step: users get a task of their own, everything else happens at once.
fn begin(machine: &Rc<Machine>, index: usize, step: &Step) {
    let kernel = &machine.kernel;
    machine.outcomes.borrow_mut()[index] = StepOutcome::Blocked;
    let context = match step.trigger.actor() {
        Actor::User => Context::User,
        Actor::Channel => Context::Notify,
        Actor::Firmware | Actor::Queue => Context::Response,
        Actor::Fabric | Actor::Injection => Context::User,
    };
    let (task_machine, step) = (machine.clone(), step.clone());
    kernel.spawn_next(context, step.device, async move {
        let machine = task_machine;
        if context == Context::User {
            machine.kernel.point(Point::UserStart).await;
        }
        let code = perform(&machine, index, &step).await?;
        machine.outcomes.borrow_mut()[index] = StepOutcome::Done(code);
        Ok(())
    });
}

fn code(result: Result<u64, Errno>) -> i64 {
    match result {
        Ok(value) => value as i64 & i64::MAX,
        Err(error) => error.code(),
    }
}

async fn perform(machine: &Rc<Machine>, index: usize, step: &Step) -> Sim<i64> {
    let driver = &machine.driver;
    let kernel = &machine.kernel;
    if let Trigger::SetParameter = step.trigger {
        set_parameter(&mut driver.module.borrow_mut(), Parameter::from_raw(step.a.into()), step.b);
        return Ok(1);
    }
    let Some(ccw) = machine.ccws.get(usize::from(step.device)) else { return Ok(Errno::ENODEV.code()) };
    let unit = |result: Result<(), Errno>| code(result.map(|()| 0));
    Ok(match step.trigger {
        Trigger::SetOnline => unit(ccw::ccw_device_set_online(driver, ccw).await?),
        Trigger::SetOffline => unit(ccw::ccw_device_set_offline(driver, ccw).await?),
        Trigger::Remove => unit(ccw::remove(driver, ccw).await?),
        Trigger::Shutdown => {
            ccw::shutdown(driver, ccw).await?;
            0
        }
        Trigger::Freeze => unit(ccw::power(driver, ccw, Power::Freeze).await?),
        Trigger::Thaw => unit(ccw::power(driver, ccw, Power::Thaw).await?),
        Trigger::Restore => unit(ccw::power(driver, ccw, Power::Restore).await?),
        Trigger::Notify => ccw::notify(ccw, NotifyEvent::from_raw(step.a.into()))?,
        Trigger::Fail => {
            let point = FailPoint::from_raw(step.a.into());
            kernel.arm_failure(step.device, point, step.b.clamp(1, 65535) as u16, index as u32);
            0
        }
        _ => match step.trigger.actor() {
            Actor::Firmware | Actor::Fabric => {
                let event = driver.channel.borrow_mut().perform(step);
                if let (Some(event), Some(adapter)) = (event, ccw.adapter()) {
                    fsf::status_read_response(&adapter, event);
                }
                0
            }
            _ => match ccw.adapter() {
                Some(adapter) => on_adapter(kernel, &adapter, step).await?,
                None => Errno::ENODEV.code(),
            },
        },
    })
}

async fn on_adapter(kernel: &Rc<Kernel>, adapter: &Rc<Adapter>, step: &Step) -> Sim<i64> {
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
            let of_host = !matches!(attribute, Attribute::B2bCredit | Attribute::Temperature);
            if of_host && !host_is_visible(adapter) {
                Err(Errno::ENOENT)
            } else {
                sysfs::attribute_show(adapter, attribute).await?
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

fn host_is_visible(adapter: &Adapter) -> bool {
    adapter.scsi_host.borrow().as_ref().is_some_and(|h| h.is_visible() && !h.is_released())
}

async fn on_port(adapter: &Rc<Adapter>, port: &Rc<Port>, step: &Step, lun: u64) -> sysfs::Outcome {
    match step.trigger {
        Trigger::PortFailed => sysfs::port_failed_store(adapter, port).await,
        Trigger::UnitAdd => Ok(unit::unit_add(adapter, port, lun).await?.map(|()| 1)),
        Trigger::UnitRemove => Ok(unit::unit_remove(adapter, port, lun).await?.map(|()| 1)),
        _ => {
            if !port.unit_list.borrow().iter().any(|u| u.lun == lun) {
                return Ok(Err(Errno::ENOENT));
            }
            sysfs::lun_failed_store(adapter, port, lun, true).await
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
            let host = adapter.shost(regdiff_observation::Access::Write, "shost_data")?;
            let fc = host.fc_host(regdiff_observation::Access::Write, "dev_loss_tmo")?;
            fc.dev_loss_tmo.set(step.a);
            for rport in host.rports() {
                rport.dev_loss_tmo.set(step.a);
            }
            return Ok(Ok(1));
        }
        Trigger::ResetStatistics => {
            return Ok(sysfs::attribute_show(adapter, Attribute::Statistics).await?.map(|_| 1));
        }
        Trigger::HostState => return Err(kernel.unmodelled("writes to a host's state")),
        Trigger::RportDevLossTmo | Trigger::RportFastIoFailTmo | Trigger::RportState => {
            return Err(kernel.unmodelled("writes to remote port attributes"));
        }
        _ => {}
    }
    let host = adapter.scsi_host.borrow().clone();
    let sdev = host.as_ref().and_then(|h| find_sdev(h, wwpn, lun)).filter(|s| s.is_visible());
    match sdev {
        Some(sdev) => on_sdev(kernel, adapter, &sdev, step).await,
        None => Ok(Err(Errno::ENOENT)),
    }
}

async fn on_sdev(kernel: &Rc<Kernel>, adapter: &Rc<Adapter>, sdev: &Rc<ScsiDevice>, step: &Step) -> sysfs::Outcome {
    let disk = sdev.disk.borrow().clone().filter(|d| d.published.get());
    match step.trigger {
        Trigger::SdevFailed => {
            let Some(port) = adapter.port_by_wwpn(sdev.rport.wwpn.get()) else { return Ok(Err(Errno::ENOENT)) };
            sysfs::lun_failed_store(adapter, &port, sdev.lun, false).await
        }
        Trigger::LatencyReset => Ok(Ok(1)),
        Trigger::QueueDepth => {
            if step.a == 0 {
                return Ok(Err(Errno::EINVAL));
            }
            sdev.queue_depth.set(step.a);
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
        Trigger::SdevState | Trigger::SdevRescan => Err(kernel.unmodelled("writes to a SCSI device's state")),
        Trigger::SgReset => Err(kernel.unmodelled("the reset ioctl")),
        _ => Err(kernel.unmodelled("this trigger")),
    }
}

fn set_parameter(module: &mut Module, parameter: Parameter, value: u32) {
    match parameter {
        Parameter::QueueDepth => module.queue_depth = value,
        Parameter::AllowLunScan => module.allow_lun_scan = value != 0,
        Parameter::NoAutoPortRescan => module.no_auto_port_rescan = value != 0,
        // A longer wait than an hour only makes runs long.
        Parameter::PortScanBackoff => module.port_scan_backoff = value.min(3_600_000),
        Parameter::PortScanRatelimit => module.port_scan_ratelimit = value.min(3_600_000),
        Parameter::BerStop => module.ber_stop = value != 0,
    }
}
