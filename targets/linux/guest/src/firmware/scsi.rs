//! SCSI in bytes: command descriptor blocks, and the data and response that come back (SPC, SBC, FCP-4). All big endian.

use regdiff_channel::{
    BLOCK_SIZE, CapacityData, InquiryData, LunList, ModeData, ScsiCommand, ScsiData, ScsiReply, Sense, VpdPage,
};

use super::fields::bytes_at;
use super::layout::io;

mod opcode {
    pub(super) const TEST_UNIT_READY: u8 = 0x00;
    pub(super) const REQUEST_SENSE: u8 = 0x03;
    pub(super) const READ_6: u8 = 0x08;
    pub(super) const WRITE_6: u8 = 0x0a;
    pub(super) const INQUIRY: u8 = 0x12;
    pub(super) const MODE_SENSE_6: u8 = 0x1a;
    pub(super) const START_STOP: u8 = 0x1b;
    pub(super) const READ_CAPACITY_10: u8 = 0x25;
    pub(super) const READ_10: u8 = 0x28;
    pub(super) const WRITE_10: u8 = 0x2a;
    pub(super) const SYNCHRONIZE_CACHE_10: u8 = 0x35;
    pub(super) const MODE_SENSE_10: u8 = 0x5a;
    pub(super) const READ_16: u8 = 0x88;
    pub(super) const WRITE_16: u8 = 0x8a;
    pub(super) const SYNCHRONIZE_CACHE_16: u8 = 0x91;
    pub(super) const SERVICE_ACTION_IN_16: u8 = 0x9e;
    pub(super) const REPORT_LUNS: u8 = 0xa0;
    pub(super) const READ_12: u8 = 0xa8;
    pub(super) const WRITE_12: u8 = 0xaa;
}

/// Service action of READ CAPACITY(16).
const READ_CAPACITY_16: u8 = 0x10;

/// The command of a CDB; `pattern` names what a write writes. `None` for commands that the channel does not know.
pub(crate) fn decode(cdb: &[u8; 16], pattern: u64) -> Option<ScsiCommand> {
    let byte = |at: usize| u32::from(cdb[at]);
    let half = |at: usize| u32::from(u16::from_be_bytes([cdb[at], cdb[at + 1]]));
    let word = |at: usize| bytes_at(cdb, at).map_or(0, u32::from_be_bytes);
    let long = |at: usize| bytes_at(cdb, at).map_or(0, u64::from_be_bytes);
    // In the 6 byte forms 0 is 256 blocks.
    let (lba6, blocks6) = ((byte(1) & 0x1f) << 16 | half(2), if byte(4) == 0 { 256 } else { byte(4) });
    let read = |lba: u64, blocks: u32| Some(ScsiCommand::Read { lba, blocks });
    let write = |lba: u64, blocks: u32| Some(ScsiCommand::Write { lba, blocks, pattern });
    match cdb[0] {
        opcode::TEST_UNIT_READY => Some(ScsiCommand::TestUnitReady),
        opcode::REQUEST_SENSE => Some(ScsiCommand::RequestSense),
        opcode::INQUIRY if cdb[1] & 1 == 1 => Some(ScsiCommand::InquiryVpd { page: cdb[2] }),
        opcode::INQUIRY => Some(ScsiCommand::Inquiry { length: half(3) as u16 }),
        opcode::MODE_SENSE_6 | opcode::MODE_SENSE_10 => Some(ScsiCommand::ModeSense { page: cdb[2] & 0x3f }),
        opcode::START_STOP => Some(ScsiCommand::StartUnit),
        opcode::READ_CAPACITY_10 => Some(ScsiCommand::ReadCapacity { long: false }),
        opcode::SERVICE_ACTION_IN_16 if cdb[1] & 0x1f == READ_CAPACITY_16 => {
            Some(ScsiCommand::ReadCapacity { long: true })
        }
        opcode::SYNCHRONIZE_CACHE_10 | opcode::SYNCHRONIZE_CACHE_16 => Some(ScsiCommand::SynchronizeCache),
        opcode::REPORT_LUNS => Some(ScsiCommand::ReportLuns { length: word(6) }),
        opcode::READ_6 => read(lba6.into(), blocks6),
        opcode::READ_10 => read(word(2).into(), half(7)),
        opcode::READ_12 => read(word(2).into(), word(6)),
        opcode::READ_16 => read(long(2), word(10)),
        opcode::WRITE_6 => write(lba6.into(), blocks6),
        opcode::WRITE_10 => write(word(2).into(), half(7)),
        opcode::WRITE_12 => write(word(2).into(), word(6)),
        opcode::WRITE_16 => write(long(2), word(10)),
        _ => None,
    }
}

