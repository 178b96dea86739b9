//! The FC transport's data of a host (midlayer.md 3.2, 3.3; driver.md 5.4).

use std::cell::Cell;

/// Text attributes are kept as numbers; this one is the empty string.
pub const EMPTY: u64 = u64::MAX;

/// fc_host_attrs: exists from the end of scsi_add_host on.
#[derive(Default)]
#[expect(missing_docs, reason = "the names are those of sysfs, documented in the registry of observables")]
pub struct FcHost {
    pub node_name: Cell<u64>,
    pub port_name: Cell<u64>,
    pub permanent_port_name: Cell<u64>,
    pub fabric_name: Cell<u64>,
    pub port_id: Cell<u32>,
    pub maxframe_size: Cell<u32>,
    pub supported_classes: Cell<u32>,
    pub supported_fc4s: Cell<u32>,
    pub active_fc4s: Cell<u32>,
    pub supported_speeds: Cell<u32>,
    pub speed: Cell<u32>,
    pub port_type: Cell<u32>,
    /// 0 is the empty string.
    pub serial_number: Cell<u64>,
    /// 1 is "IBM".
    pub manufacturer: Cell<u32>,
    /// [`EMPTY`] is the empty string.
    pub model: Cell<u64>,
    /// [`EMPTY`] is the empty string.
    pub hardware_version: Cell<u64>,
    /// [`EMPTY`] is the empty string.
    pub firmware_version: Cell<u64>,
    /// 0 is the empty string.
    pub symbolic_name: Cell<u64>,
    pub dev_loss_tmo: Cell<u32>,
    pub(crate) next_rport_number: Cell<u32>,
    pub(crate) next_target_id: Cell<u32>,
}

/// FC port types by number.
pub mod port_type {
    /// Unknown.
    pub const UNKNOWN: u32 = 0;
    /// A fabric.
    pub const NPORT: u32 = 3;
    /// A loop.
    pub const NLPORT: u32 = 4;
    /// Point to point.
    pub const PTP: u32 = 6;
    /// A virtual port of a fabric.
    pub const NPIV: u32 = 7;
}

impl FcHost {
    /// Zero-filled memory, before the transport sets it up.
    pub(crate) fn zero(&self) {
        for name in [&self.node_name, &self.port_name, &self.permanent_port_name, &self.fabric_name] {
            name.set(0);
        }
        self.port_id.set(0);
        self.maxframe_size.set(0);
        self.dev_loss_tmo.set(0);
        self.clear_text();
    }

    /// fc_host_setup: all ones for names and ids, unknown for the rest.
    pub(crate) fn set_defaults(&self) {
        for name in [&self.node_name, &self.port_name, &self.permanent_port_name, &self.fabric_name] {
            name.set(u64::MAX);
        }
        self.port_id.set(u32::MAX);
        self.maxframe_size.set(u32::MAX);
        self.clear_text();
    }

    fn clear_text(&self) {
        for text in [&self.model, &self.hardware_version, &self.firmware_version] {
            text.set(EMPTY);
        }
    }
}
