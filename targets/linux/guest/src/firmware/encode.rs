//! What the firmware answers, as bytes to store into a request's memory.

use regdiff_channel::{Body, ProtectionOp, Request, Response, ScsiCommand, ScsiData, ScsiReply, Sense};
use regdiff_scenario::{FsfStatus, ProtocolStatus};

use super::decode::{cdb, fcp_segments, response_segments};
use super::fields::{Sheet, scatter};
use super::layout::{self, io, login, support};
use super::media::{DiskKey, Media};
use super::{exchange, scsi, service};
use crate::door::{RequestRecord, Store};

/// The stores of an answer. `disk` is what the request is about, if it is a disk.
pub(crate) fn answer(
    record: &RequestRecord,
    request: &Request,
    response: &Response,
    media: &Media,
    disk: Option<DiskKey>,
) -> Vec<Store> {
    let Some(qtcb) = record.segments.first() else { return Vec::new() };
    let mut sheet = Sheet::new(qtcb.address);
    statuses(&mut sheet, response);
    let mut data = Vec::new();
    match &response.body {
        Body::None => {}
        Body::Config(config) => exchange::config(&mut sheet, config),
        Body::Port(port) => exchange::port(&mut sheet, port),
        Body::OpenPort(opened) => {
            sheet.native_u32(layout::PORT_HANDLE, opened.handle);
            sheet.native_u32(layout::BOTTOM + support::CONNECTION_INFO, opened.connection_info);
            sheet.native_u32(layout::BOTTOM + support::ELS1_LENGTH, opened.login_length);
            let mut payload = exchange::login_payload(opened.login.wwpn, opened.login.wwnn);
            payload[0] = login::PLOGI;
            let size = u16::try_from(opened.login.maxframe_size).unwrap_or(u16::MAX);
            payload[login::BB_DATA..][..2].copy_from_slice(&size.to_be_bytes());
            // Bit 1 of the classes is class 1, and so on.
            for class in 0..4 {
                let valid = opened.login.supported_classes & 2 << class != 0;
                payload[login::CLASSES + 16 * class] = if valid { 0x80 } else { 0 };
            }
            let length = payload.len().min(opened.login_length as usize).min(support::ELS_ROOM);
            sheet.bytes(layout::BOTTOM + support::ELS, &payload[..length]);
        }
        Body::Wka { handle } => {
            sheet.native_u32(layout::PORT_HANDLE, *handle);
        }
        Body::Lun { handle } => {
            sheet.native_u32(layout::LUN_HANDLE, *handle);
        }
        Body::Ct(ct) => data = scatter(response_segments(record), &service::encode_ct(ct)),
        Body::Adisc(adisc) => data = scatter(response_segments(record), &service::encode_adisc(adisc)),
        Body::Task { response_code } => {
            sheet.bytes(layout::BOTTOM + io::FCP_RSP, &scsi::task_iu(*response_code));
        }
        Body::Scsi(reply) => {
            sheet.bytes(layout::BOTTOM + io::FCP_RSP, &scsi::response_iu(reply));
            if response.status().reached_target() {
                data = scsi_data(record, request, reply, media, disk);
            }
        }
    }
    let mut stores = sheet.into_stores();
    stores.extend(data);
    stores
}

/// The answer to a SCSI command that the channel does not know: no such operation.
pub(crate) fn refused(record: &RequestRecord) -> Vec<Store> {
    let reply = ScsiReply::check(Sense::INVALID_OPCODE);
    let response = Response {
        protocol_status: ProtocolStatus::FsfStatusPresented,
        fsf_status: FsfStatus::FcpRspAvailable,
        qualifier: 0,
        body: Body::Scsi(reply),
    };
    answer(record, &Request::ExchangePortData, &response, &Media::default(), None)
}

fn scsi_data(
    record: &RequestRecord,
    request: &Request,
    reply: &ScsiReply,
    media: &Media,
    disk: Option<DiskKey>,
) -> Vec<Store> {
    let (tuples, data) = fcp_segments(record);
    if let (
        Request::Fcp { cdb: ScsiCommand::Read { lba, blocks }, protection, .. },
        ScsiData::Blocks { .. },
        Some(disk),
    ) = (request, &reply.data, disk)
    {
        let (bytes, information) = media.read(disk, *lba, *blocks);
        let mut stores = scatter(data, &bytes);
        if *protection == ProtectionOp::ReadPass {
            stores.extend(scatter(tuples, &information));
        }
        return stores;
    }
    let name = disk.map_or(0, |(device, port, lun)| u64::from(device) << 16 | u64::from(port) << 8 | u64::from(lun));
    scatter(data, &scsi::data_bytes(&reply.data, &cdb(record).unwrap_or_default(), name << 4))
}

