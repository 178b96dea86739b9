//! Queues and elevators (midlayer.md 5, 6.6, 6.7, 7, 9).

use regdiff_kernel::scsi::{Cdb, Errno, elevator_change, sd_flush, sd_read_write, update_nr_requests};
use regdiff_observation::{LogId, MemoryOp, RequestObject, TrapKind};
use regdiff_scenario::{Context, Elevator, ElevatorAttach, FailPoint, Layout, Midlayer};

use crate::rig::{DIF, DIX, Rig, logs, trap};

const READ: Cdb = Cdb::Read { lba: 0, blocks: 8 };

#[test]
fn limits_are_the_host_s_of_their_moment() {
    let rig = Rig::of(Midlayer::V5_7);
    rig.host.prot_capabilities.set(DIX);
    let record = rig.with_disk(|rig| async move {
        let queue = &rig.sdev(0).queue;
        assert_eq!((queue.max_segments, queue.max_hw_sectors), (538, 4304));
        assert_eq!((queue.max_integrity_segments, rig.host.sg_prot_tablesize.get()), (65_535, 65_535));
        Ok(())
    });
    assert_eq!(record.end, None);
}

#[test]
fn fewer_integrity_segments_than_segments_are_a_bug() {
    let rig = Rig::of(Midlayer::V5_7);
    let r = rig.clone();
    let record = crate::rig::run(&rig.kernel, async move {
        let rport = r.online().await?;
        r.host.prot_capabilities.set(DIX);
        r.host.sg_prot_tablesize.set(100);
        regdiff_kernel::scsi::scan_target(&r.host, &rport, Some(1 << 48), regdiff_kernel::scsi::ScanMode::Manual).await
    });
    assert_eq!(trap(&record), (TrapKind::Bug, "__scsi_init_queue".into(), "sg_prot_tablesize".into()));
}

/// Which kinds of objects W1 hit outside their payload, for a host sized without protection and used with it.
fn carriers(attach: ElevatorAttach) -> (Option<TrapKind>, Vec<RequestObject>) {
    let rig = Rig::new(|s| {
        s.kernel.elevator_attach = attach;
        // Its slots have slack enough that no neighbour is hit.
        s.kernel.layout = Layout::Seed56Rc2DebugS390x;
    });
    rig.fake.write_cache.set(true);
    let r = rig.clone();
    let record = crate::rig::run(&rig.kernel, async move {
        assert_eq!(regdiff_kernel::scsi::scsi_add_host(&r.host).await?, Ok(()));
        r.host.prot_capabilities.set(DIF);
        r.add_port(crate::rig::WWPN).await?;
        r.kernel.wait_for_rest().await;
        assert_eq!(sd_flush(&r.sdev(0)).await?, Ok(0));
        Ok(())
    });
    let mut kinds: Vec<_> = record.violations.iter().filter(|v| v.op == MemoryOp::W1).map(|v| v.object).collect();
    kinds.dedup();
    (record.end.map(|_| TrapKind::NullAccess), kinds)
}

#[test]
fn the_elevator_s_moment_decides_which_object_carries_a_command() {
    // At queue allocation: scheduler requests from the first INQUIRY on, and the flush request of the queue.
    assert_eq!(carriers(ElevatorAttach::AtQueueAlloc), (None, vec![RequestObject::SchedulerTag, RequestObject::Flush]));
    // At add disk: INQUIRY is on a driver tag of the time without protection.
    assert_eq!(carriers(ElevatorAttach::AtAddDisk), (Some(TrapKind::NullAccess), vec![]));
}

#[test]
fn the_elevator_is_attached_by_profile_and_may_fail() {
    for attach in [ElevatorAttach::AtQueueAlloc, ElevatorAttach::AtAddDisk] {
        let rig = Rig::new(|s| s.kernel.elevator_attach = attach);
        rig.kernel.arm_failure(0, FailPoint::ElevatorAttach, 1, 0);
        let record = rig.with_disk(|_| async { Ok(()) });
        let late = attach == ElevatorAttach::AtAddDisk;
        assert_eq!(!rig.visible().is_empty(), late, "a queue without its elevator is none");
        assert_eq!(logs(&record).contains(&LogId::ElevatorFailed), late);
    }
    let rig = Rig::new(|s| s.kernel.elevator = Elevator::None);
    rig.with_disk(|rig| async move {
        assert_eq!(rig.sdev(0).queue.elevator(), Elevator::None);
        assert_eq!(elevator_change(&rig.sdev(0), Elevator::MqDeadline).await?, Err(Errno::EINVAL));
        Ok(())
    });
}

