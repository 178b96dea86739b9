//! What every response goes through first: protocol status and generic FSF status (driver.md 8.2, 8.3).

use std::rc::Rc;

use regdiff_channel::qualifier;
use regdiff_kernel::Sim;
use regdiff_observation::LogId;
use regdiff_scenario::{FsfStatus, ProtocolStatus};

use super::link_down::link_down_info_eval;
use super::request::FsfReq;
use crate::erp::{adapter_reopen, adapter_shutdown, set_adapter_status};
use crate::objects::Adapter;
use crate::qdio;
use crate::status::{
    ADAPTER_HOST_CON_INIT, ADAPTER_LINK_UNPLUGGED, COMMON_ERP_FAILED, COMMON_RUNNING, REQ_DISMISSED, REQ_ERROR,
};

/// zfcp_fsf_protstatus_eval.
pub(super) fn protstatus_eval(adapter: &Rc<Adapter>, req: &Rc<FsfReq>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fsf_protstatus_eval");
    if req.has(REQ_DISMISSED) {
        req.set(REQ_ERROR);
        return Ok(());
    }
    let Some(status) = req.response.borrow().as_ref().map(|r| r.protocol_status) else { return Ok(()) };
    let shutdown = |log: LogId, tag| {
        adapter.kernel.log(log, adapter.device, 0);
        adapter_shutdown(adapter, 0, tag)
    };
    match status {
        ProtocolStatus::Good | ProtocolStatus::FsfStatusPresented => return Ok(()),
        ProtocolStatus::QtcbVersionError => shutdown(LogId::ProtQtcbVersion, "fspse_1")?,
        ProtocolStatus::SeqNumbError | ProtocolStatus::ErrorState => adapter_reopen(adapter, 0, "fspse_2")?,
        ProtocolStatus::UnsuppQtcbType => shutdown(LogId::ProtQtcbType, "fspse_3")?,
        ProtocolStatus::HostConnectionInitializing => adapter.set(ADAPTER_HOST_CON_INIT),
        ProtocolStatus::DuplicateRequestId => shutdown(LogId::ProtDupId, "fspse_4")?,
        ProtocolStatus::LinkDown => {
            link_down_info_eval(adapter, Some(req.qualifier()))?;
            adapter_reopen(adapter, 0, "fspse_6")?;
        }
        ProtocolStatus::ReestQueue => {
            set_adapter_status(adapter, COMMON_RUNNING)?;
            adapter_reopen(adapter, ADAPTER_LINK_UNPLUGGED | COMMON_ERP_FAILED, "fspse_8")?;
        }
        ProtocolStatus::Unknown => {
            qdio::siosl(adapter);
            shutdown(LogId::ProtUnknown, "fspse_9")?;
        }
    }
    req.set(REQ_ERROR);
    Ok(())
}

/// zfcp_fsf_fsfstatus_eval and zfcp_fsf_fsfstatus_qual_eval.
pub(super) fn fsfstatus_eval(adapter: &Rc<Adapter>, req: &Rc<FsfReq>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fsf_fsfstatus_eval");
    if req.has(REQ_ERROR) {
        return Ok(());
    }
    match req.fsf_status() {
        FsfStatus::UnknownCommand => {
            adapter.kernel.log(LogId::UnknownCmd, adapter.device, 0);
            adapter_shutdown(adapter, 0, "fsfse_1")?;
            req.set(REQ_ERROR);
        }
        FsfStatus::AdapterStatusAvailable => match req.qualifier() {
            qualifier::FCP_RSP
            | qualifier::ULP_DEPENDENT_ERP_REQUIRED
            | qualifier::INVOKE_LINK_TEST
            | qualifier::NO_RETRY_POSSIBLE => {}
            qualifier::NO_RECOMMENDATION => {
                adapter.kernel.log(LogId::NoRecom, adapter.device, 0);
                qdio::siosl(adapter);
                adapter_shutdown(adapter, 0, "fsfsqe1")?;
                req.set(REQ_ERROR);
            }
            _ => req.set(REQ_ERROR),
        },
        _ => {}
    }
    Ok(())
}
