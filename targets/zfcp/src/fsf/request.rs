//! Sending, completing and dismissing requests (driver.md 7.4, 8.1, 8.4).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use regdiff_channel::{Body, Reply, Request, Response};
use regdiff_kernel::scsi::ScsiCommand;
use regdiff_kernel::{Completion, Sim, TimerId};
use regdiff_observation::{Access, Input, Note};
use regdiff_scenario::{Command, Context, FailPoint, FsfStatus, ProtocolStatus};

use super::status_eval::{fsfstatus_eval, protstatus_eval};
use super::{exchange, fcp, port, task, wka};
use crate::erp::{ErpObject, adapter_reopen, erp_notify, erp_timeout};
use crate::fault::DriverFault;
use crate::fc;
use crate::objects::{Adapter, Lun, Port};
use crate::qdio;
use crate::status::{COMMON_ERP_FAILED, REQ_DISMISSED, REQ_ERROR};

/// Why a request is not on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// EIO.
    Io,
    /// ENOMEM.
    NoMemory,
}

/// What a request is about.
pub(crate) enum ReqData {
    /// An exchange.
    None,
    Port(Rc<Port>),
    Lun(Rc<Lun>, Rc<Port>),
    /// Index of the well-known port.
    Wka(usize),
    /// CT: the sender looks at the response.
    Service,
    /// The link test's ELS.
    Adisc(Rc<Port>),
    Scsi(Rc<ScsiCommand>, Rc<Lun>, Rc<Port>),
    /// An abort, or task management through a LUN.
    Task(Rc<Lun>, Rc<Port>),
}

/// How long a request may take (driver.md 8.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deadline {
    /// The action is told.
    Erp,
    /// The adapter is reopened after so many s.
    Reopen(u64),
    None,
}

/// Requests of recovery get this long, in s.
const ERP_SECONDS: u64 = 30;

/// An FSF request.
pub(crate) struct FsfReq {
    pub(crate) id: u64,
    pub(crate) request: Request,
    pub(crate) status: Cell<u32>,
    /// The action it belongs to.
    pub(crate) erp: RefCell<Option<ErpObject>>,
    pub(crate) data: ReqData,
    /// The SCSI command behind it is nobody's business any more: its answer is dropped.
    pub(crate) detached: Cell<bool>,
    pub(crate) response: RefCell<Option<Response>>,
    /// The handler got as far as reading what the response carries.
    pub(super) evaluated: Cell<bool>,
    pub(crate) done: Completion,
    timer: Cell<Option<TimerId>>,
}

impl FsfReq {
    pub(crate) fn has(&self, bits: u32) -> bool {
        self.status.get() & bits != 0
    }

    pub(crate) fn set(&self, bits: u32) {
        self.status.set(self.status.get() | bits);
    }

    /// The FSF status, if the response got that far.
    pub(super) fn fsf_status(&self) -> FsfStatus {
        self.response.borrow().as_ref().map_or(FsfStatus::Unknown, |r| r.fsf_status)
    }

    pub(super) fn qualifier(&self) -> u32 {
        self.response.borrow().as_ref().map_or(0, |r| r.qualifier)
    }

    /// Looks at what the response carries.
    pub(super) fn body<T>(&self, look: impl FnOnce(&Body) -> T) -> T {
        match &*self.response.borrow() {
            Some(response) => look(&response.body),
            None => look(&Body::None),
        }
    }
}

/// Sends a request as soon as the request queue has room for it (driver.md 7.4).
pub(super) async fn send(
    adapter: &Rc<Adapter>,
    request: Request,
    data: ReqData,
    erp: Option<ErpObject>,
    deadline: Deadline,
) -> Sim<Result<Rc<FsfReq>, Unsent>> {
    if qdio::sbal_get(adapter).await?.is_err() {
        return Ok(Err(Unsent::Io));
    }
    transmit(adapter, request, data, erp, deadline)
}

