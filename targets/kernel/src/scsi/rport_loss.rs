//! What becomes of lost remote ports: the loss timer, deletion of targets and ports, removal with the host (midlayer.md 3.5,
//! 3.7).

use std::rc::Rc;

use regdiff_observation::{Access, LogId, Object, UeventAction};

use super::device::{ScsiDevice, remove_device};
use super::host::ScsiHost;
use super::rport::{Rport, RportState, unblock_target};
use super::sdev_state::SdevState;
use crate::{MidlayerFault, Sim};

/// fc_timeout_deleted_rport: the loss timer ran out. The binding is kept.
pub(crate) async fn fc_timeout_deleted_rport(host: &Rc<ScsiHost>, rport: &Rc<Rport>) -> Sim<()> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("fc_timeout_deleted_rport");
    kernel.log(LogId::RportLost, host.device, rport.wwpn.get());
    if rport.state() != RportState::Blocked {
        return Ok(());
    }
    host.rports.borrow_mut().retain(|r| !Rc::ptr_eq(r, rport));
    host.rport_bindings.borrow_mut().push(rport.clone());
    rport.maxframe_size.set(u32::MAX);
    rport.supported_classes.set(0);
    rport.set_state(kernel, RportState::NotPresent);
    terminate_io(host, rport)?;
    // The driver may have brought it back from there.
    if rport.state() == RportState::NotPresent {
        rport.wwnn.set(u64::MAX);
        rport.port_id.set(u32::MAX);
        host.queue_fc_work(&host.fc_wq, rport.work(|w| &w.target_delete), 0);
    }
    Ok(())
}

/// fc_timeout_fail_rport_io: the fast I/O fail timer ran out.
pub(crate) async fn fc_timeout_fail_rport_io(host: &Rc<ScsiHost>, rport: &Rc<Rport>) -> Sim<()> {
    let _frame = host.kernel.enter("fc_timeout_fail_rport_io");
    if rport.state() != RportState::Blocked {
        return Ok(());
    }
    rport.set_fast_fail(&host.kernel, true);
    terminate_io(host, rport)
}

/// fc_terminate_rport_io: the driver ends its I/O, waiting requests fail.
fn terminate_io(host: &Rc<ScsiHost>, rport: &Rc<Rport>) -> Sim<()> {
    let _frame = host.kernel.enter("fc_terminate_rport_io");
    if let Some(driver) = host.driver.upgrade() {
        driver.terminate_rport_io(rport)?;
    }
    unblock_target(host, rport, SdevState::TransportOffline);
    Ok(())
}

/// fc_starget_delete: I/O ends, then the target goes with all its devices.
pub(crate) async fn fc_starget_delete(host: &Rc<ScsiHost>, rport: &Rc<Rport>) -> Sim<()> {
    let _frame = host.kernel.enter("fc_starget_delete");
    terminate_io(host, rport)?;
    let _frame = host.kernel.enter("scsi_remove_target");
    // A scan may find more devices until it ends.
    rport.target_goes.set(true);
    let gone = |sdev: &Rc<ScsiDevice>| matches!(sdev.state(), SdevState::Cancel | SdevState::Del);
    while let Some(sdev) = host.target_devices(rport).into_iter().find(|sdev| !gone(sdev)) {
        remove_device(&sdev).await?;
    }
    rport.target_goes.set(false);
    Ok(())
}

/// fc_rport_final_delete: the port itself goes.
pub(crate) async fn fc_rport_final_delete(host: &Rc<ScsiHost>, rport: &Rc<Rport>) -> Sim<()> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("fc_rport_final_delete");
    terminate_io(host, rport)?;
    if let Some(queue) = host.work_q().filter(|_| rport.scan_pending.get()) {
        kernel.flush_workqueue(&queue).await;
    }
    let fc_dl = host.fc_dl.borrow().clone();
    for work in [rport.work(|w| &w.fail_io), rport.work(|w| &w.dev_loss)] {
        if let (Some(queue), Some(work)) = (&fc_dl, work) {
            kernel.cancel_work_sync(queue, &work).await;
        }
    }
    fc_starget_delete(host, rport).await?;
    kernel.uevent(UeventAction::Remove, Object::Rport(host.device, rport.wwpn.get()));
    if !kernel.slips(MidlayerFault::RportKeepsHost) {
        host.put();
    }
    Ok(())
}

/// fc_remove_host (midlayer.md 3.7): ends scans, deletes every remote port.
pub async fn fc_remove_host(host: &Rc<ScsiHost>) -> Sim<()> {
    let kernel = &host.kernel;
    let _frame = kernel.enter("fc_remove_host");
    host.fc_host(Access::Read, "rports")?;
    let (active, saved) = (host.rports.take(), host.rport_bindings.take());
    // Kept to the end: their works do not keep them.
    for rport in active.iter().chain(&saved) {
        rport.set_state(kernel, RportState::Deleted);
        host.queue_fc_work(&host.fc_wq, rport.work(|w| &w.rport_delete), 0);
    }
    if let Some(queue) = host.work_q() {
        kernel.flush_workqueue(&queue).await;
    }
    for queue in [&host.fc_wq, &host.fc_dl] {
        // From here on work for it is refused.
        let taken = queue.take();
        if let Some(taken) = taken {
            kernel.destroy_workqueue(&taken).await;
        }
    }
    Ok(())
}
