//! The statistics of everything that is measured here: medians with intervals, and how often one is sooner than another.
//!
//! Times may be censored: a search that found nothing counts as [`NEVER`], later than every find, and equal to other misses.
//! Ranks are all that is used of them, so nothing is made up for it.

/// The time of a search that found nothing.
pub const NEVER: f64 = f64::INFINITY;

/// The coverage that intervals have at least.
const COVERAGE: f64 = 0.95;

/// The middle; of an even number the lower of both, so that a miss is never halved. NaN of nothing.
pub fn median(values: &[f64]) -> f64 {
    let values = sorted(values);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

/// An interval that holds the median with 95 % at least, whatever the distribution: the k-th smallest and the k-th largest
/// value, with the largest k for which that is so (order statistics; David and Nagaraja, *Order Statistics*, 7.1). Below six
/// values there is none.
pub fn median_interval(values: &[f64]) -> Option<(f64, f64)> {
    let (values, count) = (sorted(values), values.len());
    // P(fewer than k of n values lie below the median) is that of fewer than k heads in n throws.
    let mut below = 0.5f64.powi(i32::try_from(count).ok()?);
    let (mut term, mut k) = (below, 0);
    while below <= (1.0 - COVERAGE) / 2.0 && k < count / 2 {
        k += 1;
        term *= (count - k + 1) as f64 / k as f64;
        below += term;
    }
    (k > 0).then(|| (values[k - 1], values[count - k]))
}

/// How two samples of times compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranks {
    /// Mann-Whitney's U of the first: in how many pairs it is later; ties count half.
    pub u: f64,
    /// How many pairs there are.
    pub pairs: usize,
    /// How probable it is, two-sided, that samples of one distribution differ so much. Exact, by all ways to deal the ranks that
    /// were seen, ties among them.
    pub p: f64,
}

impl Ranks {
    /// Vargha and Delaney's A: the probability that the first is sooner, ties by half. 0.5 is no difference; 0.56, 0.64 and 0.71
    /// are called small, medium and large (*A Critique and Improvement of the CL Common Language Effect Size Statistics*, 2000).
    pub fn a12(&self) -> f64 {
        1.0 - self.u / self.pairs as f64
    }
}

/// Compares two samples by rank; `None` if one is empty.
pub fn compare(first: &[f64], second: &[f64]) -> Option<Ranks> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let pair = |a: &f64, b: &f64| if a > b { 2u64 } else { u64::from(a == b) };
    // Twice everything: ties have ranks between whole numbers.
    let doubled: u64 = first.iter().flat_map(|a| second.iter().map(move |b| pair(a, b))).sum();
    let pairs = first.len() * second.len();
    let least = first.len() * (first.len() + 1);
    let distance = |doubled: u64| doubled.abs_diff(pairs as u64);
    let deals = deals(first, second);
    let (mut all, mut as_far) = (0.0, 0.0);
    for (sum, ways) in deals.iter().enumerate().filter(|(_, ways)| **ways > 0.0) {
        all += ways;
        if distance((sum - least) as u64) >= distance(doubled) {
            as_far += ways;
        }
    }
    Some(Ranks { u: doubled as f64 / 2.0, pairs, p: as_far / all })
}

/// In how many ways as many ranks as the first has, out of all, have each sum; ranks and sums twice.
fn deals(first: &[f64], second: &[f64]) -> Vec<f64> {
    let all = sorted(&[first, second].concat());
    let rank = |value: &f64| {
        let below = all.partition_point(|other| other < value);
        below + all.partition_point(|other| other <= value) + 1
    };
    let most = all.len() * (all.len() + 1);
    let mut ways = vec![vec![0.0; most + 1]; first.len() + 1];
    ways[0][0] = 1.0;
    for rank in all.iter().map(rank) {
        for size in (1..=first.len()).rev() {
            for sum in (rank..=most).rev() {
                ways[size][sum] += ways[size - 1][sum - rank];
            }
        }
    }
    ways.pop().unwrap_or_default()
}

