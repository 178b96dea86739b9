//! The local link, remote ports, and point to point.

use regdiff_channel::{
    Body, Channel, ConfigData, CtPayload, Link, PortData, ProtectionOp, Request, ScsiCommand, Service, StatusEvent,
    qualifier,
};
use regdiff_scenario::{Answer, Device, FsfStatus, Step, Topology, Trigger};

use crate::rig::{D_ID, OTHER_D_ID, Path, ask, channel, channel_of, device, open_port};

fn config(channel: &mut Channel) -> (FsfStatus, u32, ConfigData) {
    let response = ask(channel, Request::ExchangeConfigData);
    let Body::Config(data) = response.body else { panic!() };
    (response.fsf_status, response.qualifier, *data)
}

fn port(channel: &mut Channel) -> (FsfStatus, u32, PortData) {
    let response = ask(channel, Request::ExchangePortData);
    let Body::Port(data) = response.body else { panic!() };
    (response.fsf_status, response.qualifier, *data)
}

fn step(trigger: Trigger, a: u32, b: u32) -> Step {
    Step { a, b, ..Step::new(trigger) }
}

#[test]
fn without_a_link_both_exchanges_are_incomplete() {
    let mut channel = channel(vec![]);
    let (status, _, up) = config(&mut channel);
    assert_eq!((status, up.s_id, up.fc_topology), (FsfStatus::Good, 0x01_1900, 2));
    let (_, _, port_up) = port(&mut channel);
    for down in [step(Trigger::Cable, 0, 0x20), step(Trigger::LinkDown, 0, 0x20), step(Trigger::LinkDown, 1, 0x20)] {
        assert_eq!(channel.perform(&down), None, "no buffer is posted");
        assert_eq!(channel.link(0), Link::Down { code: 0x20 });
        let (status, code, data) = config(&mut channel);
        assert_eq!((status, code), (FsfStatus::ExchangeDataIncomplete, 0x20));
        assert_eq!((data.lic_version, data.adapter_features), (up.lic_version, up.adapter_features));
        assert_eq!(
            (data.port_name, data.node_name, data.serial_number),
            (up.port_name, up.node_name, up.serial_number)
        );
        assert_eq!((data.s_id, data.fc_link_speed, data.adapter_type, data.fc_topology), (0, 0, 0, 0));
        assert_eq!(port(&mut channel), (FsfStatus::ExchangeDataIncomplete, 0x20, port_up));
        channel.perform(&step(Trigger::LinkUp, 0, 0));
        assert_eq!(config(&mut channel), (FsfStatus::Good, 0, up));
    }
}

#[test]
fn other_subtypes_leave_the_link_alone() {
    let mut channel = channel(vec![]);
    channel.perform(&step(Trigger::LinkDown, 2, 4));
    assert_eq!(channel.link(0), Link::Up);
}

#[test]
fn a_link_that_is_down_from_the_start() {
    let mut channel = channel_of(Device { link_up: false, ..device() }, vec![]);
    let (status, code, _) = config(&mut channel);
    assert_eq!((status, code), (FsfStatus::ExchangeDataIncomplete, regdiff_channel::NO_LIGHT));
    channel.perform(&step(Trigger::Cable, 1, 0));
    assert_eq!(config(&mut channel).0, FsfStatus::Good);
}

#[test]
fn a_script_can_say_incomplete_with_the_link_up() {
    let script = Answer { fsf_status: FsfStatus::ExchangeDataIncomplete, qualifier: 8, ..Answer::default() };
    let mut channel = channel(vec![script]);
    let (status, code, data) = config(&mut channel);
    assert_eq!((status, code, data.s_id), (FsfStatus::ExchangeDataIncomplete, 8, 0));
    assert_eq!(port(&mut channel).0, FsfStatus::Good);
}

#[test]
fn without_a_link_nothing_leaves_the_adapter_but_closing_works() {
    let mut channel = channel(vec![]);
    let path = Path::open(&mut channel, D_ID, 0);
    channel.set_cable(0, Link::Down { code: 4 });
    let Path { port_handle, lun_handle } = path;
    let requests = [
        Request::OpenPort { d_id: OTHER_D_ID },
        Request::OpenLun { port_handle, lun: 1 },
        Request::OpenWka { service: Service::Directory },
        Request::GpnFt,
        Request::Adisc { d_id: D_ID },
        Request::LunReset { port_handle, lun_handle },
        path.request(ScsiCommand::TestUnitReady, ProtectionOp::Normal),
    ];
    for request in requests {
        let response = ask(&mut channel, request);
        assert_eq!(response.fsf_status, FsfStatus::AdapterStatusAvailable, "{request:?}");
        assert_eq!(response.qualifier, qualifier::NO_RETRY_POSSIBLE, "{request:?}");
    }
    for request in [Request::CloseLun { lun_handle }, Request::ClosePort { handle: port_handle }] {
        assert_eq!(ask(&mut channel, request).fsf_status, FsfStatus::Good);
    }
}

#[test]
fn a_port_that_vanishes_asks_for_a_link_test_which_fails() {
    let mut channel = channel(vec![]);
    let path = Path::open(&mut channel, D_ID, 0);
    channel.perform(&step(Trigger::FabricPort, 0, 0));
    let response = path.respond(&mut channel, ScsiCommand::TestUnitReady);
    assert_eq!(response.qualifier, qualifier::INVOKE_LINK_TEST);
    for request in [Request::Adisc { d_id: D_ID }, Request::OpenPort { d_id: D_ID }] {
        let response = ask(&mut channel, request);
        assert_eq!(response.fsf_status, FsfStatus::AdapterStatusAvailable);
        assert_eq!(response.qualifier, qualifier::ULP_DEPENDENT_ERP_REQUIRED);
    }
    channel.perform(&step(Trigger::FabricPort, 1, 0));
    assert!(path.scsi(&mut channel, ScsiCommand::TestUnitReady).is_good());
    let Body::Adisc(adisc) = ask(&mut channel, Request::Adisc { d_id: D_ID }).body else { panic!() };
    assert_eq!((adisc.wwpn, adisc.d_id), (0x5005_0763_0500_0001, D_ID));
}

#[test]
fn point_to_point_reaches_the_first_port_only() {
    let mut channel = channel_of(Device { topology: Topology::PointToPoint, ..device() }, vec![]);
    let (_, _, data) = config(&mut channel);
    assert_eq!((data.fc_topology, data.peer_d_id, data.fabric_name), (1, D_ID, 0));
    assert_eq!(data.peer_wwpn, 0x5005_0763_0500_0001);
    open_port(&mut channel, D_ID);
    assert_eq!(ask(&mut channel, Request::OpenPort { d_id: OTHER_D_ID }).fsf_status, FsfStatus::AdapterStatusAvailable);
    let response = ask(&mut channel, Request::OpenWka { service: Service::Directory });
    assert_eq!(response.fsf_status, FsfStatus::AdapterStatusAvailable);
}

#[test]
fn the_fabric_forgets_a_symbolic_name_with_the_link() {
    let mut channel = channel(vec![]);
    let carries = |channel: &mut Channel| match ask(channel, Request::GspnId { d_id: 1 }).body {
        Body::Ct(ct) => ct.payload == CtPayload::GspnId { carries_devno: true },
        body => panic!("{body:?}"),
    };
    assert!(!carries(&mut channel));
    ask(&mut channel, Request::RspnId);
    assert!(carries(&mut channel));
    channel.set_cable(0, Link::Down { code: 4 });
    channel.unsolicited(0, StatusEvent::LinkUp);
    assert!(!carries(&mut channel));
}
