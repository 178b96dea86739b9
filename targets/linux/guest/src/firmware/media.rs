//! The bytes on the disks: what the channel keeps as numbers, this lane moves as blocks.

use std::collections::BTreeMap;

use super::scsi::BLOCK;

/// Bytes of protection information a block.
pub(crate) const TUPLE: usize = 8;
/// Which disk: device, port and LUN by index.
pub(crate) type DiskKey = (u8, u8, u8);

/// A written block.
#[derive(Clone, Debug)]
struct Block {
    data: [u8; BLOCK],
    /// Protection information that came with it: guard, application tag, reference tag.
    tuple: Option<[u8; TUPLE]>,
}

/// All disks. Blocks never written are zero.
#[derive(Debug, Default)]
pub(crate) struct Media {
    disks: BTreeMap<DiskKey, BTreeMap<u64, Block>>,
}

impl Media {
    /// Writes blocks from `lba` on, with protection information if memory held it. A last block that is not whole is dropped.
    pub(crate) fn write(&mut self, disk: DiskKey, lba: u64, data: &[u8], tuples: &[u8]) {
        let blocks = self.disks.entry(disk).or_default();
        let mut tuples = tuples.chunks_exact(TUPLE);
        for (lba, data) in (lba..).zip(data.chunks_exact(BLOCK)) {
            let tuple = tuples.next().and_then(|tuple| tuple.try_into().ok());
            let mut block = Block { data: [0; BLOCK], tuple };
            block.data.copy_from_slice(data);
            blocks.insert(lba, block);
        }
    }

    /// The bytes of `count` blocks from `lba` on, and their protection information.
    pub(crate) fn read(&self, disk: DiskKey, lba: u64, count: u32) -> (Vec<u8>, Vec<u8>) {
        let blocks = self.disks.get(&disk);
        let (mut data, mut tuples) = (Vec::new(), Vec::new());
        for lba in lba..lba.saturating_add(count.into()) {
            let block = blocks.and_then(|blocks| blocks.get(&lba));
            let bytes = block.map_or([0; BLOCK], |block| block.data);
            data.extend(bytes);
            tuples.extend(block.and_then(|block| block.tuple).unwrap_or_else(|| tuple_of(&bytes, lba)));
        }
        (data, tuples)
    }
}

/// Protection information as memory holds it: an IP checksum for a guard, since the channel announces no other (driver.md 17),
/// no application tag, and the block's address.
fn tuple_of(data: &[u8; BLOCK], lba: u64) -> [u8; TUPLE] {
    let mut tuple = [0; TUPLE];
    tuple[..2].copy_from_slice(&ip_checksum(data).to_be_bytes());
    tuple[4..].copy_from_slice(&(lba as u32).to_be_bytes());
    tuple
}

/// The internet checksum (RFC 1071).
fn ip_checksum(data: &[u8]) -> u16 {
    let words = data.chunks_exact(2).map(|pair| u64::from(u16::from_be_bytes([pair[0], pair[1]])));
    let mut sum: u64 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DISK: DiskKey = (0, 0, 0);

    #[test]
    fn blocks_come_back_and_others_are_zero() {
        let mut media = Media::default();
        media.write(DISK, 5, &[7; 2 * BLOCK], &[]);
        let (data, tuples) = media.read(DISK, 4, 3);
        assert_eq!((data[0], data[BLOCK], data[2 * BLOCK], data.len()), (0, 7, 7, 3 * BLOCK));
        assert_eq!((tuples.len(), tuples[7], tuples[15]), (24, 4, 5), "the address is in the tuple");
        assert!(media.read((0, 0, 1), 5, 1).0.iter().all(|byte| *byte == 0));
    }

    #[test]
    fn protection_information_is_kept_until_it_is_overwritten() {
        let mut media = Media::default();
        media.write(DISK, 0, &[1; BLOCK], &[9; TUPLE]);
        assert_eq!(media.read(DISK, 0, 1).1, [9; TUPLE]);
        media.write(DISK, 0, &[1; BLOCK], &[]);
        assert_ne!(media.read(DISK, 0, 1).1, [9; TUPLE]);
    }

    #[test]
    fn checksums_are_those_of_rfc_1071() {
        assert_eq!(ip_checksum(&[0; 512]), 0xffff);
        assert_eq!(ip_checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), !0xddf2);
    }
}
