//! Remote ports: blocked, lost, found again (midlayer.md 3.5, 3.7).

use regdiff_kernel::scsi::{
    Cdb, Errno, RportState, ScsiResult, SdevState, fc_remote_port_add, fc_remote_port_delete, fc_remove_host,
    remove_device, scsi_host_put, scsi_remove_host, sd_read_write,
};
use regdiff_observation::{LogId, Object, UeventAction};
use regdiff_scenario::{Context, FailPoint, Midlayer};

use crate::rig::{Rig, WWPN, logs, uevents};

#[test]
fn a_port_that_comes_back_in_time_keeps_its_devices() {
    let rig = Rig::of(Midlayer::V5_7);
    let record = rig.with_disk(|rig| async move {
        let rport = rig.host.rports()[0].clone();
        let sdev = rig.sdev(0);
        fc_remote_port_delete(&rig.kernel, &rport);
        fc_remote_port_delete(&rig.kernel, &rport);
        assert_eq!((rport.state(), sdev.state()), (RportState::Blocked, SdevState::Block));
        rig.kernel.wait_for_rest().await;
        assert_eq!(rport.state(), RportState::Blocked, "rest does not wait for the loss timer");
        let again = rig.add_port(WWPN).await?;
        assert!(std::rc::Rc::ptr_eq(&again, &rport));
        assert_eq!((rport.state(), sdev.state()), (RportState::Online, SdevState::Running));
        rig.kernel.wait_until_settled().await;
        assert_eq!(rport.state(), RportState::Online);
        assert_eq!(rig.fake.count(|c| matches!(c, Cdb::Inquiry { .. })), 1, "a rescan sends a known LUN nothing");
        Ok(())
    });
    assert_eq!(record.end, None);
}

#[test]
fn a_device_whose_target_is_not_in_sysfs_yet_is_not_blocked_with_its_port() {
    let rig = Rig::real();
    let kernel = rig.kernel.clone();
    rig.answer(move |command, nth| {
        let rport = &command.sdev.rport;
        if nth == 0 && matches!(command.cdb, Cdb::Inquiry { .. }) {
            fc_remote_port_delete(&kernel, rport);
        }
        rport.chkready().map(ScsiResult::host)
    });
    let record = rig.with_disk(|rig| async move {
        let (rport, began_us) = (rig.host.rports()[0].clone(), rig.kernel.now_us());
        assert!(began_us < 1_000_000, "its command is tried again all the time, and rest comes all the same");
        let scanned = rig.host.devices.borrow()[0].clone();
        assert_eq!((rport.state(), scanned.state()), (RportState::Blocked, SdevState::Created));
        rig.add_port(WWPN).await?;
        rig.kernel.wait_for_rest().await;
        assert_eq!((rig.visible(), rig.sdev(0).state()), (vec![0], SdevState::Running));
        assert!((1..=50).contains(&((rig.kernel.now_us() - began_us) / 1000)), "three runs of its queue later");
        // Now the target is there, and its devices go with the port.
        fc_remote_port_delete(&rig.kernel, &rport);
        assert_eq!(rig.sdev(0).state(), SdevState::Block);
        Ok(())
    });
    assert_eq!(record.end, None);
}

#[test]
fn a_lost_port_keeps_its_binding_and_its_number() {
    let rig = Rig::of(Midlayer::V6_1);
    let record = rig.with_disk(|rig| async move {
        let rport = rig.host.rports()[0].clone();
        rport.dev_loss_tmo.set(5);
        fc_remote_port_delete(&rig.kernel, &rport);
        let lost_at = rig.kernel.now_us() + 5_000_000;
        rig.kernel.wait_until_settled().await;
        assert!(rig.kernel.now_us() >= lost_at);
        assert_eq!(rport.state(), RportState::NotPresent);
        assert!(rig.host.rports().is_empty() && rig.host.devices.borrow().is_empty());
        assert_eq!(rig.host.lost_rports().len(), 1);
        let forgotten = (rport.wwpn.get(), rport.wwnn.get(), rport.port_id.get(), rport.maxframe_size.get());
        assert_eq!(forgotten, (WWPN, u64::MAX, u32::MAX, u32::MAX));
        let again = rig.add_port(WWPN).await?;
        rig.kernel.wait_for_rest().await;
        assert_eq!((again.number, again.target_id, again.port_id.get()), (0, 0, 0x10203));
        assert_eq!((rig.visible(), rig.host.lost_rports().len()), (vec![0], 0));
        assert_eq!(rig.add_port(WWPN + 1).await?.number, 1);
        Ok(())
    });
    assert_eq!(record.end, None);
    assert!(rig.fake.terminated.get() >= 2);
    assert_eq!(logs(&record).iter().filter(|l| **l == LogId::RportLost).count(), 1);
    let targets = uevents(&record).into_iter().filter(|(_, o)| matches!(o, Object::Target(_, WWPN)));
    assert_eq!(
        targets.map(|(a, _)| a).collect::<Vec<_>>(),
        [UeventAction::Add, UeventAction::Remove, UeventAction::Add]
    );
}

