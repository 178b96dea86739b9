//! What lies at an offset from a request: the regions of midlayer.md 11.1.

use regdiff_observation::Region;

/// What surrounds one request object. All in bytes, except `after`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// P: end of the payload.
    pub payload: u32,
    /// U: end of the slot.
    pub slot: u32,
    /// How many slots follow in the same block.
    pub after: u32,
    /// What is left of the block, or of the heap bucket, after its last slot.
    pub rest: u32,
    /// What that rest is called: [`Region::BlockTail`] or [`Region::BucketRest`].
    pub rest_region: Region,
}

/// A run of bytes in one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The region; `None` inside the payload.
    pub region: Option<Region>,
    /// Offset of the first byte from the start of the slot.
    pub offset: u32,
    /// How many bytes.
    pub bytes: u32,
}

impl Surroundings {
    /// The region of one byte, and the offset at which that region ends.
    pub fn region_at(&self, offset: u32) -> (Option<Region>, u32) {
        let end_of_slots = self.slot * (self.after + 1);
        if offset < self.payload {
            (None, self.payload)
        } else if offset < self.slot {
            (Some(Region::Slack), self.slot)
        } else if offset < end_of_slots {
            (Some(Region::Neighbour), (offset / self.slot + 1) * self.slot)
        } else if offset < end_of_slots + self.rest {
            (Some(self.rest_region), end_of_slots + self.rest)
        } else {
            (Some(Region::Beyond), u32::MAX)
        }
    }

    /// Splits `bytes` bytes from `offset` on into runs of one region each, in order. Each neighbour is a run of its own.
    pub fn runs(self, offset: u32, bytes: u32) -> impl Iterator<Item = Run> {
        let end = offset + bytes;
        let mut at = offset;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let (region, until) = self.region_at(at);
                let run = Run { region, offset: at, bytes: until.min(end) - at };
                at += run.bytes;
                run
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regions(of: Surroundings, offset: u32, bytes: u32) -> Vec<(Option<Region>, u32, u32)> {
        of.runs(offset, bytes).map(|r| (r.region, r.offset, r.bytes)).collect()
    }

    #[test]
    fn a_run_is_cut_at_every_border() {
        let middle = Surroundings { payload: 30, slot: 32, after: 2, rest: 8, rest_region: Region::BlockTail };
        assert_eq!(
            regions(middle, 28, 80),
            [
                (None, 28, 2),
                (Some(Region::Slack), 30, 2),
                (Some(Region::Neighbour), 32, 32),
                (Some(Region::Neighbour), 64, 32),
                (Some(Region::BlockTail), 96, 8),
                (Some(Region::Beyond), 104, 4),
            ]
        );
        assert!(regions(middle, 28, 0).is_empty());
    }

    #[test]
    fn a_heap_object_has_a_bucket_instead_of_neighbours() {
        let flush = Surroundings { payload: 30, slot: 32, after: 0, rest: 32, rest_region: Region::BucketRest };
        assert_eq!(regions(flush, 31, 2), [(Some(Region::Slack), 31, 1), (Some(Region::BucketRest), 32, 1)]);
        assert_eq!(regions(flush, 63, 2), [(Some(Region::BucketRest), 63, 1), (Some(Region::Beyond), 64, 1)]);
    }
}
