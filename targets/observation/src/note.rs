//! What no user can see and every reader of a finding wants to know. Oracles never look at it.

use regdiff_scenario::{Command, Context, FsfStatus, ProtocolStatus};
use serde::Serialize;

use crate::memory::RequestObject;

/// One thing inside the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The firmware answered.
    Answer {
        /// Which FCP device.
        device: u8,
        /// What was asked.
        command: Command,
        /// Protocol status.
        protocol: ProtocolStatus,
        /// FSF status.
        fsf: FsfStatus,
        /// Adapter features, with Exchange Config Data.
        features: Option<u32>,
    },
    /// The driver stores the host's protection mask (`scsi_host_set_prot`).
    Mask {
        /// Which FCP device.
        device: u8,
        /// `prot_capabilities`.
        mask: u32,
    },
    /// SIZE (midlayer.md 1): the host is added, and the bytes of its requests are settled.
    Size {
        /// Which FCP device.
        device: u8,
        /// The mask at this moment.
        mask: u32,
        /// Bytes that a request may use.
        payload: u32,
        /// Bytes from one request to the next.
        slot: u32,
        /// Requests of the tag set.
        requests: u32,
    },
    /// POINTER (midlayer.md 1): request objects are made, and their `prot_sdb` is set or stays null.
    Pointer {
        /// Which FCP device.
        device: u8,
        /// Which kind of objects.
        object: RequestObject,
        /// The mask at this moment.
        mask: u32,
        /// Offset of the protection header from the start of the request; null without one.
        header: Option<u32>,
        /// Bytes that a request may use, as SIZE settled them.
        payload: u32,
        /// Bytes from one request to the next.
        slot: u32,
    },
    /// TOUCH (midlayer.md 1): a request is prepared, and its protection header is cleared if the mask is not zero.
    Touch {
        /// Which FCP device.
        device: u8,
        /// Which kind of object carries the command.
        object: RequestObject,
        /// The mask at this moment.
        mask: u32,
        /// Offset of the protection header from the start of the request; null without one.
        header: Option<u32>,
        /// The command.
        command: Command,
    },
    /// An access outside a payload: index into [`crate::Observation::violations`].
    Violation(usize),
}

/// A note with its place in the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Noted {
    /// Virtual time, in µs.
    pub time_us: u64,
    /// In which context.
    pub context: Context,
    /// How many events came before it.
    pub events_before: usize,
    /// What it is.
    pub note: Note,
}
