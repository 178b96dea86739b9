//! Registration as a set of fences: what the series of May 2020 guards, postpones or redoes (driver.md 20).
//!
//! The driver asks for a fence by name at the place where the kernel has it. Eager has none of the series' fences, deferred
//! has all; an upstream patch is a named group, a planted fault is deferred minus one.

/// Defines [`Fence`] once: variants with what they do, the row of driver.md 20, and the upstream patch.
macro_rules! fences {
    ($($(#[doc = $doc:literal])+ $name:ident = ($id:literal, $patch:expr),)+) => {
        /// One fence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Fence {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Fence {
            /// Every fence, in the order of driver.md 20.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its row of driver.md 20.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)+
                }
            }

            /// The upstream patch that brought it, from 1; None if it is not of the series.
            pub const fn patch(self) -> Option<u8> {
                match self {
                    $(Self::$name => $patch,)+
                }
            }

            /// What it does, in a sentence.
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+).trim_ascii(),)+
                }
            }
        }
    };
}

fences! {
    /// Opening the queues leaves the limits of a host alone that does not exist yet.
    QdioShostUpdate = ("F1", Some(1)),
    /// A complete answer to Exchange Config Data writes nothing to a host that does not exist yet.
    ConfigDataGood = ("F2", Some(2)),
    /// Nor does an incomplete one, the answer of an adapter whose link is down.
    ConfigDataIncomplete = ("F3", Some(2)),
    /// Protection capabilities are set only where the host is updated, behind the same look at it.
    SetProtInHostUpdate = ("F4", Some(2)),
    /// An answer to Exchange Port Data writes nothing to a host that does not exist yet.
    PortData = ("F5", Some(3)),
    /// A link that goes down changes nothing of a host that does not exist yet.
    LinkDown = ("F6", Some(4)),
    /// The adapter's own fields are cleared before that look at the host, so that they never go stale.
    LinkDownAdapterFirst = ("F6b", Some(4)),
    /// The port of a point-to-point peer is made after registration: whether there is one, the host says.
    PtpPortLate = ("F7", Some(5)),
    /// Setting status bits of an adapter reaches SCSI devices only if there is a host that has some.
    SetAdapterStatus = ("F8", Some(6)),
    /// So does clearing them.
    ClearAdapterStatus = ("F9", Some(6)),
    /// A user who asks for a port scan before there is a host gets ENODEV, and no scan is queued.
    PortRescan = ("F10", Some(7)),
    /// Enqueueing an adapter, before anything is known of it, registers no host.
    NoRegisterAtEnqueue = ("F11", Some(8)),
    /// The limits of the queues that are open are those of the host when it is added.
    LimitsBeforeAdd = ("F12", Some(8)),
    /// The protection capabilities are known when the host is added: its requests are sized by them.
    ProtBeforeAdd = ("F13", Some(8)),
    /// A second registration says "already there", so that only the first is followed by the redo.
    RegisterOnce = ("F14", Some(8)),
    /// A registration that fails leaves no pointer to the freed host behind.
    NoStalePointer = ("F15", Some(8)),
    /// After registration the host gets what Exchange Config Data had answered.
    RedoConfig = ("F16", Some(8)),
    /// Then what Exchange Port Data had answered, if the adapter has port data.
    RedoPort = ("F17", Some(8)),
    /// Then, if the answer was incomplete, what a link that is down leaves of that.
    RedoLinkDown = ("F18", Some(8)),
    /// The host is registered before unsolicited status can arrive, whose handlers use it.
    RegisterBeforeStatusReads = ("F19", Some(8)),
    /// Unregistering the host of an adapter that never got one does nothing.
    UnregisterChecks = ("F20", None),
    /// A failed enqueue removes no attribute groups that were never added.
    EnqueueUndo = ("F21", None),
}

/// A set of fences: one implementation of registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fences(u32);

impl Fences {
    /// What both variants share: fences that are older than the series, or came apart from it.
    const COMMON: u32 = 1 << Fence::UnregisterChecks as u32 | 1 << Fence::EnqueueUndo as u32;

    /// The driver before the series.
    pub const EAGER: Self = Self(Self::COMMON);
    /// The driver after the series.
    pub const DEFERRED: Self = Self((1 << Fence::ALL.len()) - 1);

    /// The driver with some patches of the series, by number.
    pub fn with_patches(patches: impl Fn(u8) -> bool) -> Self {
        let set = Fence::ALL.iter().filter(|f| f.patch().is_some_and(&patches));
        Self(set.fold(Self::COMMON, |m, f| m | 1 << *f as u32))
    }

    /// Without one fence: a planted fault.
    #[must_use]
    pub const fn without(self, fence: Fence) -> Self {
        Self(self.0 & !(1 << fence as u32))
    }

    /// Whether a fence stands.
    pub const fn has(self, fence: Fence) -> bool {
        self.0 & (1 << fence as u32) != 0
    }

    /// Whether any fence of a patch stands: then the code has that patch's shape.
    pub fn has_patch(self, patch: u8) -> bool {
        Fence::ALL.iter().any(|f| f.patch() == Some(patch) && self.has(*f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_patch_is_a_group_of_fences() {
        assert_eq!(Fences::with_patches(|_| true), Fences::DEFERRED);
        assert_eq!(Fences::with_patches(|_| false), Fences::EAGER);
        for patch in 1..=8 {
            assert!(Fences::with_patches(|p| p == patch).has_patch(patch));
            assert!(!Fences::EAGER.has_patch(patch));
        }
    }

    #[test]
    fn fences_stand_in_the_order_of_the_catalogue() {
        for (index, fence) in Fence::ALL.iter().enumerate() {
            assert_eq!(*fence as usize, index);
            assert!(!Fences::DEFERRED.without(*fence).has(*fence));
        }
    }
}
