//! FC services: well-known ports, port scan, look-ups, link test, symbolic name (driver.md 13; zfcp_fc.c).

mod look_up;
mod scan;
mod wka;

pub(crate) use look_up::{adisc_handler, gid_pn_work, ns_up_work, post_events_work, test_link, test_link_work};
pub(crate) use scan::{conditional_port_scan, inverse_conditional_port_scan, scan_ports};
pub(crate) use wka::{
    DIRECTORY, WkaPort, WkaStatus, wka_port_get, wka_port_put, wka_ports_force_offline, wka_ports_setup,
};