fn statuses(sheet: &mut Sheet, response: &Response) {
    let qualifier = response.qualifier;
    sheet.native_u32(layout::PROT_STATUS, protocol_status(response.protocol_status));
    match response.protocol_status {
        // Lowest and highest version that it takes: one that is not the driver's.
        ProtocolStatus::QtcbVersionError => {
            sheet.native_u32(layout::PROT_STATUS_QUAL, qualifier).native_u32(layout::PROT_STATUS_QUAL + 4, qualifier);
        }
        ProtocolStatus::LinkDown => {
            sheet.native_u32(layout::PROT_STATUS_QUAL, qualifier);
        }
        _ => {}
    }
    sheet.native_u32(layout::FSF_STATUS, fsf_status(response.fsf_status));
    sheet.native_u32(layout::FSF_STATUS_QUAL, qualifier);
}

/// The number of a protocol status.
fn protocol_status(status: ProtocolStatus) -> u32 {
    match status {
        ProtocolStatus::Good => 0x1,
        ProtocolStatus::FsfStatusPresented => 0x100,
        ProtocolStatus::QtcbVersionError => 0x10,
        ProtocolStatus::SeqNumbError => 0x20,
        ProtocolStatus::ErrorState => 0x100_0000,
        ProtocolStatus::UnsuppQtcbType => 0x40,
        ProtocolStatus::HostConnectionInitializing => 0x80,
        ProtocolStatus::DuplicateRequestId => 0x200,
        ProtocolStatus::LinkDown => 0x400,
        ProtocolStatus::ReestQueue => 0x800,
        ProtocolStatus::Unknown => 0x8000,
    }
}

