//! Fields that a script overrides.

use regdiff_channel::{
    Body, Channel, CtPayload, CtResult, Request, STATUS_CHECK_CONDITION, ScsiCommand, ScsiData, Sense,
};
use regdiff_scenario::{Answer, Command, ContentField as F};

use crate::rig::{D_ID, Path, answer, ask, channel};

/// A request for every command that carries fields.
fn respond(channel: &mut Channel, path: Path, command: Command) -> Body {
    let Path { port_handle, lun_handle } = path;
    let request = match command {
        Command::ExchangeConfigData => Request::ExchangeConfigData,
        Command::ExchangePortData => Request::ExchangePortData,
        Command::OpenPort => Request::OpenPort { d_id: crate::rig::OTHER_D_ID },
        Command::GpnFt => Request::GpnFt,
        Command::GidPn => Request::GidPn { wwpn: 0x5005_0763_0500_0002 },
        Command::GspnId => Request::GspnId { d_id: 1 },
        Command::Adisc => Request::Adisc { d_id: D_ID },
        Command::LunReset => Request::LunReset { port_handle, lun_handle },
        Command::Inquiry => path.request(ScsiCommand::Inquiry { length: 36 }, Default::default()),
        Command::ReadCapacity => path.request(ScsiCommand::ReadCapacity { long: true }, Default::default()),
        Command::TestUnitReady => path.request(ScsiCommand::TestUnitReady, Default::default()),
        _ => panic!("{command:?} carries nothing"),
    };
    ask(channel, request).body
}

fn run(command: Command, contents: &[(F, u64)]) -> Body {
    // The rig opens a port and a LUN itself: the answer is for what follows.
    let nth = if command == Command::OpenPort { 2 } else { 1 };
    let mut channel = channel(vec![Answer { nth, ..answer(command, contents) }]);
    let path = Path::open(&mut channel, D_ID, 0);
    respond(&mut channel, path, command)
}

/// The command whose response carries a field.
fn carrier(field: F) -> Command {
    match field as u8 {
        1..=20 => Command::ExchangeConfigData,
        32..=38 => Command::ExchangePortData,
        48..=50 => Command::OpenPort,
        64 | 65 => Command::GpnFt,
        66 => Command::GidPn,
        67 => Command::GspnId,
        68 => Command::Adisc,
        84 => Command::Inquiry,
        85 => Command::ReadCapacity,
        _ => Command::TestUnitReady,
    }
}

#[test]
fn every_field_changes_its_response() {
    for &field in F::ALL {
        let command = carrier(field);
        let value = 0x2345_6789_abcd_ef7f;
        assert_ne!(run(command, &[(field, value)]), run(command, &[]), "{field:?}");
    }
}

#[test]
fn fields_that_a_response_does_not_carry_are_ignored() {
    for &field in F::ALL {
        let command = if carrier(field) == Command::Adisc { Command::GidPn } else { Command::Adisc };
        assert_eq!(run(command, &[(field, 1)]), run(command, &[]), "{field:?}");
    }
}

#[test]
fn numbers_are_cut_to_their_width() {
    let all = u64::MAX;
    let Body::Config(data) =
        run(Command::ExchangeConfigData, &[(F::SId, all), (F::StatusReadBufNum, all), (F::PeerDId, 1 << 24 | 5)])
    else {
        panic!()
    };
    assert_eq!((data.s_id, data.status_read_buf_num, data.peer_d_id), (0xff_ffff, 0xffff, 5));
    let Body::Scsi(reply) = run(Command::TestUnitReady, &[(F::Sense, all)]) else { panic!() };
    assert_eq!(reply.sense, Some(Sense::new(0xf, 0xff, 0xff)));
}

#[test]
fn later_entries_win() {
    let Body::Config(data) = run(Command::ExchangeConfigData, &[(F::LicVersion, 1), (F::LicVersion, 2)]) else {
        panic!()
    };
    assert_eq!(data.lic_version, 2);
}

#[test]
fn a_sense_means_check_condition_unless_a_status_follows() {
    let Body::Scsi(reply) = run(Command::TestUnitReady, &[(F::Sense, 0x06_2900)]) else { panic!() };
    assert_eq!((reply.status, reply.sense), (STATUS_CHECK_CONDITION, Some(Sense::new(6, 0x29, 0))));
    let Body::Scsi(reply) = run(Command::TestUnitReady, &[(F::Sense, 0x06_2900), (F::ScsiStatus, 0)]) else { panic!() };
    assert_eq!(reply.status, 0);
}

#[test]
fn the_name_server_can_reject_and_lie() {
    for (value, result) in [
        (0, CtResult::Accepted),
        (1, CtResult::RejectedUnable),
        (2, CtResult::RejectedOther),
        (3, CtResult::Bad),
        (9, CtResult::Bad),
    ] {
        let Body::Ct(ct) = run(Command::GpnFt, &[(F::CtResult, value), (F::CtResidual, 3)]) else { panic!() };
        assert_eq!((ct.result, ct.residual), (result, 3));
    }
    let Body::Ct(ct) = run(Command::GidPn, &[(F::CtDId, 0)]) else { panic!() };
    assert_eq!(ct.payload, CtPayload::GidPn { d_id: 0 });
    let Body::Ct(ct) = run(Command::GspnId, &[(F::SymbolicName, 1)]) else { panic!() };
    assert_eq!(ct.payload, CtPayload::GspnId { carries_devno: true });
}

#[test]
fn a_short_login_is_not_looked_at() {
    for (length, looked_at) in [(0, false), (111, false), (112, true)] {
        let Body::OpenPort(port) = run(Command::OpenPort, &[(F::LoginLength, length), (F::LoginWwpn, 5)]) else {
            panic!()
        };
        assert_eq!(port.login().map(|login| login.wwpn), looked_at.then_some(5));
    }
}

#[test]
fn disks_lie_about_protection() {
    let Body::Scsi(reply) = run(Command::Inquiry, &[(F::InquiryByte5, 1)]) else { panic!() };
    assert!(matches!(reply.data, ScsiData::Inquiry(data) if data.byte5 == 1));
    let Body::Scsi(reply) = run(Command::ReadCapacity, &[(F::CapacityByte12, 0xf)]) else { panic!() };
    assert!(matches!(reply.data, ScsiData::Capacity(data) if data.byte12 == Some(0xf)));
}

#[test]
fn statistics_follow_their_seed() {
    let port = |seed| run(Command::ExchangePortData, &[(F::Statistics, seed)]);
    assert_eq!(port(5), port(5));
    assert_ne!(port(5), port(6));
}
