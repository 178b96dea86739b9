//! What a request queue takes over from its host (midlayer.md 5).

use regdiff_observation::TrapKind;
use regdiff_scenario::Midlayer;

use super::host::ScsiHost;
use crate::Sim;

/// Limits of a queue: the host's of the moment when the queue is created, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueLimits {
    /// Segments of a request.
    pub(crate) max_segments: u32,
    /// Sectors of a request, as the hardware limits it.
    pub(crate) max_hw_sectors: u32,
    /// Integrity segments of a request.
    pub(crate) max_integrity_segments: u32,
}

/// Segments that the block layer takes at most.
const MAX_SEGMENTS: u32 = 2048;
/// Integrity segments of a host that sets none.
const DEFAULT_INTEGRITY_SEGMENTS: u32 = 65_535;
/// A mask with any DIX bit is at least this (midlayer.md 10.1).
pub(crate) const DIX_MASK: u32 = 8;

/// scsi_init_limits, __scsi_init_queue before 6.12: a BUG if protection data may have fewer segments than data.
pub(crate) fn check_limits(host: &ScsiHost) -> Sim<()> {
    queue_limits(host).map(|_| ())
}

/// As [`check_limits`], for a queue that keeps them.
pub(crate) fn queue_limits(host: &ScsiHost) -> Sim<QueueLimits> {
    let kernel = &host.kernel;
    let newest = kernel.scenario.kernel.midlayer >= Midlayer::V6_12;
    let _frame = kernel.enter(if newest { "scsi_init_limits" } else { "__scsi_init_queue" });
    let mut max_integrity_segments = 0;
    if host.prot_capabilities.get() >= DIX_MASK {
        if host.sg_prot_tablesize.get() == 0 {
            host.sg_prot_tablesize.set(DEFAULT_INTEGRITY_SEGMENTS);
        }
        max_integrity_segments = host.sg_prot_tablesize.get();
        if max_integrity_segments < host.sg_tablesize.get() {
            return Err(kernel.bug(TrapKind::Bug, "Scsi_Host", "sg_prot_tablesize"));
        }
    }
    Ok(QueueLimits {
        max_segments: host.sg_tablesize.get().min(MAX_SEGMENTS),
        max_hw_sectors: host.max_sectors.get(),
        max_integrity_segments,
    })
}