/// The data of an answer, without that of a READ. `cdb` tells the long from the short form of a mode header, `name` names the
/// logical unit.
pub(crate) fn data_bytes(data: &ScsiData, cdb: &[u8; 16], name: u64) -> Vec<u8> {
    match data {
        ScsiData::None | ScsiData::Blocks { .. } => Vec::new(),
        ScsiData::Inquiry(inquiry) => inquiry_bytes(inquiry),
        ScsiData::Vpd(page) => vpd_bytes(page, name),
        ScsiData::Luns(list) => lun_bytes(list),
        ScsiData::Capacity(capacity) => capacity_bytes(capacity),
        ScsiData::Mode(mode) => mode_bytes(mode, cdb[0] == opcode::MODE_SENSE_10),
        ScsiData::Sense(sense) => sense_bytes(*sense),
    }
}

fn inquiry_bytes(data: &InquiryData) -> Vec<u8> {
    let mut bytes = vec![0; data.length.into()];
    bytes[0] = data.qualifier << 5 | (data.device_type & 0x1f);
    bytes[2] = data.version;
    bytes[3] = 2;
    bytes[4] = (data.length - 5) as u8;
    bytes[5] = data.byte5;
    bytes[7] = if data.queues_commands { 2 } else { 0 };
    bytes[8..36].copy_from_slice(b"REGDIFF SIMULATED UNIT  0001");
    bytes
}

fn vpd_bytes(page: &VpdPage, name: u64) -> Vec<u8> {
    let length = usize::from(page.length);
    let mut bytes = vec![0; length];
    bytes[1] = page.page;
    bytes[2..4].copy_from_slice(&(page.length - 4).to_be_bytes());
    match page.page {
        0x00 => bytes[4..].copy_from_slice(page.pages),
        0x80 => {
            let text = format!("{name:0width$X}", width = length - 4);
            bytes[4..].copy_from_slice(&text.as_bytes()[..length - 4]);
        }
        0x83 => {
            // A locally assigned NAA name, then a vendor's text that fills the page.
            bytes[4..8].copy_from_slice(&[1, 3, 0, 8]);
            bytes[8..16].copy_from_slice(&(3 << 60 | name >> 4).to_be_bytes());
            let rest = length - 20;
            bytes[16..20].copy_from_slice(&[2, 1, 0, rest as u8]);
            bytes[20..].fill(b' ');
            bytes[20..27].copy_from_slice(b"REGDIFF");
        }
        _ => {}
    }
    bytes
}

fn lun_bytes(list: &LunList) -> Vec<u8> {
    let mut bytes = list.list_length.to_be_bytes().to_vec();
    bytes.extend([0; 4]);
    bytes.extend(list.luns.iter().flat_map(|lun| lun.to_be_bytes()));
    bytes
}

fn capacity_bytes(data: &CapacityData) -> Vec<u8> {
    let Some(byte12) = data.byte12 else {
        let last = u32::try_from(data.last_lba).unwrap_or(u32::MAX);
        return [last.to_be_bytes(), data.block_size.to_be_bytes()].concat();
    };
    let mut bytes = data.last_lba.to_be_bytes().to_vec();
    bytes.extend(data.block_size.to_be_bytes());
    bytes.push(byte12);
    bytes.resize(32, 0);
    bytes
}

