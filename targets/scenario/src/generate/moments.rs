//! When steps happen.

use super::Draw;
use crate::Scenario;
use crate::firmware::Command;
use crate::schedule::Point;
use crate::step::{Moment, When};

/// Commands that a step may interrupt; those of every online first.
const INTERRUPTED: &[(Command, u32)] = &[
    (Command::ExchangeConfigData, 16),
    (Command::ExchangePortData, 12),
    (Command::OpenWka, 4),
    (Command::GpnFt, 6),
    (Command::OpenPort, 10),
    (Command::OpenLun, 8),
    (Command::Inquiry, 10),
    (Command::ReportLuns, 6),
    (Command::ReadCapacity, 4),
    (Command::TestUnitReady, 3),
    (Command::ModeSense, 2),
    (Command::Read, 4),
    (Command::Write, 4),
    (Command::ClosePort, 2),
    (Command::CloseLun, 2),
    (Command::ClosePhysicalPort, 2),
    (Command::Adisc, 2),
    (Command::GspnId, 2),
    (Command::RspnId, 1),
    (Command::Abort, 1),
    (Command::LunReset, 1),
    (Command::TargetReset, 1),
    (Command::SynchronizeCache, 1),
];

/// The moment of a step after the first.
pub(super) fn moment(draw: &mut Draw<'_, '_>, scenario: &Scenario) -> Moment {
    let when = draw.weighted(&[(When::AtRest, 60), (When::Outstanding, 18), (When::AtPoint, 12), (When::After, 10)]);
    let device = draw.below(scenario.devices.len().max(1)) as u8;
    let nth = draw.weighted(&[(1, 80), (2, 14), (3, 6)]);
    let plain = Moment { when, ..Moment::default() };
    match when {
        When::AtRest => plain,
        When::Outstanding => Moment { device, nth, command: draw.weighted(INTERRUPTED), ..plain },
        When::AtPoint => Moment { device, nth, point: point(draw), ..plain },
        // Just before, at and after the time limits of the driver: 30 s and 60 s.
        When::After => Moment { ms: draw.pick(&[0, 1, 10, 100, 500, 1000, 29_999, 30_000, 60_000, 90_000]), ..plain },
    }
}

fn point(draw: &mut Draw<'_, '_>) -> Point {
    loop {
        // Without entropy this is the first point, which is no draw.
        let point = draw.pick(Point::ALL);
        if !matches!(point, Point::DrawOnlineBackoff | Point::DrawScanBackoff) {
            return point;
        }
    }
}
