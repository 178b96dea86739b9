//! The system calls that no crate offers without `unsafe`.
#![allow(unsafe_code)]

use std::fs::File;
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::libc::{SCHED_FIFO, SCHED_OTHER, sched_param, sched_setscheduler};
use nix::unistd::Pid;

mod raw {
    nix::ioctl_read!(door_busy, b'R', 1, u32);
    // Its number is older than the encoding of directions and sizes (scsi/sg.h).
    nix::ioctl_write_ptr_bad!(sg_scsi_reset, 0x2284, i32);
}

/// What still has to happen: a mask of BUSY_* (DOOR_IOC_BUSY).
pub(crate) fn busy(door: &File) -> Result<u32, Errno> {
    let mut mask = 0;
    // SAFETY: the driver stores one u32 at the pointer, which outlives the call.
    unsafe { raw::door_busy(door.as_raw_fd(), &raw mut mask) }?;
    Ok(mask)
}

/// Resets a SCSI device, its target, bus or host: SG_SCSI_RESET on an open block device.
pub(crate) fn sg_reset(device: &File, level: i32) -> Result<(), Errno> {
    // SAFETY: the kernel reads one int at the pointer, which outlives the call.
    unsafe { raw::sg_scsi_reset(device.as_raw_fd(), &raw const level) }?;
    Ok(())
}

/// Lets a thread run before every other one of lower priority, until it sleeps; 0 is an ordinary thread again.
pub(crate) fn set_priority(thread: Pid, priority: i32) -> Result<(), Errno> {
    let policy = if priority == 0 { SCHED_OTHER } else { SCHED_FIFO };
    let param = sched_param { sched_priority: priority };
    // SAFETY: the kernel reads the parameter, which outlives the call.
    let result = unsafe { sched_setscheduler(thread.as_raw(), policy, &raw const param) };
    Errno::result(result).map(drop)
}
