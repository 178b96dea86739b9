//! One FCP device: what it does by itself, past the script.
//!
//! A command is first *judged* (its statuses), then its *body* is made, then a script may override fields, then it takes
//! *effect*. All of it happens at submission: the delay of an answer delays nothing but the answer. A command that a script
//! refuses, or answers with silence, has no effect.

use std::collections::BTreeMap;

use regdiff_scenario::{AdapterFeatures, Device, FsfStatus, Lun, Port, Topology};

use crate::exchange::{ConfigData, PortData};
use crate::handle::{Handles, Opened};
use crate::link::{Link, NO_LIGHT};
use crate::medium::Medium;
use crate::name_server;
use crate::request::{ProtectionOp, Request};
use crate::response::qualifier::{INVOKE_LINK_TEST, NO_RETRY_POSSIBLE, ULP_DEPENDENT_ERP_REQUIRED};
use crate::response::{AdiscData, Body, CtResult, LOGIN_LENGTH, Login, OpenedPort, Status};
use crate::scsi::{ScsiCommand, ScsiReply};
use crate::subject::Subject;
use crate::target;

/// FCP response code "logical unit number incorrect" (FCP-4).
const RSP_INCORRECT_LUN: u8 = 9;

/// The hardware of one FCP device and what it remembers.
#[derive(Clone, Debug)]
pub(crate) struct Adapter {
    /// What it is connected to; firmware and fabric steps change it.
    pub(crate) device: Device,
    /// The local link.
    pub(crate) link: Link,
    /// What is open.
    pub(crate) handles: Handles,
    /// The features announced last: the firmware does what it said it can.
    reported: AdapterFeatures,
    /// The fabric holds a symbolic name that carries `DEVNO:`.
    pub(crate) named: bool,
    /// Written disks, by port and LUN index.
    media: BTreeMap<(u8, u8), Medium>,
}

impl Adapter {
    pub(crate) fn new(device: &Device) -> Self {
        let link = if device.link_up { Link::Up } else { Link::Down { code: NO_LIGHT } };
        Self {
            device: device.clone(),
            link,
            handles: Handles::new(),
            reported: device.features,
            named: false,
            media: BTreeMap::new(),
        }
    }

    /// Changes and announces the features.
    pub(crate) fn set_features(&mut self, features: AdapterFeatures) {
        self.device.features = features;
        self.reported = features;
    }

    /// The statuses of a command that no script answers.
    pub(crate) fn judge(&self, request: &Request, subject: &Subject) -> Status {
        match *request {
            Request::ExchangeConfigData | Request::ExchangePortData => match self.link {
                Link::Up => Status::GOOD,
                Link::Down { code } => Status::fsf(FsfStatus::ExchangeDataIncomplete, code),
            },
            Request::OpenPort { d_id } => self.judge_open_port(d_id, subject),
            Request::ClosePort { handle } | Request::ClosePhysicalPort { handle } => {
                good_if(self.is_port(handle), FsfStatus::PortHandleNotValid)
            }
            Request::CloseWka { handle } => {
                good_if(matches!(self.handles.get(handle), Some(Opened::Wka(_))), FsfStatus::PortHandleNotValid)
            }
            Request::CloseLun { lun_handle } => {
                let open = matches!(self.handles.get(lun_handle), Some(Opened::Lun { .. }));
                good_if(open, FsfStatus::LunHandleNotValid)
            }
            Request::OpenLun { port_handle, lun } => self.judge_open_lun(port_handle, lun, subject),
            Request::OpenWka { service } => {
                let open = self.handles.find(|opened| *opened == Opened::Wka(service)).is_some();
                match self.device.topology {
                    _ if !self.link.is_up() => Status::adapter(NO_RETRY_POSSIBLE),
                    Topology::PointToPoint => Status::adapter(NO_RETRY_POSSIBLE),
                    _ => good_if(!open, FsfStatus::PortAlreadyOpen),
                }
            }
            Request::GpnFt | Request::GidPn { .. } | Request::GspnId { .. } | Request::RspnId => {
                if self.link.is_up() {
                    Status::GOOD
                } else {
                    Status::adapter(NO_RETRY_POSSIBLE)
                }
            }
            Request::Adisc { .. } => self.judge_reach(subject, ULP_DEPENDENT_ERP_REQUIRED),
            Request::Abort { port_handle, lun_handle }
            | Request::LunReset { port_handle, lun_handle }
            | Request::TargetReset { port_handle, lun_handle } => self.judge_io(port_handle, lun_handle, subject),
            Request::Fcp { port_handle, lun_handle, protection, .. } => {
                let status = self.judge_io(port_handle, lun_handle, subject);
                if status.is_good() { self.judge_protection(protection) } else { status }
            }
        }
    }

