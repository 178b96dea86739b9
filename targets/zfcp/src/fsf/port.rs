//! Opening and closing ports and LUNs (driver.md 12).

use std::rc::Rc;

use regdiff_channel::{Body, Request, qualifier};
use regdiff_kernel::Sim;
use regdiff_observation::{Access, LogId};
use regdiff_scenario::{AdapterFeatures, FsfStatus};

use super::request::{Deadline, FsfReq, ReqData, Unsent, send};
use crate::erp::{ErpObject, adapter_reopen, clear_port_status, port_reopen, set_lun_status, set_port_status};
use crate::fc;
use crate::objects::{Adapter, Lun, Port, luns_of_port};
use crate::status::{
    COMMON_ACCESS_BOXED, COMMON_ACCESS_DENIED, COMMON_ERP_FAILED, COMMON_OPEN, PORT_PHYS_OPEN, REQ_ERROR,
    SECURITY_ENCRYPTION,
};

/// Classes 1 to 4: the payload has parameters for these and no other (FC_COS_CLASS1 to 4).
const CLASSES: u32 = 0x1e;

/// zfcp_fsf_open_port.
pub(crate) async fn open_port(adapter: &Rc<Adapter>, port: &Rc<Port>) -> Sim<Result<(), Unsent>> {
    let request = Request::OpenPort { d_id: port.d_id.get() };
    let sent = for_port(adapter, port, request, "zfcp_fsf_open_port").await?;
    if sent.is_ok() {
        port.get();
    }
    Ok(sent)
}

/// zfcp_fsf_close_port.
pub(crate) async fn close_port(adapter: &Rc<Adapter>, port: &Rc<Port>) -> Sim<Result<(), Unsent>> {
    let request = Request::ClosePort { handle: port.handle.get() };
    for_port(adapter, port, request, "zfcp_fsf_close_port").await
}

/// zfcp_fsf_close_physical_port.
pub(crate) async fn close_physical_port(adapter: &Rc<Adapter>, port: &Rc<Port>) -> Sim<Result<(), Unsent>> {
    let request = Request::ClosePhysicalPort { handle: port.handle.get() };
    for_port(adapter, port, request, "zfcp_fsf_close_physical_port").await
}

async fn for_port(
    adapter: &Rc<Adapter>,
    port: &Rc<Port>,
    request: Request,
    function: &'static str,
) -> Sim<Result<(), Unsent>> {
    let _frame = adapter.kernel.enter(function);
    let erp = Some(ErpObject::Port(port.clone()));
    Ok(send(adapter, request, ReqData::Port(port.clone()), erp, Deadline::Erp).await?.map(|_| ()))
}

/// zfcp_fsf_open_lun.
pub(crate) async fn open_lun(adapter: &Rc<Adapter>, port: &Rc<Port>, lun: &Rc<Lun>) -> Sim<Result<(), Unsent>> {
    let request = Request::OpenLun { port_handle: port.handle.get(), lun: lun.lun };
    for_lun(adapter, port, lun, request, "zfcp_fsf_open_lun").await
}

/// zfcp_fsf_close_lun.
pub(crate) async fn close_lun(adapter: &Rc<Adapter>, port: &Rc<Port>, lun: &Rc<Lun>) -> Sim<Result<(), Unsent>> {
    let request = Request::CloseLun { lun_handle: lun.lun_handle.get() };
    for_lun(adapter, port, lun, request, "zfcp_fsf_close_lun").await
}

async fn for_lun(
    adapter: &Rc<Adapter>,
    port: &Rc<Port>,
    lun: &Rc<Lun>,
    request: Request,
    function: &'static str,
) -> Sim<Result<(), Unsent>> {
    let _frame = adapter.kernel.enter(function);
    let erp = Some(ErpObject::Lun(lun.clone()));
    Ok(send(adapter, request, ReqData::Lun(lun.clone(), port.clone()), erp, Deadline::Erp).await?.map(|_| ()))
}