fn mode_bytes(data: &ModeData, long: bool) -> Vec<u8> {
    const CACHING: u8 = 0x08;
    const CONTROL: u8 = 0x0a;
    const ALL: u8 = 0x3f;
    let mut pages = Vec::new();
    if matches!(data.page & ALL, CACHING | ALL) {
        pages.extend([CACHING, 18, if data.write_cache { 4 } else { 0 }]);
        pages.resize(20, 0);
    }
    if matches!(data.page & ALL, CONTROL | ALL) {
        let end = pages.len() + 12;
        pages.extend([CONTROL, 10]);
        pages.resize(end, 0);
    }
    let protected = if data.write_protected { 0x80 } else { 0 };
    let mut bytes = if long {
        let length = (6 + pages.len()) as u16;
        let [high, low] = length.to_be_bytes();
        vec![high, low, 0, protected, 0, 0, 0, 0]
    } else {
        vec![(3 + pages.len()) as u8, 0, protected, 0]
    };
    bytes.extend(pages);
    bytes
}

/// Fixed-format sense.
fn sense_bytes(sense: Sense) -> Vec<u8> {
    let mut bytes = vec![0; 18];
    bytes[0] = 0x70;
    bytes[2] = sense.key;
    bytes[7] = 10;
    bytes[12] = sense.asc;
    bytes[13] = sense.ascq;
    bytes
}

/// The response IU of an FCP command.
pub(crate) fn response_iu(reply: &ScsiReply) -> Vec<u8> {
    let mut iu = task_iu(reply.response_code);
    iu[io::RSP_STATUS] = reply.status;
    if reply.residual > 0 {
        iu[io::RSP_FLAGS] |= io::FLAG_RESID_UNDER;
        iu[io::RSP_RESIDUAL..][..4].copy_from_slice(&reply.residual.to_be_bytes());
    }
    if let Some(sense) = reply.sense {
        let sense = sense_bytes(sense);
        iu[io::RSP_FLAGS] |= io::FLAG_SNS_LEN;
        iu[io::RSP_SENSE_LENGTH..][..4].copy_from_slice(&(sense.len() as u32).to_be_bytes());
        // Sense follows the response information where there is one.
        let at = if reply.response_code == 0 { io::RSP_INFO } else { io::RSP_INFO + io::RSP_INFO_BYTES };
        iu[at..][..sense.len()].copy_from_slice(&sense);
    }
    iu
}

/// The response IU of task management.
pub(crate) fn task_iu(response_code: u8) -> Vec<u8> {
    let mut iu = vec![0; io::FCP_RSP_LENGTH];
    if response_code != 0 {
        iu[io::RSP_FLAGS] |= io::FLAG_RSP_LEN;
        iu[io::RSP_INFO_LENGTH..][..4].copy_from_slice(&(io::RSP_INFO_BYTES as u32).to_be_bytes());
        iu[io::RSP_INFO + io::RSP_INFO_CODE] = response_code;
    }
    iu
}

/// Bytes of a block.
pub(crate) const BLOCK: usize = BLOCK_SIZE as usize;

#[cfg(test)]
mod tests {
    use super::*;

    fn cdb(bytes: &[u8]) -> [u8; 16] {
        let mut cdb = [0; 16];
        cdb[..bytes.len()].copy_from_slice(bytes);
        cdb
    }

    #[test]
    fn every_command_is_known() {
        use ScsiCommand as C;
        for (bytes, command) in [
            (&[0x00][..], C::TestUnitReady),
            (&[0x03], C::RequestSense),
            (&[0x12, 0, 0, 0, 36], C::Inquiry { length: 36 }),
            (&[0x12, 1, 0x83, 0, 255], C::InquiryVpd { page: 0x83 }),
            (&[0x1a, 0, 0x08, 0, 4], C::ModeSense { page: 8 }),
            (&[0x5a, 0, 0x3f], C::ModeSense { page: 0x3f }),
            (&[0x1b, 0, 0, 0, 1], C::StartUnit),
            (&[0x25], C::ReadCapacity { long: false }),
            (&[0x9e, 0x10], C::ReadCapacity { long: true }),
            (&[0x35], C::SynchronizeCache),
            (&[0xa0, 0, 0, 0, 0, 0, 0, 0, 16, 0], C::ReportLuns { length: 4096 }),
            (&[0x08, 1, 0, 2, 0], C::Read { lba: 0x1_0002, blocks: 256 }),
            (&[0x28, 0, 0, 0, 1, 0, 0, 0, 8], C::Read { lba: 256, blocks: 8 }),
            (&[0x2a, 0, 0, 0, 0, 3, 0, 0, 2], C::Write { lba: 3, blocks: 2, pattern: 7 }),
            (&[0x88, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9], C::Read { lba: 1 << 32, blocks: 9 }),
        ] {
            assert_eq!(decode(&cdb(bytes), 7), Some(command));
        }
        assert_eq!(decode(&cdb(&[0xa3, 0x0c]), 0), None, "not a command of the channel");
    }

