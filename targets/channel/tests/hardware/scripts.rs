//! Scripted answers come first, to the command and occurrence they name.

use regdiff_channel::{Body, Reply, Request, ScsiCommand};
use regdiff_scenario::firmware::Reply as Scripted;
use regdiff_scenario::{Answer, Command, ContentField, FsfStatus, ProtocolStatus, Selector};

use crate::rig::{D_ID, OTHER_D_ID, Path, answer, ask, channel, open_port};

const XCONF: Request = Request::ExchangeConfigData;
const XPORT: Request = Request::ExchangePortData;

#[test]
fn the_second_port_exchange_is_answered_whatever_else_is_sent() {
    let script = Answer {
        command: Command::ExchangePortData,
        nth: 2,
        delay_ms: 7,
        protocol_status: ProtocolStatus::LinkDown,
        fsf_status: FsfStatus::Unknown,
        qualifier: 0x10,
        ..Answer::default()
    };
    for exchanges in 0..4 {
        let mut channel = channel(vec![script.clone()]);
        for _ in 0..exchanges {
            assert_eq!(ask(&mut channel, XCONF).fsf_status, FsfStatus::Good);
        }
        assert_eq!(ask(&mut channel, XPORT).protocol_status, ProtocolStatus::Good);
        let submission = channel.submit(0, &XPORT);
        assert_eq!(submission.occurrence, 2);
        let Reply::Answer { delay_ms, response } = submission.reply else { panic!() };
        assert_eq!(delay_ms, 7);
        assert_eq!((response.protocol_status, response.qualifier), (ProtocolStatus::LinkDown, 0x10));
        assert_eq!(response.fsf_status, FsfStatus::Unknown);
        assert!(matches!(response.body, Body::Port(_)), "an exchange always carries its data");
        assert_eq!(ask(&mut channel, XPORT).protocol_status, ProtocolStatus::Good, "past the script");
    }
}

#[test]
fn occurrences_go_on_when_the_queues_are_closed() {
    let mut channel = channel(vec![Answer { nth: 2, fsf_status: FsfStatus::Unknown, ..Answer::default() }]);
    ask(&mut channel, XCONF);
    channel.queues_closed(0);
    channel.queues_opened(0);
    assert_eq!(ask(&mut channel, XCONF).fsf_status, FsfStatus::Unknown);
}

#[test]
fn silence_has_no_effect() {
    let silent = Answer { reply: Scripted::Silence, ..answer(Command::OpenPort, &[]) };
    let mut channel = channel(vec![silent]);
    assert_eq!(channel.submit(0, &Request::OpenPort { d_id: D_ID }).reply, Reply::Silence);
    assert_eq!(ask(&mut channel, Request::OpenPort { d_id: D_ID }).fsf_status, FsfStatus::Good, "it was not open");
}

#[test]
fn selectors_tell_ports_and_luns_apart() {
    let port = Answer { port: Selector(Some(1)), fsf_status: FsfStatus::PortBoxed, ..answer(Command::OpenPort, &[]) };
    let lun = Answer {
        port: Selector(Some(0)),
        lun: Selector(Some(1)),
        nth: 2,
        ..answer(Command::TestUnitReady, &[(ContentField::Sense, 0x06_2900)])
    };
    let mut channel = channel(vec![port, lun]);
    let port_handle = open_port(&mut channel, D_ID);
    assert_eq!(ask(&mut channel, Request::OpenPort { d_id: OTHER_D_ID }).fsf_status, FsfStatus::PortBoxed);
    let path = |channel: &mut _, lun| Path { port_handle, lun_handle: crate::rig::open_lun(channel, port_handle, lun) };
    let (plain, protected) = (path(&mut channel, 0), path(&mut channel, 1 << 48));
    let mut ready = |path: Path| path.scsi(&mut channel, ScsiCommand::TestUnitReady).is_good();
    assert!(ready(plain) && ready(plain) && ready(protected) && ready(plain));
    assert!(!ready(protected), "its second, the fifth of all");
    assert!(ready(protected));
}

#[test]
fn what_a_script_refuses_has_no_effect_and_what_it_grants_has() {
    let refused = Answer { fsf_status: FsfStatus::PortBoxed, ..answer(Command::ClosePort, &[]) };
    let granted = answer(Command::OpenPort, &[]);
    let mut channel = channel(vec![refused, granted]);
    let nowhere = open_port(&mut channel, 0x99_9999);
    assert_eq!(ask(&mut channel, Request::ClosePort { handle: nowhere }).fsf_status, FsfStatus::PortBoxed);
    assert_eq!(ask(&mut channel, Request::ClosePort { handle: nowhere }).fsf_status, FsfStatus::Good, "still open");
    assert_eq!(ask(&mut channel, Request::OpenPort { d_id: 0x99_9999 }).fsf_status, FsfStatus::AdapterStatusAvailable);
}

#[test]
fn observers_see_names() {
    let mut channel = channel(vec![]);
    let port_handle = open_port(&mut channel, D_ID);
    let submission = channel.submit(0, &Request::OpenLun { port_handle, lun: 1 << 48 });
    assert_eq!((submission.port, submission.lun), (Some(0), Some(1)));
    assert_eq!((submission.sent.port, submission.sent.lun), (0x5005_0763_0500_0001, 1 << 48));
    let submission = channel.submit(0, &Request::OpenPort { d_id: 0x99_9999 });
    assert_eq!((submission.port, submission.sent.port), (None, 0x99_9999));
}
