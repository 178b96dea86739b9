//! Reads, writes and protection operations.

use regdiff_channel::{Body, Channel, ProtectionOp, STATUS_CHECK_CONDITION, ScsiCommand, ScsiData, Sense, StatusEvent};
use regdiff_scenario::firmware::Reply as Scripted;
use regdiff_scenario::{AdapterFeatures, Answer, Command, ContentField, Device, FsfStatus};

use crate::rig::{D_ID, Path, answer, ask, channel, channel_of, device};

const READ: ScsiCommand = ScsiCommand::Read { lba: 0, blocks: 16 };

fn write(pattern: u64) -> ScsiCommand {
    ScsiCommand::Write { lba: 4, blocks: 8, pattern }
}

fn digest(path: Path, channel: &mut Channel) -> u64 {
    match path.scsi(channel, READ).data {
        ScsiData::Blocks { digest } => digest,
        data => panic!("{data:?}"),
    }
}

#[test]
fn what_is_written_is_read_even_after_the_queues_were_closed() {
    let mut channel = channel(vec![]);
    let path = Path::open(&mut channel, D_ID, 0);
    assert_eq!(digest(path, &mut channel), 0);
    assert!(path.scsi(&mut channel, write(1)).is_good());
    let first = digest(path, &mut channel);
    assert!(path.scsi(&mut channel, write(2)).is_good());
    let second = digest(path, &mut channel);
    assert!(first != 0 && second != 0 && first != second);
    channel.queues_closed(0);
    channel.queues_opened(0);
    let path = Path::open(&mut channel, D_ID, 0);
    assert_eq!(digest(path, &mut channel), second);
}

#[test]
fn a_write_that_fails_writes_nothing() {
    let check = answer(Command::Write, &[(ContentField::Sense, 0x03_0c00)]);
    let boxed = Answer { nth: 2, fsf_status: FsfStatus::LunBoxed, ..answer(Command::Write, &[]) };
    let silent = Answer { nth: 3, reply: Scripted::Silence, ..answer(Command::Write, &[]) };
    let code = Answer { nth: 4, ..answer(Command::Write, &[(ContentField::ResponseCode, 4)]) };
    let mut channel = channel(vec![check, boxed, silent, code]);
    let path = Path::open(&mut channel, D_ID, 0);
    for _ in 0..4 {
        channel.submit(0, &path.request(write(7), ProtectionOp::Normal));
    }
    assert_eq!(digest(path, &mut channel), 0);
    assert!(path.scsi(&mut channel, write(7)).is_good());
    assert_ne!(digest(path, &mut channel), 0);
}

#[test]
fn refusals_come_with_a_response_iu() {
    let mut channel = channel(vec![]);
    let path = Path::open(&mut channel, D_ID, 0);
    let response = path.respond(&mut channel, ScsiCommand::Read { lba: 2048, blocks: 1 });
    assert_eq!(response.fsf_status, FsfStatus::FcpRspAvailable);
    let Body::Scsi(reply) = response.body else { panic!() };
    assert_eq!((reply.status, reply.sense), (STATUS_CHECK_CONDITION, Some(Sense::LBA_OUT_OF_RANGE)));
}

#[test]
fn protection_takes_a_feature_and_a_formatted_disk() {
    let insert = |path: Path| path.request(write(1), ProtectionOp::WriteInsert);
    let pass = |path: Path| path.request(READ, ProtectionOp::ReadPass);
    let mut channel = channel(vec![]);
    let path = Path::open(&mut channel, D_ID, 1 << 48);
    assert_eq!(ask(&mut channel, insert(path)).fsf_status, FsfStatus::InvalidProtParm);

    let features = device().features.with(AdapterFeatures::DIF_PROT_TYPE1);
    let mut channel = channel_of(Device { features, ..device() }, vec![]);
    let path = Path::open(&mut channel, D_ID, 1 << 48);
    assert_eq!(ask(&mut channel, insert(path)).fsf_status, FsfStatus::Good);
    assert_eq!(ask(&mut channel, pass(path)).fsf_status, FsfStatus::InvalidProtParm);
    let features = features.with(AdapterFeatures::DIX_PROT_TCPIP).0;
    channel.unsolicited(0, StatusEvent::FeatureUpdate { features });
    assert_eq!(ask(&mut channel, pass(path)).fsf_status, FsfStatus::Good);
    let Body::Config(data) = ask(&mut channel, regdiff_channel::Request::ExchangeConfigData).body else { panic!() };
    assert_eq!(data.adapter_features, features, "an update is true from then on");
}

#[test]
fn the_firmware_does_what_a_script_made_it_promise() {
    let mut channel = channel(vec![answer(
        Command::ExchangeConfigData,
        &[(ContentField::AdapterFeatures, AdapterFeatures::DIF_PROT_TYPE1.0.into())],
    )]);
    let path = Path::open(&mut channel, D_ID, 1 << 48);
    let insert = path.request(write(1), ProtectionOp::WriteInsert);
    assert_eq!(ask(&mut channel, insert).fsf_status, FsfStatus::InvalidProtParm);
    ask(&mut channel, regdiff_channel::Request::ExchangeConfigData);
    assert_eq!(ask(&mut channel, insert).fsf_status, FsfStatus::Good);
}
