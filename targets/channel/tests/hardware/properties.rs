//! Laws of the simulated hardware, by proptest: whatever a driver asks, in whatever order.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use regdiff_channel::{Body, Channel, ProtectionOp, Reply, Request, ScsiCommand, ScsiData, Service};
use regdiff_scenario::{Device, FsfStatus, Lun, Port, Scenario, strategy};

/// Handles as small as those that the channel gives, and any other.
fn handle() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0..12u32, 1 => any::<u32>()]
}

fn cdb() -> impl Strategy<Value = ScsiCommand> {
    let lba = prop_oneof![0..64u64, any::<u64>()];
    prop_oneof![
        any::<u16>().prop_map(|length| ScsiCommand::Inquiry { length }),
        any::<u8>().prop_map(|page| ScsiCommand::InquiryVpd { page }),
        any::<u32>().prop_map(|length| ScsiCommand::ReportLuns { length }),
        any::<bool>().prop_map(|long| ScsiCommand::ReadCapacity { long }),
        any::<u8>().prop_map(|page| ScsiCommand::ModeSense { page }),
        (lba.clone(), 0..2000u32).prop_map(|(lba, blocks)| ScsiCommand::Read { lba, blocks }),
        (lba, 0..2000u32, any::<u64>()).prop_map(|(lba, blocks, pattern)| ScsiCommand::Write { lba, blocks, pattern }),
        select(vec![
            ScsiCommand::TestUnitReady,
            ScsiCommand::SynchronizeCache,
            ScsiCommand::RequestSense,
            ScsiCommand::StartUnit,
        ]),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let protection = select(vec![
        ProtectionOp::Normal,
        ProtectionOp::ReadStrip,
        ProtectionOp::WriteInsert,
        ProtectionOp::ReadPass,
        ProtectionOp::WritePass,
    ]);
    let d_id = prop_oneof![0x02_0000..0x02_0400u32, any::<u32>()];
    let service = select(Service::ALL.to_vec());
    prop_oneof![
        1 => Just(Request::ExchangeConfigData),
        1 => Just(Request::ExchangePortData),
        3 => d_id.clone().prop_map(|d_id| Request::OpenPort { d_id }),
        1 => handle().prop_map(|handle| Request::ClosePort { handle }),
        1 => handle().prop_map(|handle| Request::ClosePhysicalPort { handle }),
        3 => (handle(), 0..4u64).prop_map(|(port_handle, lun)| Request::OpenLun { port_handle, lun: lun << 48 }),
        1 => handle().prop_map(|lun_handle| Request::CloseLun { lun_handle }),
        1 => service.prop_map(|service| Request::OpenWka { service }),
        1 => handle().prop_map(|handle| Request::CloseWka { handle }),
        1 => Just(Request::GpnFt),
        1 => any::<u64>().prop_map(|wwpn| Request::GidPn { wwpn }),
        1 => d_id.clone().prop_map(|d_id| Request::GspnId { d_id }),
        1 => Just(Request::RspnId),
        1 => d_id.prop_map(|d_id| Request::Adisc { d_id }),
        1 => (handle(), handle()).prop_map(|(port_handle, lun_handle)| Request::Abort { port_handle, lun_handle }),
        1 => (handle(), handle()).prop_map(|(port_handle, lun_handle)| Request::LunReset { port_handle, lun_handle }),
        1 => (handle(), handle()).prop_map(|(port_handle, lun_handle)| Request::TargetReset { port_handle, lun_handle }),
        3 => (handle(), handle(), cdb(), protection).prop_map(|(port_handle, lun_handle, cdb, protection)| Request::Fcp {
            port_handle,
            lun_handle,
            cdb,
            protection,
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Handles of nobody, devices that are not there, addresses past the end: all is judged, nothing panics, and requests of a kind
    /// are counted one by one.
    #[test]
    fn any_request_is_counted_and_judged(scenario in strategy::scenario(), requests in vec((0..4u8, request()), 0..60)) {
        let mut channel = Channel::new(&scenario);
        let mut again = channel.clone();
        let mut counts = BTreeMap::new();
        for (device, request) in &requests {
            let submission = channel.submit(*device, request);
            prop_assert_eq!(submission.command, request.command());
            prop_assert_eq!((submission.sent.device, submission.sent.command), (*device, request.command()));
            if channel.device(*device).is_some() {
                let count = counts.entry((*device, request.command())).or_insert(0);
                *count += 1;
                prop_assert_eq!(submission.occurrence, *count);
            } else {
                prop_assert_eq!(&submission.reply, &Reply::Silence);
            }
            prop_assert_eq!(again.submit(*device, request), submission);
        }
    }

    /// What a device is asked changes no other.
    #[test]
    fn devices_know_nothing_of_each_other(
        first in strategy::device(), second in strategy::device(), requests in vec((0..2u8, request()), 0..60),
    ) {
        let mut both = Channel::new(&Scenario { devices: vec![first, second.clone()], ..Scenario::default() });
        let mut alone = Channel::new(&Scenario { devices: vec![Device::default(), second], ..Scenario::default() });
        for (device, request) in &requests {
            let answer = both.submit(*device, request);
            if *device == 1 {
                prop_assert_eq!(alone.submit(1, request), answer);
            }
        }
    }

    /// Buffers are neither made nor lost: what is posted waits, or came back with a status.
    #[test]
    fn status_read_buffers_are_conserved(acts in vec(any::<bool>(), 0..200)) {
        let mut channel = Channel::new(&Scenario { devices: vec![Device::default()], ..Scenario::default() });
        channel.queues_opened(0);
        let (mut posted, mut used) = (0, 0);
        for post in acts {
            let delivered = if post {
                posted += 1;
                channel.post_status_read(0)
            } else {
                channel.unsolicited(0, regdiff_channel::StatusEvent::LinkUp)
            };
            used += u32::from(delivered.is_some());
            prop_assert_eq!(channel.posted_status_reads(0) + used, posted);
        }
        channel.queues_closed(0);
        prop_assert_eq!(channel.posted_status_reads(0), 0);
    }

    /// A disk gives back what was written last, block by block.
    #[test]
    fn a_disk_gives_back_what_was_written(writes in vec((0..64u64, 1..16u32, 0..4u64), 0..30), at in any::<Index>()) {
        let port = Port { luns: vec![Lun::default()], ..Port::default() };
        let device = Device { ports: vec![port], ..Device::default() };
        let lun = device.ports[0].luns[0].lun;
        let mut channel = Channel::new(&Scenario { devices: vec![device], ..Scenario::default() });
        channel.queues_opened(0);
        let mut answer = |request: Request| match channel.submit(0, &request).reply {
            Reply::Answer { response, .. } => (response.fsf_status, response.body),
            Reply::Silence => panic!("silence to {request:?}"),
        };
        let Body::OpenPort(port) = answer(Request::OpenPort { d_id: 0x02_0100 }).1 else { panic!("no port") };
        let Body::Lun { handle: lun_handle } = answer(Request::OpenLun { port_handle: port.handle, lun }).1 else { panic!("no LUN") };
        let mut fcp = |cdb| {
            let port_handle = port.handle;
            answer(Request::Fcp { port_handle, lun_handle, cdb, protection: ProtectionOp::Normal })
        };
        let mut content = [None; 80];
        for (lba, blocks, pattern) in &writes {
            prop_assert_eq!(fcp(ScsiCommand::Write { lba: *lba, blocks: *blocks, pattern: *pattern }).0, FsfStatus::Good);
            content[*lba as usize..][..*blocks as usize].fill(Some(*pattern));
        }
        let block = at.index(content.len()) as u64;
        let Body::Scsi(reply) = fcp(ScsiCommand::Read { lba: block, blocks: 1 }).1 else { panic!("no reply") };
        let expected = content[block as usize].map_or(0, |pattern| regdiff_channel::block_content(block, pattern));
        prop_assert!(matches!(reply.data, ScsiData::Blocks { digest, .. } if digest == expected), "{reply:?}");
    }
}
