//! The SCSI target: what a port's LUNs answer.
//!
//! INQUIRY and REPORT LUNS are answered for every LUN of a port, as real targets do: INQUIRY to a LUN that is not there
//! says "nothing here" (qualifier 3, type 0x1f), everything else is refused. There is no unit attention after a reset;
//! a script can say one.

use regdiff_scenario::{Lun, LunKind, Port, Protection};

use crate::medium::Medium;
use crate::request::ProtectionOp;
use crate::scsi::{CapacityData, InquiryData, LunList, ModeData, ScsiCommand, ScsiData, ScsiReply, Sense, VpdPage};

/// Bytes of a logical block.
pub const BLOCK_SIZE: u32 = 512;
/// Bytes of standard INQUIRY data, more than the 36 of a first pass (midlayer.md 4.4).
pub const INQUIRY_LENGTH: u16 = 164;
/// Vital product data pages of a disk; other kinds have the first three.
const PAGES: &[u8] = &[0x00, 0x80, 0x83, 0xb0, 0xb1, 0xb2];
const PAGES_BASIC: &[u8] = &[0x00, 0x80, 0x83];
/// Bytes of a vital product data page other than page 0, with its header.
const PAGE_LENGTH: u16 = 64;

/// What the target says to `cdb`. Writes change nothing yet: see [`Medium::write`].
pub(crate) fn execute(
    port: Option<&Port>,
    lun: Option<&Lun>,
    medium: Option<&Medium>,
    cdb: ScsiCommand,
    protection: ProtectionOp,
) -> ScsiReply {
    let lun = lun.filter(|lun| lun.qualifier != NOTHING_HERE);
    match cdb {
        ScsiCommand::Inquiry { length } => inquiry(lun, length),
        ScsiCommand::ReportLuns { length } => report_luns(port, length),
        ScsiCommand::RequestSense if lun.is_none() => ScsiReply::good(ScsiData::Sense(Sense::LUN_NOT_SUPPORTED)),
        ScsiCommand::RequestSense => ScsiReply::good(ScsiData::Sense(Sense::NONE)),
        _ => match lun {
            Some(lun) if lun.qualifier == 0 => unit(lun, medium, cdb, protection),
            _ => ScsiReply::check(Sense::LUN_NOT_SUPPORTED),
        },
    }
}

/// The peripheral qualifier of a LUN that is not there.
const NOTHING_HERE: u8 = 3;

/// Commands to a LUN that is there and connected.
fn unit(lun: &Lun, medium: Option<&Medium>, cdb: ScsiCommand, protection: ProtectionOp) -> ScsiReply {
    let disk = lun.kind == LunKind::Disk;
    match cdb {
        ScsiCommand::InquiryVpd { page } => vpd(page, if disk { PAGES } else { PAGES_BASIC }),
        ScsiCommand::TestUnitReady => ScsiReply::default(),
        ScsiCommand::ReadCapacity { .. }
        | ScsiCommand::Read { .. }
        | ScsiCommand::Write { .. }
        | ScsiCommand::SynchronizeCache
        | ScsiCommand::StartUnit
            if !disk =>
        {
            ScsiReply::check(Sense::INVALID_OPCODE)
        }
        ScsiCommand::ReadCapacity { long } => ScsiReply::good(ScsiData::Capacity(CapacityData {
            last_lba: u64::from(lun.blocks) - 1,
            block_size: BLOCK_SIZE,
            byte12: long.then_some(capacity_byte12(lun.protection)),
        })),
        ScsiCommand::ModeSense { page } => mode_sense(lun, page),
        ScsiCommand::Read { lba, blocks } => match transfer(lun, lba, blocks, protection) {
            Some(sense) => ScsiReply::check(sense),
            None => {
                let digest = medium.map_or(0, |medium| medium.digest(lba, blocks));
                ScsiReply::good(ScsiData::Blocks { digest })
            }
        },
        ScsiCommand::Write { lba, blocks, .. } => {
            transfer(lun, lba, blocks, protection).map_or_else(ScsiReply::default, ScsiReply::check)
        }
        ScsiCommand::SynchronizeCache | ScsiCommand::StartUnit => ScsiReply::default(),
        // Answered above, whether or not the LUN is there.
        ScsiCommand::Inquiry { .. } | ScsiCommand::ReportLuns { .. } | ScsiCommand::RequestSense => {
            ScsiReply::check(Sense::INVALID_OPCODE)
        }
    }
}

