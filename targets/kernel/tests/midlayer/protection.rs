//! Protection: detection by the disk driver, operations, stale counts (midlayer.md 10).

use regdiff_kernel::scsi::{Cdb, Disk, Errno, ProtOp, ScsiDevice, elevator_change, sd_read_write};
use regdiff_observation::{LogId, TrapKind};
use regdiff_scenario::{Elevator, Midlayer};

use crate::rig::{DIF, DIX, Rig, logs, trap};

const READ: Cdb = Cdb::Read { lba: 0, blocks: 8 };
const WRITE: Cdb = Cdb::Write { lba: 0, blocks: 8, pattern: 1 };

/// A host with a disk of a protection type (0: none), both capable of it.
fn disk(midlayer: Midlayer, cap: u32, kind: u8) -> std::rc::Rc<Rig> {
    let rig = Rig::of(midlayer);
    rig.host.prot_capabilities.set(cap);
    rig.host.prot_guard_type.set(2);
    rig.fake.byte5.set(1);
    rig.fake.byte12.set(if kind == 0 { 0 } else { ((kind - 1) << 1) | 1 });
    rig
}

/// Changes what the disk driver keeps.
fn with(sdev: &ScsiDevice, change: impl Fn(&Disk)) {
    sdev.disk.borrow().iter().for_each(|disk| change(disk));
}

/// The operation of the last command.
fn last(rig: &Rig) -> ProtOp {
    rig.fake.seen.borrow().last().expect("a command was sent").2
}

#[test]
fn operations() {
    let table = |dix, dif| (ProtOp::of(dix, dif, false), ProtOp::of(dix, dif, true));
    assert_eq!(table(false, false), (ProtOp::Normal, ProtOp::Normal));
    assert_eq!(table(false, true), (ProtOp::ReadStrip, ProtOp::WriteInsert));
    assert_eq!(table(true, false), (ProtOp::ReadInsert, ProtOp::WriteStrip));
    assert_eq!(table(true, true), (ProtOp::ReadPass, ProtOp::WritePass));
}

#[test]
fn reads_and_writes_follow_mask_and_disk() {
    for midlayer in [Midlayer::V5_3, Midlayer::V5_7, Midlayer::V6_1, Midlayer::V6_12] {
        for (cap, kind, read, write) in [
            (0, 1, ProtOp::Normal, ProtOp::Normal),
            (DIF, 0, ProtOp::Normal, ProtOp::Normal),
            (DIF, 1, ProtOp::ReadStrip, ProtOp::WriteInsert),
            (DIX, 0, ProtOp::Normal, ProtOp::Normal),
            (DIX, 1, ProtOp::ReadPass, ProtOp::WritePass),
            (DIX, 2, ProtOp::Normal, ProtOp::Normal),
        ] {
            let rig = disk(midlayer, cap, kind);
            let record = rig.with_disk(move |rig| async move {
                assert_eq!(sd_read_write(&rig.sdev(0), READ).await?, Ok(1));
                assert_eq!(last(&rig), read, "{midlayer:?} {cap} {kind}");
                assert_eq!(sd_read_write(&rig.sdev(0), WRITE).await?, Ok(0));
                assert_eq!(last(&rig), write);
                Ok(())
            });
            assert_eq!(record.end, None);
            assert!(record.violations.is_empty(), "there was room from the start");
        }
    }
}

#[test]
fn detection_by_version() {
    use LogId::{DifDisabling as Off, DifEnabling as On};
    for (midlayer, cap, kind, stored, lines) in [
        (Midlayer::V5_7, DIF, 1, 1, &[On][..]),
        (Midlayer::V5_7, 0, 1, 1, &[Off]),
        (Midlayer::V5_3, DIF, 2, 2, &[Off]),
        (Midlayer::V6_1, DIF, 1, 1, &[On]),
        // Disabled once, and read again when the disk is opened for its partitions.
        (Midlayer::V6_1, 0, 1, 1, &[Off, On]),
        (Midlayer::V6_12, DIF, 3, 0, &[Off, On]),
        (Midlayer::V6_1, DIF, 0, 0, &[]),
    ] {
        let rig = disk(midlayer, cap, kind);
        let record = rig.with_disk(|_| async { Ok(()) });
        let found = rig.sdev(0).disk.borrow().as_ref().map(|d| d.protection_type.get());
        assert_eq!(found, Some(stored), "{midlayer:?} {cap} {kind}");
        let told: Vec<_> = logs(&record).into_iter().filter(|l| [On, Off].contains(l)).collect();
        assert_eq!(told, lines, "{midlayer:?} {cap} {kind}");
    }
}

