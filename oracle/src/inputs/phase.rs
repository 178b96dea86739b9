//! Phases of an adapter's life, as far as they can be told from outside.
//!
//! Between two rests the last command that reached the firmware tells what goes on; at a rest the adapter's own attributes do.

use regdiff_observation::{Attribute, Event, Input, Object, Observation, Rest};
use regdiff_scenario::{Command, Scenario, Trigger};
use serde::Serialize;

/// What an adapter is about, coarsely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nobody has set it online yet.
    BeforeOnline,
    /// It is asked for configuration and port data, and was never open at a rest before.
    Discovery,
    /// It is asked for them again.
    Reopen,
    /// The name server is asked.
    Fabric,
    /// Ports or LUNs are opened, closed or tested.
    Recovery,
    /// Disks are looked for and looked at.
    Probe,
    /// Users read and write.
    Io,
    /// Commands are aborted, LUNs or targets reset.
    ErrorHandling,
    /// At rest, online and open.
    Online,
    /// At rest, online and not open.
    Failed,
    /// At rest, set offline.
    Offline,
    /// At rest, removed.
    Removed,
}

impl Phase {
    /// Every phase.
    pub const ALL: &'static [Self] = &[
        Self::BeforeOnline,
        Self::Discovery,
        Self::Reopen,
        Self::Fabric,
        Self::Recovery,
        Self::Probe,
        Self::Io,
        Self::ErrorHandling,
        Self::Online,
        Self::Failed,
        Self::Offline,
        Self::Removed,
    ];

    /// The name.
    pub const fn text(self) -> &'static str {
        match self {
            Self::BeforeOnline => "before_online",
            Self::Discovery => "discovery",
            Self::Reopen => "reopen",
            Self::Fabric => "fabric",
            Self::Recovery => "recovery",
            Self::Probe => "probe",
            Self::Io => "io",
            Self::ErrorHandling => "error_handling",
            Self::Online => "online",
            Self::Failed => "failed",
            Self::Offline => "offline",
            Self::Removed => "removed",
        }
    }
}

/// One device while a run is told again.
#[derive(Clone, Copy, Debug)]
struct Device {
    /// Its phase at the last rest.
    rest: Phase,
    /// What the last command since then is about.
    last: Option<Phase>,
    /// Configuration or port data were asked for since then.
    exchanged: bool,
    /// It was open at a rest.
    was_open: bool,
    /// It was online at a rest, or somebody set it online.
    was_online: bool,
}

impl Device {
    const NEW: Self =
        Self { rest: Phase::BeforeOnline, last: None, exchanged: false, was_open: false, was_online: false };

    /// What goes on this very moment.
    fn now(self) -> Phase {
        match self.last {
            None if self.exchanged => self.stretch(),
            None => self.rest,
            Some(Phase::Discovery) => self.stretch(),
            Some(phase) => phase,
        }
    }

    /// What the whole stretch since the last rest is about.
    fn stretch(self) -> Phase {
        match (self.exchanged, self.was_open) {
            (false, _) => self.rest,
            (true, false) => Phase::Discovery,
            (true, true) => Phase::Reopen,
        }
    }

    fn at_rest(&mut self, device: u8, rest: &Rest) {
        const OPEN: u64 = 0x0400_0000;
        let read = |attribute| {
            let key = (Object::Adapter(device), attribute);
            let place = rest.readings.binary_search_by(|r| (r.object, r.attribute).cmp(&key));
            place.ok().map(|place| rest.readings[place].value)
        };
        let (online, status) = (read(Attribute::Online) == Some(1), read(Attribute::Status));
        let open = status.is_some_and(|status| status & OPEN != 0);
        (self.last, self.exchanged) = (None, false);
        self.was_online |= online;
        self.was_open |= open;
        self.rest = match (online, status) {
            (true, _) if open => Phase::Online,
            (true, _) => Phase::Failed,
            (false, _) if !self.was_online => Phase::BeforeOnline,
            (false, Some(_)) => Phase::Offline,
            (false, None) => Phase::Removed,
        };
    }

    fn command(&mut self, command: Command) {
        let Some(phase) = about(command) else { return };
        self.last = Some(phase);
        self.exchanged |= phase == Phase::Discovery;
    }
}

/// What a command is about.
const fn about(command: Command) -> Option<Phase> {
    Some(match command {
        Command::ExchangeConfigData | Command::ExchangePortData => Phase::Discovery,
        Command::OpenWka | Command::CloseWka | Command::GpnFt | Command::GidPn | Command::GspnId | Command::RspnId => {
            Phase::Fabric
        }
        Command::OpenPort
        | Command::ClosePort
        | Command::ClosePhysicalPort
        | Command::OpenLun
        | Command::CloseLun
        | Command::Adisc => Phase::Recovery,
        Command::Abort | Command::LunReset | Command::TargetReset => Phase::ErrorHandling,
        Command::Read | Command::Write | Command::SynchronizeCache => Phase::Io,
        Command::Inquiry
        | Command::InquiryVpd
        | Command::ReportLuns
        | Command::TestUnitReady
        | Command::ReadCapacity
        | Command::ModeSense
        | Command::RequestSense
        | Command::StartUnit => Phase::Probe,
        // Buffers that wait tell nothing.
        Command::StatusRead => return None,
    })
}

/// Tells a run again: every input with a phase of its device. A step comes with what goes on at its moment; an answer with
/// what the stretch is about, since what goes on just then its command says already. Steps of no device come with the phase of
/// device 0.
pub(super) fn tell(scenario: &Scenario, seen: &Observation, mut told: impl FnMut(Input, Phase)) {
    let mut devices = vec![Device::NEW; scenario.devices.len()];
    let mut rests = seen.rests.iter().peekable();
    let mut inputs = seen.inputs.iter().peekable();
    // One more round than events: what came after the last.
    for index in 0..=seen.events.len() {
        // A rest comes before the step that was begun there.
        while let Some(rest) = rests.next_if(|rest| rest.events_end <= index) {
            for (device, state) in devices.iter_mut().enumerate() {
                state.at_rest(device as u8, rest);
            }
        }
        while let Some(given) = inputs.next_if(|given| given.events_before <= index) {
            let step = match given.input {
                Input::Step(step) => scenario.steps.get(step as usize),
                _ => None,
            };
            let device = match given.input {
                Input::Answer { device, .. } | Input::Silence { device, .. } => device,
                Input::Step(_) => step.map_or(0, |step| step.device),
            };
            let Some(state) = devices.get_mut(usize::from(device)) else { continue };
            told(given.input, if step.is_some() { state.now() } else { state.stretch() });
            if step.is_some_and(|step| step.trigger == Trigger::SetOnline) {
                (state.exchanged, state.was_online) = (true, true);
            }
        }
        if let Some(Event::Command(sent)) = seen.events.get(index).map(|stamped| stamped.event)
            && let Some(state) = devices.get_mut(usize::from(sent.device))
        {
            state.command(sent.command);
        }
    }
}
