//! Scans (midlayer.md 4).

use regdiff_kernel::scsi::{Cdb, ScanMode, ScsiData, ScsiResult, fc_user_scan, scan_target, scsi_add_host};
use regdiff_observation::TrapKind;
use regdiff_scenario::kernel::ScsiScan;
use regdiff_scenario::{FailPoint, Midlayer, Moment, Point, When};

use crate::rig::{ATTENTION, Rig, check, lun, trap};

/// LUNs in sysfs after a remote port came.
fn found(rig: &std::rc::Rc<Rig>) -> Vec<u64> {
    let record = rig.with_disk(|_| async { Ok(()) });
    assert_eq!(record.end, None);
    rig.visible()
}

fn with_luns(luns: &[u64], midlayer: Midlayer) -> std::rc::Rc<Rig> {
    let rig = Rig::of(midlayer);
    rig.fake.luns.replace(luns.iter().map(|l| lun(*l)).collect());
    rig
}

fn is_inquiry(cdb: &Cdb) -> bool {
    matches!(cdb, Cdb::Inquiry { .. })
}

#[test]
fn reported_luns_are_probed_in_their_order() {
    let rig = with_luns(&[0, 5, 2], Midlayer::V5_7);
    assert_eq!(found(&rig), [0, 5, 2]);
    assert_eq!(rig.fake.count(|c| matches!(c, Cdb::ReportLuns { .. })), 1);
}

#[test]
fn lun_0_may_be_missing_as_long_as_a_target_answers() {
    let rig = with_luns(&[3], Midlayer::V6_1);
    assert_eq!(found(&rig), [3]);
    assert_eq!(rig.host.devices.borrow().len(), 1, "the device that asked for the list is gone");
    assert_eq!(*rig.fake.destroyed.borrow(), [lun(0), lun(0)]);
}

#[test]
fn without_lun_0_s_consent_nothing_is_scanned() {
    let rig = with_luns(&[0, 1], Midlayer::V5_7);
    rig.fake.refused.replace(vec![lun(0)]);
    assert_eq!(found(&rig), [0; 0]);
    assert!(rig.fake.seen.borrow().is_empty());
    assert_eq!(*rig.fake.destroyed.borrow(), [lun(0)]);
}

#[test]
fn targets_that_report_nothing_are_scanned_in_sequence_up_to_the_first_gap() {
    let rig = with_luns(&[0, 1, 2, 4], Midlayer::V5_7);
    rig.fake.report_luns.set(false);
    assert_eq!(found(&rig), [0, 1, 2]);
    let rig = with_luns(&(0..20).collect::<Vec<_>>(), Midlayer::V5_7);
    rig.fake.version.set(2);
    assert_eq!(found(&rig), (0..8).collect::<Vec<_>>(), "SCSI-2 has eight");
    assert_eq!(rig.fake.count(|c| matches!(c, Cdb::ReportLuns { .. })), 0);
    let rig = Rig::new(|s| s.kernel.max_luns = 3);
    rig.fake.luns.replace((0..20).map(lun).collect());
    rig.fake.report_luns.set(false);
    assert_eq!(found(&rig), [0, 1, 2]);
}

#[test]
fn a_refused_lun_ends_the_list() {
    let rig = with_luns(&[0, 1, 2], Midlayer::V5_7);
    rig.fake.refused.replace(vec![lun(1)]);
    assert_eq!(found(&rig), [0]);
    let rig = with_luns(&[0, 1, 2], Midlayer::V5_7);
    rig.kernel.arm_failure(0, FailPoint::QueueAlloc, 2, 0);
    assert_eq!(found(&rig), [0]);
}

#[test]
fn luns_that_the_host_cannot_address_are_skipped() {
    let rig = with_luns(&[0, 9, 2], Midlayer::V5_7);
    rig.host.max_lun.set(8);
    assert_eq!(found(&rig), [0, 2]);
}

#[test]
fn qualifier_1_is_a_device_from_6_1_on_unless_it_has_no_type() {
    for (midlayer, device_type, there) in
        [(Midlayer::V5_7, 0, false), (Midlayer::V6_1, 0, true), (Midlayer::V6_1, 0x1f, false)]
    {
        let rig = with_luns(&[0], midlayer);
        rig.answer(move |command, _| {
            let data = ScsiData::Inquiry {
                qualifier: 1,
                device_type,
                version: 5,
                byte5: 0,
                length: 36,
                queues_commands: true,
            };
            is_inquiry(&command.cdb).then(|| ScsiResult { data, ..ScsiResult::default() })
        });
        assert_eq!(!found(&rig).is_empty(), there);
    }
}