#[test]
fn a_type_that_does_not_exist_disables_the_disk() {
    let rig = disk(Midlayer::V5_7, DIF, 4);
    let record = rig.with_disk(|rig| async move {
        assert_eq!(sd_read_write(&rig.sdev(0), READ).await?, Err(Errno::EIO));
        Ok(())
    });
    assert!(logs(&record).contains(&LogId::DifUnsupported));
}

#[test]
fn a_device_that_claims_nothing_is_asked_in_ten_bytes_below_spc_3() {
    for (version, byte5, long) in [(4, 0, false), (4, 1, true), (5, 0, true)] {
        let rig = disk(Midlayer::V6_1, DIF, 1);
        rig.fake.version.set(version);
        rig.fake.byte5.set(byte5);
        rig.with_disk(|_| async { Ok(()) });
        assert!(rig.fake.count(|c| *c == Cdb::ReadCapacity { long }) > 0);
        assert_eq!(rig.fake.count(|c| *c == Cdb::ReadCapacity { long: !long }), 0);
    }
}

#[test]
fn when_the_mask_goes_counts_stay() {
    let rig = disk(Midlayer::V5_7, DIX, 1);
    let record = rig.with_disk(|rig| async move {
        assert_eq!(sd_read_write(&rig.sdev(0), READ).await?, Ok(1));
        with(&rig.sdev(0), |d| d.integrity_enabled.set(false));
        assert_eq!(sd_read_write(&rig.sdev(0), READ).await?, Ok(1));
        assert_eq!(last(&rig), ProtOp::ReadStrip, "TOUCH cleared the count");
        with(&rig.sdev(0), |d| d.integrity_enabled.set(true));
        assert_eq!(sd_read_write(&rig.sdev(0), READ).await?, Ok(1));
        rig.host.prot_capabilities.set(0);
        with(&rig.sdev(0), |d| d.integrity_enabled.set(false));
        assert_eq!(sd_read_write(&rig.sdev(0), READ).await?, Ok(1));
        assert_eq!(last(&rig), ProtOp::ReadInsert, "the slot's count is of the read before");
        Ok(())
    });
    assert_eq!(record.end, None);
}

#[test]
fn integrity_data_without_header_is_an_error_and_one_warning() {
    let rig = disk(Midlayer::V5_7, DIX, 1);
    let record = rig.with_disk(|rig| async move {
        let sdev = rig.sdev(0);
        rig.host.prot_capabilities.set(0);
        assert_eq!(elevator_change(&sdev, Elevator::None).await?, Ok(()));
        assert_eq!(elevator_change(&sdev, Elevator::MqDeadline).await?, Ok(()));
        assert_eq!(sd_read_write(&sdev, READ).await?, Err(Errno::EIO));
        assert_eq!(sd_read_write(&sdev, READ).await?, Err(Errno::EIO));
        Ok(())
    });
    assert_eq!(record.end, None);
    assert_eq!(logs(&record).iter().filter(|l| **l == LogId::ProtSdbMissing).count(), 1);
}

#[test]
fn integrity_data_beyond_the_queue_s_limit() {
    for (midlayer, bug) in [(Midlayer::V6_1, true), (Midlayer::V6_12, false)] {
        let rig = disk(midlayer, DIF, 1);
        let record = rig.with_disk(|rig| async move {
            let sdev = rig.sdev(0);
            // The queue is of a time without DIX.
            with(&sdev, |d| d.integrity.set(true));
            assert_eq!(sd_read_write(&sdev, READ).await?, Err(Errno::EIO));
            Ok(())
        });
        if bug {
            assert_eq!(trap(&record).0, TrapKind::Bug);
        } else {
            assert_eq!(record.end, None);
        }
    }
}
