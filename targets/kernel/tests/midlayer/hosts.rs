//! Scsi_Host: add, remove, put (midlayer.md 2).

use std::rc::Rc;

use regdiff_kernel::scsi::{Errno, HostState, fc_remove_host, scsi_add_host, scsi_host_put, scsi_remove_host};
use regdiff_observation::{Access, LogId, Object, TrapKind, UeventAction};
use regdiff_scenario::{FailPoint, Midlayer};

use crate::rig::{DIX, Rig, WWPN, calm, logs, trap, uevents};

const ALL: [Midlayer; 4] = [Midlayer::V5_3, Midlayer::V5_7, Midlayer::V6_1, Midlayer::V6_12];

#[test]
fn a_life() {
    for midlayer in ALL {
        let rig = Rig::of(midlayer);
        let record = rig.with_disk(move |rig| async move {
            let host = &rig.host;
            assert_eq!((host.host_no, host.state()), (0, HostState::Running));
            assert!(host.is_visible() && host.has_fc_data() && host.tag_set_cmd_size().is_some());
            fc_remove_host(host).await?;
            assert!(host.devices.borrow().is_empty(), "deleting its port removed the device");
            scsi_remove_host(host).await?;
            assert_eq!(host.state(), HostState::Del);
            assert_eq!(host.tag_set_cmd_size().is_some(), midlayer < Midlayer::V6_1);
            assert_eq!(rig.kernel.hosts_allocated(), 1);
            scsi_host_put(host)?;
            assert!(host.is_released() && !host.has_fc_data());
            assert_eq!(rig.kernel.hosts_allocated(), 0);
            Ok(())
        });
        assert_eq!(record.end, None);
        let (host, port, target) = (Object::Host(0), Object::Rport(0, WWPN), Object::Target(0, WWPN));
        let (sdev, disk) = (Object::Sdev(0, WWPN, 0), Object::Disk(0, WWPN, 0));
        let come = [host, Object::FcHost(0), port, target, sdev, disk].map(|o| (UeventAction::Add, o));
        let go = [disk, sdev, target, port, Object::FcHost(0), host].map(|o| (UeventAction::Remove, o));
        assert_eq!(uevents(&record), [come, go].concat());
        assert_eq!(*rig.fake.destroyed.borrow(), [0]);
    }
}

#[test]
fn removal_without_fc_removal_takes_the_devices_and_a_port_keeps_the_host() {
    let rig = Rig::of(Midlayer::V6_1);
    let record = rig.with_disk(|rig| async move {
        scsi_remove_host(&rig.host).await?;
        assert!(rig.host.devices.borrow().is_empty());
        scsi_remove_host(&rig.host).await?;
        scsi_host_put(&rig.host)?;
        assert!(!rig.host.is_released());
        Ok(())
    });
    assert_eq!(record.end, None);
    assert_eq!(rig.kernel.hosts_allocated(), 1);
}

#[test]
fn every_step_of_add_can_fail_and_leaves_nothing_published() {
    for point in [
        FailPoint::HostTagSet,
        FailPoint::HostDevice,
        FailPoint::HostClassDevice,
        FailPoint::HostShostData,
        FailPoint::HostWorkQueue,
    ] {
        let rig = Rig::of(Midlayer::V5_7);
        rig.kernel.arm_failure(0, point, 1, 0);
        let r = rig.clone();
        let record = calm(&rig.kernel, async move {
            assert_eq!(scsi_add_host(&r.host).await?, Err(Errno::ENOMEM), "{point:?}");
            assert!(!r.host.is_visible() && !r.host.has_fc_data() && r.host.work_q().is_none());
            scsi_host_put(&r.host)
        });
        assert_eq!(rig.kernel.hosts_allocated(), 0);
        let balance: i32 = uevents(&record).iter().map(|(a, _)| if *a == UeventAction::Add { 1 } else { -1 }).sum();
        assert_eq!(balance, 0);
    }
}

#[test]
fn without_both_fc_work_queues_the_host_is_added_but_its_ports_stay_for_ever() {
    for (nth, dev_loss_tmo) in [(1, 0), (2, 60)] {
        let rig = Rig::of(Midlayer::V5_7);
        rig.kernel.arm_failure(0, FailPoint::FcHostWorkQueues, nth, 0);
        let record = rig.with_disk(move |rig| async move {
            assert_eq!(rig.host.fc_host(Access::Read, "dev_loss_tmo")?.dev_loss_tmo.get(), dev_loss_tmo);
            fc_remove_host(&rig.host).await?;
            scsi_remove_host(&rig.host).await?;
            scsi_host_put(&rig.host)
        });
        assert_eq!(record.end, None);
        assert!(logs(&record).contains(&LogId::FcWorkRefused));
        assert_eq!(rig.kernel.hosts_allocated(), 1, "the port's reference is left");
    }
}

#[test]
fn a_host_without_requests_is_refused_and_numbers_are_used_again() {
    let rig = Rig::of(Midlayer::V5_7);
    rig.host.can_queue.set(0);
    let r = rig.clone();
    calm(&rig.kernel, async move {
        assert_eq!(scsi_add_host(&r.host).await?, Err(Errno::EINVAL));
        Ok(())
    });
    let driver: std::rc::Weak<dyn regdiff_kernel::scsi::HostDriver> = Rc::<crate::rig::Fake>::downgrade(&rig.fake);
    let alloc = || regdiff_kernel::scsi::scsi_host_alloc(&rig.kernel, 0, crate::rig::TEMPLATE, driver.clone());
    assert_eq!(alloc().unwrap().host_no, 1);
    scsi_host_put(&rig.host).unwrap();
    assert_eq!(alloc().unwrap().host_no, 0);
    rig.kernel.arm_failure(0, FailPoint::HostAlloc, 1, 0);
    assert!(alloc().is_none());
}

#[test]
fn a_freed_host_and_missing_fc_data_trap() {
    let rig = Rig::of(Midlayer::V5_7);
    let error = rig.host.fc_host(Access::Write, "port_id").err();
    assert!(error.is_some());
    assert_eq!(trap(&rig.kernel.take_record()), (TrapKind::NullAccess, "?".into(), "port_id".into()));
    let rig = Rig::of(Midlayer::V5_7);
    scsi_host_put(&rig.host).unwrap();
    assert!(scsi_host_put(&rig.host).is_err());
    assert_eq!(trap(&rig.kernel.take_record()).0, TrapKind::UseAfterFree);
}

#[test]
fn a_bsg_queue_has_the_limits_of_its_moment() {
    for (late, function) in [(false, "__scsi_init_queue"), (true, "scsi_init_limits")] {
        let rig = Rig::of(if late { Midlayer::V6_12 } else { Midlayer::V5_7 });
        rig.host.prot_capabilities.set(DIX);
        rig.host.sg_prot_tablesize.set(537);
        let record = rig.with_disk(|_| async { Ok(()) });
        assert_eq!(trap(&record), (TrapKind::Bug, function.into(), "sg_prot_tablesize".into()));
    }
}
