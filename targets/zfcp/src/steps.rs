//! Performing the steps of a scenario at their moments.

use std::cell::RefCell;
use std::rc::Rc;

use regdiff_kernel::Sim;
use regdiff_kernel::scsi::Errno;
use regdiff_observation::StepOutcome;
use regdiff_scenario::module::{InitDevice, Toggle};
use regdiff_scenario::scalar::Scalar;
use regdiff_scenario::step::{Actor, NotifyEvent, Parameter};
use regdiff_scenario::{Context, FailPoint, Module, Point, Step, Trigger, When};

use crate::ccw::{self, CcwDevice, Power};
use crate::machine::Machine;
use crate::objects::Adapter;
use crate::status::ADAPTER_ERP_PENDING;
use crate::user::{code, is_of_adapter, on_adapter};
use crate::{fsf, unit};

/// The script: waits for each step's moment, begins it, observes at rest.
pub(crate) async fn script(machine: Rc<Machine>) -> Sim<()> {
    let kernel = machine.kernel.clone();
    init_device(&machine);
    let mut began_us = kernel.now_us();
    for (index, step) in kernel.scenario.clone().steps.iter().enumerate() {
        let came = match step.moment.when {
            When::AtRest => {
                kernel.wait_for_rest().await;
                linger(&machine).await;
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
                    linger(&machine).await;
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
    linger(&machine).await;
    machine.observe(begun);
    // What waits for a device-loss timer is not stuck: let them all run out, and look once more. Settling counts as a step.
    kernel.wait_until_settled().await;
    machine.observe(begun + 1);
    Ok(())
}

/// At rest: until it has lasted as long as the guest of the kernel lane needs to believe in it (its `rest.rs`): a moment if nobody waits
/// for anything, and the patience it has with those who do. What runs out meanwhile is part of it.
async fn linger(machine: &Machine) {
    let kernel = &machine.kernel;
    if kernel.switches.rest_ms == 0 {
        return;
    }
    let (mut events, mut since_us) = (kernel.events_so_far(), kernel.now_us());
    while let Some(patience_ms) = patience_ms(machine) {
        if kernel.now_us() - since_us >= patience_ms * 1000 {
            return;
        }
        kernel.sleep_us((patience_ms * 1000).div_ceil(LOOKS)).await;
        kernel.wait_for_rest().await;
        if kernel.events_so_far() != events {
            (events, since_us) = (kernel.events_so_far(), kernel.now_us());
        }
    }
    kernel.sleep_us(kernel.switches.rest_ms * 1000).await;
    kernel.wait_for_rest().await;
}

/// How often the guest looks whether those who wait still do.
const LOOKS: u64 = 16;

/// How long the guest waits for those who are stuck, in ms; none if nobody is.
fn patience_ms(machine: &Machine) -> Option<u64> {
    let kernel = &machine.kernel;
    let waits = |adapter: &Adapter| adapter.has(ADAPTER_ERP_PENDING) || !adapter.req_list.borrow().is_empty();
    let recovers = machine.ccws.iter().filter_map(|ccw| ccw.adapter_or_orphan()).any(|adapter| waits(&adapter));
    if recovers || kernel.any_stuck(&[Context::ScsiEh]) {
        return Some(130_005);
    }
    if kernel.any_stuck(&[Context::AdapterWq]) {
        return Some(113_005);
    }
    let scans = [Context::ScsiWq, Context::ScsiTmf, Context::SdProbe, Context::FcWq, Context::FcDl];
    match (kernel.any_stuck(&scans), kernel.has_background_timers()) {
        (true, true) => Some(4_005),
        (true, false) => Some(45_005),
        (false, _) => None,
    }
}

/// The `device=` module parameter (driver.md 3.1): gives up silently at each step.
fn init_device(machine: &Rc<Machine>) {
    let module = &machine.kernel.scenario.module;
    if machine.driver.toggle(Toggle::Dix) {
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
    // The parameter names some LUN, whether the port has one or not.
    let (wwpn, lun) = (port.wwpn, port.luns.get(usize::from(module.init_lun_index)).map_or(0, |lun| lun.lun));
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
    machine.begins(index);
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

async fn perform(machine: &Rc<Machine>, index: usize, step: &Step) -> Sim<i64> {
    let driver = &machine.driver;
    let kernel = &machine.kernel;
    if let Trigger::SetParameter = step.trigger {
        set_parameter(&mut driver.module.borrow_mut(), Parameter::from_raw(step.a.into()), step.b);
        return Ok(1);
    }
    let Some(ccw) = machine.ccws.get(usize::from(step.device)) else { return Ok(Errno::ENODEV.code()) };
    if has_no_effect(ccw, step.trigger) {
        kernel.without_effect(index as u32);
    }
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
                if let (Some(event), Some(adapter)) = (event, ccw.adapter_or_orphan()) {
                    fsf::status_read_response(&adapter, event);
                }
                0
            }
            // The adapter's own files look it up; what is below it leads straight to it.
            _ => match if is_of_adapter(step) { ccw.adapter() } else { ccw.adapter_or_orphan() } {
                Some(adapter) => on_adapter(kernel, &adapter, step).await?,
                // Without an adapter there is no file that a user could open.
                None if step.trigger.actor() == Actor::User => Errno::ENOENT.code(),
                None => Errno::ENODEV.code(),
            },
        },
    })
}

/// Whether a step finds nothing to work on: no adapter, none that is being made, and nothing of its own to change.
fn has_no_effect(ccw: &CcwDevice, trigger: Trigger) -> bool {
    if ccw.is_in_use() || ccw.adapter_or_orphan().is_some() {
        return false;
    }
    match trigger {
        // Of the channel layer, of the kernel's memory, or a change of what the firmware says from now on.
        Trigger::SetOnline | Trigger::Remove | Trigger::SetParameter | Trigger::Fail => false,
        Trigger::FabricPort | Trigger::Cable => false,
        Trigger::LinkDown | Trigger::LinkUp | Trigger::FeatureUpdate | Trigger::VersionChange => false,
        // A driver without an adapter, files that are not there, and statuses that are lost: the queues are closed.
        _ => true,
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