/// Probabilities of several tests, raised so that one in twenty *families* shows something by chance (Holm, 1979).
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let (mut raised, mut so_far) = (vec![0.0; p.len()], 0.0f64);
    for (place, index) in order.into_iter().enumerate() {
        so_far = so_far.max((p[index] * (p.len() - place) as f64).min(1.0));
        raised[index] = so_far;
    }
    raised
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn u(first: &[f64], second: &[f64]) -> (f64, f64) {
        let ranks = compare(first, second).expect("values");
        (ranks.u, ranks.p)
    }

    #[test]
    fn a_miss_is_later_than_everything() {
        assert_eq!(median(&[3.0, 1.0, NEVER]), 3.0);
        assert_eq!(median(&[1.0, 3.0, NEVER, NEVER]), 3.0);
        assert_eq!(median(&[NEVER, NEVER, 1.0]), NEVER);
        assert_eq!(u(&[1.0, 2.0], &[3.0, NEVER]).0, 0.0);
        assert_eq!(u(&[NEVER], &[NEVER, 1.0]).0, 1.5);
        assert_eq!(u(&[NEVER, NEVER], &[NEVER, NEVER]), (2.0, 1.0));
        assert!(compare(&[], &[1.0]).is_none() && median(&[]).is_nan());
    }

    /// Hollander and Wolfe, *Nonparametric Statistical Methods* (1973), p. 69: permeability of membranes. W = 35, one-sided
    /// p = 0.1272; the distribution is symmetric.
    #[test]
    fn mann_whitney_is_that_of_the_books() {
        let at_term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
        let before = [1.15, 0.88, 0.90, 0.74, 1.21];
        let (u, p) = u(&at_term, &before);
        assert_eq!(u, 35.0);
        assert!((p - 2.0 * 0.1272).abs() < 1e-4, "{p}");
    }

    /// Mann and Whitney's table of 1947, by hand: of 252 ways to deal ten ranks to five and five, one each has U 0 and 1, two
    /// have 2. For ten and ten, 23 is the largest U below one in twenty, two-sided.
    #[test]
    fn probabilities_are_those_of_the_tables() {
        let (found, p) = u(&[1.0, 2.0, 3.0, 4.0, 7.0], &[5.0, 6.0, 8.0, 9.0, 10.0]);
        assert_eq!((found, p), (2.0, 8.0 / 252.0));
        let second: Vec<f64> = (0..10).map(f64::from).collect();
        // Seven that are sooner than all, two that are later than all, and one behind `ahead` of the second.
        let distinct = |ahead: f64| {
            let mut first: Vec<f64> = (0..7).map(|at| -1.0 - f64::from(at)).collect();
            first.extend([99.0, 98.0, ahead - 0.5]);
            first
        };
        let ((at_u, at), (beyond_u, beyond)) = (u(&distinct(3.0), &second), u(&distinct(4.0), &second));
        assert_eq!((at_u, beyond_u), (23.0, 24.0));
        assert!(at < 0.05 && beyond > 0.05, "{at} {beyond}");
        assert!((at - 0.0433).abs() < 1e-4 && (beyond - 0.0524).abs() < 1e-4, "{at} {beyond}");
    }

    /// By hand: ranks 1, 2.5, 2.5, 4. Of six deals of two, those with sums 3.5, 3.5, 5, 5, 6.5, 6.5 exist; 3.5 is as far from 5
    /// as four of them.
    #[test]
    fn ties_are_dealt_as_they_are() {
        let (found, p) = u(&[1.0, 2.0], &[2.0, NEVER]);
        assert_eq!((found, p), (0.5, 4.0 / 6.0));
    }

    #[test]
    fn the_effect_is_the_share_of_pairs() {
        let a12 = |first: &[f64], second: &[f64]| compare(first, second).expect("values").a12();
        assert_eq!(a12(&[1.0, 2.0], &[3.0, 4.0]), 1.0);
        assert_eq!(a12(&[1.0, 4.0], &[2.0, NEVER]), 0.75);
        assert_eq!(a12(&[NEVER], &[NEVER]), 0.5);
    }

    /// For ten values the second smallest and the second largest: 1 - 2 * 11/1024 = 97.9 %. Five values cannot: 1 - 2/32.
    #[test]
    fn intervals_are_order_statistics() {
        let values = |count: u32| (1..=count).map(f64::from).collect::<Vec<_>>();
        assert_eq!(median_interval(&values(5)), None);
        assert_eq!(median_interval(&values(6)), Some((1.0, 6.0)));
        assert_eq!(median_interval(&values(9)), Some((2.0, 8.0)));
        assert_eq!(median_interval(&values(10)), Some((2.0, 9.0)));
        assert_eq!(median_interval(&values(20)), Some((6.0, 15.0)));
        assert_eq!(median_interval(&[1.0, 1.0, 1.0, NEVER, NEVER, NEVER]), Some((1.0, NEVER)));
    }

    /// Holm's own procedure on four tests, by hand.
    #[test]
    fn families_of_tests_are_held_together() {
        assert_eq!(holm(&[0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
        assert!(holm(&[]).is_empty());
    }
}
