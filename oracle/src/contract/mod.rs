//! The contract: which differences are allowed, when and why.
//!
//! An allowance is one entry in one list (`intended.rs`, `historical.rs`, and by idea in `open/`). Its predicate is as narrow as
//! it can be: it never mutes a whole attribute or target. What no allowance covers is a finding.

mod context;
mod historical;
mod intended;
mod open;

use serde::Serialize;

pub use context::Context;

use crate::finding::Finding;

/// Why a difference is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The series changes it on purpose.
    Intended,
    /// A defect of the eager driver that the series repairs.
    Historical,
    /// A defect or doubt that regdiff found and that still stands.
    Open,
}

impl Status {
    /// The name.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Historical => "historical",
            Self::Open => "open",
        }
    }
}

/// Which allowances count; each level includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Allow {
    /// None: both variants are the same driver, but for a planted fault.
    Nothing,
    /// What the series changes on purpose.
    #[default]
    Intended,
    /// Also the defects that the series repairs.
    Historical,
    /// All.
    Open,
}

impl Allow {
    /// Whether allowances of a status count.
    pub const fn counts(self, status: Status) -> bool {
        (status as u8) < self as u8
    }
}

/// How far an allowance reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The one difference that the predicate accepts.
    Difference,
    /// Everything of the same FCP device from that step on, also that one side never comes to rest while that device is busy: the
    /// sides are no longer in the same situation.
    Onward,
}

/// One entry of the contract.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Allowance {
    /// A short name, unique and stable.
    pub id: &'static str,
    /// What it allows, in a sentence.
    pub allows: &'static str,
    /// Why that is right, or what is known about it.
    pub why: &'static str,
    /// Section of the specification, patch or bug that says so.
    pub evidence: &'static str,
    /// The day on which somebody must look at it again, as `YYYY-MM-DD`.
    pub review: &'static str,
    /// The curated scenario that needs it, as `folder/name` below `corpus/`.
    pub scenario: &'static str,
    /// The signatures that it may cover: `*` stands for one part of a signature, and at the end for all that follow. The predicate
    /// accepts fewer, and nothing else.
    pub signatures: &'static [&'static str],
    /// How far it reaches.
    pub reach: Reach,
    /// Whether it covers a finding. Never true for what is not meant: a false yes hides a bug.
    #[serde(skip)]
    pub covers: fn(&Context<'_>, &Finding) -> bool,
}

/// Every allowance with its status, in the order in which they are asked.
pub fn all() -> impl Iterator<Item = (Status, &'static Allowance)> {
    let of = |status, list: &'static [Allowance]| list.iter().map(move |allowance| (status, allowance));
    of(Status::Intended, intended::LIST)
        .chain(of(Status::Historical, historical::LIST))
        .chain(open::list().map(|allowance| (Status::Open, allowance)))
}

/// The allowance of an id.
pub fn by_id(id: &str) -> Option<(Status, &'static Allowance)> {
    all().find(|(_, allowance)| allowance.id == id)
}

/// The first allowance that covers a finding, of all but the one named.
pub fn covering(
    context: &Context<'_>,
    finding: &Finding,
    except: Option<&str>,
) -> Option<(Status, &'static Allowance)> {
    all().find(|(_, allowance)| Some(allowance.id) != except && (allowance.covers)(context, finding))
}

/// Allowances whose review date is before `today` (`YYYY-MM-DD`). Only CI asks, with the date of the commit.
pub fn overdue(today: &str) -> impl Iterator<Item = &'static Allowance> {
    all().map(|(_, allowance)| allowance).filter(move |allowance| allowance.review < today)
}

#[cfg(test)]
mod near_misses;
#[cfg(test)]
mod tests;
