//! Reading numbers out of a request, and collecting what an answer stores.

use crate::door::{Segment, Store};

/// Bytes at `at`, if they are there.
pub(crate) fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

/// A native word.
pub(crate) fn native_u32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes_at(bytes, at).map(u32::from_ne_bytes)
}

/// All bytes of some segments, one behind the other.
pub(crate) fn gather(segments: &[Segment]) -> Vec<u8> {
    segments.iter().flat_map(|segment| segment.data.iter().copied()).collect()
}

/// Cuts a list of segments behind `length` bytes. The driver never lets a segment belong to both parts.
pub(crate) fn split_segments(segments: &[Segment], length: u32) -> (&[Segment], &[Segment]) {
    let mut sum = 0;
    let end = segments.iter().position(|segment| {
        let before = sum >= length;
        sum += segment.length;
        before
    });
    segments.split_at(end.unwrap_or(segments.len()))
}

/// Spreads bytes over segments; what does not fit is left out.
pub(crate) fn scatter(segments: &[Segment], mut bytes: &[u8]) -> Vec<Store> {
    let mut stores = Vec::new();
    for segment in segments {
        if bytes.is_empty() {
            break;
        }
        let (head, tail) = bytes.split_at(bytes.len().min(segment.length as usize));
        stores.push(Store { address: segment.address, bytes: head.to_vec() });
        bytes = tail;
    }
    stores
}

/// What is written into one block of memory: the QTCB, or a buffer for unsolicited status.
pub(crate) struct Sheet {
    base: u64,
    stores: Vec<Store>,
}

impl Sheet {
    pub(crate) fn new(base: u64) -> Self {
        Self { base, stores: Vec::new() }
    }

    pub(crate) fn bytes(&mut self, at: usize, bytes: &[u8]) -> &mut Self {
        self.stores.push(Store { address: self.base + at as u64, bytes: bytes.to_vec() });
        self
    }

    /// A halfword that the driver takes as a number.
    pub(crate) fn native_u16(&mut self, at: usize, value: u16) -> &mut Self {
        self.bytes(at, &value.to_ne_bytes())
    }

    /// A word that the driver takes as a number.
    pub(crate) fn native_u32(&mut self, at: usize, value: u32) -> &mut Self {
        self.bytes(at, &value.to_ne_bytes())
    }

    /// A doubleword that the driver takes as a number.
    pub(crate) fn native_u64(&mut self, at: usize, value: u64) -> &mut Self {
        self.bytes(at, &value.to_ne_bytes())
    }

    pub(crate) fn into_stores(self) -> Vec<Store> {
        self.stores
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(address: u64, length: u32) -> Segment {
        Segment { address, length, data: vec![address as u8; length as usize], flags: 0 }
    }

    #[test]
    fn bytes_fill_segments_in_order() {
        let segments = [segment(0x100, 2), segment(0x200, 4)];
        let stores = scatter(&segments, &[1, 2, 3]);
        assert_eq!(stores[0], Store { address: 0x100, bytes: vec![1, 2] });
        assert_eq!(stores[1], Store { address: 0x200, bytes: vec![3] });
        assert_eq!(scatter(&segments, &[0; 100]).iter().map(|s| s.bytes.len()).sum::<usize>(), 6);
        assert_eq!(gather(&segments).len(), 6);
    }

    #[test]
    fn segments_are_cut_between_two_of_them() {
        let segments = [segment(1, 8), segment(2, 8), segment(3, 512)];
        let (head, tail) = split_segments(&segments, 16);
        assert_eq!((head.len(), tail.len()), (2, 1));
        assert_eq!(split_segments(&segments, 0).0.len(), 0);
        assert_eq!(split_segments(&segments, 1000).1.len(), 0);
    }

    #[test]
    fn numbers_are_native() {
        let mut sheet = Sheet::new(0x1000);
        sheet.native_u32(8, 0x0102_0304);
        let stores = sheet.into_stores();
        assert_eq!(stores[0].address, 0x1008);
        assert_eq!(native_u32(&stores[0].bytes, 0), Some(0x0102_0304));
        assert_eq!(native_u32(&stores[0].bytes, 1), None);
    }
}
