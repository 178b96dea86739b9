//! Module parameters and kernel profiles.

use super::Draw;
use crate::kernel::{Behaviours, Elevator, ElevatorAttach, Kernel, Layout, Midlayer};
use crate::module::Module;
use crate::scalar::{Domain, Scalar};

/// Protection on in half of all scenarios: it is what registration was moved for.
pub(super) fn module(draw: &mut Draw<'_, '_>) -> Module {
    let mut module = Module { dif: draw.chance(50), dix: draw.chance(35), ..Module::default() };
    draw.disturb(&mut module, &["queue_depth", "allow_lun_scan", "datarouter", "no_auto_port_rescan"], 8);
    draw.disturb(&mut module, &["port_scan_backoff", "port_scan_ratelimit", "ber_stop"], 8);
    draw.disturb(&mut module, &["dbfsize", "dbflevel"], 3);
    draw.disturb(&mut module, &["init_device"], 6);
    draw.disturb(&mut module, &["init_device_index", "init_port_index", "init_lun_index"], 3);
    module
}

/// All layouts but the kernel lane's alike; the midlayer and the elevator mostly of the same kernel.
pub(super) fn kernel(draw: &mut Draw<'_, '_>) -> Kernel {
    let layout = draw.pick(Layout::DRAWN);
    let (mut midlayer, mut elevator_attach) = of_layout(layout);
    if draw.chance(25) {
        midlayer = draw.pick(Midlayer::ALL);
    }
    if draw.chance(25) {
        elevator_attach = draw.pick(ElevatorAttach::ALL);
    }
    let elevator = draw.weighted(&[(Elevator::MqDeadline, 75), (Elevator::None, 25)]);
    let mut kernel = Kernel { layout, midlayer, elevator_attach, elevator, ..Kernel::default() };
    draw.disturb(&mut kernel, &["scsi_scan", "max_luns", "crash_dump"], 4);
    if draw.chance(25) {
        kernel.behaviours = behaviours(draw);
    }
    kernel
}

fn of_layout(layout: Layout) -> (Midlayer, ElevatorAttach) {
    use Layout::*;
    match layout {
        Linux531S390x | Linux531S390xNoWbt | Linux531S390xLockdebug => (Midlayer::V5_3, ElevatorAttach::AtQueueAlloc),
        Seed56Rc2DebugS390x | Linux54S390xInterpolated | Linux5714S390x | Linux5714S390xNoAllocTime => {
            (Midlayer::V5_7, ElevatorAttach::AtAddDisk)
        }
        Debian61S390x | Debian61Amd64 | Uml61X86_64 => (Midlayer::V6_1, ElevatorAttach::AtAddDisk),
        Debian612S390x | Debian612Amd64 | Uml612X86_64 => (Midlayer::V6_12, ElevatorAttach::AtAddDisk),
    }
}

fn behaviours(draw: &mut Draw<'_, '_>) -> Behaviours {
    let domain = Domain::Flags(Behaviours::NAMES);
    Behaviours::from_raw(draw.value(&domain, 0))
}
