//! The host template's error handlers: abort, resets (driver.md 15; zfcp_scsi.c).

use std::rc::Rc;

use regdiff_kernel::Sim;
use regdiff_kernel::scsi::{EhResult, Rport, ScsiCommand, ScsiDevice};
use regdiff_scenario::ConnectionFeatures;

use crate::erp::{adapter_reopen, erp_wait, port_forced_reopen};
use crate::fsf::{self, FsfReq, ReqData, Task};
use crate::objects::{Adapter, Lun, Port, lun_of};
use crate::status::{COMMON_RUNNING, REQ_ABORTNOTNEEDED, REQ_ABORTSUCCEEDED, REQ_TMFUNCFAILED};

/// Tries of an abort or task management while the adapter recovers.
const TRIES: u32 = 3;

/// Whether a request is on its way.
enum Sent {
    Yes(Rc<FsfReq>),
    /// It never will be: this is the handler's answer.
    No(EhResult),
}

/// Tries to send a request until recovery lets it through.
async fn send_patiently(
    adapter: &Rc<Adapter>,
    rport: &Rport,
    mut send: impl AsyncFnMut() -> Sim<Option<Rc<FsfReq>>>,
) -> Sim<Sent> {
    for _ in 0..TRIES {
        if let Some(req) = send().await? {
            return Ok(Sent::Yes(req));
        }
        erp_wait(adapter).await;
        if !rport.block(&adapter.kernel).await {
            return Ok(Sent::No(EhResult::FastIoFail));
        }
        if !adapter.has(COMMON_RUNNING) {
            // What was outstanding went with the queues.
            return Ok(Sent::No(EhResult::Success));
        }
    }
    Ok(Sent::No(EhResult::Failed))
}

/// zfcp_scsi_eh_abort_handler.
pub(crate) async fn abort(adapter: Rc<Adapter>, command: &Rc<ScsiCommand>) -> Sim<EhResult> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_scsi_eh_abort_handler");
    let id = command.host_scribble.get();
    let outstanding = adapter.req_list.borrow().iter().find(|req| req.id == id).cloned();
    let (Some(old), Some((lun, port))) = (outstanding, lun_and_port(&command.sdev)) else {
        return Ok(EhResult::Failed);
    };
    old.detached.set(true);
    let send = async || fsf::abort_fcp_cmnd(&adapter, &port, &lun).await;
    let req = match send_patiently(&adapter, &command.sdev.rport, send).await? {
        Sent::Yes(req) => req,
        Sent::No(result) => return Ok(result),
    };
    req.done.wait(kernel).await;
    Ok(if req.has(REQ_ABORTSUCCEEDED | REQ_ABORTNOTNEEDED) { EhResult::Success } else { EhResult::Failed })
}

/// zfcp_scsi_task_mgmt_function.
pub(crate) async fn task_mgmt(adapter: Rc<Adapter>, sdev: &Rc<ScsiDevice>, task: Task) -> Sim<EhResult> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_scsi_task_mgmt_function");
    let Some((lun, port)) = lun_and_port(sdev) else { return Ok(EhResult::Failed) };
    let send = async || fsf::fcp_task_mgmt(&adapter, &port, &lun, task).await;
    let req = match send_patiently(&adapter, &sdev.rport, send).await? {
        Sent::Yes(req) => req,
        Sent::No(result) => return Ok(result),
    };
    req.done.wait(kernel).await;
    if req.has(REQ_TMFUNCFAILED) {
        return Ok(EhResult::Failed);
    }
    forget_commands(&adapter, &lun, &port, task);
    Ok(EhResult::Success)
}

/// zfcp_scsi_forget_cmnds: what the reset ended has no answer any more.
fn forget_commands(adapter: &Adapter, reset_lun: &Rc<Lun>, reset_port: &Rc<Port>, task: Task) {
    for req in adapter.req_list.borrow().iter() {
        let ReqData::Scsi(_, lun, port) = &req.data else { continue };
        let ended = match task {
            Task::LunReset => Rc::ptr_eq(lun, reset_lun),
            Task::TargetReset => Rc::ptr_eq(port, reset_port),
        };
        if ended {
            req.detached.set(true);
        }
    }
}

/// zfcp_scsi_eh_target_reset_handler: through the target's first device that is not going.
pub(crate) async fn target_reset(adapter: Rc<Adapter>, sdev: &Rc<ScsiDevice>) -> Sim<EhResult> {
    let _frame = adapter.kernel.enter("zfcp_scsi_eh_target_reset_handler");
    let first = {
        let devices = sdev.host.devices.borrow();
        devices.iter().find(|d| Rc::ptr_eq(&d.rport, &sdev.rport) && d.can_be_taken()).cloned()
    };
    match first {
        Some(first) => task_mgmt(adapter.clone(), &first, Task::TargetReset).await,
        None => Ok(EhResult::Failed),
    }
}

/// zfcp_scsi_eh_host_reset_handler. Outside NPIV mode every port is closed physically first.
pub(crate) async fn host_reset(adapter: Rc<Adapter>, sdev: &Rc<ScsiDevice>) -> Sim<EhResult> {
    let _frame = adapter.kernel.enter("zfcp_scsi_eh_host_reset_handler");
    if !adapter.connection_features.get().has(ConnectionFeatures::NPIV_MODE) {
        for port in adapter.ports() {
            port_forced_reopen(&adapter, &port, 0, "schrh_p")?;
        }
        erp_wait(&adapter).await;
    }
    adapter_reopen(&adapter, 0, "schrh_1")?;
    erp_wait(&adapter).await;
    let fails_fast = !sdev.rport.block(&adapter.kernel).await;
    Ok(if fails_fast { EhResult::FastIoFail } else { EhResult::Success })
}

fn lun_and_port(sdev: &ScsiDevice) -> Option<(Rc<Lun>, Rc<Port>)> {
    let lun = lun_of(sdev)?;
    let port = lun.port()?;
    Some((lun, port))
}