    fn judge_open_port(&self, d_id: u32, subject: &Subject) -> Status {
        let reach = self.judge_reach(subject, ULP_DEPENDENT_ERP_REQUIRED);
        if !reach.is_good() {
            return reach;
        }
        let is_open = |opened: &Opened| matches!(opened, Opened::Port { d_id: open, .. } if *open == d_id);
        good_if(self.handles.find(is_open).is_none(), FsfStatus::PortAlreadyOpen)
    }

    /// An unknown LUN opens well: only INQUIRY tells.
    fn judge_open_lun(&self, port_handle: u32, lun: u64, subject: &Subject) -> Status {
        if !self.is_port(port_handle) {
            return Status::fsf(FsfStatus::PortHandleNotValid, 0);
        }
        let reach = self.judge_reach(subject, INVOKE_LINK_TEST);
        if !reach.is_good() {
            return reach;
        }
        let is_open = |opened: &Opened| matches!(opened, Opened::Lun { port_handle: port, fcp_lun, .. } if *port == port_handle && *fcp_lun == lun);
        good_if(self.handles.find(is_open).is_none(), FsfStatus::LunAlreadyOpen)
    }

    fn judge_io(&self, port_handle: u32, lun_handle: u32, subject: &Subject) -> Status {
        if !self.is_port(port_handle) {
            return Status::fsf(FsfStatus::PortHandleNotValid, 0);
        }
        match self.handles.get(lun_handle) {
            Some(Opened::Lun { port_handle: port, .. }) if port == port_handle => {
                self.judge_reach(subject, INVOKE_LINK_TEST)
            }
            Some(Opened::Lun { .. }) => Status::fsf(FsfStatus::HandleMismatch, 0),
            _ => Status::fsf(FsfStatus::LunHandleNotValid, 0),
        }
    }

    /// Without a link retrying will not help; a port that is not there gets `unreachable`.
    fn judge_reach(&self, subject: &Subject, unreachable: u32) -> Status {
        if !self.link.is_up() {
            return Status::adapter(NO_RETRY_POSSIBLE);
        }
        let is_peer = self.device.topology != Topology::PointToPoint || subject.port == Some(0);
        match self.port(subject) {
            Some(port) if port.online && is_peer => Status::GOOD,
            _ => Status::adapter(unreachable),
        }
    }

    /// A protection operation that the firmware never said it can.
    fn judge_protection(&self, protection: ProtectionOp) -> Status {
        let can = (!protection.is_protected() || self.reported.has(AdapterFeatures::DIF_PROT_TYPE1))
            && (!protection.passes() || self.reported.has(AdapterFeatures::DIX_PROT_TCPIP));
        good_if(can, FsfStatus::InvalidProtParm)
    }

