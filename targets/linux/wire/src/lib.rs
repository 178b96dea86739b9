//! What goes between the kernel lane's host and its guest.
//!
//! Down: one [`Order`], a JSON file `/order.json` in the initramfs. Up: one JSON object a line, each a [`Fact`], written as it happens: what was
//! told before a panic stays told. The host believes nothing of it: lines are bounded in length and number, and a line that
//! does not parse is counted and dropped.

use regdiff_observation::{FcEvent, Reading, SentCommand, Uevent};
use regdiff_scenario::Context;
use serde::{Deserialize, Serialize};

/// The longest line a guest may write, in bytes.
pub const MAX_LINE: usize = 1 << 20;
/// How many lines a guest may write.
pub const MAX_LINES: usize = 200_000;

/// What the guest is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The scenario in its byte form.
    pub scenario: Vec<u8>,
    /// Module to load: the host is registered at the end of adapter enqueue instead of after recovery.
    pub early: bool,
    /// After how much virtual time the guest gives up, in ms.
    pub limit_ms: u64,
}

/// A fact that the guest tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// First of all: which kernel this is (LINUX_VERSION_CODE), which registration.
    Hello {
        /// LINUX_VERSION_CODE.
        linux_version: u32,
        /// Registration at the end of adapter enqueue.
        early: bool,
    },
    /// A part of the scenario that this lane cannot do; the run stops.
    NotExpressible {
        /// Which part, and why.
        what: String,
    },
    /// A step began.
    StepBegun {
        /// Its index.
        step: u32,
        /// Virtual time, in µs.
        time_us: u64,
    },
    /// A step ended.
    StepDone {
        /// Its index.
        step: u32,
        /// What the system call or callback returned.
        code: i64,
    },
    /// What could be seen at rest.
    Rest {
        /// Virtual time, in µs.
        time_us: u64,
        /// As in [`regdiff_observation::Rest`].
        steps_begun: u32,
        /// Sorted.
        readings: Vec<Reading>,
    },
    /// Something happened.
    Happened {
        /// Virtual time, in µs.
        time_us: u64,
        /// In which context, where the kernel knows.
        context: Option<Context>,
        /// What.
        what: Happening,
    },
    /// An injected failure happened.
    FailureHit {
        /// The step that injected it.
        step: u32,
    },
    /// A request's memory, as the module measured it.
    Slot(Slot),
    /// How often lines of one of the driver's files ran. Told by the module, after the end or a panic.
    Counted {
        /// The file's name, as `zfcp_erp.gcda`.
        file: String,
        /// The counters in gcc's own form, two hexadecimal digits a byte.
        gcda: String,
    },
    /// The guest is done and about to switch the machine off.
    End {
        /// Virtual time, in µs.
        time_us: u64,
        /// What was still busy: 0, or a mask of DOOR_BUSY_*.
        busy: u32,
        /// The limit of virtual time was hit.
        timed_out: bool,
        /// SCSI commands that reached the driver.
        scsi_commands: u32,
    },
}

/// Something that happened once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// A line of the kernel's log, as it is; the host derives an id from the user's tree.
    Log {
        /// KERN_ level, 0 to 7.
        level: u8,
        /// The text without level and time.
        text: String,
    },
    /// A uevent.
    Uevent(Uevent),
    /// A command reached the firmware.
    Command(SentCommand),
    /// A recovery trace record.
    Trace {
        /// Of which FCP device.
        device: u8,
        /// Seven characters.
        tag: String,
        /// The recovery type wanted.
        wanted: u8,
        /// The recovery type needed; flags as in [`regdiff_observation::TraceRecord`].
        needed: u8,
    },
    /// An FC event.
    Fc(FcEvent),
}

/// Measured request memory of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Of which FCP device.
    pub device: u8,
    /// Payload of a request, in bytes.
    pub cmd_size: u32,
    /// The protection mask when it was measured.
    pub prot_capabilities: u32,
    /// Value of the request's `prot_sdb` pointer, where a command was looked at.
    pub prot_sdb: Option<u64>,
    /// Its scsi_cmnd's address.
    pub command: Option<u64>,
    /// Opcode of the command.
    pub opcode: Option<u8>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fact() -> impl Strategy<Value = Fact> {
        let log = (0..8u8, "\\PC{0,40}").prop_map(|(level, text)| Happening::Log { level, text });
        let trace = (any::<u8>(), "[a-z0-9]{7}", any::<(u8, u8)>())
            .prop_map(|(device, tag, (wanted, needed))| Happening::Trace { device, tag, wanted, needed });
        let fc = any::<(u8, u8, u32)>().prop_map(|(device, code, data)| Happening::Fc(FcEvent { device, code, data }));
        let slot = any::<(u8, u32, u32, Option<u64>, Option<u64>, Option<u8>)>().prop_map(
            |(device, cmd_size, prot_capabilities, prot_sdb, command, opcode)| {
                Fact::Slot(Slot { device, cmd_size, prot_capabilities, prot_sdb, command, opcode })
            },
        );
        prop_oneof![
            any::<(u32, bool)>().prop_map(|(linux_version, early)| Fact::Hello { linux_version, early }),
            "\\PC{0,40}".prop_map(|what| Fact::NotExpressible { what }),
            any::<(u32, u64)>().prop_map(|(step, time_us)| Fact::StepBegun { step, time_us }),
            any::<(u32, i64)>().prop_map(|(step, code)| Fact::StepDone { step, code }),
            (any::<u64>(), prop_oneof![log, trace, fc]).prop_map(|(time_us, what)| Fact::Happened {
                time_us,
                context: None,
                what
            }),
            slot,
            ("[a-z_]{1,12}\\.gcda", "([0-9a-f]{2}){0,40}").prop_map(|(file, gcda)| Fact::Counted { file, gcda }),
            any::<(u64, u32, bool, u32)>().prop_map(|(time_us, busy, timed_out, scsi_commands)| Fact::End {
                time_us,
                busy,
                timed_out,
                scsi_commands,
            }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever is in its texts: a fact is one line, and comes back.
        #[test]
        fn a_fact_is_a_line_that_comes_back(fact in fact()) {
            let line = serde_json::to_string(&fact).expect("a fact is JSON");
            prop_assert!(!line.contains('\n') && line.len() <= MAX_LINE);
            prop_assert_eq!(serde_json::from_str::<Fact>(&line).expect("it was written by us"), fact);
        }

        #[test]
        fn an_order_comes_back(scenario in proptest::collection::vec(any::<u8>(), 0..300), early in any::<bool>(), limit_ms in any::<u64>()) {
            let order = Order { scenario, early, limit_ms };
            let file = serde_json::to_string(&order).expect("an order is JSON");
            prop_assert_eq!(serde_json::from_str::<Order>(&file).expect("it was written by us"), order);
        }
    }
}
