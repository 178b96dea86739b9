//! Arguments that several commands share.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};
use regdiff_oracle::Allow;

/// Which allowances of the contract count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AllowLevel {
    /// Nothing: every difference is a finding
    Nothing,
    /// What the series changes on purpose
    Intended,
    /// Also the defects of the eager driver that the series repairs
    Historical,
    /// All, also defects and doubts that regdiff found and that still stand
    Open,
}

impl AllowLevel {
    /// As the oracle has it.
    pub(crate) const fn allow(self) -> Allow {
        match self {
            Self::Nothing => Allow::Nothing,
            Self::Intended => Allow::Intended,
            Self::Historical => Allow::Historical,
            Self::Open => Allow::Open,
        }
    }

    /// As it is typed.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Intended => "intended",
            Self::Historical => "historical",
            Self::Open => "open",
        }
    }
}

impl From<Allow> for AllowLevel {
    fn from(allow: Allow) -> Self {
        match allow {
            Allow::Nothing => Self::Nothing,
            Allow::Intended => Self::Intended,
            Allow::Historical => Self::Historical,
            Allow::Open => Self::Open,
        }
    }
}

/// A range of generated scenarios.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Seeds {
    /// The first seed
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// How many seeds, one after the other
    #[arg(long, value_name = "K", default_value_t = 1000)]
    pub(crate) count: u64,
}

impl Seeds {
    /// The `index`th seed. Seeds go round: there is no last one.
    pub(crate) const fn nth(self, index: u64) -> u64 {
        self.seed.wrapping_add(index)
    }
}

/// How many threads work at once.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Jobs {
    /// Threads; as many as there are processors unless told otherwise. The result does not depend on it
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
}

impl Jobs {
    /// The number.
    pub(crate) fn number(self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.jobs.map_or_else(all, NonZeroUsize::get)
    }
}