/// zfcp_fsf_req_create and zfcp_fsf_req_send, once there is room in the request queue.
pub(super) fn transmit(
    adapter: &Rc<Adapter>,
    request: Request,
    data: ReqData,
    erp: Option<ErpObject>,
    deadline: Deadline,
) -> Sim<Result<Rc<FsfReq>, Unsent>> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_fsf_req_send");
    let device = adapter.device;
    if erp.is_some() && kernel.fails(device, FailPoint::ErpRequest) {
        return Ok(Err(Unsent::NoMemory));
    }
    if kernel.fails(device, FailPoint::RequestSend) {
        adapter_reopen(adapter, 0, "fsrs__1")?;
        return Ok(Err(Unsent::Io));
    }
    let id = next_id(adapter);
    let req = Rc::new(FsfReq {
        id,
        request,
        status: Cell::new(0),
        erp: RefCell::new(erp),
        data,
        detached: Cell::new(false),
        response: RefCell::default(),
        evaluated: Cell::new(false),
        done: Completion::default(),
        timer: Cell::new(None),
    });
    if let Some(object) = &*req.erp.borrow() {
        object.action(adapter).fsf_req_id.set(id);
    }
    adapter.req_list.borrow_mut().push(req.clone());
    start_timer(adapter, &req, deadline);
    let submission = adapter.driver.channel.borrow_mut().submit(device, &request);
    kernel.command_sent(submission.sent);
    let command = submission.command;
    if submission.reply == Reply::Silence {
        kernel.given(Input::Silence { device, command });
    }
    if let Reply::Answer { delay_ms, response } = submission.reply {
        let (weak, epoch) = (Rc::downgrade(adapter), adapter.queue_epoch.get());
        kernel.timer_us(u64::from(delay_ms) * 1000, false, Context::Response, device, move |_| {
            match weak.upgrade() {
                Some(adapter) if adapter.queue_epoch.get() == epoch => {
                    response_arrived(&adapter, id, command, response)
                }
                // The queues were closed: what was on its way is lost.
                _ => Ok(()),
            }
        });
    }
    Ok(Ok(req))
}

/// The id of a request that is sent; status reads take their share.
pub(super) fn next_id(adapter: &Adapter) -> u64 {
    let id = adapter.req_no.get().max(1);
    adapter.req_no.set(id + 1);
    id
}

fn start_timer(adapter: &Rc<Adapter>, req: &Rc<FsfReq>, deadline: Deadline) {
    let (weak, id) = (Rc::downgrade(adapter), req.id);
    let seconds = match deadline {
        Deadline::Erp => ERP_SECONDS,
        Deadline::Reopen(seconds) => seconds,
        Deadline::None => return,
    };
    // Timers run by ticks, hardware does not: an answer that comes at the very time is in time.
    let us = adapter.kernel.timer_ms_in_us(seconds * 1000) + 1;
    let timer = adapter.kernel.timer_us(us, false, Context::Timer, adapter.device, move |kernel| {
        let Some(adapter) = weak.upgrade() else { return Ok(()) };
        if deadline == Deadline::Erp {
            erp_timeout(&adapter, id);
            return Ok(());
        }
        let _frame = kernel.enter("zfcp_fsf_request_timeout_handler");
        qdio::siosl(&adapter);
        adapter_reopen(&adapter, COMMON_ERP_FAILED, "fsrth_1")
    });
    req.timer.set(Some(timer));
}

fn response_arrived(adapter: &Rc<Adapter>, id: u64, command: Command, response: Response) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fsf_reqid_check");
    adapter.alive(Access::Read, "req_list")?;
    let (protocol, fsf) = (response.protocol_status, response.fsf_status);
    let qualifier = response.qualifier;
    adapter.kernel.given(Input::Answer { device: adapter.device, command, protocol, fsf, qualifier });
    let req = {
        let mut list = adapter.req_list.borrow_mut();
        let place = list.iter().position(|r| r.id == id);
        place.map(|p| list.remove(p))
    };
    let Some(req) = req else {
        return Err(adapter.kernel.bug(regdiff_observation::TrapKind::Panic, "fsf_req", "req_id"));
    };
    adapter.kernel.note(|| Note::Answer {
        device: adapter.device,
        command: req.request.command(),
        protocol: response.protocol_status,
        fsf: response.fsf_status,
        features: match &response.body {
            Body::Config(data) => Some(data.adapter_features),
            _ => None,
        },
    });
    *req.response.borrow_mut() = Some(response);
    complete(adapter, &req)
}

