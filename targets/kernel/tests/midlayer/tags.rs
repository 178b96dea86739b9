//! The host's driver tags: sharers, and commands that are put back.

use std::cell::Cell;
use std::rc::Rc;

use regdiff_kernel::scsi::{Cdb, Errno, HostByte, ScsiResult, SdevState, store_sdev_state};
use regdiff_scenario::Midlayer;
use regdiff_scenario::step::SdevStateWrite;

use crate::rig::{Rig, lun};

/// When the nth LUN is asked for the first time, in ms.
fn asked(rig: &Rc<Rig>, number: u64) -> Rc<Cell<Option<u64>>> {
    let (kernel, first) = (rig.kernel.clone(), Rc::new(Cell::new(None)));
    let told = first.clone();
    rig.answer(move |command, _| {
        if matches!(command.cdb, Cdb::Inquiry { .. }) && command.sdev.lun == lun(number) {
            told.set(told.get().or(Some(kernel.now_us() / 1000)));
        }
        None
    });
    first
}

#[test]
fn a_second_queue_waits_for_the_requests_of_the_first_and_a_third_does_not() {
    for (silent, next, late) in [(0, 1, true), (1, 2, false)] {
        let rig = Rig::real();
        rig.fake.luns.replace([0, 1, 2].map(lun).to_vec());
        // The disk's probe runs beside the scan; a command of it takes its whole time.
        rig.mute(move |command, nth| {
            nth == 0 && command.sdev.lun == lun(silent) && matches!(command.cdb, Cdb::TestUnitReady)
        });
        let (asked, record) = (asked(&rig, next), rig.with_disk(|_| async { Ok(()) }));
        assert_eq!(record.end, None);
        assert_eq!(asked.get().expect("it was asked") >= 30_000, late, "LUN {silent} is silent");
        assert_eq!(rig.visible(), [0, 1, 2]);
    }
}

#[test]
fn a_command_that_is_put_back_waits_for_the_third_run_of_its_queue() {
    let rig = Rig::real();
    let (kernel, times) = (rig.kernel.clone(), Rc::new(Cell::new((0, 0))));
    let told = times.clone();
    rig.answer(move |command, nth| {
        let read = matches!(command.cdb, Cdb::ReadCapacity { .. });
        let (first, second) = told.get();
        match (read, nth) {
            (true, 0) => told.set((kernel.now_us() / 1000, second)),
            (true, 1) => told.set((first, kernel.now_us() / 1000)),
            _ => {}
        }
        (read && nth == 0).then(|| ScsiResult { host: HostByte::TransportDisrupted, ..ScsiResult::default() })
    });
    let record = rig.with_disk(|_| async { Ok(()) });
    assert_eq!(record.end, None);
    let (first, second) = times.get();
    assert!((20..=40).contains(&(second - first)), "{first} ms, {second} ms");
}

#[test]
fn states_that_others_have_set_are_not_a_users_to_change_from_6_1_on() {
    for (midlayer, expected) in [(Midlayer::V5_7, Ok(1)), (Midlayer::V6_1, Err(Errno::EINVAL))] {
        let rig = Rig::of(midlayer);
        let record = rig.with_disk(move |rig| async move {
            let sdev = rig.sdev(0);
            assert_eq!(store_sdev_state(&sdev, SdevStateWrite::Offline).await?, Ok(1));
            assert_eq!(store_sdev_state(&sdev, SdevStateWrite::Running).await?, Ok(1));
            regdiff_kernel::scsi::fc_remote_port_delete(&rig.kernel, &rig.host.rports()[0]);
            assert_eq!(sdev.state(), SdevState::Block);
            assert_eq!(store_sdev_state(&sdev, SdevStateWrite::Offline).await?, expected, "{midlayer:?}");
            Ok(())
        });
        assert_eq!(record.end, None);
    }
}
