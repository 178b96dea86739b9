//! How often the generator draws each trigger.

use crate::step::Trigger;

/// One line a trigger, each exactly once; the weight is relative to the sum of those that a scenario leaves in.
///
/// High: what moves an adapter through its life and so meets registration. Middle: what disturbs ports, LUNs and commands.
/// Low: what only reads or writes a setting, and what ends the run.
pub const STEPS: &[(Trigger, u32)] = &[
    // The life of an adapter.
    (Trigger::SetOnline, 40),
    (Trigger::SetOffline, 40),
    (Trigger::Remove, 16),
    (Trigger::Shutdown, 4),
    (Trigger::Freeze, 4),
    (Trigger::Thaw, 3),
    (Trigger::Restore, 4),
    (Trigger::Notify, 30),
    // Recovery by hand.
    (Trigger::AdapterFailed, 26),
    (Trigger::PortFailed, 8),
    (Trigger::UnitFailed, 4),
    (Trigger::SdevFailed, 5),
    (Trigger::HostReset, 12),
    (Trigger::PortRescan, 20),
    (Trigger::PortRemove, 7),
    (Trigger::UnitAdd, 7),
    (Trigger::UnitRemove, 5),
    // The firmware and the fabric.
    (Trigger::LinkDown, 28),
    (Trigger::LinkUp, 28),
    (Trigger::Cable, 22),
    (Trigger::FabricPort, 12),
    (Trigger::FeatureUpdate, 16),
    (Trigger::PortClosed, 6),
    (Trigger::IncomingEls, 6),
    (Trigger::Rscn, 8),
    (Trigger::NotificationLost, 6),
    (Trigger::VersionChange, 5),
    (Trigger::BitErrorThreshold, 5),
    (Trigger::SenseData, 2),
    (Trigger::QueueError, 10),
    // Every run of which ends in a panic: enough to see it now and then.
    (Trigger::UnknownRequestId, 1),
    // Failures.
    (Trigger::Fail, 26),
    // Commands.
    (Trigger::Read, 24),
    (Trigger::Write, 24),
    (Trigger::Flush, 6),
    (Trigger::SgReset, 6),
    (Trigger::Scan, 10),
    // The midlayer.
    (Trigger::SdevState, 4),
    (Trigger::SdevDelete, 6),
    (Trigger::SdevRescan, 5),
    (Trigger::SwitchElevator, 10),
    (Trigger::NrRequests, 5),
    (Trigger::Integrity, 4),
    (Trigger::ProtectionType, 4),
    (Trigger::QueueDepth, 3),
    (Trigger::HostState, 4),
    // Settings and readings.
    (Trigger::SetParameter, 6),
    (Trigger::ReadAttribute, 10),
    (Trigger::ResetStatistics, 4),
    (Trigger::DiagMaxAge, 2),
    (Trigger::LatencyReset, 1),
    (Trigger::HostDevLossTmo, 2),
    (Trigger::RportDevLossTmo, 3),
    (Trigger::RportFastIoFailTmo, 3),
    (Trigger::RportState, 2),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trigger_has_one_weight() {
        for trigger in Trigger::ALL {
            let lines = STEPS.iter().filter(|line| line.0 == *trigger && line.1 > 0).count();
            assert_eq!(lines, 1, "{} has {lines} lines in the table of weights", trigger.text());
        }
    }
}