/// zfcp_fsf_open_port_handler: whatever the answer, the reference of the request goes.
pub(super) fn open_port_handler(adapter: &Rc<Adapter>, req: &Rc<FsfReq>, port: &Rc<Port>) -> Sim<()> {
    let result = eval_open_port(adapter, req, port);
    port.put();
    result
}

fn eval_open_port(adapter: &Rc<Adapter>, req: &Rc<FsfReq>, port: &Rc<Port>) -> Sim<()> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_fsf_open_port_handler");
    if req.has(REQ_ERROR) {
        return Ok(());
    }
    match req.fsf_status() {
        FsfStatus::Good => {
            let opened = req.body(|body| match body {
                Body::OpenPort(opened) => Some(*opened),
                _ => None,
            });
            let Some(opened) = opened else { return Ok(()) };
            port.handle.set(opened.handle);
            let secure = adapter.feature(AdapterFeatures::FC_SECURITY);
            log_security(adapter, port, if secure { opened.connection_info } else { 0 });
            // These concern the port alone: its LUNs are opened one by one.
            port.set(COMMON_OPEN | PORT_PHYS_OPEN);
            port.clear(COMMON_ACCESS_BOXED);
            if let Some(login) = opened.login() {
                if login.wwpn != port.wwpn {
                    port.d_id.set(0);
                    kernel.log(LogId::WwpnMismatch, adapter.device, port.wwpn);
                } else {
                    port.wwnn.set(login.wwnn);
                    port.maxframe_size.set(login.maxframe_size);
                    port.supported_classes.set(u32::from(login.supported_classes) & CLASSES);
                }
            }
        }
        FsfStatus::MaximumNumberOfPorts => {
            kernel.log(LogId::PortMax, adapter.device, port.wwpn);
            set_port_status(adapter, port, COMMON_ERP_FAILED)?;
            req.set(REQ_ERROR);
        }
        FsfStatus::SecurityError => {
            kernel.log(LogId::Security, adapter.device, port.wwpn);
            req.set(REQ_ERROR);
        }
        FsfStatus::AdapterStatusAvailable | FsfStatus::UnknownOpSubtype => req.set(REQ_ERROR),
        _ => {}
    }
    Ok(())
}

/// Logs a change of a connection's security name.
fn log_security(adapter: &Adapter, port: &Port, now: u32) {
    // A single flag has a name, and both kinds of encryption the same; anything else shows as its number.
    let name = |flags: u32| match flags {
        f if f.is_power_of_two() && f & SECURITY_ENCRYPTION != 0 => SECURITY_ENCRYPTION,
        other => other,
    };
    let before = port.connection_info.replace(now);
    let id = match (before, now) {
        (a, b) if name(a) == name(b) => return,
        (0, _) => LogId::FcsecOn,
        (_, 0) => LogId::FcsecOff,
        _ => LogId::FcsecChanged,
    };
    adapter.kernel.log(id, adapter.device, port.wwpn);
}

/// zfcp_fsf_close_port_handler.
pub(super) fn close_port_handler(adapter: &Rc<Adapter>, req: &Rc<FsfReq>, port: &Rc<Port>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fsf_close_port_handler");
    if req.has(REQ_ERROR) {
        return Ok(());
    }
    match req.fsf_status() {
        FsfStatus::Good => clear_port_status(adapter, port, COMMON_OPEN)?,
        FsfStatus::PortHandleNotValid => {
            adapter_reopen(adapter, 0, "fscph_1")?;
            req.set(REQ_ERROR);
        }
        FsfStatus::AdapterStatusAvailable => req.set(REQ_ERROR),
        _ => {}
    }
    Ok(())
}

