//! A small machine and short ways to talk to it.

use regdiff_channel::{Body, Channel, ProtectionOp, Reply, Request, Response, ScsiCommand, ScsiReply};
use regdiff_scenario::{Answer, Command, Content, ContentField, Device, Lun, Port, Protection, Scenario};

pub(crate) const D_ID: u32 = 0x02_0100;
pub(crate) const OTHER_D_ID: u32 = 0x02_0200;

/// Two ports; the first has a plain disk at LUN 0 and a protected one at LUN 1.
pub(crate) fn device() -> Device {
    let luns = vec![Lun::default(), Lun { lun: 1 << 48, protection: Protection::Type1, ..Lun::default() }];
    let port = Port { luns, ..Port::default() };
    let other = Port { wwpn: 0x5005_0763_0500_0002, d_id: OTHER_D_ID, ..port.clone() };
    Device { ports: vec![port, other], ..Device::default() }
}

pub(crate) fn channel_of(device: Device, firmware: Vec<Answer>) -> Channel {
    let mut channel = Channel::new(&Scenario { devices: vec![device], firmware, ..Scenario::default() });
    channel.queues_opened(0);
    channel
}

pub(crate) fn channel(firmware: Vec<Answer>) -> Channel {
    channel_of(device(), firmware)
}

/// An answer that says GOOD to one command and overrides fields.
pub(crate) fn answer(command: Command, contents: &[(ContentField, u64)]) -> Answer {
    let contents = contents.iter().map(|&(field, value)| Content { field, value }).collect();
    Answer { command, contents, ..Answer::default() }
}

pub(crate) fn ask(channel: &mut Channel, request: Request) -> Response {
    match channel.submit(0, &request).reply {
        Reply::Answer { response, .. } => response,
        Reply::Silence => panic!("no answer to {request:?}"),
    }
}

pub(crate) fn open_port(channel: &mut Channel, d_id: u32) -> u32 {
    match ask(channel, Request::OpenPort { d_id }).body {
        Body::OpenPort(opened) => opened.handle,
        body => panic!("{body:?}"),
    }
}

pub(crate) fn open_lun(channel: &mut Channel, port_handle: u32, lun: u64) -> u32 {
    match ask(channel, Request::OpenLun { port_handle, lun }).body {
        Body::Lun { handle } => handle,
        body => panic!("{body:?}"),
    }
}

/// An open LUN.
#[derive(Clone, Copy)]
pub(crate) struct Path {
    pub(crate) port_handle: u32,
    pub(crate) lun_handle: u32,
}

impl Path {
    pub(crate) fn open(channel: &mut Channel, d_id: u32, lun: u64) -> Self {
        let port_handle = open_port(channel, d_id);
        Self { port_handle, lun_handle: open_lun(channel, port_handle, lun) }
    }

    pub(crate) fn request(self, cdb: ScsiCommand, protection: ProtectionOp) -> Request {
        Request::Fcp { port_handle: self.port_handle, lun_handle: self.lun_handle, cdb, protection }
    }

    /// The response to an unprotected command.
    pub(crate) fn respond(self, channel: &mut Channel, cdb: ScsiCommand) -> Response {
        ask(channel, self.request(cdb, ProtectionOp::Normal))
    }

    /// Its response IU.
    pub(crate) fn scsi(self, channel: &mut Channel, cdb: ScsiCommand) -> ScsiReply {
        match self.respond(channel, cdb).body {
            Body::Scsi(reply) => reply,
            body => panic!("{body:?}"),
        }
    }
}