/// The number of an FSF status.
fn fsf_status(status: FsfStatus) -> u32 {
    match status {
        FsfStatus::Good => 0x0,
        FsfStatus::PortAlreadyOpen => 0x1,
        FsfStatus::LunAlreadyOpen => 0x2,
        FsfStatus::PortHandleNotValid => 0x3,
        FsfStatus::LunHandleNotValid => 0x4,
        FsfStatus::HandleMismatch => 0x5,
        FsfStatus::ServiceClassNotSupported => 0x6,
        FsfStatus::FcplunNotValid => 0x9,
        FsfStatus::LunSharingViolation => 0x12,
        FsfStatus::FcpCommandDoesNotExist => 0x22,
        FsfStatus::DirectionIndicatorNotValid => 0x30,
        FsfStatus::CmndLengthNotValid => 0x33,
        FsfStatus::MaximumNumberOfPorts => 0x40,
        FsfStatus::MaximumNumberOfLuns => 0x41,
        FsfStatus::PortBoxed => 0x59,
        FsfStatus::LunBoxed => 0x5a,
        FsfStatus::ExchangeDataIncomplete => 0x5b,
        FsfStatus::InconsistentProtData => 0x70,
        FsfStatus::InvalidProtParm => 0x71,
        FsfStatus::BlockGuardCheckFailure => 0x81,
        FsfStatus::AppTagCheckFailure => 0x82,
        FsfStatus::RefTagCheckFailure => 0x83,
        FsfStatus::SecurityError => 0x90,
        FsfStatus::AdapterStatusAvailable => 0xad,
        FsfStatus::FcpRspAvailable => 0xaf,
        FsfStatus::UnknownCommand => 0xe2,
        FsfStatus::UnknownOpSubtype => 0xe3,
        FsfStatus::InvalidCommandOption => 0xe5,
        FsfStatus::Unknown => 0xff,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use regdiff_channel::{Channel, Login, OpenedPort, Reply};
    use regdiff_scenario::{Device, Lun, Port, Protection, Scenario};

    use super::super::decode::tests::{add_segment, bottom, fcp_request, request};
    use super::super::decode::{Decoded, decode, written};
    use super::super::layout::{command, config, port};
    use super::*;

    /// Applies stores to the memory of a request, as the module does.
    pub(crate) fn apply(record: &RequestRecord, stores: &[Store]) -> Vec<Vec<u8>> {
        let mut memory: Vec<Vec<u8>> = record
            .segments
            .iter()
            .map(|segment| {
                let mut bytes = segment.data.clone();
                bytes.resize(segment.length as usize, 0);
                bytes
            })
            .collect();
        for store in stores {
            let (index, at) = record
                .segments
                .iter()
                .enumerate()
                .find_map(|(index, segment)| {
                    let at = store.address.checked_sub(segment.address)?;
                    (at + store.bytes.len() as u64 <= segment.length.into()).then_some((index, at as usize))
                })
                .expect("every store lies within a segment");
            memory[index][at..at + store.bytes.len()].copy_from_slice(&store.bytes);
        }
        memory
    }

    fn word(bytes: &[u8], at: usize) -> u32 {
        super::super::fields::native_u32(bytes, at).unwrap()
    }

    fn good(body: Body) -> Response {
        Response { protocol_status: ProtocolStatus::Good, fsf_status: FsfStatus::Good, qualifier: 0, body }
    }

    fn after(record: &RequestRecord, request: &Request, response: &Response) -> Vec<Vec<u8>> {
        apply(record, &answer(record, request, response, &Media::default(), Some((0, 0, 0))))
    }

    #[test]
    fn statuses_and_qualifiers() {
        let record = request(command::EXCHANGE_PORT_DATA, 0, 0);
        let response = Response {
            protocol_status: ProtocolStatus::LinkDown,
            fsf_status: FsfStatus::ExchangeDataIncomplete,
            qualifier: 4,
            body: Body::None,
        };
        let qtcb = &after(&record, &Request::ExchangePortData, &response)[0];
        assert_eq!((word(qtcb, 24), word(qtcb, 28), word(qtcb, 92), word(qtcb, 96)), (0x400, 4, 0x5b, 4));
    }

    #[test]
    fn statuses_have_numbers_of_their_own() {
        let fsf: std::collections::BTreeSet<_> = FsfStatus::ALL.iter().map(|s| fsf_status(*s)).collect();
        assert_eq!(fsf.len(), FsfStatus::ALL.len());
        let protocol: std::collections::BTreeSet<_> = ProtocolStatus::ALL.iter().map(|s| protocol_status(*s)).collect();
        assert_eq!(protocol.len(), ProtocolStatus::ALL.len());
    }

    #[test]
    fn handles_and_login() {
        let login = Login { wwpn: 0x5005_0763_0500_0001, wwnn: 2, maxframe_size: 2112, supported_classes: 8 };
        let opened = OpenedPort { handle: 7, connection_info: 3, login_length: 116, login };
        let record = request(command::OPEN_PORT_WITH_DID, 0, 0);
        let qtcb = &after(&record, &Request::OpenPort { d_id: 1 }, &good(Body::OpenPort(opened)))[0];
        let els = &qtcb[layout::BOTTOM + support::ELS..];
        assert_eq!((word(qtcb, 80), word(qtcb, 160 + 60), word(qtcb, 160 + 240)), (7, 3, 116));
        assert_eq!(&els[20..28], &login.wwpn.to_be_bytes());
        assert_eq!(&els[10..12], &2112u16.to_be_bytes());
        assert_eq!((els[36], els[52], els[68], els[84]), (0, 0, 0x80, 0), "class 3 alone");
        let short = OpenedPort { login_length: 20, ..opened };
        let qtcb = &after(&record, &Request::OpenPort { d_id: 1 }, &good(Body::OpenPort(short)))[0];
        assert_eq!(qtcb[layout::BOTTOM + support::ELS + 20], 0, "a short payload ends before the name");
        let qtcb = &after(&record, &Request::GpnFt, &good(Body::Lun { handle: 9 }))[0];
        assert_eq!(word(qtcb, 84), 9);
        let qtcb = &after(&record, &Request::GpnFt, &good(Body::Wka { handle: 9 }))[0];
        assert_eq!(word(qtcb, 80), 9);
    }

    #[test]
    fn exchanges() {
        let device = Device { ports: vec![Port::default()], ..Device::default() };
        let mut channel = Channel::new(&Scenario { devices: vec![device.clone()], ..Scenario::default() });
        channel.queues_opened(0);
        let mut ask = |request: Request| match channel.submit(0, &request).reply {
            Reply::Answer { response, .. } => response,
            Reply::Silence => panic!("silence"),
        };
        let record = request(command::EXCHANGE_CONFIG_DATA, 0, 0);
        let response = ask(Request::ExchangeConfigData);
        let bottom = &after(&record, &Request::ExchangeConfigData, &response)[0][layout::BOTTOM..];
        assert_eq!(word(bottom, config::ADAPTER_FEATURES), device.features.0);
        assert_eq!(word(bottom, config::FC_TOPOLOGY), 2);
        assert_eq!(&bottom[config::S_ID..][..3], &[0x01, 0x19, 0x00]);
        assert_eq!(&bottom[config::NPORT_SERV_PARAM + 16..][..8], &device.wwpn.to_be_bytes());
        assert_eq!(&bottom[config::PLOGI_PAYLOAD + 24..][..8], &device.fabric_name.to_be_bytes());
        let response = ask(Request::ExchangePortData);
        let bottom = &after(&record, &Request::ExchangePortData, &response)[0][layout::BOTTOM..];
        assert_eq!(&bottom[port::WWPN..][..8], &device.permanent_wwpn.to_ne_bytes(), "taken as a number");
        assert_eq!(&bottom[port::SUPPORTED_FC4_TYPES..][..4], &[0, 0, 1, 0], "taken as bytes");
    }

    /// A written block comes back through both encodings, with its protection information.
    #[test]
    fn reads_give_what_writes_brought() {
        let lun = Lun { protection: Protection::Type1, ..Lun::default() };
        let port = Port { luns: vec![lun], ..Port::default() };
        let features = regdiff_scenario::AdapterFeatures(0x3_0bb8);
        let device = Device { features, ports: vec![port], ..Device::default() };
        let mut channel = Channel::new(&Scenario { devices: vec![device], ..Scenario::default() });
        channel.queues_opened(0);
        channel.submit(0, &Request::OpenPort { d_id: 0x02_0100 });
        channel.submit(0, &Request::OpenLun { port_handle: 1, lun: 0 });
        let mut media = Media::default();
        let mut run = |record: &mut RequestRecord| {
            for (at, handle) in [(layout::PORT_HANDLE, 1u32), (layout::LUN_HANDLE, 2)] {
                record.segments[0].data[at..at + 4].copy_from_slice(&handle.to_ne_bytes());
            }
            let Ok(Decoded::Request(request)) = decode(record) else { panic!("not a request") };
            let Reply::Answer { response, .. } = channel.submit(0, &request).reply else { panic!("silence") };
            assert!(response.status().is_good(), "{response:?}");
            if let Some((lba, data, tuples)) = written(record, &request) {
                media.write((0, 0, 0), lba, &data, &tuples);
            }
            apply(record, &answer(record, &request, &response, &media, Some((0, 0, 0))))
        };
        let mut write = fcp_request(&[0x2a, 0, 0, 0, 0, 3, 0, 0, 1], 0xb);
        bottom(&mut write, io::PROT_DATA_LENGTH, &8u32.to_ne_bytes());
        add_segment(&mut write, &[0x11; 8], 0);
        add_segment(&mut write, &[0x22; 512], 0);
        run(&mut write);
        let mut read = fcp_request(&[0x28, 0, 0, 0, 0, 2, 0, 0, 2], 0xc);
        bottom(&mut read, io::PROT_DATA_LENGTH, &16u32.to_ne_bytes());
        add_segment(&mut read, &[], 16);
        add_segment(&mut read, &[], 600);
        add_segment(&mut read, &[], 424);
        let memory = run(&mut read);
        assert_eq!((&memory[1][8..], memory[1][7]), (&[0x11; 8][..], 2));
        assert_eq!((memory[2][511], memory[2][512], memory[3][0]), (0, 0x22, 0x22));
    }

    #[test]
    fn what_the_channel_does_not_know_is_refused() {
        let record = fcp_request(&[0xa3], 2);
        let qtcb = &apply(&record, &refused(&record))[0];
        let iu = &qtcb[layout::BOTTOM + io::FCP_RSP..];
        assert_eq!((word(qtcb, 92), iu[11], iu[24 + 12]), (0xaf, 2, 0x20));
    }
}