/// zfcp_fsf_close_physical_port_handler.
pub(super) fn close_physical_port_handler(adapter: &Rc<Adapter>, req: &Rc<FsfReq>, port: &Rc<Port>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fsf_close_physical_port_handler");
    if req.has(REQ_ERROR) {
        return Ok(());
    }
    let closed = || {
        port.clear(PORT_PHYS_OPEN);
        let host = adapter.shost(Access::Read, "__devices")?;
        for lun in luns_of_port(&host, port) {
            lun.clear(COMMON_OPEN);
        }
        Ok(())
    };
    match req.fsf_status() {
        FsfStatus::Good => closed()?,
        FsfStatus::PortBoxed => {
            closed()?;
            set_port_status(adapter, port, COMMON_ACCESS_BOXED)?;
            port_reopen(adapter, port, COMMON_ERP_FAILED, "fscpph2")?;
            req.set(REQ_ERROR);
        }
        FsfStatus::PortHandleNotValid => {
            adapter_reopen(adapter, 0, "fscpph1")?;
            req.set(REQ_ERROR);
        }
        FsfStatus::AdapterStatusAvailable => req.set(REQ_ERROR),
        _ => {}
    }
    Ok(())
}

/// zfcp_fsf_open_lun_handler.
pub(super) fn open_lun_handler(adapter: &Rc<Adapter>, req: &Rc<FsfReq>, lun: &Rc<Lun>, port: &Rc<Port>) -> Sim<()> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_fsf_open_lun_handler");
    if req.has(REQ_ERROR) {
        return Ok(());
    }
    lun.clear(COMMON_ACCESS_DENIED | COMMON_ACCESS_BOXED);
    match req.fsf_status() {
        FsfStatus::Good => {
            let handle = req.body(|body| match body {
                Body::Lun { handle } => *handle,
                _ => 0,
            });
            lun.lun_handle.set(handle);
            lun.set(COMMON_OPEN);
        }
        FsfStatus::PortHandleNotValid => adapter_reopen(adapter, 0, "fsouh_1")?,
        FsfStatus::PortBoxed => {
            set_port_status(adapter, port, COMMON_ACCESS_BOXED)?;
            port_reopen(adapter, port, COMMON_ERP_FAILED, "fsouh_2")?;
            req.set(REQ_ERROR);
        }
        FsfStatus::LunSharingViolation => {
            if req.qualifier() != 0 {
                kernel.log(LogId::LunShared, adapter.device, lun.lun);
            }
            set_lun_status(lun, COMMON_ERP_FAILED | COMMON_ACCESS_DENIED);
            req.set(REQ_ERROR);
        }
        FsfStatus::MaximumNumberOfLuns => {
            kernel.log(LogId::LunMax, adapter.device, lun.lun);
            set_lun_status(lun, COMMON_ERP_FAILED);
            req.set(REQ_ERROR);
        }
        FsfStatus::InvalidCommandOption => req.set(REQ_ERROR),
        FsfStatus::AdapterStatusAvailable => match req.qualifier() {
            qualifier::INVOKE_LINK_TEST => fc::test_link(port),
            qualifier::ULP_DEPENDENT_ERP_REQUIRED => req.set(REQ_ERROR),
            _ => {}
        },
        _ => {}
    }
    Ok(())
}

/// zfcp_fsf_close_lun_handler.
pub(super) fn close_lun_handler(adapter: &Rc<Adapter>, req: &Rc<FsfReq>, lun: &Rc<Lun>, port: &Rc<Port>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fsf_close_lun_handler");
    if req.has(REQ_ERROR) {
        return Ok(());
    }
    match req.fsf_status() {
        FsfStatus::Good => {
            lun.clear(COMMON_OPEN);
            return Ok(());
        }
        FsfStatus::PortHandleNotValid => adapter_reopen(adapter, 0, "fscuh_1")?,
        FsfStatus::LunHandleNotValid => port_reopen(adapter, port, 0, "fscuh_2")?,
        FsfStatus::PortBoxed => {
            set_port_status(adapter, port, COMMON_ACCESS_BOXED)?;
            port_reopen(adapter, port, COMMON_ERP_FAILED, "fscuh_3")?;
        }
        FsfStatus::AdapterStatusAvailable => {
            match req.qualifier() {
                qualifier::INVOKE_LINK_TEST => {
                    fc::test_link(port);
                    return Ok(());
                }
                qualifier::ULP_DEPENDENT_ERP_REQUIRED => {}
                _ => return Ok(()),
            };
        }
        _ => return Ok(()),
    }
    req.set(REQ_ERROR);
    Ok(())
}
