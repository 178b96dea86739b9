//! All FCP devices of a scenario behind one object.

use regdiff_observation::SentCommand;
use regdiff_scenario::firmware::Reply as Scripted;
use regdiff_scenario::{AdapterFeatures, Command, Device, FsfStatus, Scenario, Step, Trigger};

use crate::adapter::Adapter;
use crate::contents;
use crate::link::Link;
use crate::request::Request;
use crate::response::{Body, Response, Status};
use crate::script::Script;
use crate::status_event::StatusEvent;
use crate::status_read::StatusReads;
use crate::subject::Subject;

/// The simulated channel: adapters, firmware, fabric, ports and disks.
///
/// It is a state machine without time: [`Self::submit`] says what will be answered and after how long, and whoever drives
/// it delivers. Devices are named by their index in the scenario; a call about one that does not exist does nothing.
#[derive(Clone, Debug)]
pub struct Channel {
    devices: Vec<Unit>,
}

/// One device with its script and its status read buffers.
#[derive(Clone, Debug)]
struct Unit {
    adapter: Adapter,
    script: Script,
    reads: StatusReads,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The command, as scripts and observers know it.
    pub command: Command,
    /// Index of the remote port it is about.
    pub port: Option<u8>,
    /// Index of the LUN it is about.
    pub lun: Option<u8>,
    /// Which one of its command on its device, from 1; over the whole run, queues closed or not.
    pub occurrence: u32,
    /// The same for observers.
    pub sent: SentCommand,
    /// The answer, if there will be one.
    pub reply: Reply,
}

/// Whether a request is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Never, until the queues are closed.
    Silence,
    /// It is.
    Answer {
        /// After which time, in ms of virtual time.
        delay_ms: u32,
        /// With what.
        response: Response,
    },
}

impl Channel {
    /// The hardware of `scenario`, all queues closed.
    pub fn new(scenario: &Scenario) -> Self {
        let unit = |(index, device): (usize, &Device)| Unit {
            adapter: Adapter::new(device),
            script: Script::new(index as u8, &scenario.firmware),
            reads: StatusReads::default(),
        };
        Self { devices: scenario.devices.iter().enumerate().map(unit).collect() }
    }

    /// A device as it is now: fabric steps, feature updates and version changes have altered it.
    pub fn device(&self, device: u8) -> Option<&Device> {
        Some(&self.devices.get(usize::from(device))?.adapter.device)
    }

    /// The local link of a device; up for one that does not exist.
    pub fn link(&self, device: u8) -> Link {
        self.devices.get(usize::from(device)).map_or(Link::Up, |unit| unit.adapter.link)
    }

    /// A driver sends a request. Whether its queues are open is the caller's to know.
    ///
    /// What the command does to the hardware happens now, whatever the delay of its answer.
    pub fn submit(&mut self, device: u8, request: &Request) -> Submission {
        let command = request.command();
        let Some(unit) = self.devices.get_mut(usize::from(device)) else {
            let sent = SentCommand { device, command, port: 0, lun: 0 };
            return Submission { command, port: None, lun: None, occurrence: 0, sent, reply: Reply::Silence };
        };
        let subject = Subject::of(request, &unit.adapter.device, &unit.adapter.handles);
        let (occurrence, answer) = unit.script.count(command, subject.port, subject.lun);
        Submission {
            command,
            port: subject.port,
            lun: subject.lun,
            occurrence,
            sent: SentCommand { device, command, port: subject.port_name, lun: subject.fcp_lun },
            reply: unit.reply(request, &subject, answer),
        }
    }

    /// A driver posts a status read buffer. A status that waited for one uses it up at once and is returned.
    ///
    /// A scripted silence to [`Command::StatusRead`] swallows the buffer; the other fields of such an answer mean nothing,
    /// because a buffer is answered by nothing but a status.
    pub fn post_status_read(&mut self, device: u8) -> Option<StatusEvent> {
        let unit = self.devices.get_mut(usize::from(device))?;
        let (_, answer) = unit.script.count(Command::StatusRead, None, None);
        if answer.is_some_and(|index| unit.script.answer(index).reply == Scripted::Silence) {
            return None;
        }
        unit.reads.post()
    }

    /// How many status read buffers are posted.
    pub fn posted_status_reads(&self, device: u8) -> u32 {
        self.devices.get(usize::from(device)).map_or(0, |unit| unit.reads.posted())
    }