/// What is wrong with a read or write.
fn transfer(lun: &Lun, lba: u64, blocks: u32, protection: ProtectionOp) -> Option<Sense> {
    if protection.is_protected() && lun.protection == Protection::None {
        return Some(Sense::INVALID_FIELD);
    }
    let end = lba.checked_add(blocks.into());
    if end.is_none_or(|end| end > u64::from(lun.blocks)) {
        return Some(Sense::LBA_OUT_OF_RANGE);
    }
    None
}

fn inquiry(lun: Option<&Lun>, length: u16) -> ScsiReply {
    let data = match lun {
        Some(lun) => InquiryData {
            qualifier: lun.qualifier,
            device_type: device_type(lun.kind),
            version: lun.version,
            byte5: (lun.protection != Protection::None).into(),
            length: INQUIRY_LENGTH,
            queues_commands: true,
        },
        None => InquiryData {
            qualifier: NOTHING_HERE,
            device_type: 0x1f,
            version: 5,
            byte5: 0,
            length: INQUIRY_LENGTH,
            queues_commands: false,
        },
    };
    let residual = length.saturating_sub(INQUIRY_LENGTH).into();
    ScsiReply { residual, ..ScsiReply::good(ScsiData::Inquiry(data)) }
}

fn device_type(kind: LunKind) -> u8 {
    match kind {
        LunKind::Disk => 0x00,
        LunKind::Tape => 0x01,
        LunKind::Changer => 0x08,
        LunKind::Enclosure => 0x0d,
        LunKind::WellKnown => 0x1e,
    }
}

fn vpd(page: u8, pages: &'static [u8]) -> ScsiReply {
    if !pages.contains(&page) {
        return ScsiReply::check(Sense::INVALID_FIELD);
    }
    let (length, pages) = if page == 0 { (4 + pages.len() as u16, pages) } else { (PAGE_LENGTH, &[][..]) };
    ScsiReply::good(ScsiData::Vpd(VpdPage { page, length, pages }))
}

fn report_luns(port: Option<&Port>, length: u32) -> ScsiReply {
    let Some(port) = port.filter(|port| port.report_luns) else {
        return ScsiReply::check(Sense::INVALID_OPCODE);
    };
    let list_length = 8 * port.luns.len() as u32;
    let fit = (length.saturating_sub(8) / 8) as usize;
    let luns = port.luns.iter().take(fit).map(|lun| lun.lun).collect();
    let residual = length.saturating_sub(8 + list_length);
    ScsiReply { residual, ..ScsiReply::good(ScsiData::Luns(LunList { list_length, luns })) }
}

/// Byte 12 of READ CAPACITY(16): protection enabled and type (midlayer.md 10.3).
fn capacity_byte12(protection: Protection) -> u8 {
    match protection {
        Protection::None => 0,
        Protection::Type1 => 0b001,
        Protection::Type2 => 0b011,
        Protection::Type3 => 0b101,
    }
}

