//! Dispatch, retries, time-outs, removal under way (midlayer.md 8, 13.1, 4.8).

use regdiff_kernel::scsi::{
    Cdb, Errno, HostByte, ScsiResult, SdevState, Sense, fc_remote_port_delete, remove_device, sd_read_write,
};
use regdiff_scenario::{Context, Midlayer};

use crate::rig::{Rig, check};

const READ: Cdb = Cdb::Read { lba: 0, blocks: 8 };

fn is_read(cdb: &Cdb) -> bool {
    matches!(cdb, Cdb::Read { .. })
}

/// Reads once with a result instead of the disk's first so many; tells the outcome and how often the driver saw it.
fn read_with(times: usize, result: ScsiResult) -> (Result<u64, Errno>, usize) {
    let rig = Rig::of(Midlayer::V5_7);
    let outcome = std::rc::Rc::new(std::cell::Cell::new(Ok(0)));
    let told = outcome.clone();
    let record = rig.with_disk(move |rig| async move {
        rig.fake.seen.borrow_mut().clear();
        rig.answer(move |command, before| (is_read(&command.cdb) && before < times).then(|| result.clone()));
        told.set(sd_read_write(&rig.sdev(0), READ).await?);
        Ok(())
    });
    assert_eq!(record.end, None);
    (outcome.get(), rig.fake.count(is_read))
}

#[test]
fn retries() {
    assert_eq!(read_with(0, ScsiResult::default()), (Ok(1), 1));
    assert_eq!(read_with(3, ScsiResult::host(HostByte::SoftError)), (Ok(1), 4));
    assert_eq!(read_with(99, ScsiResult::host(HostByte::Error)), (Err(Errno::EIO), 6));
    assert_eq!(read_with(20, ScsiResult::host(HostByte::ImmRetry)), (Ok(1), 21));
    assert_eq!(read_with(20, ScsiResult { status: 8, ..ScsiResult::default() }), (Ok(1), 21));
    assert_eq!(read_with(9, check(crate::rig::ATTENTION)), (Ok(1), 10));
    assert_eq!(read_with(9, ScsiResult::host(HostByte::NoConnect)), (Err(Errno::EIO), 1));
    let (outcome, times) = read_with(usize::MAX, ScsiResult::host(HostByte::ImmRetry));
    assert_eq!(outcome, Err(Errno::EIO), "a command that is too old is finished");
    assert!((100..300).contains(&times));
}

#[test]
fn a_refused_command_waits_for_another_state_of_its_device() {
    let rig = Rig::of(Midlayer::V5_7);
    let record = rig.with_disk(|rig| async move {
        rig.fake.busy.set(true);
        let sdev = rig.sdev(0);
        let reader = rig.kernel.spawn(Context::User, 0, async move {
            assert_eq!(sd_read_write(&sdev, READ).await?, Err(Errno::EIO));
            Ok(())
        });
        rig.kernel.wait_for_rest().await;
        assert!(rig.kernel.is_live(reader), "the kernel tries for ever");
        remove_device(&rig.sdev(0)).await?;
        Ok(())
    });
    assert_eq!(record.end, None);
    assert!(!rig.kernel.is_stuck(Context::User, 0));
}

#[test]
fn the_timer_starts_again_while_the_port_is_blocked() {
    for blocked in [false, true] {
        let rig = Rig::of(Midlayer::V5_7);
        let record = rig.with_disk(move |rig| async move {
            rig.fake.silent.set(true);
            let sdev = rig.sdev(0);
            rig.kernel.spawn(Context::User, 0, async move { sd_read_write(&sdev, READ).await.map(|_| ()) });
            rig.kernel.sleep_ms(10).await;
            let rport = rig.host.rports()[0].clone();
            rport.dev_loss_tmo.set(100);
            if blocked {
                fc_remote_port_delete(&rig.kernel, &rport);
            }
            rig.kernel.sleep_ms(95_000).await;
            assert_eq!(rig.fake.cures_tried().is_empty(), blocked);
            Ok(())
        });
        assert_eq!(record.end, None);
        rig.kernel.clear();
    }
}

#[test]
fn removal_waits_for_requests_and_flushes_the_cache() {
    for midlayer in [Midlayer::V5_3, Midlayer::V6_1] {
        let rig = Rig::of(midlayer);
        rig.fake.write_cache.set(true);
        let record = rig.with_disk(|rig| async move {
            let (sdev, reads) = (rig.sdev(0), rig.sdev(0));
            let reader = rig.kernel.spawn(Context::User, 0, async move {
                assert!(sd_read_write(&reads, READ).await?.is_ok());
                Ok(())
            });
            rig.kernel.yield_turn().await;
            remove_device(&sdev).await?;
            assert!(!rig.kernel.is_live(reader));
            assert_eq!(sdev.state(), SdevState::Del);
            assert_eq!(rig.fake.count(|c| *c == Cdb::SynchronizeCache), 1, "CANCEL lets it through");
            assert_eq!(sd_read_write(&sdev, READ).await?, Err(Errno::ENXIO));
            Ok(())
        });
        assert_eq!(record.end, None);
    }
}

#[test]
fn a_blocked_device_can_be_removed_and_is_sent_nothing() {
    let rig = Rig::of(Midlayer::V5_7);
    rig.fake.write_cache.set(true);
    let record = rig.with_disk(|rig| async move {
        let (rport, sdev) = (rig.host.rports()[0].clone(), rig.sdev(0));
        fc_remote_port_delete(&rig.kernel, &rport);
        rig.fake.seen.borrow_mut().clear();
        remove_device(&sdev).await?;
        assert!(rig.fake.seen.borrow().is_empty());
        Ok(())
    });
    assert_eq!(record.end, None);
}

#[test]
fn a_disk_that_refuses_the_10_byte_form_gets_another_one_once() {
    let refusal = || check(Sense { key: 5, asc: 0x20, ascq: 0 });
    assert_eq!(read_with(1, refusal()), (Ok(1), 2));
    assert_eq!(read_with(9, refusal()), (Err(Errno::EIO), 2));
    for midlayer in [Midlayer::V5_3, Midlayer::V6_1] {
        let rig = Rig::of(midlayer);
        rig.host.prot_capabilities.set(crate::rig::DIF);
        let record = rig.with_disk(move |rig| async move {
            rig.fake.seen.borrow_mut().clear();
            rig.answer(move |command, before| (is_read(&command.cdb) && before < 1).then(refusal));
            assert_eq!(sd_read_write(&rig.sdev(0), READ).await?, Ok(1));
            assert_eq!(sd_read_write(&rig.sdev(0), READ).await?, Ok(1));
            assert_eq!(rig.fake.count(is_read), 3, "the other form is kept");
            Ok(())
        });
        assert_eq!(record.end, None);
        assert_eq!(record.violations, []);
    }
}
