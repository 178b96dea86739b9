//! Sizes and offsets of one request object (midlayer.md 6.1, 6.3, 6.4, 6.5, 11.1). All in bytes.

use regdiff_scenario::{Midlayer, Profile};

/// What the host says at one moment; the three clocks read nothing else (midlayer.md 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostNow {
    /// `Scsi_Host.sg_tablesize`, in entries.
    pub sg_tablesize: u32,
    /// `Scsi_Host.prot_capabilities`: the protection mask (midlayer.md 10.1).
    pub cap: u32,
    /// The run-time switch "protection space always reserved": SIZE and POINTER act as if `cap` were not zero.
    pub always_reserve: bool,
}

impl HostNow {
    /// Whether SIZE and POINTER make room for protection data at this moment: `scsi_host_get_prot`, or the switch.
    pub fn reserves(self) -> bool {
        self.cap != 0 || self.always_reserve
    }
}

/// Bytes of the inline data list: `scsi_mq_inline_sgl_size` (midlayer.md 6.1). From 5.7 on it has at least one entry.
pub fn inline_list(profile: &Profile, midlayer: Midlayer, sg_tablesize: u32) -> u32 {
    let least = u32::from(midlayer != Midlayer::V5_3);
    sg_tablesize.min(profile.inline_sg_count).max(least) * profile.scatterlist_size
}

/// SIZE: bytes of the driver part of a request, `tag_set.cmd_size` as `scsi_mq_setup_tags` stores it (midlayer.md 6.1).
pub fn cmd_size(profile: &Profile, midlayer: Midlayer, now: HostNow) -> u32 {
    let bare = profile.scsi_cmnd_size + profile.hostt_cmd_size + inline_list(profile, midlayer, now.sg_tablesize);
    if now.reserves() { bare + protection_size(profile) } else { bare }
}

/// POINTER: where `scsi_mq_init_request` points `prot_sdb`, from the start of the slot; `None` if it stays null
/// (midlayer.md 6.5). Nothing checks that it lies inside the slot.
pub fn header_offset(profile: &Profile, midlayer: Midlayer, now: HostNow) -> Option<u32> {
    let end_of_list = profile.request_size
        + profile.scsi_cmnd_size
        + profile.hostt_cmd_size
        + inline_list(profile, midlayer, now.sg_tablesize);
    now.reserves().then_some(end_of_list)
}

/// Bytes of the protection header and the inline entries after it (midlayer.md 6.1).
pub(super) fn protection_size(profile: &Profile) -> u32 {
    profile.scsi_data_buffer_size + profile.inline_prot_sg_count * profile.scatterlist_size
}

/// Bytes that the heap really hands out for an object of `size` (midlayer.md 6.4): 8, 16, 32, 64, 96, 128, 192, 256, then
/// powers of two.
pub fn heap_bucket(size: u32) -> u32 {
    match size {
        65..=96 => 96,
        129..=192 => 192,
        _ => size.max(8).next_power_of_two(),
    }
}

/// What SIZE fixes for every request object that a host will ever own (midlayer.md 1, 6.1).
#[derive(Clone, Copy, Debug)]
pub struct RequestLayout {
    /// Structure sizes.
    pub profile: &'static Profile,
    /// Version of the midlayer.
    pub midlayer: Midlayer,
    /// Bytes of the driver part, as stored in the tag set.
    pub cmd_size: u32,
}

impl RequestLayout {
    /// The SIZE clock: to be called when the host is added, and never again.
    pub fn at_size(profile: &'static Profile, midlayer: Midlayer, now: HostNow) -> Self {
        Self { profile, midlayer, cmd_size: cmd_size(profile, midlayer, now) }
    }

    /// P of midlayer.md 11.1: where the bytes end that a request may use.
    pub fn payload(&self) -> u32 {
        self.profile.request_size + self.cmd_size
    }

    /// U of midlayer.md 11.1: the payload rounded up to the cache line, the distance between static requests (6.3).
    pub fn slot(&self) -> u32 {
        self.payload().next_multiple_of(self.profile.cache_line)
    }

    /// H of midlayer.md 11.1 for an object created now.
    pub fn header(&self, now: HostNow) -> Option<u32> {
        header_offset(self.profile, self.midlayer, now)
    }
}

#[cfg(test)]
mod tests {
    use regdiff_scenario::Layout;

    use super::*;

    fn now(cap: u32) -> HostNow {
        HostNow { sg_tablesize: 538, cap, always_reserve: false }
    }

    #[test]
    fn the_seed_has_856_bytes_in_a_slot_of_1024() {
        let layout = RequestLayout::at_size(Layout::Seed56Rc2DebugS390x.profile(), Midlayer::V5_7, now(0));
        assert_eq!((layout.cmd_size, layout.payload(), layout.slot()), (568, 856, 1024));
        assert_eq!((layout.header(now(0)), layout.header(now(1))), (None, Some(856)));
    }

    #[test]
    fn the_inline_list_has_an_entry_from_5_7_on() {
        let profile = Layout::Linux531S390x.profile();
        assert_eq!(inline_list(profile, Midlayer::V5_3, 0), 0);
        assert_eq!(inline_list(profile, Midlayer::V5_7, 0), 32);
        assert_eq!(inline_list(profile, Midlayer::V5_3, 1), 32);
        assert_eq!(inline_list(profile, Midlayer::V6_12, 538), 64);
    }

    #[test]
    fn the_switch_reserves_space_whatever_the_mask_says() {
        let profile = Layout::Linux5714S390x.profile();
        let always = HostNow { always_reserve: true, ..now(0) };
        assert_eq!(cmd_size(profile, Midlayer::V5_7, always), cmd_size(profile, Midlayer::V5_7, now(1)));
        assert!(header_offset(profile, Midlayer::V5_7, always).is_some());
    }

    #[test]
    fn heap_buckets() {
        let sizes = [1, 8, 9, 64, 65, 97, 128, 129, 192, 193, 257, 768, 1024, 1025];
        let buckets = [8, 8, 16, 64, 96, 128, 128, 192, 192, 256, 512, 1024, 1024, 2048];
        assert_eq!(sizes.map(heap_bucket), buckets);
    }
}
