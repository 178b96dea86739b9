//! Planted faults of the midlayer: slips that a reviewer could let through, armed from outside of a scenario.
//!
//! They are part of [`crate::Switches`], so that no engine can learn them; one that is not armed costs a comparison of two
//! bytes. What each must be reported as, and by which scenario, is in the registry of the oracle.

/// Defines an enumeration of planted faults once: variants with their name and what is wrong.
#[macro_export]
macro_rules! planted_faults {
    ($(#[doc = $enum_doc:literal])+ $enum:ident { $($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+ }) => {
        $(#[doc = $enum_doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum {
            $($(#[doc = $doc])+ $name,)+
        }

        impl $enum {
            /// Every one, in the order of definition.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// What is wrong, in a sentence.
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+).trim_ascii(),)+
                }
            }
        }
    };
}

planted_faults! {
    /// A planted fault of the midlayer, the block layer or the FC transport.
    MidlayerFault {
        /// The size of a host's requests leaves its protection mask out; their pointers follow it.
        SizeWithoutMask = "size-without-mask",
        /// The flush request of a queue is allocated without room for protection data.
        FlushWithoutProtection = "flush-without-protection",
        /// Requests of a scheduler are initialised without their pointer to protection data.
        SchedulerWithoutPointer = "scheduler-without-pointer",
        /// A remote port that comes back leaves its device-loss timer running.
        LossTimerNotCancelled = "loss-timer-not-cancelled",
        /// A remote port that comes back does not unblock its devices.
        DevicesStayBlocked = "devices-stay-blocked",
        /// A remote port that is deleted keeps its reference to the host.
        RportKeepsHost = "rport-keeps-host",
    }
}
