//! Which rests of the two sides belong together.

use regdiff_observation::{End, Observation, Rest, Stamped};

use crate::pair::Pair;

/// A stretch of both runs that ends at a pair of rests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch<'a> {
    /// How many steps had begun when it ended.
    pub(crate) steps_begun: u32,
    /// The rests it ends at.
    pub(crate) rests: Pair<&'a Rest>,
    /// How many rests each side had before that.
    pub(crate) before: Pair<usize>,
    /// What happened since the stretch before.
    pub(crate) events: Pair<&'a [Stamped]>,
}

/// Pairs rests by how many steps had begun, up to `until` of them.
///
/// Of several rests with the same number the last counts: a side may come to rest once more often, waiting for a moment or a
/// device-loss timer. What happened before belongs to the stretch.
pub(crate) fn stretches(seen: Pair<&Observation>, until: Option<u32>) -> Vec<Stretch<'_>> {
    let rests = seen.map(|observation| &observation.rests[..]);
    let mut stretches = Vec::with_capacity(rests.eager.len().min(rests.deferred.len()));
    let mut start = Pair::<usize>::default();
    let (mut e, mut d) = (0, 0);
    while let (Some(eager), Some(deferred)) = (rests.eager.get(e), rests.deferred.get(d)) {
        if until.is_some_and(|until| eager.steps_begun.min(deferred.steps_begun) > until) {
            break;
        }
        if eager.steps_begun < deferred.steps_begun || again(rests.eager, e) {
            e += 1;
            continue;
        }
        if deferred.steps_begun < eager.steps_begun || again(rests.deferred, d) {
            d += 1;
            continue;
        }
        stretches.push(stretch(seen, Pair { eager: e, deferred: d }, &mut start));
        (e, d) = (e + 1, d + 1);
    }
    // The end of both runs is a pair whatever the numbers say.
    let at_rest = seen.eager.end == End::Rest && seen.deferred.end == End::Rest;
    if let (Some(eager), Some(deferred)) = (rests.eager.last(), rests.deferred.last())
        && at_rest
        && until.is_none()
        && eager.steps_begun != deferred.steps_begun
    {
        let before = rests.map(|rests| rests.len() - 1);
        stretches.push(stretch(seen, before, &mut start));
    }
    stretches
}

/// The stretch that ends at the rests with these indices.
fn stretch<'a>(seen: Pair<&'a Observation>, before: Pair<usize>, start: &mut Pair<usize>) -> Stretch<'a> {
    let (eager, deferred) = (&seen.eager.rests[before.eager], &seen.deferred.rests[before.deferred]);
    let from = std::mem::replace(start, Pair { eager: eager.events_end, deferred: deferred.events_end });
    let events = |seen: &'a Observation, from: usize, until: usize| seen.events.get(from..until).unwrap_or_default();
    Stretch {
        steps_begun: eager.steps_begun.max(deferred.steps_begun),
        rests: Pair { eager, deferred },
        before,
        events: Pair {
            eager: events(seen.eager, from.eager, eager.events_end),
            deferred: events(seen.deferred, from.deferred, deferred.events_end),
        },
    }
}

/// Whether the next rest has the same number.
fn again(rests: &[Rest], index: usize) -> bool {
    rests.get(index + 1).is_some_and(|next| next.steps_begun == rests[index].steps_begun)
}
