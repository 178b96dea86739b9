//! Reads and writes of disks, past the page cache.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use nix::errno::Errno;
use nix::libc::{O_DIRECT, O_NONBLOCK};
use regdiff_channel::{BLOCK_SIZE, block_content};

use crate::calls;
use crate::sysfs::errno;

/// Bytes of a block.
const BLOCK: usize = BLOCK_SIZE as usize;
/// Where buffers of direct I/O begin: a multiple of it, so that segments are as they would be for page-aligned memory.
const PAGE: usize = 4096;

/// Memory that begins at a page.
struct Pages {
    memory: Vec<u8>,
    start: usize,
    length: usize,
}

impl Pages {
    fn new(length: usize) -> Self {
        let memory = vec![0; length + PAGE];
        let start = memory.as_ptr().align_offset(PAGE);
        Self { memory, start, length }
    }

    fn bytes(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..self.start + self.length]
    }
}

fn open(node: &Path, writes: bool) -> Result<File, Errno> {
    OpenOptions::new().read(true).write(writes).custom_flags(O_DIRECT).open(node).map_err(errno)
}

/// What ends before the last byte, or would go past the disk's end, is an I/O error, as in the model.
fn whole(result: std::io::Result<usize>, length: usize) -> Result<(), Errno> {
    match result.map_err(errno) {
        Ok(done) if done == length => Ok(()),
        Ok(_) | Err(Errno::ENOSPC) => Err(Errno::EIO),
        Err(error) => Err(error),
    }
}

/// Reads blocks. Returns their digest: the wrapping sum of the contents of written ones.
pub(crate) fn read(node: &Path, lba: u64, blocks: u32) -> Result<u64, Errno> {
    let file = open(node, false)?;
    let mut pages = Pages::new(blocks as usize * BLOCK);
    let length = pages.length;
    whole(file.read_at(pages.bytes(), lba * BLOCK as u64), length)?;
    Ok(digest(pages.bytes()))
}

/// Writes blocks whose contents follow from `lba` and `blocks`, as in the model.
pub(crate) fn write(node: &Path, lba: u64, blocks: u32) -> Result<u64, Errno> {
    let file = open(node, true)?;
    let pattern = lba << 32 | u64::from(blocks);
    let mut pages = Pages::new(blocks as usize * BLOCK);
    fill(pages.bytes(), lba, pattern);
    let length = pages.length;
    whole(file.write_at(pages.bytes(), lba * BLOCK as u64), length)?;
    Ok(0)
}

/// Flushes the cache.
pub(crate) fn flush(node: &Path) -> Result<u64, Errno> {
    let file = open(node, true)?;
    file.sync_all().map_err(errno)?;
    Ok(0)
}

/// Resets the device, or what is around it.
pub(crate) fn reset(node: &Path, level: i32) -> Result<(), Errno> {
    let file = OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(node).map_err(errno)?;
    calls::sg_reset(&file, level)
}

/// A block holds its content, then the pattern, from which the firmware knows what was written; both in turn to its end.
fn fill(bytes: &mut [u8], lba: u64, pattern: u64) {
    for (lba, block) in (lba..).zip(bytes.chunks_exact_mut(BLOCK)) {
        let pair = [block_content(lba, pattern).to_ne_bytes(), pattern.to_ne_bytes()].concat();
        for place in block.chunks_exact_mut(pair.len()) {
            place.copy_from_slice(&pair);
        }
    }
}

fn digest(bytes: &[u8]) -> u64 {
    let firsts = bytes.chunks_exact(BLOCK).filter_map(|block| block.first_chunk::<8>());
    firsts.fold(0, |sum, content| sum.wrapping_add(u64::from_ne_bytes(*content)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_the_sums_of_contents() {
        let mut bytes = vec![0; 3 * BLOCK];
        fill(&mut bytes[BLOCK..], 7, 99);
        assert_eq!(digest(&bytes), block_content(7, 99).wrapping_add(block_content(8, 99)));
        assert_eq!(bytes[BLOCK + 8..BLOCK + 16], 99u64.to_ne_bytes());
        assert_eq!(bytes[3 * BLOCK - 8..], 99u64.to_ne_bytes());
    }

    #[test]
    fn buffers_begin_at_a_page() {
        let mut pages = Pages::new(BLOCK);
        assert_eq!((pages.bytes().as_ptr().align_offset(PAGE), pages.bytes().len()), (0, BLOCK));
    }

    #[test]
    fn short_is_an_error() {
        assert_eq!(whole(Ok(512), 512), Ok(()));
        assert_eq!(whole(Ok(0), 512), Err(Errno::EIO));
        assert_eq!(whole(Err(std::io::Error::from_raw_os_error(Errno::ENOSPC as i32)), 512), Err(Errno::EIO));
        assert_eq!(read(Path::new("/nonexistent"), 0, 1), Err(Errno::ENOENT));
    }
}
