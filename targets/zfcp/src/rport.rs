//! Remote ports towards the FC transport (driver.md 16.5).

use std::rc::Rc;

use regdiff_kernel::Sim;
use regdiff_kernel::scsi::{RportIdentifiers, fc_remote_port_add, fc_remote_port_delete};
use regdiff_observation::{Access, LogId};
use regdiff_scenario::Point;

use crate::erp::{RPORT_ADDED, RPORT_DELETED, trace_beside};
use crate::fault::DriverFault;
use crate::objects::{Adapter, Port, RportTask};
use crate::unit::queue_unit_scans;

/// zfcp_scsi_schedule_rport_register.
pub(crate) fn schedule_rport_register(port: &Port) {
    port.rport_task.set(RportTask::Add);
    port.queue(|works| &works.rport);
}

/// zfcp_scsi_schedule_rport_block.
pub(crate) fn schedule_rport_block(port: &Port) {
    port.rport_task.set(RportTask::Del);
    if port.rport.borrow().is_some() {
        port.queue(|works| &works.rport);
    }
}

/// zfcp_scsi_schedule_rports_block.
pub(crate) fn schedule_rports_block(adapter: &Adapter) {
    for port in adapter.port_list.borrow().iter() {
        schedule_rport_block(port);
    }
}

/// zfcp_scsi_rport_work.
pub(crate) async fn scsi_rport_work(port: &Rc<Port>) -> Sim<()> {
    let Some(adapter) = port.adapter() else { return Ok(()) };
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_scsi_rport_work");
    kernel.point(Point::RportWork).await;
    loop {
        let task = port.rport_task.replace(RportTask::None);
        if task != RportTask::None {
            kernel.point(Point::RportTask).await;
        }
        match task {
            RportTask::None => return Ok(()),
            RportTask::Add => rport_register(&adapter, port).await?,
            RportTask::Del => rport_block(&adapter, port),
        }
    }
}

async fn rport_register(adapter: &Rc<Adapter>, port: &Rc<Port>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_scsi_rport_register");
    if port.rport.borrow().is_some() && !adapter.slips(DriverFault::RportRegisteredTwice) {
        return Ok(());
    }
    let host = adapter.shost(Access::Read, "shost_data")?;
    let ids = RportIdentifiers { node_name: port.wwnn.get(), port_name: port.wwpn, port_id: port.d_id.get() };
    trace_beside(adapter, "scpaddy", RPORT_ADDED, RPORT_ADDED);
    let Some(rport) = fc_remote_port_add(&host, ids).await? else {
        adapter.kernel.log(LogId::RportFailed, adapter.device, port.wwpn);
        return Ok(());
    };
    rport.maxframe_size.set(port.maxframe_size.get());
    rport.supported_classes.set(port.supported_classes.get());
    *port.rport.borrow_mut() = Some(rport);
    queue_unit_scans(adapter, port)
}

fn rport_block(adapter: &Rc<Adapter>, port: &Port) {
    let rport = port.rport.take();
    if let Some(rport) = rport {
        trace_beside(adapter, "scpdely", RPORT_DELETED, RPORT_DELETED);
        fc_remote_port_delete(&adapter.kernel, &rport);
    }
}
