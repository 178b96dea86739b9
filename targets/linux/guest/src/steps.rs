//! The script: waits for each step's moment, begins it, observes at rest. The order of things is the model's.

use std::sync::{Arc, mpsc};
use std::thread;

use nix::errno::Errno;
use nix::unistd::gettid;
use regdiff_linux_wire::Fact;
use regdiff_scenario::module::InitDevice;
use regdiff_scenario::scalar::Scalar;
use regdiff_scenario::step::QueueErrorKind;
use regdiff_scenario::{Actor, FailPoint, Step, Trigger, When};

use crate::boot;
use crate::door;
use crate::firmware::GAP_US;
use crate::machine::Machine;
use crate::observe;
use crate::priority::{Priority, prefer};
use crate::report::boot_us;
use crate::rest::{TimedOut, Until};
use crate::user::{self, code};

/// Why a run ends before its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    /// The limit of virtual time was hit.
    #[error(transparent)]
    TimedOut(#[from] TimedOut),
    /// A part of the scenario that this lane cannot do.
    #[error("{0}")]
    NotExpressible(String),
}

/// Error bits of the queue layer: a buffer's state could not be read; a buffer is in a bad state.
const QUEUE_ERRORS: (u32, u32) = (0x0002, 0x0100);

/// A step that has begun and does nothing yet.
type Begun<'a> = Option<(u32, &'a Step)>;

/// Runs the scenario.
pub(crate) fn script(machine: &Arc<Machine>) -> Result<(), Stop> {
    expressible(machine)?;
    load_driver(machine)?;
    let mut began_us = machine.teller.now_us();
    let mut begun: Begun<'_> = None;
    for (index, step) in (0u32..).zip(&machine.scenario.steps) {
        // As in the model a step waits for its moment before the step before it does anything: that one may bring the moment.
        let waits = matches!(step.moment.when, When::Outstanding | When::AtPoint);
        if waits {
            machine.arm(&step.moment).map_err(|error| {
                let point = step.moment.point.text();
                Stop::NotExpressible(format!("a step at {point}: the module cannot stop there ({error})"))
            })?;
        }
        go(machine, begun.take())?;
        let came = match step.moment.when {
            When::AtRest => {
                machine.wait(Until::Rest)?;
                observe(machine, index);
                true
            }
            When::After => {
                // No time at all is behind what goes on at once, and before the next answer.
                machine.sleep_until(began_us + (u64::from(step.moment.ms) * 1000).max(GAP_US / 2))?;
                true
            }
            When::Outstanding | When::AtPoint => {
                let came = machine.wait(Until::Rest)?;
                if !came {
                    machine.disarm();
                    observe(machine, index);
                }
                came
            }
        };
        if came {
            began_us = machine.teller.now_us();
            machine.teller.tell(&Fact::StepBegun { step: index, time_us: began_us });
            begun = Some((index, step));
        }
    }
    go(machine, begun.take())?;
    let steps = machine.scenario.steps.len() as u32;
    machine.wait(Until::Rest)?;
    observe(machine, steps);
    machine.wait(Until::Settled)?;
    if machine.wait_for_users()? {
        machine.wait(Until::Settled)?;
    }
    observe(machine, steps + 1);
    Ok(())
}

/// Lets a step that has begun do its work, as far as it gets at once; then what was held for it goes on.
fn go(machine: &Arc<Machine>, begun: Begun<'_>) -> Result<(), Stop> {
    let Some((index, step)) = begun else { return Ok(()) };
    let held = machine.held();
    begin(machine, index, step)?;
    machine.release(held, matches!(step.trigger.actor(), Actor::User | Actor::Channel));
    Ok(())
}

/// What this lane cannot do is said before anything happens.
fn expressible(machine: &Machine) -> Result<(), Stop> {
    let kernel = &machine.scenario.kernel;
    if kernel.crash_dump {
        return Err(Stop::NotExpressible("kernel.crash_dump: it takes another boot of the guest".into()));
    }
    for step in &machine.scenario.steps {
        if matches!(step.trigger, Trigger::Freeze | Trigger::Thaw | Trigger::Restore) {
            let name = step.trigger.text();
            return Err(Stop::NotExpressible(format!("step {name}: this kernel's driver has no suspend handlers")));
        }
    }
    boot::prepare_kernel(&machine.tree, kernel).map_err(Stop::NotExpressible)
}

