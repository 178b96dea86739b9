//! The channel from outside: one property a module.

mod disks;
mod handles;
mod links;
mod overrides;
mod properties;
mod rig;
mod scripts;
mod statuses;
mod totality;
