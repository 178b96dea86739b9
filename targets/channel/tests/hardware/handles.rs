//! What is open, and what the firmware says about handles that are not.

use regdiff_channel::{Body, ProtectionOp, Request, ScsiCommand, ScsiData, Service};
use regdiff_scenario::FsfStatus;

use crate::rig::{D_ID, OTHER_D_ID, Path, ask, channel, open_lun, open_port};

#[test]
fn wrong_handles_are_named() {
    let mut channel = channel(vec![]);
    let path = Path::open(&mut channel, D_ID, 0);
    let other = open_port(&mut channel, OTHER_D_ID);
    let Path { port_handle, lun_handle } = path;
    let fcp = |port_handle, lun_handle| {
        Path { port_handle, lun_handle }.request(ScsiCommand::TestUnitReady, ProtectionOp::Normal)
    };
    let cases = [
        (Request::ClosePort { handle: 0 }, FsfStatus::PortHandleNotValid),
        (Request::ClosePort { handle: lun_handle }, FsfStatus::PortHandleNotValid),
        (Request::ClosePhysicalPort { handle: 99 }, FsfStatus::PortHandleNotValid),
        (Request::CloseWka { handle: port_handle }, FsfStatus::PortHandleNotValid),
        (Request::OpenLun { port_handle: 99, lun: 0 }, FsfStatus::PortHandleNotValid),
        (Request::CloseLun { lun_handle: port_handle }, FsfStatus::LunHandleNotValid),
        (Request::Abort { port_handle, lun_handle: 99 }, FsfStatus::LunHandleNotValid),
        (fcp(99, lun_handle), FsfStatus::PortHandleNotValid),
        (fcp(port_handle, 99), FsfStatus::LunHandleNotValid),
        (fcp(other, lun_handle), FsfStatus::HandleMismatch),
        (fcp(port_handle, lun_handle), FsfStatus::Good),
    ];
    for (request, status) in cases {
        assert_eq!(ask(&mut channel, request).fsf_status, status, "{request:?}");
    }
}

#[test]
fn nothing_opens_twice() {
    let mut channel = channel(vec![]);
    let Path { port_handle, lun_handle } = Path::open(&mut channel, D_ID, 0);
    assert_eq!(ask(&mut channel, Request::OpenPort { d_id: D_ID }).fsf_status, FsfStatus::PortAlreadyOpen);
    let again = Request::OpenLun { port_handle, lun: 0 };
    assert_eq!(ask(&mut channel, again).fsf_status, FsfStatus::LunAlreadyOpen);
    ask(&mut channel, Request::CloseLun { lun_handle });
    assert_eq!(ask(&mut channel, again).fsf_status, FsfStatus::Good);
    let wka = Request::OpenWka { service: Service::Directory };
    let Body::Wka { handle } = ask(&mut channel, wka).body else { panic!() };
    assert_eq!(ask(&mut channel, wka).fsf_status, FsfStatus::PortAlreadyOpen);
    assert_eq!(ask(&mut channel, Request::CloseWka { handle }).fsf_status, FsfStatus::Good);
    assert_eq!(ask(&mut channel, wka).fsf_status, FsfStatus::Good);
}

#[test]
fn closing_a_port_physically_closes_its_luns_and_keeps_its_handle() {
    let mut channel = channel(vec![]);
    let Path { port_handle, lun_handle } = Path::open(&mut channel, D_ID, 0);
    assert_eq!(ask(&mut channel, Request::ClosePhysicalPort { handle: port_handle }).fsf_status, FsfStatus::Good);
    assert_eq!(ask(&mut channel, Request::CloseLun { lun_handle }).fsf_status, FsfStatus::LunHandleNotValid);
    assert_eq!(ask(&mut channel, Request::ClosePort { handle: port_handle }).fsf_status, FsfStatus::Good);
    assert_eq!(ask(&mut channel, Request::ClosePort { handle: port_handle }).fsf_status, FsfStatus::PortHandleNotValid);
}

#[test]
fn closed_queues_forget_all_handles() {
    let mut channel = channel(vec![]);
    let old = open_port(&mut channel, D_ID);
    channel.queues_closed(0);
    channel.queues_opened(0);
    assert_eq!(ask(&mut channel, Request::ClosePort { handle: old }).fsf_status, FsfStatus::PortHandleNotValid);
    assert_ne!(open_port(&mut channel, D_ID), old);
}

#[test]
fn an_unknown_lun_opens_and_says_that_it_is_not_there() {
    let mut channel = channel(vec![]);
    let port_handle = open_port(&mut channel, D_ID);
    let path = Path { port_handle, lun_handle: open_lun(&mut channel, port_handle, 0x4242) };
    let ScsiData::Inquiry(data) = path.scsi(&mut channel, ScsiCommand::Inquiry { length: 36 }).data else { panic!() };
    assert_eq!((data.qualifier, data.device_type), (3, 0x1f));
    let ScsiData::Luns(list) = path.scsi(&mut channel, ScsiCommand::ReportLuns { length: 4096 }).data else { panic!() };
    assert_eq!(list.luns, [0, 1 << 48], "REPORT LUNS is answered at every LUN");
    let reset = Request::LunReset { port_handle, lun_handle: path.lun_handle };
    assert_eq!(ask(&mut channel, reset).body, Body::Task { response_code: 9 });
    let reset = Request::TargetReset { port_handle, lun_handle: path.lun_handle };
    assert_eq!(ask(&mut channel, reset).body, Body::Task { response_code: 0 });
}