#[test]
fn switches_and_sizes() {
    let rig = Rig::of(Midlayer::V5_7);
    let record = rig.with_disk(|rig| async move {
        let sdev = rig.sdev(0);
        let requests = || sdev.queue.nr_requests.get();
        assert_eq!((sdev.queue.elevator(), requests()), (Elevator::MqDeadline, 128), "twice 64 driver tags");
        assert_eq!(update_nr_requests(&sdev, 1).await?, Ok(()));
        assert_eq!(requests(), 4);
        assert_eq!(update_nr_requests(&sdev, 2048).await?, Ok(()));
        assert_eq!(update_nr_requests(&sdev, 2049).await?, Err(Errno::EINVAL));
        assert_eq!(requests(), 2048);
        assert_eq!(elevator_change(&sdev, Elevator::None).await?, Ok(()));
        assert_eq!((sdev.queue.elevator(), requests()), (Elevator::None, 64));
        assert_eq!(update_nr_requests(&sdev, 65).await?, Err(Errno::EINVAL));
        assert_eq!(update_nr_requests(&sdev, 10).await?, Ok(()));
        rig.kernel.arm_failure(0, FailPoint::ElevatorAttach, 1, 0);
        assert_eq!(elevator_change(&sdev, Elevator::MqDeadline).await?, Err(Errno::ENOMEM));
        assert_eq!(sdev.queue.elevator(), Elevator::None);
        Ok(())
    });
    assert_eq!(record.end, None);
}

#[test]
fn a_switch_waits_for_requests_and_keeps_new_ones_out() {
    let rig = Rig::of(Midlayer::V5_7);
    let record = rig.with_disk(|rig| async move {
        let sdev = rig.sdev(0);
        for _ in 0..3 {
            let sdev = sdev.clone();
            rig.kernel.spawn(Context::User, 0, async move {
                assert!(sd_read_write(&sdev, READ).await?.is_ok());
                Ok(())
            });
        }
        rig.kernel.yield_turn().await;
        let before = rig.kernel.now_us();
        assert_eq!(elevator_change(&sdev, Elevator::None).await?, Ok(()));
        assert_eq!(rig.kernel.now_us(), before + 100);
        assert!(sd_read_write(&sdev, READ).await?.is_ok());
        Ok(())
    });
    assert_eq!(record.end, None);
}

#[test]
fn requests_and_queue_depth_limit_what_is_under_way() {
    for (requests, depth, expected) in [(4, 32, 4), (64, 2, 2)] {
        let rig = Rig::new(|s| s.kernel.elevator = Elevator::None);
        let record = rig.with_disk(move |rig| async move {
            let sdev = rig.sdev(0);
            assert_eq!(update_nr_requests(&sdev, requests).await?, Ok(()));
            sdev.queue_depth.set(depth);
            rig.fake.most_at_once.set(0);
            for _ in 0..9 {
                let sdev = sdev.clone();
                rig.kernel.spawn(Context::User, 0, async move {
                    assert!(sd_read_write(&sdev, READ).await?.is_ok());
                    Ok(())
                });
            }
            rig.kernel.wait_for_rest().await;
            assert_eq!(rig.fake.most_at_once.get(), expected);
            Ok(())
        });
        assert_eq!(record.end, None);
    }
}

#[test]
fn one_flush_serves_all_that_wait() {
    let rig = Rig::of(Midlayer::V5_7);
    rig.fake.write_cache.set(true);
    let record = rig.with_disk(|rig| async move {
        for _ in 0..4 {
            let sdev = rig.sdev(0);
            rig.kernel.spawn(Context::User, 0, async move {
                assert_eq!(sd_flush(&sdev).await?, Ok(0));
                Ok(())
            });
        }
        rig.kernel.wait_for_rest().await;
        assert_eq!(rig.fake.count(|c| *c == Cdb::SynchronizeCache), 2, "the first, and one for the rest");
        Ok(())
    });
    assert_eq!(record.end, None);
}
