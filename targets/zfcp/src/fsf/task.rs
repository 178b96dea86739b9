//! Aborts and task management (driver.md 15).

use std::rc::Rc;

use regdiff_channel::{Body, Request, qualifier};
use regdiff_kernel::Sim;
use regdiff_scenario::FsfStatus;

use super::fcp::fcp_handler_common;
use super::request::{Deadline, FsfReq, ReqData, send, transmit};
use crate::erp::{adapter_reopen, lun_reopen, port_reopen, set_lun_status, set_port_status};
use crate::fc;
use crate::objects::{Adapter, Lun, Port};
use crate::qdio;
use crate::status::{
    COMMON_ACCESS_BOXED, COMMON_ERP_FAILED, COMMON_UNBLOCKED, REQ_ABORTNOTNEEDED, REQ_ABORTSUCCEEDED, REQ_ERROR,
    REQ_TMFUNCFAILED,
};

/// ZFCP_FSF_SCSI_ER_TIMEOUT: 10 s for an abort or task management.
const DEADLINE: Deadline = Deadline::Reopen(10);

/// Task management functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// FCP_TMF_LUN_RESET.
    LunReset,
    /// FCP_TMF_TGT_RESET.
    TargetReset,
}

/// zfcp_fsf_abort_fcp_cmnd: None if it cannot be sent now.
pub(crate) async fn abort_fcp_cmnd(adapter: &Rc<Adapter>, port: &Rc<Port>, lun: &Rc<Lun>) -> Sim<Option<Rc<FsfReq>>> {
    let _frame = adapter.kernel.enter("zfcp_fsf_abort_fcp_cmnd");
    let request = Request::Abort { port_handle: port.handle.get(), lun_handle: lun.lun_handle.get() };
    // Room comes first, then the question whether the LUN is usable; task management asks the other way round.
    if qdio::sbal_get(adapter).await?.is_err() || !lun.has(COMMON_UNBLOCKED) {
        return Ok(None);
    }
    Ok(transmit(adapter, request, about(port, lun), None, DEADLINE)?.ok())
}

/// zfcp_fsf_fcp_task_mgmt: None if it cannot be sent now.
pub(crate) async fn fcp_task_mgmt(
    adapter: &Rc<Adapter>,
    port: &Rc<Port>,
    lun: &Rc<Lun>,
    task: Task,
) -> Sim<Option<Rc<FsfReq>>> {
    let _frame = adapter.kernel.enter("zfcp_fsf_fcp_task_mgmt");
    let (port_handle, lun_handle) = (port.handle.get(), lun.lun_handle.get());
    let request = match task {
        Task::LunReset => Request::LunReset { port_handle, lun_handle },
        Task::TargetReset => Request::TargetReset { port_handle, lun_handle },
    };
    if !lun.has(COMMON_UNBLOCKED) {
        return Ok(None);
    }
    Ok(send(adapter, request, about(port, lun), None, DEADLINE).await?.ok())
}

fn about(port: &Rc<Port>, lun: &Rc<Lun>) -> ReqData {
    ReqData::Task(lun.clone(), port.clone())
}

/// zfcp_fsf_abort_fcp_command_handler.
///
/// A handle is refused for good if the first two words of the qualifier agree; scripts know the first word only, so that the
/// second one is 0.
pub(super) fn abort_handler(adapter: &Rc<Adapter>, req: &Rc<FsfReq>, lun: &Rc<Lun>, port: &Rc<Port>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fsf_abort_fcp_command_handler");
    if req.has(REQ_ERROR) {
        return Ok(());
    }
    match req.fsf_status() {
        FsfStatus::Good => {
            req.set(REQ_ABORTSUCCEEDED);
            return Ok(());
        }
        FsfStatus::FcpCommandDoesNotExist => {
            req.set(REQ_ABORTNOTNEEDED);
            return Ok(());
        }
        FsfStatus::PortHandleNotValid if req.qualifier() == 0 => adapter_reopen(adapter, 0, "fsafch1")?,
        FsfStatus::LunHandleNotValid if req.qualifier() == 0 => port_reopen(adapter, port, 0, "fsafch2")?,
        FsfStatus::PortBoxed => {
            set_port_status(adapter, port, COMMON_ACCESS_BOXED)?;
            port_reopen(adapter, port, COMMON_ERP_FAILED, "fsafch3")?;
        }
        FsfStatus::LunBoxed => {
            set_lun_status(lun, COMMON_ACCESS_BOXED);
            lun_reopen(adapter, lun, COMMON_ERP_FAILED, "fsafch4")?;
        }
        FsfStatus::AdapterStatusAvailable => match req.qualifier() {
            qualifier::INVOKE_LINK_TEST => fc::test_link(port),
            qualifier::ULP_DEPENDENT_ERP_REQUIRED => {}
            _ => return Ok(()),
        },
        _ => return Ok(()),
    }
    req.set(REQ_ERROR);
    Ok(())
}

/// zfcp_fsf_fcp_task_mgmt_handler.
pub(super) fn task_mgmt_handler(adapter: &Rc<Adapter>, req: &Rc<FsfReq>, lun: &Rc<Lun>, port: &Rc<Port>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fsf_fcp_task_mgmt_handler");
    fcp_handler_common(adapter, req, lun, port)?;
    let complete = req.body(|body| matches!(body, Body::Task { response_code: 0 }));
    if req.has(REQ_ERROR) || !complete {
        req.set(REQ_TMFUNCFAILED);
    }
    Ok(())
}
