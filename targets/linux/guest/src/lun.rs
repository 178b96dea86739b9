//! FCP LUNs: eight bytes that the kernel shows in two ways.
//!
//! The driver's own files show and take them as a number, the first byte highest on the hardware. Here the machine is little
//! endian and takes the bytes the other way round. The midlayer has a number of its own, of 16-bit words, lowest first, that
//! is the same everywhere.

/// A LUN as the driver's files show it on this machine, from its bytes in order, and back.
pub(crate) const fn as_shown(lun: u64) -> u64 {
    u64::from_ne_bytes(lun.to_be_bytes())
}

/// The midlayer's number of a LUN, and back: the order of its 16-bit words is turned.
pub(crate) const fn midlayer(lun: u64) -> u64 {
    (lun & 0xffff) << 48 | (lun >> 16 & 0xffff) << 32 | (lun >> 32 & 0xffff) << 16 | lun >> 48
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_of_a_lun() {
        assert_eq!(midlayer(0xd204_0b03_0000_0000), 0x0b03_d204);
        assert_eq!(midlayer(midlayer(0x1122_3344_5566_7788)), 0x1122_3344_5566_7788);
        assert_eq!(as_shown(as_shown(0x4010_4033_0000_0001)), 0x4010_4033_0000_0001);
        if cfg!(target_endian = "little") {
            assert_eq!(as_shown(0x4010_4033_0000_0001), 0x0100_0000_3340_1040);
        }
    }
    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn both_ways_back(lun in any::<u64>()) {
            prop_assert_eq!((midlayer(midlayer(lun)), as_shown(as_shown(lun))), (lun, lun));
        }
    }
}
