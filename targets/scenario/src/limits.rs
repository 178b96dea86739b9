//! Every limit of the language, in one place.
//!
//! Decoders, generator and repair step use these and nothing else. Raising one keeps old files valid; lowering one does not.

/// FCP devices of one machine.
pub const MAX_DEVICES: usize = 4;
/// Remote ports of one device's fabric.
pub const MAX_PORTS: usize = 8;
/// LUNs of one remote port.
pub const MAX_LUNS: usize = 64;
/// Scripted firmware answers.
pub const MAX_ANSWERS: usize = 256;
/// Content fields that one answer overrides.
pub const MAX_CONTENTS: usize = 8;
/// Steps.
pub const MAX_STEPS: usize = 1024;
/// Scheduling choices and random draws.
pub const MAX_CHOICES: usize = 256;
/// Bytes of a stored scenario, in either form.
pub const MAX_FILE: usize = 1 << 20;
