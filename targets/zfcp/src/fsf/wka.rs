//! Well-known ports, CT and ELS (driver.md 12, 13.7).

use std::rc::Rc;

use regdiff_channel::{AdiscData, Body, Ct, Request, Service};
use regdiff_kernel::Sim;
use regdiff_observation::LogId;
use regdiff_scenario::FsfStatus;

use super::request::{Deadline, FsfReq, ReqData, Unsent, send};
use crate::erp::{adapter_reopen, adapter_shutdown};
use crate::fc::WkaStatus;
use crate::objects::{Adapter, Port};
use crate::status::REQ_ERROR;

/// Opening and closing a well-known port gets this long, in s.
const WKA_SECONDS: u64 = 60;
/// CT and ELS: the hardware's time-out and a margin, in s.
const SERVICE_SECONDS: u64 = 30;

/// zfcp_fsf_open_wka_port.
pub(crate) async fn open_wka(adapter: &Rc<Adapter>, index: usize) -> Sim<Result<(), Unsent>> {
    let _frame = adapter.kernel.enter("zfcp_fsf_open_wka_port");
    let request = Request::OpenWka { service: Service::ALL[index] };
    Ok(send(adapter, request, ReqData::Wka(index), None, Deadline::Reopen(WKA_SECONDS)).await?.map(|_| ()))
}

/// zfcp_fsf_close_wka_port.
pub(crate) async fn close_wka(adapter: &Rc<Adapter>, index: usize) -> Sim<Result<(), Unsent>> {
    let _frame = adapter.kernel.enter("zfcp_fsf_close_wka_port");
    let request = Request::CloseWka { handle: adapter.gs[index].handle.get() };
    Ok(send(adapter, request, ReqData::Wka(index), None, Deadline::Reopen(WKA_SECONDS)).await?.map(|_| ()))
}

/// zfcp_fsf_open_wka_port_handler.
pub(super) fn open_wka_handler(adapter: &Rc<Adapter>, req: &Rc<FsfReq>, index: usize) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fsf_open_wka_port_handler");
    let wka = &adapter.gs[index];
    if req.has(REQ_ERROR) {
        wka.status.set(WkaStatus::Offline);
    } else {
        match req.fsf_status() {
            FsfStatus::MaximumNumberOfPorts => {
                adapter.kernel.log(LogId::WkaMax, adapter.device, 0);
                req.set(REQ_ERROR);
                wka.status.set(WkaStatus::Offline);
            }
            FsfStatus::AdapterStatusAvailable => {
                req.set(REQ_ERROR);
                wka.status.set(WkaStatus::Offline);
            }
            FsfStatus::Good => {
                wka.handle.set(req.body(|body| match body {
                    Body::Wka { handle } => *handle,
                    _ => 0,
                }));
                wka.status.set(WkaStatus::Online);
            }
            FsfStatus::PortAlreadyOpen => wka.status.set(WkaStatus::Online),
            _ => {}
        }
    }
    wka.opened.wake_all(&adapter.kernel);
    Ok(())
}

/// zfcp_fsf_close_wka_port_handler.
pub(super) fn close_wka_handler(adapter: &Rc<Adapter>, req: &Rc<FsfReq>, index: usize) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fsf_close_wka_port_handler");
    if !req.has(REQ_ERROR) && req.fsf_status() == FsfStatus::PortHandleNotValid {
        req.set(REQ_ERROR);
        adapter_reopen(adapter, 0, "fscwph1")?;
    }
    let wka = &adapter.gs[index];
    wka.status.set(WkaStatus::Offline);
    wka.opened.wake_all(&adapter.kernel);
    Ok(())
}

/// zfcp_fsf_send_ct, waited for. None: not sent, or no usable answer.
pub(crate) async fn send_ct(adapter: &Rc<Adapter>, request: Request) -> Sim<Result<Option<Ct>, Unsent>> {
    let _frame = adapter.kernel.enter("zfcp_fsf_send_ct");
    let req = match send(adapter, request, ReqData::Service, None, Deadline::Reopen(SERVICE_SECONDS)).await? {
        Ok(req) => req,
        Err(unsent) => return Ok(Err(unsent)),
    };
    req.done.wait(&adapter.kernel).await;
    if req.has(REQ_ERROR) || req.fsf_status() != FsfStatus::Good {
        return Ok(Ok(None));
    }
    Ok(Ok(req.body(|body| match body {
        Body::Ct(ct) => Some(ct.clone()),
        _ => None,
    })))
}

/// zfcp_fsf_send_els for the link test; nobody waits for the answer.
pub(crate) async fn send_adisc(adapter: &Rc<Adapter>, port: &Rc<Port>, d_id: u32) -> Sim<Result<(), Unsent>> {
    let _frame = adapter.kernel.enter("zfcp_fsf_send_els");
    let request = Request::Adisc { d_id };
    Ok(send(adapter, request, ReqData::Adisc(port.clone()), None, Deadline::Reopen(SERVICE_SECONDS)).await?.map(|_| ()))
}

/// What the port said; None: the ELS failed.
pub(super) fn adisc_answer(req: &FsfReq) -> Option<AdiscData> {
    if req.has(REQ_ERROR) || req.fsf_status() != FsfStatus::Good {
        return None;
    }
    req.body(|body| match body {
        Body::Adisc(data) => Some(*data),
        _ => None,
    })
}

/// zfcp_fsf_send_ct_handler and zfcp_fsf_send_els_handler: the sender judges everything else.
pub(super) fn service_handler(adapter: &Rc<Adapter>, req: &Rc<FsfReq>) -> Sim<()> {
    let els = matches!(req.request, Request::Adisc { .. });
    let _frame = adapter.kernel.enter(if els { "zfcp_fsf_send_els_handler" } else { "zfcp_fsf_send_ct_handler" });
    if req.has(REQ_ERROR) {
        return Ok(());
    }
    match req.fsf_status() {
        FsfStatus::ServiceClassNotSupported => {
            adapter.kernel.log(LogId::ClassUnsupp, adapter.device, 0);
            adapter_shutdown(adapter, 0, "fscns_1")?;
        }
        FsfStatus::PortHandleNotValid if !els => {
            adapter_reopen(adapter, 0, "fsscth1")?;
        }
        _ => {}
    }
    Ok(())
}