    /// What the answer carries. Handles are given out here.
    pub(crate) fn body(&mut self, request: &Request, subject: &Subject, status: Status) -> Body {
        match *request {
            Request::ExchangeConfigData => {
                let incomplete = status.fsf == FsfStatus::ExchangeDataIncomplete;
                return Body::Config(Box::new(ConfigData::of(&self.device, incomplete)));
            }
            Request::ExchangePortData => return Body::Port(Box::new(PortData::of(&self.device))),
            Request::Fcp { cdb, protection, .. } => {
                return Body::Scsi(if status.reached_target() {
                    let medium = subject.port.zip(subject.lun).and_then(|disk| self.media.get(&disk));
                    target::execute(self.port(subject), self.lun(subject), medium, cdb, protection)
                } else {
                    ScsiReply::default()
                });
            }
            Request::LunReset { .. } => {
                let response_code = if self.lun(subject).is_some() { 0 } else { RSP_INCORRECT_LUN };
                return Body::Task { response_code: if status.reached_target() { response_code } else { 0 } };
            }
            Request::TargetReset { .. } => return Body::Task { response_code: 0 },
            _ if !status.is_good() => return Body::None,
            _ => {}
        }
        match *request {
            Request::OpenPort { d_id } => self.open_port(d_id, subject),
            Request::OpenLun { port_handle, lun: fcp_lun } => {
                let lun = Opened::Lun { port_handle, port: subject.port, lun: subject.lun, fcp_lun };
                Body::Lun { handle: self.handles.add(lun) }
            }
            Request::OpenWka { service } => Body::Wka { handle: self.handles.add(Opened::Wka(service)) },
            Request::Adisc { d_id } => Body::Adisc(self.port(subject).map_or(AdiscData::default(), |port| AdiscData {
                wwpn: port.wwpn,
                wwnn: port.wwnn,
                d_id,
            })),
            Request::GpnFt => Body::Ct(name_server::gpn_ft(&self.device.ports)),
            Request::GidPn { .. } => Body::Ct(name_server::gid_pn(self.port(subject))),
            Request::GspnId { d_id } => Body::Ct(name_server::gspn_id(d_id, self.named)),
            Request::RspnId => Body::Ct(name_server::rspn_id()),
            _ => Body::None,
        }
    }

    fn open_port(&mut self, d_id: u32, subject: &Subject) -> Body {
        let login = self.port(subject).map_or(Login::default(), |port| Login {
            wwpn: port.wwpn,
            wwnn: port.wwnn,
            // The field of a PLOGI has 16 bits.
            maxframe_size: self.device.maxframe_size.min(u16::MAX.into()),
            supported_classes: port.supported_classes,
        });
        let secure = self.reported.has(AdapterFeatures::FC_SECURITY);
        Body::OpenPort(OpenedPort {
            handle: self.handles.add(Opened::Port { port: subject.port, d_id }),
            connection_info: if secure { self.device.security } else { 0 },
            login_length: LOGIN_LENGTH,
            login,
        })
    }

    /// What a command leaves behind, given its final answer.
    pub(crate) fn effect(&mut self, request: &Request, subject: &Subject, status: Status, body: &Body) {
        match (*request, body) {
            (Request::ExchangeConfigData, Body::Config(data)) if status.reaches_fsf() => {
                self.reported = AdapterFeatures(data.adapter_features);
            }
            (Request::ClosePort { handle } | Request::CloseWka { handle }, _) if status.is_good() => {
                self.handles.close(handle);
            }
            (Request::CloseLun { lun_handle }, _) if status.is_good() => self.handles.close(lun_handle),
            // The port's handle stays, so that it can be closed (driver.md 12); its LUNs are closed.
            (Request::ClosePhysicalPort { handle }, _)
                if status.is_good() || (status.reaches_fsf() && status.fsf == FsfStatus::PortBoxed) =>
            {
                self.handles.close_luns(handle);
            }
            (Request::RspnId, Body::Ct(ct)) if ct.result == CtResult::Accepted => self.named = true,
            (Request::Fcp { cdb: ScsiCommand::Write { lba, blocks, pattern }, .. }, Body::Scsi(reply))
                if status.reached_target() && reply.is_good() =>
            {
                if let Some(disk) = subject.port.zip(subject.lun) {
                    self.media.entry(disk).or_default().write(lba, blocks, pattern);
                }
            }
            _ => {}
        }
    }

    fn port(&self, subject: &Subject) -> Option<&Port> {
        self.device.ports.get(usize::from(subject.port?))
    }

    fn lun(&self, subject: &Subject) -> Option<&Lun> {
        self.port(subject)?.luns.get(usize::from(subject.lun?))
    }

    fn is_port(&self, handle: u32) -> bool {
        matches!(self.handles.get(handle), Some(Opened::Port { .. }))
    }
}

fn good_if(good: bool, otherwise: FsfStatus) -> Status {
    if good { Status::GOOD } else { Status::fsf(otherwise, 0) }
}
