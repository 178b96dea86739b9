//! The driver's behaviour, seen from outside: scenarios in, observations out (driver.md).

mod cycles;
mod error_handler;
mod exchanges;
mod fabric;
mod failures;
mod fences;
mod first_online;
mod link_down;
mod points;
mod ports;
mod properties;
mod references;
mod retries;
mod rig;
mod seed;
mod triggers;
mod waits;
