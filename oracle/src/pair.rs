//! Two of a kind, one for each side, and the run that makes them.

use regdiff_observation::{Lane, Observation, Watch};
use regdiff_scenario::Scenario;
use serde::Serialize;

/// One of the two sides, or both together.
///
/// The names are roles: *eager* is the left variant, the reference; *deferred* is the right one, the one under test. With
/// other variants than the default (a partial series, a planted fault) the roles stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The left variant.
    Eager,
    /// The right variant.
    Deferred,
    /// Both: only the comparison shows it.
    Pair,
}

impl Side {
    /// The name, as in signatures.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Eager => "eager",
            Self::Deferred => "deferred",
            Self::Pair => "pair",
        }
    }

    /// The side across.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Eager => Self::Deferred,
            Self::Deferred => Self::Eager,
            Self::Pair => Self::Pair,
        }
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

/// One of each side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pair<T> {
    /// The left variant's.
    pub eager: T,
    /// The right variant's.
    pub deferred: T,
}

impl<T> Pair<T> {
    /// Both made alike.
    pub fn of(mut make: impl FnMut(Side) -> T) -> Self {
        Self { eager: make(Side::Eager), deferred: make(Side::Deferred) }
    }

    /// References to both.
    pub const fn as_ref(&self) -> Pair<&T> {
        Pair { eager: &self.eager, deferred: &self.deferred }
    }

    /// Both changed alike.
    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> Pair<U> {
        Pair { eager: change(self.eager), deferred: change(self.deferred) }
    }

    /// Both, each put together with another's of the same side.
    pub fn and<U, V>(self, other: Pair<U>, mut join: impl FnMut(T, U) -> V) -> Pair<V> {
        Pair { eager: join(self.eager, other.eager), deferred: join(self.deferred, other.deferred) }
    }

    /// Both with their side's name.
    pub fn sides(&self) -> [(Side, &T); 2] {
        [(Side::Eager, &self.eager), (Side::Deferred, &self.deferred)]
    }
}

/// Runs a scenario with both variants.
pub fn run<L: Lane>(lane: &L, scenario: &Scenario, variants: Pair<&L::Variant>) -> Pair<Observation> {
    watch(lane, scenario, variants, Watch::Everything)
}

/// Runs a scenario with both variants, watched as closely as asked for.
pub fn watch<L: Lane>(lane: &L, scenario: &Scenario, variants: Pair<&L::Variant>, watch: Watch) -> Pair<Observation> {
    variants.map(|variant| lane.run(scenario, variant, watch))
}
