//! Structure sizes by kernel, as measured (layouts.json).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::kernel::Layout;

/// Byte order of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Endianness {
    /// s390x.
    Big,
    /// amd64.
    Little,
}

/// A member of a structure.
#[derive(Clone, Debug, Deserialize)]
pub struct Member {
    /// Its name in the kernel.
    pub name: String,
    /// Offset, in bytes.
    pub offset: u32,
    /// Size, in bytes.
    pub size: u32,
    /// Of a request: whether the next allocation of the slot writes it anew.
    #[serde(default)]
    pub rewritten_when_the_slot_is_next_allocated: bool,
}

/// One profile: everything that memory arithmetic needs (midlayer.md 6, 8, 11). All sizes are in bytes.
#[derive(Clone, Debug, Deserialize)]
pub struct Profile {
    /// Name, as in scenarios.
    pub name: String,
    /// Kernel version it was taken from.
    pub kernel_version: String,
    /// How sure the numbers are.
    pub confidence: String,
    /// Architecture.
    pub arch: String,
    /// Byte order.
    pub endianness: Endianness,
    /// Cache line: slots are rounded up to it.
    pub cache_line: u32,
    /// Page.
    pub page_size: u32,
    /// Largest block of static requests is `page_size << max_order`.
    pub max_order: u32,
    /// struct request.
    pub request_size: u32,
    /// struct scsi_cmnd.
    pub scsi_cmnd_size: u32,
    /// Offset of prot_sdb in scsi_cmnd.
    pub prot_sdb_offset: u32,
    /// struct scsi_data_buffer: the protection header.
    pub scsi_data_buffer_size: u32,
    /// Its members.
    pub scsi_data_buffer_members: Vec<Member>,
    /// struct scatterlist.
    pub scatterlist_size: u32,
    /// Its members.
    pub scatterlist_members: Vec<Member>,
    /// Inline entries of the data list.
    pub inline_sg_count: u32,
    /// Inline entries of the protection list.
    pub inline_prot_sg_count: u32,
    /// The host template's private bytes a command.
    pub hostt_cmd_size: u32,
    /// Requests of a host.
    pub hostt_can_queue: u32,
    /// The template's sg_tablesize.
    pub hostt_sg_tablesize: u32,
    /// First members of struct request: what a store past a slot hits.
    pub next_request_first_members: Vec<Member>,
}

/// All profiles, in the order of [`Layout`]'s tags. A constant of the program, parsed once.
static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let all: Vec<Profile> =
        serde_json::from_str(include_str!("layouts.json")).expect("layouts.json is part of the build");
    assert!(
        all.iter().map(|p| p.name.as_str()).eq(Layout::ALL.iter().map(|l| l.text())),
        "layouts.json and Layout list the same profiles in the same order"
    );
    all
});

impl Layout {
    /// The sizes of this layout.
    pub fn profile(self) -> &'static Profile {
        &PROFILES[self as usize]
    }
}
