//! Registration as a set of fences: what the series of May 2020 guards, postpones or redoes (driver.md 20).
//!
//! The driver asks for a fence by name at the place where the kernel has it. Eager has none of the series' fences, deferred
//! has all; an upstream patch is a named group, a planted fault is deferred minus one.

/// One fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Fence {
    /// F1: the queue layer leaves the limits of a host alone that does not exist.
    QdioShostUpdate,
    /// F2: Exchange Config Data, GOOD: no host, no host attributes.
    ConfigDataGood,
    /// F3: Exchange Config Data, INCOMPLETE: the same.
    ConfigDataIncomplete,
    /// F4: protection capabilities are set only where the host is updated.
    SetProtInHostUpdate,
    /// F5: Exchange Port Data: no host, no host attributes.
    PortData,
    /// F6: link-down: no host, no host attributes.
    LinkDown,
    /// F6b: link-down: the adapter's own fields come before that check.
    LinkDownAdapterFirst,
    /// F7: the point-to-point port is made after registration.
    PtpPortLate,
    /// F8: setting status bits stops at a host that does not exist.
    SetAdapterStatus,
    /// F9: clearing status bits does.
    ClearAdapterStatus,
    /// F10: no port scan by hand without a host.
    PortRescan,
    /// F11: no registration when the adapter is enqueued.
    NoRegisterAtEnqueue,
    /// F12: registration: queue limits are known before the host is added.
    LimitsBeforeAdd,
    /// F13: registration: protection capabilities are known before the host is added.
    ProtBeforeAdd,
    /// F14: registration: a second call says "already there".
    RegisterOnce,
    /// F15: registration: a failure leaves no pointer behind.
    NoStalePointer,
    /// F16: redo of configuration data.
    RedoConfig,
    /// F17: redo of port data, if there is any.
    RedoPort,
    /// F18: redo of link-down.
    RedoLinkDown,
    /// F19: registration comes before status reads are posted.
    RegisterBeforeStatusReads,
    /// F20: unregister looks whether there is a host.
    UnregisterChecks,
    /// F21: a failed enqueue removes no attribute groups that were never added.
    EnqueueUndo,
}

impl Fence {
    /// Every fence, in the order of driver.md 20.
    pub const ALL: [Self; 22] = [
        Self::QdioShostUpdate,
        Self::ConfigDataGood,
        Self::ConfigDataIncomplete,
        Self::SetProtInHostUpdate,
        Self::PortData,
        Self::LinkDown,
        Self::LinkDownAdapterFirst,
        Self::PtpPortLate,
        Self::SetAdapterStatus,
        Self::ClearAdapterStatus,
        Self::PortRescan,
        Self::NoRegisterAtEnqueue,
        Self::LimitsBeforeAdd,
        Self::ProtBeforeAdd,
        Self::RegisterOnce,
        Self::NoStalePointer,
        Self::RedoConfig,
        Self::RedoPort,
        Self::RedoLinkDown,
        Self::RegisterBeforeStatusReads,
        Self::UnregisterChecks,
        Self::EnqueueUndo,
    ];

    /// Its row of driver.md 20.
    pub const fn id(self) -> &'static str {
        [
            "F1", "F2", "F3", "F4", "F5", "F6", "F6b", "F7", "F8", "F9", "F10", "F11", "F12", "F13", "F14", "F15",
            "F16", "F17", "F18", "F19", "F20", "F21",
        ][self as usize]
    }

    /// The upstream patch that brought it; None if it is not of the series.
    pub const fn patch(self) -> Option<u8> {
        match self {
            Self::QdioShostUpdate => Some(1),
            Self::ConfigDataGood | Self::ConfigDataIncomplete | Self::SetProtInHostUpdate => Some(2),
            Self::PortData => Some(3),
            Self::LinkDown | Self::LinkDownAdapterFirst => Some(4),
            Self::PtpPortLate => Some(5),
            Self::SetAdapterStatus | Self::ClearAdapterStatus => Some(6),
            Self::PortRescan => Some(7),
            Self::UnregisterChecks | Self::EnqueueUndo => None,
            _ => Some(8),
        }
    }
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
