//! The simulated kernel from outside, with a small host driver of its own.

mod choices;
mod commands;
mod error_handler;
mod executor;
mod hosts;
mod leaks;
mod protection;
mod queues;
mod rig;
mod rports;
mod scans;
mod states;
mod tags;
mod works;