/// Loads the driver. With a `device=` parameter that blocks until the device is configured, which the model does beside the steps.
fn load_driver(machine: &Arc<Machine>) -> Result<(), Stop> {
    if machine.scenario.module.init_device != InitDevice::Named {
        return boot::load_driver(machine).map_err(Stop::NotExpressible);
    }
    let machine_of_loader = machine.clone();
    spawn(machine, move || {
        if let Err(error) = boot::load_driver(&machine_of_loader) {
            machine_of_loader.teller.remark(&error);
        }
    });
    Ok(())
}

fn observe(machine: &Machine, steps_begun: u32) {
    let devices = machine.scenario.devices.len() as u8;
    let readings = observe::readings(&machine.tree, devices);
    machine.teller.tell(&Fact::Rest { time_us: machine.teller.now_us(), steps_begun, readings });
}

/// A thread for somebody who may block for ever. It runs before everybody else until it first sleeps, as in the model; from then on
/// it is as everybody else.
fn spawn(machine: &Machine, body: impl FnOnce() + Send + 'static) {
    const STACK: usize = 128 << 10;
    let (say, hear) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().stack_size(STACK).spawn(move || {
        let me = gettid();
        // Nobody runs in between: who hears has a lower priority.
        prefer(me, Priority::Beginner);
        let _ = say.send(me);
        body();
    });
    match thread {
        Ok(_) => {
            // Its creator goes on when it sleeps, or has ended.
            if let Ok(thread) = hear.recv() {
                prefer(thread, Priority::Ordinary);
            }
        }
        Err(error) => machine.teller.remark(&format!("no thread: {error}")),
    }
}

/// Starts the work of a step: users and the channel subsystem get a thread of their own, everything else happens at once.
fn begin(machine: &Arc<Machine>, index: u32, step: &Step) -> Result<(), Stop> {
    let done = |code| machine.teller.tell(&Fact::StepDone { step: index, code });
    match step.trigger.actor() {
        Actor::User | Actor::Channel => {
            let (machine_of_user, step) = (machine.clone(), step.clone());
            machine.lock().users += 1;
            spawn(machine, move || {
                let machine = machine_of_user;
                if step.trigger.actor() == Actor::User {
                    machine.user_starts(step.device);
                }
                let code = user::perform(&machine, index, &step);
                machine.teller.tell(&Fact::StepDone { step: index, code });
                machine.lock().users -= 1;
            });
        }
        _ if usize::from(step.device) >= machine.scenario.devices.len() => done(code(Err(Errno::ENODEV))),
        Actor::Firmware | Actor::Fabric => {
            let record = machine.lock().firmware.perform(step, boot_us());
            if let Some(record) = record
                && let Err(error) = machine.write(&record)
            {
                machine.teller.remark(&format!("unsolicited status: {error}"));
            }
            done(0);
        }
        Actor::Queue => done(queue(machine, step)),
        Actor::Injection => {
            let point = FailPoint::from_raw(step.a.into());
            machine.fail(step.device, point, step.b.clamp(1, 65535), index).map_err(|error| {
                Stop::NotExpressible(format!("failure of {}: the module cannot make it happen ({error})", point.text()))
            })?;
            done(0);
        }
    }
    Ok(())
}

/// What the queue hardware does, to a device that the driver knows.
fn queue(machine: &Machine, step: &Step) -> i64 {
    if !machine.tree.adapter(step.device).join("status").exists() {
        return code(Err(Errno::ENODEV));
    }
    let record = if step.trigger == Trigger::UnknownRequestId {
        door::words(door::DO_UNKNOWN_ID, step.device.into(), &[])
    } else {
        let (output, error) = match QueueErrorKind::from_raw(step.a.into()) {
            QueueErrorKind::Request => (1, QUEUE_ERRORS.0),
            QueueErrorKind::Response => (0, QUEUE_ERRORS.0),
            QueueErrorKind::RequestBufferState => (1, QUEUE_ERRORS.1),
            QueueErrorKind::ResponseBufferState => (0, QUEUE_ERRORS.1),
        };
        door::words(door::DO_QUEUE_ERROR, step.device.into(), &[output, error, 1, 0])
    };
    // Without queues there is nobody to tell.
    let _ = machine.write(&record);
    0
}
