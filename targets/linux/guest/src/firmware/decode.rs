//! What a driver asks, out of the bytes of its control block.

use regdiff_channel::{ProtectionOp, Request, ScsiCommand, Service};

use super::fields::{bytes_at, gather, native_u32, split_segments};
use super::layout::{self, command, d_id, io, support};
use super::media::TUPLE;
use super::{scsi, service};
use crate::door::{RequestRecord, Segment};

/// A request, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decoded {
    /// One that the channel knows.
    Request(Request),
    /// A SCSI command that the channel does not know, by its operation code: the target refuses it.
    OtherScsi(u8),
}

/// A control block that means nothing to this firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Undecodable {
    #[error("the control block is cut off")]
    CutOff,
    #[error("FSF command {0:#x} is not known")]
    Command(u32),
    #[error("a CT or ELS frame that is not known")]
    Frame,
}

/// The request of a control block. A close does not tell a well-known port from others, and its handle may be none that was ever
/// given; but others are closed by recovery, and by nobody else.
pub(crate) fn decode(record: &RequestRecord) -> Result<Decoded, Undecodable> {
    let qtcb = record.qtcb();
    let word = |at| native_u32(qtcb, at).ok_or(Undecodable::CutOff);
    let (port_handle, lun_handle) = (word(layout::PORT_HANDLE)?, word(layout::LUN_HANDLE)?);
    let d_id = || bytes_at(qtcb, layout::BOTTOM + support::D_ID).map(d_id).ok_or(Undecodable::CutOff);
    let frame = || {
        let length = word(layout::BOTTOM + support::REQ_BUF_LENGTH)?;
        Ok(gather(request_segments(record.data(), length)))
    };
    Ok(Decoded::Request(match word(layout::FSF_COMMAND)? {
        command::EXCHANGE_CONFIG_DATA => Request::ExchangeConfigData,
        command::EXCHANGE_PORT_DATA => Request::ExchangePortData,
        command::OPEN_PORT_WITH_DID => match d_id()? {
            id if service_of(id).is_some() => {
                Request::OpenWka { service: service_of(id).unwrap_or(Service::Directory) }
            }
            d_id => Request::OpenPort { d_id },
        },
        command::CLOSE_PORT if record.by_recovery => Request::ClosePort { handle: port_handle },
        command::CLOSE_PORT => Request::CloseWka { handle: port_handle },
        command::CLOSE_PHYSICAL_PORT => Request::ClosePhysicalPort { handle: port_handle },
        command::OPEN_LUN => {
            // The bytes of the LUN, not a number.
            let lun = bytes_at(qtcb, layout::BOTTOM + support::FCP_LUN).ok_or(Undecodable::CutOff)?;
            Request::OpenLun { port_handle, lun: u64::from_be_bytes(lun) }
        }
        command::CLOSE_LUN => Request::CloseLun { lun_handle },
        command::ABORT_FCP_CMND => Request::Abort { port_handle, lun_handle },
        command::SEND_GENERIC => service::decode_ct(&frame()?).ok_or(Undecodable::Frame)?,
        command::SEND_ELS => service::decode_els(&frame()?, d_id()?).ok_or(Undecodable::Frame)?,
        command::FCP_CMND => return fcp(record, port_handle, lun_handle),
        other => return Err(Undecodable::Command(other)),
    }))
}

fn fcp(record: &RequestRecord, port_handle: u32, lun_handle: u32) -> Result<Decoded, Undecodable> {
    let qtcb = record.qtcb();
    let iu = qtcb.get(layout::BOTTOM + io::FCP_CMND..).ok_or(Undecodable::CutOff)?;
    let flags = *iu.get(io::CMND_TM_FLAGS).ok_or(Undecodable::CutOff)?;
    if flags & io::TMF_LUN_RESET != 0 {
        return Ok(Decoded::Request(Request::LunReset { port_handle, lun_handle }));
    }
    if flags & io::TMF_TARGET_RESET != 0 {
        return Ok(Decoded::Request(Request::TargetReset { port_handle, lun_handle }));
    }
    let cdb = cdb(record).ok_or(Undecodable::CutOff)?;
    let direction = native_u32(qtcb, layout::BOTTOM + io::DATA_DIRECTION).ok_or(Undecodable::CutOff)?;
    let protection = match direction {
        io::direction::WRITE_INSERT => ProtectionOp::WriteInsert,
        io::direction::READ_STRIP => ProtectionOp::ReadStrip,
        io::direction::WRITE_CONVERT => ProtectionOp::WritePass,
        io::direction::READ_CONVERT => ProtectionOp::ReadPass,
        _ => ProtectionOp::Normal,
    };
    // What a user's write writes is told by its first block, behind the block's content.
    let (_, data) = fcp_segments(record);
    let pattern = data.first().and_then(|segment| bytes_at(&segment.data, 8)).map_or(0, u64::from_ne_bytes);
    Ok(match scsi::decode(&cdb, pattern) {
        Some(cdb) => Decoded::Request(Request::Fcp { port_handle, lun_handle, cdb, protection }),
        None => Decoded::OtherScsi(cdb[0]),
    })
}

