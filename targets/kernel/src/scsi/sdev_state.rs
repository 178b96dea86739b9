//! States of a SCSI device: transitions, and which commands each lets through (midlayer.md 4.7).

use regdiff_scenario::Midlayer;

/// States with their numeric order in sysfs (midlayer.md 14.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are the kernel's")]
pub enum SdevState {
    Created = 1,
    Running = 2,
    Cancel = 3,
    Del = 4,
    Quiesce = 5,
    Offline = 6,
    TransportOffline = 7,
    Block = 8,
    CreatedBlock = 9,
}

/// What a device does with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Dispatched.
    Open,
    /// Waits for another state.
    Waits,
    /// Fails: no connect.
    NoConnect,
    /// Fails: an error.
    Fails,
}

impl SdevState {
    /// Whether the midlayer allows the transition to another state, `next`.
    pub fn may_become(self, next: Self, midlayer: Midlayer) -> bool {
        use SdevState as S;
        match next {
            S::Created => self == S::CreatedBlock,
            S::Running => matches!(self, S::Created | S::Offline | S::TransportOffline | S::Quiesce | S::Block),
            S::Quiesce => matches!(self, S::Running | S::Offline | S::TransportOffline),
            S::Offline | S::TransportOffline => matches!(self, S::Created | S::Running | S::Quiesce | S::Block),
            S::Block => match self {
                S::Running | S::CreatedBlock | S::Offline => true,
                S::Quiesce => midlayer >= Midlayer::V5_7,
                _ => false,
            },
            S::CreatedBlock => self == S::Created,
            S::Cancel => matches!(self, S::Created | S::Running | S::Quiesce | S::Offline | S::TransportOffline),
            S::Del => self != S::Quiesce,
        }
    }

    /// Dispatch by state. `internal`: a command of the midlayer or an upper driver; `power`: of power management, which the
    /// flush of a disk that goes counts as.
    pub fn gate(self, midlayer: Midlayer, internal: bool, power: bool) -> Gate {
        let old = midlayer < Midlayer::V6_1;
        let special = if old { internal } else { power };
        match self {
            Self::Running => Gate::Open,
            Self::Created if !old => Gate::Open,
            Self::Created | Self::Cancel if special => Gate::Open,
            Self::Created | Self::Cancel => Gate::Fails,
            Self::Quiesce if special => Gate::Open,
            Self::Quiesce | Self::Block | Self::CreatedBlock => Gate::Waits,
            Self::Offline | Self::TransportOffline | Self::Del => Gate::NoConnect,
        }
    }

    /// Whether the transport holds commands back.
    pub fn is_blocked(self) -> bool {
        matches!(self, Self::Block | Self::CreatedBlock)
    }
}
