//! Differences of what happened between two rests, as multisets.

use regdiff_observation::{Event, Stamped};

use super::Difference;
use crate::pair::Pair;

/// Compares what happened, in any order. `sorted` is room to work in, kept from call to call.
pub(super) fn compare(events: Pair<&[Stamped]>, sorted: &mut Pair<Vec<Event>>, mut found: impl FnMut(Difference)) {
    // Most of a stretch is the same on both sides, in the same order; only what is between is worth sorting.
    let same = |(a, b): &(&Stamped, &Stamped)| a.event == b.event;
    let ahead = events.eager.iter().zip(events.deferred).take_while(same).count();
    let rest = events.map(|events| &events[ahead..]);
    if rest.eager.is_empty() && rest.deferred.is_empty() {
        return;
    }
    let behind = rest.eager.iter().rev().zip(rest.deferred.iter().rev()).take_while(same).count();
    for (list, rest) in [(&mut sorted.eager, rest.eager), (&mut sorted.deferred, rest.deferred)] {
        list.clear();
        list.extend(rest[..rest.len() - behind].iter().map(|stamped| stamped.event));
        list.sort_unstable();
    }
    let around = || events.eager[..ahead].iter().chain(&rest.eager[rest.eager.len() - behind..]);
    let (mut eager, mut deferred) = (&sorted.eager[..], &sorted.deferred[..]);
    while let Some(event) = eager.first().into_iter().chain(deferred.first()).min().copied() {
        let counts = Pair { eager: take(&mut eager, event), deferred: take(&mut deferred, event) };
        if counts.eager != counts.deferred {
            let both = around().filter(|stamped| stamped.event == event).count() as u32;
            let counts = counts.map(|count| count + both);
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