/// The CDB of an FCP command.
pub(crate) fn cdb(record: &RequestRecord) -> Option<[u8; 16]> {
    bytes_at(record.qtcb(), layout::BOTTOM + io::FCP_CMND + io::CMND_CDB)
}

/// The segments of an FCP command: those of the protection information, those of the data.
pub(crate) fn fcp_segments(record: &RequestRecord) -> (&[Segment], &[Segment]) {
    let length = native_u32(record.qtcb(), layout::BOTTOM + io::PROT_DATA_LENGTH).unwrap_or(0);
    split_segments(record.data(), length)
}

/// The segments of a CT or ELS request; without a length in the control block it is the first one.
fn request_segments(segments: &[Segment], length: u32) -> &[Segment] {
    match length {
        0 => segments.get(..1).unwrap_or(&[]),
        length => split_segments(segments, length).0,
    }
}

/// The segments of a CT or ELS response.
pub(crate) fn response_segments(record: &RequestRecord) -> &[Segment] {
    let length = native_u32(record.qtcb(), layout::BOTTOM + support::REQ_BUF_LENGTH).unwrap_or(0);
    let request = request_segments(record.data(), length).len();
    &record.data()[request..]
}

/// The service with a well-known address.
fn service_of(d_id: u32) -> Option<Service> {
    Service::ALL.into_iter().find(|service| service.d_id() == d_id)
}