    #[test]
    fn inquiry_data() {
        let data =
            InquiryData { qualifier: 3, device_type: 0x1f, version: 5, byte5: 1, length: 164, queues_commands: true };
        let bytes = inquiry_bytes(&data);
        assert_eq!((bytes.len(), bytes[0], bytes[2], bytes[4], bytes[5], bytes[7]), (164, 0x7f, 5, 159, 1, 2));
    }

    #[test]
    fn pages_are_as_long_as_they_say() {
        let pages: &'static [u8] = &[0, 0x80, 0x83, 0xb0];
        let list = vpd_bytes(&VpdPage { page: 0, length: 8, pages }, 1);
        assert_eq!(list, [0, 0, 0, 4, 0, 0x80, 0x83, 0xb0]);
        for page in [0x80, 0x83, 0xb0, 0xb1, 0xb2] {
            let bytes = vpd_bytes(&VpdPage { page, length: 64, pages: &[] }, 0x5005_0763_0500_0001);
            assert_eq!((bytes.len(), bytes[1], bytes[3]), (64, page, 60));
        }
        let names = vpd_bytes(&VpdPage { page: 0x83, length: 64, pages: &[] }, 1);
        let (first, second) = (4 + usize::from(names[7]), usize::from(names[19]));
        assert_eq!(4 + first + 4 + second, 64, "the designators fill the page");
    }

    #[test]
    fn capacities() {
        let short = CapacityData { last_lba: 2047, block_size: 512, byte12: None };
        assert_eq!(capacity_bytes(&short), [0, 0, 7, 0xff, 0, 0, 2, 0]);
        let long = capacity_bytes(&CapacityData { byte12: Some(1), ..short });
        assert_eq!((long.len(), long[7], long[10], long[12]), (32, 0xff, 2, 1));
    }

    #[test]
    fn mode_pages() {
        let data = ModeData { page: 8, write_protected: false, write_cache: true };
        let short = mode_bytes(&data, false);
        assert_eq!((short.len(), short[0], short[4], short[5], short[6]), (24, 23, 8, 18, 4));
        let long = mode_bytes(&ModeData { page: 0x3f, ..data }, true);
        assert_eq!((long.len(), long[1], long[8], long[28]), (40, 38, 8, 10));
    }

    #[test]
    fn response_units() {
        let reply = ScsiReply { residual: 9, ..ScsiReply::check(Sense::INVALID_OPCODE) };
        let iu = response_iu(&reply);
        assert_eq!((iu.len(), iu[10], iu[11]), (128, 0x8 | 0x2, 2));
        assert_eq!((iu[15], iu[19], iu[24], iu[26], iu[36]), (9, 18, 0x70, 5, 0x20));
        let bad = response_iu(&ScsiReply { response_code: 3, ..reply });
        assert_eq!((bad[10], bad[23], bad[27], bad[32]), (0xb, 8, 3, 0x70));
        assert_eq!(response_iu(&ScsiReply::default()), vec![0; 128]);
        assert_eq!(task_iu(9)[27], 9);
    }

    #[test]
    fn lun_lists() {
        let list = LunList { list_length: 16, luns: vec![0x4010_4033_0000_0000] };
        assert_eq!(lun_bytes(&list), [0, 0, 0, 16, 0, 0, 0, 0, 0x40, 0x10, 0x40, 0x33, 0, 0, 0, 0]);
    }
}
