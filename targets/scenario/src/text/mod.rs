//! The text form of a scenario: TOML that people write, comment and compare.
//!
//! ```toml
//! # The seed's machine.
//! version = 1
//!
//! [module]
//! dif = true
//!
//! [kernel]
//! layout = "seed-5.6-rc2-debug-s390x"
//!
//! [[device]]
//! features = ["hbaapi_management", "dif_prot_type1"]
//! [[device.port]]
//! wwpn = "0x500507630300c562"
//! [[device.port.lun]]
//! lun = "0x4010403300000000"
//!
//! [[answer]]
//! device = 0
//! command = "exchange_config_data"
//! nth = 1
//! fsf_status = "exchange_data_incomplete"
//! qualifier = "0x4"
//! content = { adapter_features = "0x30030" }
//!
//! [[step]]
//! do = "set_online"
//! device = 0
//!
//! [[step]]
//! do = "notify"
//! device = 0
//! event = "gone"
//! when = { outstanding = "exchange_port_data", device = 0, nth = 1 }
//!
//! [[choice]]
//! context = "erp"
//! point = "host_added"
//! amount = 2
//! ```
//!
//! * `version` is required. Everything else may be left out, and then has its default: see the records of this crate.
//! * Numbers that people read as hexadecimal are strings, since TOML's numbers end at 63 bits; plain numbers do as well.
//! * Sets of flags are lists of names. A selector (`port`, `lun` of an answer) is an index, or `"any"`.
//! * A step's keys are `do`, the operands of its trigger ([`crate::Trigger::operands`]) and `when`.
//! * `when` is `{ outstanding = COMMAND, device, nth }`, `{ point = POINT, device, nth }` or `{ after_ms = MS }`; without
//!   it the step happens at rest.
//! * Devices, ports and LUNs are numbered from 0, as in the keys that name them. Messages count answers, steps and choices
//!   from 1.
//!
//! Reading is strict: nothing is ignored, clamped or guessed, and each error says line, column, place and cure. Printing
//! gives the canonical text: comments of a file that was read are not kept, defaults are not written.

mod error;
mod moment;
mod names;
mod parse;
mod print;
mod section;
mod source;
mod step;
mod value;
mod words;

pub use error::{TextError, TextErrorKind};
pub use parse::parse;
pub use print::{print, value};
pub use words::words;

/// The version of the text form.
pub const VERSION: u64 = 1;

#[cfg(test)]
mod tests {
    /// The manual above must be true.
    #[test]
    fn the_example_parses() {
        let manual = include_str!("mod.rs").lines().skip_while(|line| *line != "//! ```toml").skip(1);
        let lines = manual.map_while(|line| line.strip_prefix("//!")).map(str::trim).take_while(|line| *line != "```");
        let example: String = lines.map(|line| format!("{line}\n")).collect();
        let scenario = super::parse(&example).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((scenario.firmware.len(), scenario.steps.len(), scenario.schedule.len()), (1, 2, 1));
    }
}