/// What a write brought: where, its bytes, and its protection information.
pub(crate) fn written(record: &RequestRecord, request: &Request) -> Option<(u64, Vec<u8>, Vec<u8>)> {
    let Request::Fcp { cdb: ScsiCommand::Write { lba, blocks, .. }, .. } = *request else { return None };
    let (tuples, data) = fcp_segments(record);
    let (mut data, mut tuples) = (gather(data), gather(tuples));
    data.truncate(blocks as usize * scsi::BLOCK);
    tuples.truncate(blocks as usize * TUPLE);
    Some((lba, data, tuples))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A request with a control block of this command, port and LUN handle.
    pub(crate) fn request(command: u32, port_handle: u32, lun_handle: u32) -> RequestRecord {
        let mut data = vec![0; layout::QTCB_LENGTH];
        put(&mut data, layout::FSF_COMMAND, &command.to_ne_bytes());
        put(&mut data, layout::PORT_HANDLE, &port_handle.to_ne_bytes());
        put(&mut data, layout::LUN_HANDLE, &lun_handle.to_ne_bytes());
        let qtcb = Segment { address: 0x1_0000, length: data.len() as u32, data, flags: 0 };
        RequestRecord { epoch: 1, tag: 1, req_id: 1, sbtype: 0x10, segments: vec![qtcb], ..RequestRecord::default() }
    }

    pub(crate) fn put(bytes: &mut [u8], at: usize, what: &[u8]) {
        bytes[at..at + what.len()].copy_from_slice(what);
    }

    pub(crate) fn add_segment(record: &mut RequestRecord, data: &[u8], room: u32) {
        let address = 0x10_0000 * record.segments.len() as u64;
        record.segments.push(Segment { address, length: room.max(data.len() as u32), data: data.to_vec(), flags: 0 });
    }

    pub(crate) fn bottom(record: &mut RequestRecord, at: usize, what: &[u8]) {
        put(&mut record.segments[0].data, layout::BOTTOM + at, what);
    }

    /// An FCP command with this CDB and direction.
    pub(crate) fn fcp_request(cdb: &[u8], direction: u32) -> RequestRecord {
        let mut record = request(command::FCP_CMND, 3, 4);
        bottom(&mut record, io::DATA_DIRECTION, &direction.to_ne_bytes());
        bottom(&mut record, io::FCP_CMND + io::CMND_CDB, cdb);
        record
    }

    fn decoded(record: &RequestRecord) -> Request {
        match decode(record).expect("a request") {
            Decoded::Request(request) => request,
            Decoded::OtherScsi(opcode) => panic!("{opcode:#x}"),
        }
    }

    #[test]
    fn plain_commands() {
        assert_eq!(decoded(&request(0xd, 0, 0)), Request::ExchangeConfigData);
        assert_eq!(decoded(&request(0xe, 0, 0)), Request::ExchangePortData);
        assert_eq!(decoded(&request(0x8, 9, 0)), Request::CloseWka { handle: 9 });
        let by_recovery = RequestRecord { by_recovery: true, ..request(0x8, 5, 0) };
        assert_eq!(decoded(&by_recovery), Request::ClosePort { handle: 5 });
        assert_eq!(decoded(&request(0x9, 5, 0)), Request::ClosePhysicalPort { handle: 5 });
        assert_eq!(decoded(&request(0x7, 5, 6)), Request::CloseLun { lun_handle: 6 });
        assert_eq!(decoded(&request(0x2, 5, 6)), Request::Abort { port_handle: 5, lun_handle: 6 });
        assert_eq!(decode(&request(0x12, 0, 0)), Err(Undecodable::Command(0x12)));
        assert_eq!(decode(&RequestRecord::default()), Err(Undecodable::CutOff));
    }

    #[test]
    fn opening_by_port_id() {
        let mut record = request(0x5, 0, 0);
        bottom(&mut record, support::D_ID, &[2, 1, 0]);
        assert_eq!(decoded(&record), Request::OpenPort { d_id: 0x02_0100 });
        bottom(&mut record, support::D_ID, &[0xff, 0xff, 0xfc]);
        assert_eq!(decoded(&record), Request::OpenWka { service: Service::Directory });
    }

    #[test]
    fn a_lun_is_its_bytes_not_a_number() {
        let mut record = request(0x6, 3, 0);
        bottom(&mut record, support::FCP_LUN, &[0x40, 0x10, 0x40, 0x33, 0, 0, 0, 0]);
        assert_eq!(decoded(&record), Request::OpenLun { port_handle: 3, lun: 0x4010_4033_0000_0000 });
    }

    #[test]
    fn frames_with_and_without_a_length() {
        let mut frame = vec![0; 20];
        frame[8..10].copy_from_slice(&0x172u16.to_be_bytes());
        let mut record = request(0xc, 9, 0);
        add_segment(&mut record, &frame, 0);
        add_segment(&mut record, &[], 4096);
        assert_eq!(decoded(&record), Request::GpnFt);
        assert_eq!(response_segments(&record).len(), 1);
        // Chained buffers: the length says where the response begins.
        let mut record = request(0xc, 9, 0);
        bottom(&mut record, support::REQ_BUF_LENGTH, &20u32.to_ne_bytes());
        add_segment(&mut record, &frame[..12], 0);
        add_segment(&mut record, &frame[12..], 0);
        add_segment(&mut record, &[], 4096);
        add_segment(&mut record, &[], 4096);
        assert_eq!(decoded(&record), Request::GpnFt);
        assert_eq!(response_segments(&record).len(), 2);
        let mut record = request(0xb, 0, 0);
        bottom(&mut record, support::D_ID, &[2, 1, 0]);
        add_segment(&mut record, &[0x52, 0, 0, 0], 28);
        assert_eq!(decoded(&record), Request::Adisc { d_id: 0x02_0100 });
        add_segment(&mut record, &[], 28);
        record.segments.remove(1);
        assert_eq!(decode(&record), Err(Undecodable::Frame));
    }

    #[test]
    fn scsi_commands_and_task_management() {
        let inquiry = fcp_request(&[0x12, 0, 0, 0, 36], 2);
        let cdb = ScsiCommand::Inquiry { length: 36 };
        let fcp = |cdb, protection| Request::Fcp { port_handle: 3, lun_handle: 4, cdb, protection };
        assert_eq!(decoded(&inquiry), fcp(cdb, ProtectionOp::Normal));
        for (direction, protection) in [
            (0x9, ProtectionOp::WriteInsert),
            (0xa, ProtectionOp::ReadStrip),
            (0xb, ProtectionOp::WritePass),
            (0xc, ProtectionOp::ReadPass),
        ] {
            assert_eq!(decoded(&fcp_request(&[0x12, 0, 0, 0, 36], direction)), fcp(cdb, protection));
        }
        let mut reset = fcp_request(&[], 4);
        bottom(&mut reset, io::FCP_CMND + io::CMND_TM_FLAGS, &[0x10]);
        assert_eq!(decoded(&reset), Request::LunReset { port_handle: 3, lun_handle: 4 });
        bottom(&mut reset, io::FCP_CMND + io::CMND_TM_FLAGS, &[0x20]);
        assert_eq!(decoded(&reset), Request::TargetReset { port_handle: 3, lun_handle: 4 });
        assert_eq!(decode(&fcp_request(&[0xa3], 2)), Ok(Decoded::OtherScsi(0xa3)));
    }

    #[test]
    fn a_write_with_protection_information() {
        let mut record = fcp_request(&[0x2a, 0, 0, 0, 0, 3, 0, 0, 2], 0xb);
        bottom(&mut record, io::PROT_DATA_LENGTH, &16u32.to_ne_bytes());
        add_segment(&mut record, &[0x11; 16], 0);
        let mut block = [0x22; 1024];
        block[8..16].copy_from_slice(&77u64.to_ne_bytes());
        add_segment(&mut record, &block, 0);
        let request = decoded(&record);
        let Request::Fcp { cdb: ScsiCommand::Write { lba: 3, blocks: 2, pattern: 77 }, .. } = request else {
            panic!("{request:?}")
        };
        let (lba, data, tuples) = written(&record, &request).unwrap();
        assert_eq!((lba, data.len(), tuples), (3, 1024, vec![0x11; 16]));
        assert_eq!(written(&record, &Request::GpnFt), None);
    }
}
