//! Scheduling choices.

use super::Draw;
use crate::Scenario;
use crate::schedule::{Choice, Context, Point, Turn};

/// A choice at a point, in the context that reaches the point.
pub(super) fn choice(draw: &mut Draw<'_, '_>, scenario: &Scenario) -> Choice {
    let point = draw.pick(Point::ALL);
    let turn = match point {
        Point::DrawOnlineBackoff | Point::DrawScanBackoff => Turn::Draw,
        _ => draw.weighted(&[(Turn::Yield, 80), (Turn::Sleep, 20)]),
    };
    let amount = match turn {
        Turn::Yield => draw.weighted(&[(0, 40), (1, 30), (2, 20), (5, 10)]),
        Turn::Sleep => draw.pick(&[1, 10, 100, 1000, 30_000, 60_000]),
        Turn::Draw => draw.pick(&[0, 1, 499, 500, 3_600_000]),
    };
    Choice {
        device: draw.below(scenario.devices.len().max(1)) as u8,
        context: if draw.chance(5) { draw.pick(Context::ALL) } else { context_of(point) },
        point,
        nth: draw.weighted(&[(1, 75), (2, 15), (3, 10)]),
        turn,
        amount,
    }
}

/// The context that usually reaches `point`.
fn context_of(point: Point) -> Context {
    use Point::*;
    match point {
        OnlineEnqueued | OnlineTriggered | OnlineBackoff | OnlineRecovered | UserStart | DrawOnlineBackoff
        | UnregisterWorks | UnregisterHost => Context::User,
        ScanStart | ScanAnswered | ScanRecovered | RportWork | StatWork | DrawScanBackoff => Context::AdapterWq,
        LunScan | SlaveAlloc | LunInquiry | CommandPrepared => Context::ScsiWq,
        SdProbe | SdPublish => Context::SdProbe,
        // Recovery and registration.
        _ => Context::Erp,
    }
}
