//! The input language of regdiff.
//!
//! A [`Scenario`] says what module parameters and kernel there are, what hardware is attached, what the firmware answers,
//! what users and hardware do, and who runs next. It is pure data: it knows neither driver nor oracle.
//!
//! It has two stored forms, lossless between each other: a text form for people and a byte form for engines. Both are
//! versioned; a stored scenario never changes its meaning silently.

pub mod bytes;
pub mod device;
mod encoded;
pub mod engine;
pub mod firmware;
pub mod generate;
pub mod kernel;
pub mod language;
pub mod layout;
pub mod limits;
mod load;
pub mod module;
pub mod mutate;
pub mod operand;
pub mod parts;
pub mod place;
#[cfg(feature = "plain")]
pub mod plain;
#[cfg(feature = "proptest")]
pub mod property;
pub mod random;
mod repair;
pub mod scalar;
pub mod schedule;
pub mod simpler;
pub mod step;
#[cfg(feature = "proptest")]
pub mod strategy;
pub mod text;

pub use device::{AdapterFeatures, ConnectionFeatures, Device, Lun, LunKind, Port, Protection, Topology};
pub use encoded::Encoded;
pub use firmware::{Answer, Command, Content, ContentField, FsfStatus, ProtocolStatus, Reply};
pub use kernel::{Behaviours, Elevator, ElevatorAttach, Kernel, Layout, Midlayer};
pub use language::Language;
pub use layout::Profile;
pub use load::LoadError;
pub use module::Module;
pub use parts::Part;
pub use place::{FieldView, Place};
pub use random::Random;
pub use repair::repair;
pub use scalar::{Domain, Field, Name, Record, Scalar, Selector};
pub use schedule::{Choice, Context, Point, Turn};
pub use step::{Actor, FailPoint, Moment, Operand, Slot, Step, Trigger, When};

/// One input: a complete, self-contained run of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Scenario {
    /// Module parameters.
    pub module: Module,
    /// The kernel's profile.
    pub kernel: Kernel,
    /// FCP devices.
    pub devices: Vec<Device>,
    /// Scripted firmware answers.
    pub firmware: Vec<Answer>,
    /// What happens.
    pub steps: Vec<Step>,
    /// Who runs next.
    pub schedule: Vec<Choice>,
}