#[test]
fn inquiry_is_repeated_while_the_unit_asks_for_attention_and_for_its_length() {
    let rig = with_luns(&[0], Midlayer::V5_7);
    rig.answer(|command, before| (is_inquiry(&command.cdb) && before < 2).then(|| check(ATTENTION)));
    assert_eq!(found(&rig), [0]);
    assert_eq!(rig.fake.count(is_inquiry), 3);
    let rig = with_luns(&[0], Midlayer::V5_7);
    rig.answer(|command, _| is_inquiry(&command.cdb).then(|| check(ATTENTION)));
    assert_eq!(found(&rig), [0; 0]);
    assert_eq!(rig.fake.count(is_inquiry), 3);
    let rig = with_luns(&[0], Midlayer::V5_7);
    rig.answer(|command, _| {
        let data =
            ScsiData::Inquiry { qualifier: 0, device_type: 0, version: 5, byte5: 0, length: 96, queues_commands: true };
        is_inquiry(&command.cdb).then(|| ScsiResult { data, ..ScsiResult::default() })
    });
    assert_eq!(found(&rig), [0]);
    assert_eq!(rig.fake.count(|c| *c == Cdb::Inquiry { length: 96 }), 1);
}

#[test]
fn pages_are_read_by_version() {
    for (midlayer, pages) in [
        (Midlayer::V5_3, vec![0x00, 0x80, 0x83]),
        (Midlayer::V5_7, vec![0x00, 0x00, 0x80, 0x83]),
        (Midlayer::V6_1, vec![0x00, 0x00, 0x80, 0x83, 0xb0, 0xb1]),
    ] {
        let rig = with_luns(&[0], midlayer);
        found(&rig);
        let seen = rig.fake.seen.borrow();
        let page = |cdb: &Cdb| if let Cdb::InquiryVpd { page } = cdb { Some(*page) } else { None };
        let before_probe = seen.iter().take_while(|(c, ..)| *c != Cdb::TestUnitReady);
        assert_eq!(before_probe.filter_map(|(c, ..)| page(c)).collect::<Vec<_>>(), pages);
    }
}

#[test]
fn the_scan_parameter_decides_who_scans() {
    for (scan, automatic, manual) in
        [(ScsiScan::Sync, true, true), (ScsiScan::Manual, false, true), (ScsiScan::None, false, false)]
    {
        let rig = Rig::new(|s| s.kernel.scsi_scan = scan);
        let record = rig.with_disk(move |rig| async move {
            assert_eq!(!rig.visible().is_empty(), automatic);
            fc_user_scan(&rig.host, None, None).await?;
            assert_eq!(!rig.visible().is_empty(), manual);
            Ok(())
        });
        assert_eq!(record.end, None);
    }
}

#[test]
fn a_manual_scan_of_one_lun_sends_nothing_else() {
    let rig = with_luns(&[4], Midlayer::V5_7);
    rig.fake.refused.replace(vec![lun(0)]);
    let record = rig.with_disk(|rig| async move {
        let rport = rig.host.rports()[0].clone();
        scan_target(&rig.host, &rport, Some(lun(4)), ScanMode::Manual).await?;
        assert_eq!(rig.visible(), [4]);
        assert_eq!(rig.fake.count(|c| matches!(c, Cdb::ReportLuns { .. })), 0);
        Ok(())
    });
    assert_eq!(record.end, None);
}

#[test]
fn the_scan_file_comes_before_the_data_it_walks_through() {
    let rig = Rig::of(Midlayer::V5_7);
    let r = rig.clone();
    rig.kernel.spawn(regdiff_scenario::Context::User, 0, async move {
        let moment = Moment { when: When::AtPoint, point: Point::HostPublished, ..Moment::default() };
        assert!(r.kernel.wait_for_moment(&moment).await);
        fc_user_scan(&r.host, None, None).await
    });
    let r = rig.clone();
    let record = crate::rig::run(&rig.kernel, async move { scsi_add_host(&r.host).await.map(|_| ()) });
    assert_eq!(trap(&record), (TrapKind::NullAccess, "fc_user_scan".into(), "rports".into()));
}
