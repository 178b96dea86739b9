//! Differences of what happened between two rests, as multisets.

use regdiff_observation::{Event, Stamped};

use super::Difference;
use crate::pair::Pair;

/// Compares what happened, in any order. `sorted` is room to work in, kept from call to call.
pub(super) fn compare(events: Pair<&[Stamped]>, sorted: &mut Pair<Vec<Event>>, mut found: impl FnMut(Difference)) {
    let what = |stamped: &Stamped| stamped.event;
    if events.eager.iter().map(what).eq(events.deferred.iter().map(what)) {
        return;
    }
    for (list, events) in [(&mut sorted.eager, events.eager), (&mut sorted.deferred, events.deferred)] {
        list.clear();
        list.extend(events.iter().map(what));
        list.sort_unstable();
    }
    let (mut eager, mut deferred) = (&sorted.eager[..], &sorted.deferred[..]);
    while let Some(event) = eager.first().into_iter().chain(deferred.first()).min().copied() {
        let counts = Pair { eager: take(&mut eager, event), deferred: take(&mut deferred, event) };
        if counts.eager != counts.deferred {
            found(Difference::Event { event, counts });
        }
    }
}

/// Splits off the equal events at the front and counts them.
fn take(sorted: &mut &[Event], event: Event) -> u32 {
    let count = sorted.iter().take_while(|other| **other == event).count();
    *sorted = &sorted[count..];
    count as u32
}