#[test]
fn a_read_of_a_blocked_disk_waits_and_fails_when_the_port_is_lost() {
    let rig = Rig::of(Midlayer::V5_7);
    let record = rig.with_disk(|rig| async move {
        let (rport, sdev) = (rig.host.rports()[0].clone(), rig.sdev(0));
        fc_remote_port_delete(&rig.kernel, &rport);
        let reader = rig.kernel.spawn(Context::User, 0, async move {
            assert_eq!(sd_read_write(&sdev, Cdb::Read { lba: 0, blocks: 1 }).await?, Err(Errno::EIO));
            Ok(())
        });
        rig.kernel.wait_for_rest().await;
        assert!(rig.kernel.is_live(reader));
        rig.kernel.wait_until_settled().await;
        assert!(!rig.kernel.is_live(reader));
        Ok(())
    });
    assert_eq!(record.end, None);
}

#[test]
fn losing_a_port_while_it_is_scanned_ends_the_scan() {
    let rig = Rig::of(Midlayer::V5_7);
    rig.fake.luns.replace(vec![crate::rig::lun(0), crate::rig::lun(1), crate::rig::lun(2)]);
    let r = rig.clone();
    rig.answer(move |command, before| {
        if matches!(command.cdb, Cdb::Inquiry { .. }) && before == 1 {
            let rport = r.host.rports()[0].clone();
            fc_remote_port_delete(&r.kernel, &rport);
        }
        None
    });
    let record = rig.with_disk(|rig| async move {
        rig.kernel.wait_until_settled().await;
        assert_eq!(rig.host.rports().len(), 0);
        assert!(rig.host.devices.borrow().is_empty());
        Ok(())
    });
    assert_eq!(record.end, None);
    rig.fake.answer.take();
}

#[test]
fn ports_go_with_their_host_whatever_their_state() {
    let rig = Rig::of(Midlayer::V5_7);
    let record = rig.with_disk(|rig| async move {
        let lost = rig.add_port(WWPN + 1).await?;
        rig.kernel.wait_for_rest().await;
        fc_remote_port_delete(&rig.kernel, &lost);
        rig.kernel.wait_until_settled().await;
        let blocked = rig.add_port(WWPN + 2).await?;
        fc_remote_port_delete(&rig.kernel, &blocked);
        fc_remove_host(&rig.host).await?;
        assert!(rig.host.rports().is_empty() && rig.host.lost_rports().is_empty());
        assert_eq!([lost, blocked].map(|r| r.state()), [RportState::Deleted; 2]);
        rig.kernel.wait_until_settled().await;
        Ok(())
    });
    assert_eq!(record.end, None);
    let count =
        |action| uevents(&record).iter().filter(|(a, o)| *a == action && matches!(o, Object::Rport(..))).count();
    assert_eq!((count(UeventAction::Add), count(UeventAction::Remove)), (3, 3));
}

#[test]
fn a_port_that_nobody_else_holds_is_deleted_and_gives_its_host_back() {
    let rig = Rig::of(Midlayer::V5_7);
    rig.fake.refused.replace(vec![0]);
    let record = rig.with_disk(|rig| async move {
        assert!(rig.host.devices.borrow().is_empty());
        fc_remove_host(&rig.host).await?;
        scsi_remove_host(&rig.host).await?;
        scsi_host_put(&rig.host)?;
        assert!(rig.host.is_released());
        Ok(())
    });
    assert_eq!(record.end, None);
    assert!(uevents(&record).contains(&(UeventAction::Remove, Object::Rport(0, WWPN))));
}

#[test]
fn a_port_that_cannot_be_created_is_none_and_removals_may_meet() {
    let rig = Rig::of(Midlayer::V5_7);
    rig.kernel.arm_failure(0, FailPoint::RportAdd, 2, 0);
    let record = rig.with_disk(|rig| async move {
        let ids = regdiff_kernel::scsi::RportIdentifiers { node_name: 1, port_name: 2, port_id: 3 };
        assert!(fc_remote_port_add(&rig.host, ids).await?.is_none());
        let (sdev, other) = (rig.sdev(0), rig.sdev(0));
        rig.kernel.spawn(Context::User, 0, async move { remove_device(&other).await });
        remove_device(&sdev).await?;
        rig.kernel.wait_for_rest().await;
        assert_eq!(*rig.fake.destroyed.borrow(), [0], "once");
        Ok(())
    });
    assert_eq!(record.end, None);
}
