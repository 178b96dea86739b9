//! Init of the kernel lane's guest: a User-Mode Linux machine in which the real driver runs over a fake channel.
//!
//! | file | what |
//! |---|---|
//! | `boot` | mounts, modules, power off |
//! | `machine` | what threads share; the thread that is the hardware |
//! | `door` | records of the fake channel's module |
//! | `firmware` | requests in, answers out: the model's channel behind the hardware's control blocks |
//! | `steps`, `user`, `disk` | what happens, and who does it |
//! | `rest`, `priority` | waiting, in virtual time; who runs first |
//! | `observe`, `sysfs`, `lun` | what a user sees |
//! | `uevent`, `kmsg` | what the kernel says by itself |
//! | `report` | what the host is told |
//! | `calls` | system calls that no crate offers |

mod boot;
mod calls;
mod disk;
mod door;
mod firmware;
mod kmsg;
mod lun;
mod machine;
mod observe;
mod priority;
mod report;
mod rest;
mod steps;
mod sysfs;
mod uevent;
mod user;

use std::fs::File;
use std::sync::Arc;
use std::thread;

use regdiff_linux_wire::{Fact, Order};
use regdiff_scenario::bytes;

use machine::Machine;
use priority::{Priority, prefer_me};
use report::Teller;
use steps::Stop;
use sysfs::{Tree, devno};

fn main() {
    if std::process::id() != 1 {
        eprintln!("regdiff-guest is the first process of the kernel lane's guest; it is of no use anywhere else");
        std::process::exit(2);
    }
    // A bug of ours must not look like one of the kernel's.
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("regdiff-guest: {panic}");
        boot::power_off(None);
    }));
    boot::mount_all();
    let out = match boot::open_out() {
        Ok(out) => out,
        Err(error) => {
            eprintln!("regdiff-guest: nowhere to write to: {error}");
            boot::power_off(None);
        }
    };
    let drain = out.try_clone().ok();
    let teller = Teller::new(out);
    match boot::read_order().and_then(|order| {
        let door = boot::open_door(&order)?;
        Ok((order, door))
    }) {
        Ok((order, door)) => run(order, door, teller),
        Err(what) => teller.tell(&Fact::NotExpressible { what }),
    }
    boot::power_off(drain.as_ref());
}

/// One scenario from beginning to end.
fn run(order: Order, door: File, teller: Teller) {
    let scenario = bytes::decode(&order.scenario);
    let log = kmsg::Log::open().inspect_err(|error| teller.remark(&format!("no log: {error}"))).ok();
    let machine = Arc::new(Machine::new(scenario, order, Tree::new("/"), teller, door, log));
    listen(&machine);
    for (device, index) in machine.scenario.devices.iter().zip(0u8..) {
        let record = door::add_device(index.into(), devno(index), device.multi_buffer, device.data_division);
        if let Err(error) = machine.write(&record) {
            let what = format!("device {index}: the module cannot make it ({error})");
            return machine.teller.tell(&Fact::NotExpressible { what });
        }
    }
    machine.let_run();
    machine.teller.start();
    let ended = steps::script(&machine);
    // Everything that was said so far is told before the end.
    machine.let_run();
    let timed_out = match ended {
        Ok(()) => false,
        Err(Stop::NotExpressible(what)) => return machine.teller.tell(&Fact::NotExpressible { what }),
        Err(Stop::TimedOut(_)) => {
            for stack in boot::stacks(&machine.tree) {
                machine.teller.remark(&stack);
            }
            true
        }
    };
    machine.teller.tell(&Fact::End {
        time_us: machine.teller.now_us(),
        busy: machine.busy(),
        timed_out,
        scsi_commands: machine.teller.scsi_commands(),
    });
}

/// Starts the threads that tell what happens.
fn listen(machine: &Arc<Machine>) {
    // Threads take over their creator's.
    prefer_me(Priority::Script);
    let hardware = machine.clone();
    thread::spawn(move || {
        prefer_me(Priority::Hardware);
        hardware.be_hardware();
    });
    match uevent::open() {
        Ok(socket) => {
            let machine = machine.clone();
            thread::spawn(move || uevent::listen(&socket, &machine.tree, &machine.names, &machine.teller));
        }
        Err(error) => machine.teller.remark(&format!("no uevents: {error}")),
    }
    let machine = machine.clone();
    thread::spawn(move || {
        if let Some(log) = &machine.log {
            log.listen(&machine.teller);
        }
    });
}
