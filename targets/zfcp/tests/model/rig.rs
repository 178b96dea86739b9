//! Runs scenarios written as text, and asks about what was seen.

use regdiff_observation::{Attribute, End, Event, Lane, LogId, Object, Observation, StepOutcome, UeventAction, Watch};
use regdiff_scenario::{Command, Scenario, text};
use regdiff_zfcp::{Fences, Model, Variant};

/// The first thing every machine does.
pub(crate) const ONLINE: &str = "[[step]]\ndo = \"set_online\"\ndevice = 0\n";
/// The port and the LUN of [`machine`].
pub(crate) const WWPN: u64 = 0x5005_0763_0500_0001;
pub(crate) const ADAPTER: Object = Object::Adapter(0);
pub(crate) const HOST: Object = Object::Host(0);
pub(crate) const FC_HOST: Object = Object::FcHost(0);
pub(crate) const PORT: Object = Object::Port(0, WWPN);
pub(crate) const SDEV: Object = Object::Sdev(0, WWPN, 0);

/// A device with one port and one disk; `device` are keys of the device, `rest` is what follows.
pub(crate) fn machine(device: &str, rest: &str) -> String {
    format!("version = 1\n[[device]]\n{device}\n[[device.port]]\n[[device.port.lun]]\n{rest}\n")
}

/// That device, set online, with scripted answers before.
pub(crate) fn online(device: &str, rest: &str) -> String {
    machine(device, &format!("{ONLINE}{rest}"))
}

/// An answer to the first command of a kind; `keys` are lines.
pub(crate) fn answer(command: &str, keys: &str) -> String {
    format!("[[answer]]\ndevice = 0\ncommand = \"{command}\"\n{keys}\n")
}

/// A step on device 0; `keys` are lines.
pub(crate) fn step(trigger: &str, keys: &str) -> String {
    format!("[[step]]\ndo = \"{trigger}\"\ndevice = 0\n{keys}\n")
}

/// What was seen of one run.
pub(crate) struct Run(pub(crate) Observation);

/// Runs a scenario with one set of fences.
pub(crate) fn run(scenario: &str, fences: Fences) -> Run {
    let parsed = text::parse(scenario).unwrap_or_else(|error| panic!("{error}\n{scenario}"));
    of(&parsed, fences)
}

/// Runs a scenario that is no text.
pub(crate) fn of(scenario: &Scenario, fences: Fences) -> Run {
    Run(Model.run(scenario, &Variant::of(fences), Watch::Everything))
}

/// Eager, then deferred.
pub(crate) fn both(scenario: &str) -> [Run; 2] {
    [run(scenario, Fences::EAGER), run(scenario, Fences::DEFERRED)]
}

impl Run {
    /// The run came to rest.
    #[track_caller]
    pub(crate) fn rested(&self) -> &Self {
        assert_eq!(self.0.end, End::Rest);
        self
    }

    /// Kind, function and field of the trap.
    #[track_caller]
    pub(crate) fn trap(&self) -> (regdiff_observation::TrapKind, &str, &str) {
        match &self.0.end {
            End::Trap(trap) => (trap.kind, &trap.function, &trap.field),
            other => panic!("no trap but {other:?}"),
        }
    }

    /// The value at the last rest before device-loss timers ran out.
    pub(crate) fn at(&self, object: Object, attribute: Attribute) -> Option<u64> {
        self.at_rest(self.0.rests.len() - 2, object, attribute)
    }

    /// The value at a rest, by number.
    pub(crate) fn at_rest(&self, rest: usize, object: Object, attribute: Attribute) -> Option<u64> {
        let readings = &self.0.rests[rest].readings;
        readings.iter().find(|r| r.object == object && r.attribute == attribute).map(|r| r.value)
    }

    /// Tags of the recovery trace.
    pub(crate) fn tags(&self) -> Vec<&str> {
        self.0
            .events
            .iter()
            .filter_map(|e| if let Event::Trace(t) = &e.event { Some(t.tag.text()) } else { None })
            .collect()
    }

    /// Whether a trigger was traced.
    pub(crate) fn tagged(&self, tag: &str) -> bool {
        self.tags().contains(&tag)
    }

    /// Whether a line was logged.
    pub(crate) fn logged(&self, id: LogId) -> bool {
        self.0.events.iter().any(|e| matches!(e.event, Event::Log(line) if line.id == id))
    }

    /// When a command was sent, in ms.
    pub(crate) fn sent(&self, command: Command) -> Vec<u64> {
        let of_kind = self.0.events.iter().filter(|e| matches!(e.event, Event::Command(c) if c.command == command));
        of_kind.map(|e| e.time_us / 1000).collect()
    }

    /// How a step ended.
    pub(crate) fn outcome(&self, step: usize) -> StepOutcome {
        self.0.steps[step]
    }

    /// Everything visible but SCSI commands, in order, as words.
    pub(crate) fn story(&self) -> Vec<String> {
        let word = |event: &Event| match event {
            Event::Log(line) => Some(line.id.text().to_owned()),
            Event::Uevent(u) => {
                Some(format!("{}{}", if u.action == UeventAction::Add { '+' } else { '-' }, u.object.kind()))
            }
            Event::Command(sent) if sent.command.is_scsi() => None,
            Event::Command(sent) => Some(format!("{:?}", sent.command)),
            Event::Trace(trace) => Some(trace.tag.to_string()),
            Event::Fc(event) => Some(format!("event {}", event.code)),
        };
        self.0.events.iter().filter_map(|e| word(&e.event)).collect()
    }
}
