// SPDX-License-Identifier: MIT OR Apache-2.0
//! Behaviour for engines that see code: a function for each of 4,096 classes of behaviour, which do nothing but be entered.
//!
//! Every engine counts entries of functions, so that this is the same feedback for all of them, and needs nothing of theirs.

use std::hint::black_box;

/// Shows the engine a number of [`regdiff_oracle::feedback`].
pub(crate) fn show(feature: u64) {
    let [low, middle, high] = [0, 4, 8].map(|shift| (feature >> shift & 15) as usize);
    PLACES[high][middle][low]();
}

/// Sixteen times what is made of a number, from sixteen times another one.
macro_rules! sixteen {
    ($make:ident, $($base:tt)+) => {
        [
            $make!(($($base)+) * 16), $make!(($($base)+) * 16 + 1), $make!(($($base)+) * 16 + 2), $make!(($($base)+) * 16 + 3),
            $make!(($($base)+) * 16 + 4), $make!(($($base)+) * 16 + 5), $make!(($($base)+) * 16 + 6), $make!(($($base)+) * 16 + 7),
            $make!(($($base)+) * 16 + 8), $make!(($($base)+) * 16 + 9), $make!(($($base)+) * 16 + 10), $make!(($($base)+) * 16 + 11),
            $make!(($($base)+) * 16 + 12), $make!(($($base)+) * 16 + 13), $make!(($($base)+) * 16 + 14), $make!(($($base)+) * 16 + 15),
        ]
    };
}
macro_rules! places {
    ($($base:tt)+) => { sixteen!(row, $($base)+) };
}
macro_rules! row {
    ($($base:tt)+) => { sixteen!(one, $($base)+) };
}
macro_rules! one {
    ($($number:tt)+) => { place::<{ $($number)+ }> as fn() };
}

/// Sixteen functions.
type Row = [fn(); 16];

static PLACES: [[Row; 16]; 16] = sixteen!(places, 0);

/// Its number keeps it from being merged with the others.
#[inline(never)]
fn place<const NUMBER: usize>() {
    black_box(NUMBER);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_a_function_of_its_own() {
        let mut addresses: Vec<usize> = PLACES.iter().flatten().flatten().map(|place| *place as usize).collect();
        addresses.sort_unstable();
        addresses.dedup();
        // A build without optimisation is one with all of them, too.
        assert_eq!(addresses.len(), 4096);
        (0..5000).for_each(show);
    }
}