/// The header alone, caching, control, and all pages are there.
fn mode_sense(lun: &Lun, page: u8) -> ScsiReply {
    match page & 0x3f {
        0x00 | 0x08 | 0x0a | 0x3f => {
            ScsiReply::good(ScsiData::Mode(ModeData { page, write_protected: false, write_cache: lun.write_cache }))
        }
        _ => ScsiReply::check(Sense::INVALID_FIELD),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(lun: &Lun, cdb: ScsiCommand) -> ScsiReply {
        execute(None, Some(lun), None, cdb, ProtectionOp::Normal)
    }

    #[test]
    fn inquiry_shows_kind_and_protection() {
        let tape = Lun { kind: LunKind::Tape, protection: Protection::Type1, ..Lun::default() };
        let ScsiData::Inquiry(data) = ask(&tape, ScsiCommand::Inquiry { length: 36 }).data else { panic!() };
        assert_eq!((data.qualifier, data.device_type, data.version, data.byte5), (0, 1, 5, 1));
        for missing in [None, Some(&Lun { qualifier: 3, ..Lun::default() })] {
            let reply = execute(None, missing, None, ScsiCommand::Inquiry { length: 36 }, ProtectionOp::Normal);
            let ScsiData::Inquiry(data) = reply.data else { panic!() };
            assert_eq!((data.qualifier, data.device_type), (3, 0x1f));
        }
    }

    #[test]
    fn a_lun_that_is_not_there_refuses() {
        let reply = execute(None, None, None, ScsiCommand::TestUnitReady, ProtectionOp::Normal);
        assert_eq!(reply, ScsiReply::check(Sense::LUN_NOT_SUPPORTED));
        let reply = ask(&Lun { qualifier: 1, ..Lun::default() }, ScsiCommand::TestUnitReady);
        assert_eq!(reply, ScsiReply::check(Sense::LUN_NOT_SUPPORTED));
    }

    #[test]
    fn report_luns_lists_in_order_and_cuts() {
        let lun = |lun| Lun { lun, ..Lun::default() };
        let mut port = Port { luns: vec![lun(3), lun(1), lun(2)], ..Port::default() };
        let ask = |port: &Port, length| {
            execute(Some(port), None, None, ScsiCommand::ReportLuns { length }, ProtectionOp::Normal)
        };
        let all = ask(&port, 4096);
        assert_eq!(all.data, ScsiData::Luns(LunList { list_length: 24, luns: vec![3, 1, 2] }));
        assert_eq!(all.residual, 4096 - 32);
        let cut = ask(&port, 24);
        assert_eq!(cut.data, ScsiData::Luns(LunList { list_length: 24, luns: vec![3, 1] }));
        port.report_luns = false;
        assert_eq!(ask(&port, 4096), ScsiReply::check(Sense::INVALID_OPCODE));
    }

    #[test]
    fn capacity_and_cache() {
        for (protection, byte12) in
            [(Protection::None, 0), (Protection::Type1, 1), (Protection::Type2, 3), (Protection::Type3, 5)]
        {
            let lun = Lun { protection, ..Lun::default() };
            let ScsiData::Capacity(long) = ask(&lun, ScsiCommand::ReadCapacity { long: true }).data else { panic!() };
            assert_eq!((long.last_lba, long.block_size, long.byte12), (2047, 512, Some(byte12)));
            let ScsiData::Capacity(short) = ask(&lun, ScsiCommand::ReadCapacity { long: false }).data else { panic!() };
            assert_eq!(short.byte12, None);
        }
        let lun = Lun { write_cache: true, ..Lun::default() };
        let ScsiData::Mode(mode) = ask(&lun, ScsiCommand::ModeSense { page: 8 }).data else { panic!() };
        assert!(mode.write_cache);
        assert_eq!(ask(&lun, ScsiCommand::ModeSense { page: 0x1c }), ScsiReply::check(Sense::INVALID_FIELD));
        let tape = Lun { kind: LunKind::Tape, ..Lun::default() };
        assert_eq!(ask(&tape, ScsiCommand::ReadCapacity { long: true }), ScsiReply::check(Sense::INVALID_OPCODE));
    }

    #[test]
    fn vital_product_data() {
        let lun = Lun::default();
        let ScsiData::Vpd(list) = ask(&lun, ScsiCommand::InquiryVpd { page: 0 }).data else { panic!() };
        for &page in list.pages {
            assert!(ask(&lun, ScsiCommand::InquiryVpd { page }).is_good());
        }
        assert_eq!(ask(&lun, ScsiCommand::InquiryVpd { page: 0x89 }), ScsiReply::check(Sense::INVALID_FIELD));
    }

    #[test]
    fn transfers_stay_inside_the_disk() {
        let lun = Lun { blocks: 100, ..Lun::default() };
        assert!(ask(&lun, ScsiCommand::Read { lba: 92, blocks: 8 }).is_good());
        let outside = ScsiReply::check(Sense::LBA_OUT_OF_RANGE);
        assert_eq!(ask(&lun, ScsiCommand::Read { lba: 93, blocks: 8 }), outside);
        assert_eq!(ask(&lun, ScsiCommand::Write { lba: u64::MAX, blocks: 8, pattern: 0 }), outside);
        let insert = ScsiCommand::Write { lba: 0, blocks: 8, pattern: 0 };
        let reply = execute(None, Some(&lun), None, insert, ProtectionOp::WriteInsert);
        assert_eq!(reply, ScsiReply::check(Sense::INVALID_FIELD), "the disk is not formatted for it");
    }
}
