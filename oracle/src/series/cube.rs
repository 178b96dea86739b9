//! Sets of subsets in few words: "with 8, without 2" instead of 64 rows.

use serde::Serialize;

use super::{PATCHES, Subset};

/// All subsets with some patches and without some others; patches that are named in neither do not matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cube {
    /// Patches that are there, by number.
    pub with: Vec<u8>,
    /// Patches that are missing.
    pub without: Vec<u8>,
}

/// `fixed`: which patches matter; `values`: which of those are there.
#[derive(Clone, Copy)]
struct Bits {
    fixed: u8,
    values: u8,
}

impl Bits {
    /// Every cube, those of more subsets first.
    fn all() -> Vec<Self> {
        let mut all: Vec<Self> = Subset::all()
            .flat_map(|fixed| Subset::all().map(move |values| Self { fixed: fixed.0, values: values.0 }))
            .filter(|bits| bits.values & !bits.fixed == 0)
            .collect();
        all.sort_by_key(|bits| bits.fixed.count_ones());
        all
    }

    fn holds(self, subset: Subset) -> bool {
        subset.0 & self.fixed == self.values
    }

    fn cube(self) -> Cube {
        let of = |mask: u8| (1..=PATCHES).filter(|patch| mask & (1 << (patch - 1)) != 0).collect();
        Cube { with: of(self.values), without: of(self.fixed & !self.values) }
    }
}

/// Few cubes that hold exactly these subsets: always the one that holds most of what is left, in a fixed order.
pub fn cover(subsets: &[Subset]) -> Vec<Cube> {
    let mut is_in = [false; 256];
    subsets.iter().for_each(|subset| is_in[usize::from(subset.0)] = true);
    let inside = |bits: &Bits| Subset::all().all(|subset| !bits.holds(subset) || is_in[usize::from(subset.0)]);
    let candidates: Vec<Bits> = Bits::all().into_iter().filter(inside).collect();
    let mut left: Vec<Subset> = subsets.to_vec();
    let mut cubes = Vec::new();
    while !left.is_empty() {
        let gain = |bits: &Bits| left.iter().filter(|subset| bits.holds(**subset)).count();
        // The last of the best would be the smallest cube: the first is wanted.
        let Some(best) = candidates.iter().rev().max_by_key(|bits| gain(bits)) else { break };
        left.retain(|subset| !best.holds(*subset));
        cubes.push(best.cube());
    }
    cubes
}

impl std::fmt::Display for Cube {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |patches: &[u8]| patches.iter().map(u8::to_string).collect::<Vec<_>>().join(" ");
        match (&self.with[..], &self.without[..]) {
            ([], []) => write!(f, "any"),
            (with, []) => write!(f, "with {}", list(with)),
            ([], without) => write!(f, "without {}", list(without)),
            (with, without) => write!(f, "with {}, without {}", list(with), list(without)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(subsets: impl IntoIterator<Item = Subset>) -> Vec<String> {
        cover(&subsets.into_iter().collect::<Vec<_>>()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn few_words_say_which_subsets() {
        assert_eq!(words(Subset::all()), ["any"]);
        assert_eq!(words([]), [""; 0]);
        assert_eq!(words(Subset::all().filter(|s| !s.has(8))), ["without 8"]);
        assert_eq!(words(Subset::all().filter(|s| s.has(8) && !s.has(2))), ["with 8, without 2"]);
        assert_eq!(words([Subset::FULL]), ["with 1 2 3 4 5 6 7 8"]);
        assert_eq!(words(Subset::all().filter(|s| s.has(1) || s.has(2))), ["with 1", "with 2"]);
    }

    #[test]
    fn a_cover_holds_what_it_covers_and_nothing_else() {
        let odd: Vec<Subset> = Subset::all().filter(|s| s.0.wrapping_mul(73) % 5 < 2).collect();
        let cubes = cover(&odd);
        let holds = |cube: &Cube, subset: Subset| {
            cube.with.iter().all(|patch| subset.has(*patch)) && !cube.without.iter().any(|patch| subset.has(*patch))
        };
        for subset in Subset::all() {
            assert_eq!(cubes.iter().any(|cube| holds(cube, subset)), odd.contains(&subset), "{subset:?}");
        }
    }
}
