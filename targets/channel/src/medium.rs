//! What is written on a disk.
//!
//! Only what a read can tell apart is kept: runs of blocks that hold the same pattern. The content of a block is a function
//! of pattern and address, so runs can be split without a trace.

use std::collections::BTreeMap;

use crate::mix::mix;

/// The written blocks of one disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Medium {
    /// Runs by first block: the block after the last, and the pattern. They do not overlap.
    runs: BTreeMap<u64, (u64, u64)>,
}

impl Medium {
    /// Writes `blocks` blocks from `lba`.
    pub(crate) fn write(&mut self, lba: u64, blocks: u32, pattern: u64) {
        if blocks == 0 {
            return;
        }
        let end = lba.saturating_add(blocks.into());
        if let Some((&start, &(old_end, old))) = self.runs.range(..lba).next_back()
            && old_end > lba
        {
            self.runs.insert(start, (lba, old));
            if old_end > end {
                self.runs.insert(end, (old_end, old));
            }
        }
        while let Some((&start, &(old_end, old))) = self.runs.range(lba..end).next() {
            self.runs.remove(&start);
            if old_end > end {
                self.runs.insert(end, (old_end, old));
            }
        }
        self.runs.insert(lba, (end, pattern));
    }

    /// The digest of `blocks` blocks from `lba`: the wrapping sum over the written ones.
    pub(crate) fn digest(&self, lba: u64, blocks: u32) -> u64 {
        let end = lba.saturating_add(blocks.into());
        let before = self.runs.range(..lba).next_back();
        before.into_iter().chain(self.runs.range(lba..end)).fold(0u64, |sum, (&start, &(run_end, pattern))| {
            (start.max(lba)..run_end.min(end)).fold(sum, |sum, block| sum.wrapping_add(block_content(block, pattern)))
        })
    }
}

/// The content of a written block, as a number: a function of what was written and where. A lane that moves bytes writes it
/// into the block, so that its digests are those of [`crate::ScsiData::Blocks`].
pub fn block_content(block: u64, pattern: u64) -> u64 {
    mix(pattern ^ mix(block))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by a block-wise map.
    #[derive(Default)]
    struct Plain(BTreeMap<u64, u64>);

    impl Plain {
        fn write(&mut self, lba: u64, blocks: u32, pattern: u64) {
            for block in lba..lba + u64::from(blocks) {
                self.0.insert(block, pattern);
            }
        }

        fn digest(&self, lba: u64, blocks: u32) -> u64 {
            self.0
                .range(lba..lba + u64::from(blocks))
                .fold(0, |sum, (&block, &pattern)| sum.wrapping_add(block_content(block, pattern)))
        }
    }

    #[test]
    fn runs_equal_blocks() {
        let (mut runs, mut plain) = (Medium::default(), Plain::default());
        let mut state = 1;
        for _ in 0..2000 {
            state = mix(state);
            let (lba, blocks, pattern) = (state % 64, (state >> 8) as u32 % 20, (state >> 16) % 3);
            runs.write(lba, blocks, pattern);
            plain.write(lba, blocks, pattern);
            let (lba, blocks) = ((state >> 24) % 64, (state >> 32) as u32 % 40);
            assert_eq!(runs.digest(lba, blocks), plain.digest(lba, blocks));
        }
    }

    #[test]
    fn a_split_read_adds_up() {
        let mut medium = Medium::default();
        medium.write(0, 8, 5);
        medium.write(4, 8, 6);
        assert_eq!(medium.digest(0, 16), medium.digest(0, 5).wrapping_add(medium.digest(5, 11)));
        assert_eq!(medium.digest(100, 8), 0, "blocks never written add nothing");
        assert_ne!(medium.digest(0, 1), medium.digest(1, 1), "the address is part of the content");
    }
}
