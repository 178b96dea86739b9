//! The protection mask and what follows from it (midlayer.md 10.1, 10.5).

use super::command::ProtOp;

/// scsi_host_dif_capable: whether the mask can do DIF of a type; type 0 is none.
pub(crate) fn dif_capable(cap: u32, kind: u8) -> bool {
    (1..=3).contains(&kind) && cap & (1 << (kind - 1)) != 0
}

/// scsi_host_dix_capable: whether the mask can do DIX for a type; type 0 is DIX without DIF.
pub(crate) fn dix_capable(cap: u32, kind: u8) -> bool {
    kind <= 3 && cap & (8 << kind) != 0
}

impl ProtOp {
    /// The operation of a read or write. `dix`: memory has protection data, as the header's count says; `dif`: the host is
    /// capable of the disk's type now.
    pub fn of(dix: bool, dif: bool, write: bool) -> Self {
        match (dix, dif, write) {
            (false, false, _) => Self::Normal,
            (false, true, false) => Self::ReadStrip,
            (false, true, true) => Self::WriteInsert,
            (true, false, false) => Self::ReadInsert,
            (true, false, true) => Self::WriteStrip,
            (true, true, false) => Self::ReadPass,
            (true, true, true) => Self::WritePass,
        }
    }
}