/// zfcp_fsf_req_complete.
fn complete(adapter: &Rc<Adapter>, req: &Rc<FsfReq>) -> Sim<()> {
    let kernel = &adapter.kernel;
    let _frame = kernel.enter("zfcp_fsf_req_complete");
    if let Some(timer) = req.timer.take()
        && !adapter.slips(DriverFault::RequestTimerNotStopped)
    {
        kernel.cancel_timer(timer);
    }
    protstatus_eval(adapter, req)?;
    fsfstatus_eval(adapter, req)?;
    handle(adapter, req)?;
    let object = req.erp.take();
    if let Some(object) = object {
        erp_notify(adapter, &object, 0);
    }
    req.done.complete(kernel);
    Ok(())
}

fn handle(adapter: &Rc<Adapter>, req: &Rc<FsfReq>) -> Sim<()> {
    match (&req.request, &req.data) {
        (Request::ExchangeConfigData, _) => exchange::exchange_config_data_handler(adapter, req),
        (Request::ExchangePortData, _) => exchange::exchange_port_data_handler(adapter, req),
        (Request::OpenPort { .. }, ReqData::Port(port)) => port::open_port_handler(adapter, req, port),
        (Request::ClosePort { .. }, ReqData::Port(port)) => port::close_port_handler(adapter, req, port),
        (Request::ClosePhysicalPort { .. }, ReqData::Port(port)) => {
            port::close_physical_port_handler(adapter, req, port)
        }
        (Request::OpenLun { .. }, ReqData::Lun(lun, port)) => port::open_lun_handler(adapter, req, lun, port),
        (Request::CloseLun { .. }, ReqData::Lun(lun, port)) => port::close_lun_handler(adapter, req, lun, port),
        (Request::OpenWka { .. }, ReqData::Wka(index)) => wka::open_wka_handler(adapter, req, *index),
        (Request::CloseWka { .. }, ReqData::Wka(index)) => wka::close_wka_handler(adapter, req, *index),
        (_, ReqData::Service) => wka::service_handler(adapter, req),
        (_, ReqData::Adisc(port)) => {
            wka::service_handler(adapter, req)?;
            fc::adisc_handler(adapter, port, wka::adisc_answer(req))
        }
        (_, ReqData::Scsi(..)) if req.detached.get() => Ok(()),
        (Request::Abort { .. }, ReqData::Task(lun, port)) => task::abort_handler(adapter, req, lun, port),
        (_, ReqData::Task(lun, port)) => task::task_mgmt_handler(adapter, req, lun, port),
        (_, ReqData::Scsi(command, lun, port)) => fcp::fcp_cmnd_handler(adapter, req, command, lun, port),
        _ => Ok(()),
    }
}

/// Hash buckets of the request list.
const BUCKETS: u64 = 128;

/// zfcp_fsf_req_dismiss_all: handlers run here, from the last bucket to the first, oldest request first.
pub(crate) fn dismiss_all(adapter: &Rc<Adapter>) -> Sim<()> {
    let _frame = adapter.kernel.enter("zfcp_fsf_req_dismiss_all");
    let mut all = adapter.req_list.take();
    if adapter.slips(DriverFault::DismissedWithoutAnswer) {
        all.clear();
    }
    all.sort_by_key(|r| (std::cmp::Reverse(r.id % BUCKETS), r.id));
    for req in all {
        req.set(REQ_DISMISSED | REQ_ERROR);
        *req.response.borrow_mut() = Some(Response {
            protocol_status: ProtocolStatus::Good,
            fsf_status: FsfStatus::Good,
            qualifier: 0,
            body: Body::None,
        });
        complete(adapter, &req)?;
    }
    // Status reads are only freed.
    adapter.status_reads.set(0);
    Ok(())
}
