//! The program as people use it: arguments in, text, files and exit codes out.

mod bad_input;
mod bad_places;
mod bad_usage;
mod campaign;
mod corpus;
mod determinism;
mod distil;
mod earlier;
mod exit_codes;
mod explore;
mod faults;
mod files;
mod hostile;
mod killed;
mod people;
mod registries;
mod rig;
mod seed;
mod series;
mod taken_away;
mod talk;
