//! What a run was given, and which named points it passed: for tables of inputs, never compared.
//!
//! The two variants of a pair may well be given different answers, and pass different points: that is no difference a user
//! could see. These records only tell which parts of the input language a run made use of.

use regdiff_scenario::{Command, FsfStatus, Point, ProtocolStatus};
use serde::{Serialize, Serializer};

/// One thing that a run was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// A step of the scenario began; its index, from 0.
    Step(u32),
    /// A response to a command reached the driver.
    Answer {
        /// Of which FCP device.
        device: u8,
        /// To which command.
        command: Command,
        /// Protocol status.
        protocol: ProtocolStatus,
        /// FSF status.
        fsf: FsfStatus,
        /// Word 0 of the status qualifier.
        qualifier: u32,
    },
    /// A command was sent that the firmware will not answer.
    Silence {
        /// Of which FCP device.
        device: u8,
        /// Which command.
        command: Command,
    },
}

/// An input with its place in the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Given {
    /// How many events ([`crate::Observation::events`]) were recorded before it.
    pub events_before: usize,
    /// What it was.
    pub input: Input,
}

/// A set of named points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PointSet(u128);

impl PointSet {
    /// Adds a point. Every tag of [`Point`] is below 128; a test holds that.
    pub const fn insert(&mut self, point: Point) {
        self.0 |= 1 << (point as u8 & 127);
    }

    /// Whether a point is in it.
    pub const fn contains(self, point: Point) -> bool {
        self.0 >> (point as u8 & 127) & 1 == 1
    }

    /// Its points, in the order of the registry.
    pub fn iter(self) -> impl Iterator<Item = Point> {
        Point::ALL.iter().copied().filter(move |point| self.contains(*point))
    }
}

impl Serialize for PointSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_has_a_place_of_its_own() {
        for (index, point) in Point::ALL.iter().enumerate() {
            assert!((*point as u64) < 128, "{point:?}");
            let mut set = PointSet::default();
            set.insert(*point);
            assert_eq!(set.iter().collect::<Vec<_>>(), [Point::ALL[index]]);
        }
    }
}
