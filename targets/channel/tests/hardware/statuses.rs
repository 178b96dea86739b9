//! Unsolicited status reaches a driver through posted buffers.

use regdiff_channel::StatusEvent;
use regdiff_scenario::firmware::Reply as Scripted;
use regdiff_scenario::{Answer, Command, Step, Trigger};

use crate::rig::{D_ID, answer, channel};

#[test]
fn a_step_is_delivered_into_a_posted_buffer() {
    let mut channel = channel(vec![]);
    assert_eq!(channel.post_status_read(0), None);
    assert_eq!(channel.posted_status_reads(0), 1);
    let closed = Some(StatusEvent::PortClosed { d_id: D_ID });
    assert_eq!(channel.perform(&Step::new(Trigger::PortClosed)), closed);
    assert_eq!(channel.perform(&Step::new(Trigger::SenseData)), None, "no buffer left");
    assert_eq!(channel.post_status_read(0), Some(StatusEvent::SenseData));
    assert_eq!(channel.posted_status_reads(0), 0);
}

#[test]
fn closed_queues_lose_what_is_said_but_not_that_it_is_true() {
    let mut channel = channel(vec![]);
    channel.post_status_read(0);
    channel.queues_closed(0);
    let step = Step { a: 0x2222, ..Step::new(Trigger::VersionChange) };
    assert_eq!(channel.perform(&step), None);
    channel.queues_opened(0);
    assert_eq!(channel.post_status_read(0), None);
    assert_eq!(channel.device(0).unwrap().lic_version, 0x2222);
}

#[test]
fn a_script_can_swallow_a_buffer() {
    let silent = Answer { nth: 2, reply: Scripted::Silence, ..answer(Command::StatusRead, &[]) };
    let mut channel = channel(vec![silent]);
    for _ in 0..3 {
        channel.post_status_read(0);
    }
    assert_eq!(channel.posted_status_reads(0), 2);
}

#[test]
fn steps_of_others_do_nothing_here() {
    let mut channel = channel(vec![]);
    channel.post_status_read(0);
    for trigger in [Trigger::SetOnline, Trigger::Read, Trigger::QueueError, Trigger::Fail] {
        assert_eq!(channel.perform(&Step::new(trigger)), None);
    }
    let elsewhere = Step { device: 3, ..Step::new(Trigger::LinkDown) };
    assert_eq!(channel.perform(&elsewhere), None);
    assert_eq!(channel.posted_status_reads(0), 1);
}
