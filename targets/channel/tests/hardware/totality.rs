//! Any sequence of requests and steps is taken, and always the same way.

use regdiff_channel::{Channel, ProtectionOp, Reply, Request, ScsiCommand, Service};
use regdiff_scenario::firmware::Reply as Scripted;
use regdiff_scenario::{Answer, Command, Content, ContentField, Scenario, Selector, Step, Trigger};

use crate::rig::{D_ID, OTHER_D_ID, device};

/// A small generator of numbers (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }
}

fn request(n: &mut Numbers) -> Request {
    let handle = n.below(24) as u32;
    let d_id = n.pick(&[D_ID, OTHER_D_ID, 0x99]);
    let (port_handle, lun_handle) = (n.below(24) as u32, n.below(24) as u32);
    let lba = n.pick(&[0, 8, 2040, u64::MAX]);
    let cdb = match n.below(11) {
        0 => ScsiCommand::Inquiry { length: n.below(65536) as u16 },
        1 => ScsiCommand::InquiryVpd { page: n.below(256) as u8 },
        2 => ScsiCommand::ReportLuns { length: n.below(64) as u32 },
        3 => ScsiCommand::TestUnitReady,
        4 => ScsiCommand::ReadCapacity { long: n.below(2) == 0 },
        5 => ScsiCommand::ModeSense { page: n.below(256) as u8 },
        6 => ScsiCommand::Read { lba, blocks: n.below(1024) as u32 },
        7 => ScsiCommand::Write { lba, blocks: n.below(1024) as u32, pattern: n.below(3) },
        8 => ScsiCommand::SynchronizeCache,
        9 => ScsiCommand::RequestSense,
        _ => ScsiCommand::StartUnit,
    };
    let protection = n.pick(&[ProtectionOp::Normal, ProtectionOp::ReadPass, ProtectionOp::WriteInsert]);
    match n.below(24) {
        0 => Request::ExchangeConfigData,
        1 => Request::ExchangePortData,
        2 | 3 => Request::OpenPort { d_id },
        4 => Request::ClosePort { handle },
        5 => Request::ClosePhysicalPort { handle },
        6..=8 => Request::OpenLun { port_handle, lun: n.pick(&[0, 1 << 48, 7]) },
        9 => Request::CloseLun { lun_handle },
        10 => Request::OpenWka { service: n.pick(&Service::ALL) },
        11 => Request::CloseWka { handle },
        12 => Request::GpnFt,
        13 => Request::GidPn { wwpn: n.pick(&[0x5005_0763_0500_0001, 1]) },
        14 => Request::GspnId { d_id },
        15 => Request::RspnId,
        16 => Request::Adisc { d_id },
        17 => Request::Abort { port_handle, lun_handle },
        18 => Request::LunReset { port_handle, lun_handle },
        19 => Request::TargetReset { port_handle, lun_handle },
        _ => Request::Fcp { port_handle, lun_handle, cdb, protection },
    }
}

fn answer(n: &mut Numbers) -> Answer {
    Answer {
        command: n.pick(Command::ALL),
        port: Selector(n.pick(&[None, Some(0), Some(1), Some(9)])),
        lun: Selector(n.pick(&[None, None, Some(1)])),
        nth: 1 + n.below(4) as u16,
        count: n.below(3) as u16,
        reply: n.pick(&[Scripted::Answer, Scripted::Answer, Scripted::Silence]),
        fsf_status: n.pick(regdiff_scenario::FsfStatus::ALL),
        protocol_status: n.pick(regdiff_scenario::ProtocolStatus::ALL),
        contents: vec![Content { field: n.pick(ContentField::ALL), value: n.0 }],
        ..Answer::default()
    }
}

fn run(seed: u64) -> (Vec<Reply>, usize) {
    let mut n = Numbers(seed);
    let firmware = (0..8).map(|_| answer(&mut n)).collect();
    let mut channel = Channel::new(&Scenario { devices: vec![device(), device()], firmware, ..Scenario::default() });
    let (mut replies, mut delivered) = (Vec::new(), 0);
    for _ in 0..300 {
        let target = n.below(3) as u8;
        match n.below(12) {
            0 => channel.queues_closed(target),
            1 => channel.queues_opened(target),
            2 => delivered += usize::from(channel.post_status_read(target).is_some()),
            3 => {
                let step = Step {
                    device: target,
                    port: n.below(4) as u8,
                    a: n.below(6) as u32,
                    b: n.below(9) as u32,
                    ..Step::new(n.pick(Trigger::ALL))
                };
                delivered += usize::from(channel.perform(&step).is_some());
            }
            _ => {
                let request = request(&mut n);
                let submission = channel.submit(target, &request);
                assert_eq!(submission.command, request.command());
                assert_eq!(submission.sent.command, submission.command);
                replies.push(submission.reply);
            }
        }
    }
    (replies, delivered)
}

#[test]
fn every_run_ends_and_repeats() {
    let mut delivered = 0;
    for seed in 1..200 {
        let first = run(seed);
        assert_eq!(first, run(seed), "seed {seed}");
        delivered += first.1;
    }
    assert!(delivered > 0, "the runs say something");
}