    /// The firmware has something to say. Returns it if it is delivered now; else it waits for a buffer, as up to
    /// [`crate::MAX_PENDING`] do, or is lost while the queues are closed.
    ///
    /// What it says is true from now on, delivered or not: a link that is down (subtypes 0 and 1), features, firmware level.
    pub fn unsolicited(&mut self, device: u8, event: StatusEvent) -> Option<StatusEvent> {
        let unit = self.devices.get_mut(usize::from(device))?;
        match event {
            StatusEvent::LinkDown { subtype: 0 | 1, code } => unit.set_link(Link::Down { code }),
            StatusEvent::LinkUp => unit.set_link(Link::Up),
            StatusEvent::FeatureUpdate { features } => unit.adapter.set_features(AdapterFeatures(features)),
            StatusEvent::VersionChange { version } => unit.adapter.device.lic_version = version,
            _ => {}
        }
        unit.reads.raise(event)
    }

    /// Performs a step of the firmware or the fabric; others do nothing here. Returns an unsolicited status that is
    /// delivered now.
    pub fn perform(&mut self, step: &Step) -> Option<StatusEvent> {
        match step.trigger {
            Trigger::FabricPort => self.set_port_online(step.device, step.port, step.a != 0),
            Trigger::Cable if step.a != 0 => self.set_cable(step.device, Link::Up),
            Trigger::Cable => self.set_cable(step.device, Link::Down { code: step.b }),
            _ => {
                let event = StatusEvent::from_step(step, self.device(step.device)?)?;
                return self.unsolicited(step.device, event);
            }
        }
        None
    }

    /// The local cable is plugged or pulled. Nobody is told: the next answers say so.
    pub fn set_cable(&mut self, device: u8, link: Link) {
        if let Some(unit) = self.devices.get_mut(usize::from(device)) {
            unit.set_link(link);
        }
    }

    /// A remote port appears or vanishes. Nobody is told. Its handles stay valid: commands to it ask for a link test.
    pub fn set_port_online(&mut self, device: u8, port: u8, online: bool) {
        let unit = self.devices.get_mut(usize::from(device));
        if let Some(port) = unit.and_then(|unit| unit.adapter.device.ports.get_mut(usize::from(port))) {
            port.online = online;
        }
    }

    /// The queues of a device are established and active.
    pub fn queues_opened(&mut self, device: u8) {
        if let Some(unit) = self.devices.get_mut(usize::from(device)) {
            unit.reads.open();
        }
    }

    /// The queues of a device are shut down: everything open, posted or waiting is forgotten, and no answer still to come
    /// may be delivered. Counts of the script, disks and the link stay.
    pub fn queues_closed(&mut self, device: u8) {
        if let Some(unit) = self.devices.get_mut(usize::from(device)) {
            unit.adapter.handles.forget();
            unit.reads.close();
        }
    }
}

impl Unit {
    fn reply(&mut self, request: &Request, subject: &Subject, answer: Option<usize>) -> Reply {
        let scripted = answer.map(|index| self.script.answer(index));
        if scripted.is_some_and(|answer| answer.reply == Scripted::Silence) {
            return Reply::Silence;
        }
        let mut status = match scripted {
            Some(answer) => Status::scripted(answer),
            None => self.adapter.judge(request, subject),
        };
        let mut body = self.adapter.body(request, subject, status);
        match scripted {
            Some(answer) => contents::apply(&answer.contents, &mut body),
            // The response IU of a command that went well needs no look.
            None => match &body {
                Body::Scsi(reply) if status.is_good() && (!reply.is_good() || reply.residual != 0) => {
                    status = Status::fsf(FsfStatus::FcpRspAvailable, 0);
                }
                _ => {}
            },
        }
        self.adapter.effect(request, subject, status, &body);
        Reply::Answer {
            delay_ms: scripted.map_or(0, |answer| answer.delay_ms),
            response: Response {
                protocol_status: status.protocol,
                fsf_status: status.fsf,
                qualifier: status.qualifier,
                body,
            },
        }
    }

    /// A fabric that lost the port forgets its symbolic name.
    fn set_link(&mut self, link: Link) {
        self.adapter.link = link;
        if !link.is_up() {
            self.adapter.named = false;
        }
    }
}
