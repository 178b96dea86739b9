//! The first members of struct request: what its allocation writes anew, and what an overlapping store hits.

use regdiff_observation::RequestObject;
use regdiff_scenario::Profile;
use regdiff_scenario::layout::Endianness;

/// Members through which the kernel goes without looking whether they are null, as long as a request is in use. `bio` and
/// `biotail` are not among them: a request without data has none, and nothing follows them then.
const FOLLOWED: [&str; 4] = ["q", "mq_ctx", "mq_hctx", "queuelist"];

/// Bytes of a pointer; a list head is two of them.
pub(super) const POINTER: usize = 8;

/// What an allocation stores in a member (midlayer.md 7).
#[derive(Clone, Copy, Debug)]
enum Value {
    /// Not written: damage stays.
    Kept,
    /// The same for every request of the pool.
    Same(u64),
    /// The index of the slot.
    Index,
    /// The member's own address, twice: an empty list head.
    EmptyList,
}

/// One of the first members.
#[derive(Clone, Copy, Debug)]
pub(super) struct FirstMember {
    pub(super) name: &'static str,
    pub(super) offset: u32,
    pub(super) size: u32,
    /// Whether a null in it ends the run at the next use of the request (midlayer.md 11.2 rule 3).
    pub(super) followed: bool,
    value: Value,
}

impl FirstMember {
    /// All that the profile lists, in order of offset.
    pub(super) fn all(profile: &'static Profile, kind: RequestObject) -> Vec<Self> {
        let members = profile.next_request_first_members.iter();
        members
            .map(|m| Self {
                name: &m.name,
                offset: m.offset,
                size: m.size,
                followed: FOLLOWED.contains(&m.name.as_str()),
                value: if m.rewritten_when_the_slot_is_next_allocated {
                    value(&m.name, kind, profile.endianness)
                } else {
                    Value::Kept
                },
            })
            .collect()
    }

    /// Writes into `slot`, the bytes of slot `index` at `address`, what its allocation stores.
    pub(super) fn rewrite(&self, endianness: Endianness, index: u32, address: u64, slot: &mut [u8]) {
        let value = match self.value {
            Value::Kept => return,
            Value::Same(value) => value,
            Value::Index => u64::from(index),
            Value::EmptyList => address + u64::from(self.offset),
        };
        let bytes = &mut slot[self.offset as usize..][..self.size as usize];
        for chunk in bytes.chunks_mut(POINTER) {
            encode(endianness, value, chunk);
        }
    }
}

/// Plausible contents. Pointers lie above 4 GiB, as in the seed's oops (midlayer.md 12.1), so that both halves are non-zero.
fn value(name: &str, kind: RequestObject, endianness: Endianness) -> Value {
    let memory = match endianness {
        Endianness::Big => 0x1_8000_0000,
        Endianness::Little => 0xffff_8881_0000_0000,
    };
    match name {
        "q" => Value::Same(memory + 0x0340_8000),
        "mq_ctx" => Value::Same(memory + 0x0751_0400),
        "mq_hctx" => Value::Same(memory + 0x0340_c800),
        "bio" | "biotail" => Value::Same(memory + 0x0562_1900),
        "queuelist" => Value::EmptyList,
        "tag" if kind == RequestObject::SchedulerTag => Value::Same(u64::from(u32::MAX)),
        "tag" => Value::Index,
        "internal_tag" if kind == RequestObject::SchedulerTag => Value::Index,
        "internal_tag" => Value::Same(u64::from(u32::MAX)),
        "__data_len" => Value::Same(0x1000),
        "__sector" => Value::Same(0x800),
        "timeout" => Value::Same(3000),
        _ => Value::Same(0x22),
    }
}

/// Stores the low bytes of `value`, at most eight, in the profile's byte order.
pub(super) fn encode(endianness: Endianness, value: u64, into: &mut [u8]) {
    let size = into.len();
    match endianness {
        Endianness::Big => into.copy_from_slice(&value.to_be_bytes()[POINTER - size..]),
        Endianness::Little => into.copy_from_slice(&value.to_le_bytes()[..size]),
    }
}

/// Reads a number of at most eight bytes in the profile's byte order.
pub(super) fn decode(endianness: Endianness, from: &[u8]) -> u64 {
    let widen = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    match endianness {
        Endianness::Big => from.iter().fold(0, widen),
        Endianness::Little => from.iter().rev().fold(0, widen),
    }
}
