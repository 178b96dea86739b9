//! The lane that is judged by default: the model of the driver.
//!
//! The only file that names a driver. Everything else reads observations.

pub(crate) use regdiff_zfcp::TRACE_TAGS;
pub use regdiff_zfcp::{DriverFault, Fence, Fences, MidlayerFault, Model, Switches, Variant};

/// What a lane's variant must offer to be judged.
pub trait Maskable: Clone {
    /// The same variant on a kernel that always reserves protection space, which takes the historical defect out of it;
    /// `None` if the lane has no such switch.
    fn masked(&self) -> Option<Self>;
}

impl Maskable for Variant {
    fn masked(&self) -> Option<Self> {
        let mut masked = *self;
        masked.switches.protection_space_always_reserved = true;
        Some(masked)
    }
}
