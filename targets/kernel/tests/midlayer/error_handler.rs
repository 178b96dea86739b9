//! The error handler: time-outs, aborts, every strategy with every outcome, blocked ports, hosts that go (midlayer.md 13).

use std::cell::Cell;
use std::rc::Rc;

use regdiff_kernel::Record;
use regdiff_kernel::scsi::{
    Cdb, EhResult, Errno, HostByte, HostState, ScsiCommand, ScsiData, ScsiResult, SdevState, Sense,
    fc_remote_port_delete, fc_remove_host, remove_device, scsi_host_put, scsi_remove_host, sd_read_write,
    set_fast_io_fail_tmo,
};
use regdiff_observation::LogId;
use regdiff_scenario::{Choice, Context, Midlayer, Point, Turn};

use crate::rig::{Fake, Rig, logs, lun};
use EhResult::{Failed, FastIoFail, Success};

const READ: Cdb = Cdb::Read { lba: 0, blocks: 8 };

fn is_read(cdb: &Cdb) -> bool {
    matches!(cdb, Cdb::Read { .. })
}

fn is_ready_test(cdb: &Cdb) -> bool {
    *cdb == Cdb::TestUnitReady
}

/// What became of one read.
struct Outcome {
    read: Result<u64, Errno>,
    /// When it ended, in ms after it began.
    ms: u64,
    fake: Rc<Fake>,
    state: SdevState,
    host: HostState,
    record: Record,
}

/// Reads once while the disk is deaf to what `mute` says; the error handlers say `cures`: abort, device, target, host.
fn read_deaf(cures: [EhResult; 4], mute: impl Fn(&ScsiCommand, usize) -> bool + 'static) -> Outcome {
    read_on(&Rig::of(Midlayer::V5_7), cures, mute)
}

fn read_on(rig: &Rc<Rig>, cures: [EhResult; 4], mute: impl Fn(&ScsiCommand, usize) -> bool + 'static) -> Outcome {
    let told = Rc::new(Cell::new(None));
    let tell = told.clone();
    let record = rig.with_disk(move |rig| async move {
        rig.fake.seen.borrow_mut().clear();
        rig.fake.cured.borrow_mut().clear();
        rig.fake.cures.set(cures);
        rig.mute(mute);
        let start = rig.kernel.now_us();
        let read = sd_read_write(&rig.sdev(0), READ).await?;
        tell.set(Some((read, (rig.kernel.now_us() - start) / 1000)));
        rig.kernel.wait_for_rest().await;
        Ok(())
    });
    let (read, ms) = told.get().expect("the read ended");
    let outcome =
        Outcome { read, ms, fake: rig.fake.clone(), state: rig.sdev(0).state(), host: rig.host.state(), record };
    assert_eq!(outcome.record.end, None);
    assert_eq!(outcome.record.violations, []);
    outcome
}

fn first_reads(times: usize) -> impl Fn(&ScsiCommand, usize) -> bool {
    move |command, before| is_read(&command.cdb) && before < times
}

#[test]
fn an_abort_that_works_sends_the_command_again_without_recovery() {
    let run = read_deaf([Success; 4], first_reads(1));
    assert_eq!((run.read, run.host), (Ok(1), HostState::Running));
    assert_eq!(run.fake.cures_tried(), ["abort"]);
    assert_eq!(run.ms, 30_010, "the time-out, and a short delay");
    assert_eq!(run.fake.count(is_read), 2);
}

#[test]
fn a_second_time_out_is_for_the_error_handler() {
    let run = read_deaf([Success; 4], first_reads(2));
    assert_eq!(run.read, Ok(1));
    assert_eq!(run.fake.cures_tried(), ["abort", "device"]);
    assert_eq!(run.fake.count(is_ready_test), 1);
}

#[test]
fn a_disk_whose_medium_stays_silent_is_given_up() {
    let run = read_deaf([Success; 4], first_reads(usize::MAX));
    assert_eq!((run.read, run.state), (Err(Errno::EIO), SdevState::Offline));
    assert_eq!(run.fake.cures_tried(), ["abort", "device", "device"]);
    assert!(logs(&run.record).contains(&LogId::SdevOffline));
    assert_eq!(run.host, HostState::Running);
}

#[test]
fn each_strategy_follows_the_one_that_failed() {
    let rows: [([EhResult; 4], &[&str]); 5] = [
        ([Failed, Success, Success, Success], &["abort", "device"]),
        ([Failed, Failed, Success, Success], &["abort", "device", "target"]),
        ([Failed, Failed, Failed, Success], &["abort", "device", "target", "host"]),
        ([Failed, Failed, Failed, Failed], &["abort", "device", "target", "host"]),
        ([FastIoFail, FastIoFail, Success, Success], &["abort", "device"]),
    ];
    for (cures, tried) in rows {
        let run = read_deaf(cures, first_reads(1));
        assert_eq!(run.fake.cures_tried(), tried);
        let offline = cures == [Failed; 4];
        assert_eq!(run.read, if offline { Err(Errno::EIO) } else { Ok(1) });
        assert_eq!(run.state, if offline { SdevState::Offline } else { SdevState::Running });
        assert_eq!(logs(&run.record).contains(&LogId::SdevOffline), offline);
        assert_eq!(run.host, HostState::Running);
        let settles = if cures == [Failed, Failed, Failed, Success] { 10_000 } else { 0 };
        assert!((30_020 + settles..30_030 + settles).contains(&run.ms), "{tried:?}: {}", run.ms);
    }
}

#[test]
fn resets_that_fail_fast_end_the_search() {
    for cures in [[Failed, Failed, FastIoFail, Failed], [Failed, Failed, Failed, FastIoFail]] {
        let run = read_deaf(cures, first_reads(1));
        assert_eq!((run.read, run.state), (Ok(1), SdevState::Running));
        assert_eq!(run.fake.count(is_ready_test), 0, "nobody asks the device");
    }
}

#[test]
fn a_device_that_does_not_answer_after_a_reset_is_reset_harder() {
    // TEST UNIT READY times out after each reset; each time the driver has to forget it, at whatever price.
    let deaf = |command: &ScsiCommand, before| is_ready_test(&command.cdb) || first_reads(1)(command, before);
    let run = read_deaf([Failed, Success, Success, Success], deaf);
    assert_eq!((run.read, run.state), (Err(Errno::EIO), SdevState::Offline));
    let all = ["abort", "device", "abort", "device", "target", "abort", "device", "host", "abort", "device"];
    assert_eq!(run.fake.cures_tried(), all);
}

#[test]
fn a_device_may_ask_for_a_second_look() {
    for (results, ready) in [(vec![8], 2), (vec![8, 8], 2), (vec![0x18], 1), (vec![2], 1)] {
        let rig = Rig::of(Midlayer::V5_7);
        let (script, good) = (results.clone(), results[0] != 2);
        rig.answer(move |command, before| {
            let later = is_ready_test(&command.cdb) && command.sdev.host.state() == HostState::Recovery;
            let status = later.then(|| script.get(before).copied()).flatten()?;
            Some(ScsiResult { status, ..ScsiResult::default() })
        });
        let run = read_on(&rig, [Failed, Success, Failed, Failed], first_reads(1));
        assert_eq!(run.fake.count(is_ready_test), ready, "{results:?}");
        assert_eq!(run.read.is_ok(), good, "{results:?}");
    }
}

#[test]
fn a_check_condition_without_sense_data_is_asked_about() {
    for (sense, read, times) in [
        // NO SENSE: finished as it is.
        (0, Err(Errno::EIO), 1),
        // Unit attention: the upper layer sends it again.
        (6, Ok(1), 2),
        // Aborted command: sent again.
        (11, Ok(1), 2),
    ] {
        let rig = Rig::of(Midlayer::V5_7);
        rig.answer(move |command, before| match command.cdb {
            Cdb::Read { .. } if before == 0 => Some(ScsiResult { status: 2, ..ScsiResult::default() }),
            Cdb::RequestSense => Some(ScsiResult {
                data: ScsiData::Sense(Sense { key: sense, asc: 0, ascq: 0 }),
                ..ScsiResult::default()
            }),
            _ => None,
        });
        let run = read_on(&rig, [Failed; 4], |_, _| false);
        assert_eq!((run.read, run.fake.count(is_read)), (read, times), "sense key {sense}");
        assert_eq!(run.fake.cures_tried(), [""; 0]);
        assert_eq!(run.fake.count(|cdb| *cdb == Cdb::RequestSense), 1);
    }
}

#[test]
fn without_sense_data_or_with_an_unknown_status_the_device_is_reset() {
    for status in [0x02, 0x06] {
        let rig = Rig::of(Midlayer::V6_1);
        rig.answer(move |command, before| match command.cdb {
            Cdb::Read { .. } if before == 0 => Some(ScsiResult { status, ..ScsiResult::default() }),
            Cdb::RequestSense => Some(ScsiResult::host(HostByte::Error)),
            _ => None,
        });
        let run = read_on(&rig, [Success; 4], |_, _| false);
        assert_eq!((run.read, run.fake.cures_tried()), (Ok(1), vec!["device"]));
    }
}

#[test]
fn commands_of_the_midlayer_are_not_repeated_after_a_time_out() {
    let rig = Rig::of(Midlayer::V5_7);
    rig.mute(|command, _| matches!(command.cdb, Cdb::Inquiry { .. }));
    let record = rig.with_disk(|rig| async move {
        assert_eq!(rig.visible(), [0_u64; 0], "no response");
        assert_eq!(rig.fake.cures_tried(), ["abort"]);
        assert_eq!(rig.fake.count(|cdb| matches!(cdb, Cdb::Inquiry { .. })), 1);
        // Timers run by ticks, behind everything of their time.
        assert_eq!(rig.kernel.now_us(), 20_510_001);
        Ok(())
    });
    assert_eq!(record.end, None);
}

#[test]
fn recovery_waits_for_every_other_command_and_holds_new_ones_back() {
    let rig = Rig::of(Midlayer::V5_7);
    *rig.fake.luns.borrow_mut() = vec![lun(0), lun(1)];
    let record = rig.with_disk(|rig| async move {
        let kernel = rig.kernel.clone();
        rig.fake.cures.set([Failed, Success, Success, Success]);
        rig.mute(|command, before| is_read(&command.cdb) && before < 4);
        for number in [0, 1] {
            let sdev = rig.sdev(number);
            kernel.spawn(Context::User, 0, async move {
                assert_eq!(sd_read_write(&sdev, READ).await?, Ok(1));
                Ok(())
            });
            kernel.sleep_ms(10_000).await;
        }
        // Both disks were read once when they were probed.
        kernel.sleep_ms(15_000).await;
        assert_eq!((rig.host.state(), rig.fake.cures_tried()), (HostState::Recovery, vec!["abort"]));
        let sdev = rig.sdev(1);
        let late = kernel.spawn(Context::User, 0, async move { sd_read_write(&sdev, READ).await.map(|_| ()) });
        kernel.sleep_ms(4_000).await;
        assert!(kernel.is_live(late), "nothing is dispatched");
        assert_eq!(rig.fake.cures_tried(), ["abort"], "the other command still runs");
        kernel.sleep_ms(2_000).await;
        assert!(!kernel.is_live(late));
        assert_eq!(rig.fake.cures_tried(), ["abort", "abort", "device", "device"]);
        assert_eq!(rig.host.state(), HostState::Running);
        Ok(())
    });
    assert_eq!(record.end, None);
}

#[test]
fn a_removed_host_ends_its_recovery_first() {
    for midlayer in [Midlayer::V5_3, Midlayer::V6_1] {
        let rig = Rig::of(midlayer);
        let record = rig.with_disk(|rig| async move {
            let kernel = rig.kernel.clone();
            rig.fake.cures.set([Failed, Failed, Failed, Success]);
            rig.mute(first_reads_after_probe());
            let sdev = rig.sdev(0);
            kernel.spawn(Context::User, 0, async move { sd_read_write(&sdev, READ).await.map(|_| ()) });
            kernel.sleep_ms(35_000).await;
            assert_eq!(rig.host.state(), HostState::Recovery);
            let remover = rig.clone();
            kernel.spawn(Context::User, 0, async move {
                scsi_remove_host(&remover.host).await?;
                scsi_host_put(&remover.host)
            });
            kernel.sleep_ms(1_000).await;
            assert_eq!(rig.host.state(), HostState::CancelRecovery);
            kernel.wait_for_rest().await;
            assert_eq!(rig.host.state(), HostState::Del);
            Ok(())
        });
        assert_eq!(record.end, None);
        assert!(rig.host.state() == HostState::Del && !rig.kernel.is_stuck(Context::User, 0));
    }
}

/// The first read after the one of the probe.
fn first_reads_after_probe() -> impl Fn(&ScsiCommand, usize) -> bool {
    |command, before| is_read(&command.cdb) && before == 1
}

#[test]
fn a_host_that_goes_before_recovery_has_ended_is_freed_after_it() {
    let pause = Choice {
        context: Context::ScsiEh,
        point: Point::EhFinish,
        turn: Turn::Sleep,
        amount: 5_000,
        ..Choice::default()
    };
    let rig = Rig::new(|s| s.schedule = vec![pause]);
    let record = rig.with_disk(|rig| async move {
        let kernel = rig.kernel.clone();
        rig.fake.cures.set([Failed, Success, Success, Success]);
        rig.mute(first_reads_after_probe());
        let sdev = rig.sdev(0);
        kernel.spawn(Context::User, 0, async move { sd_read_write(&sdev, READ).await.map(|_| ()) });
        kernel.sleep_ms(31_000).await;
        let rport = rig.host.rports()[0].clone();
        // The remote port would keep a reference.
        fc_remote_port_delete(&kernel, &rport);
        fc_remove_host(&rig.host).await?;
        scsi_remove_host(&rig.host).await?;
        assert_eq!(rig.host.state(), HostState::DelRecovery);
        scsi_host_put(&rig.host)?;
        assert!(!rig.host.is_released(), "the thread is joined first");
        kernel.wait_for_rest().await;
        assert!(rig.host.is_released() && rig.host.state() == HostState::Del);
        Ok(())
    });
    assert_eq!(record.end, None);
}

#[test]
fn a_device_that_goes_is_left_out_of_device_resets() {
    let rig = Rig::of(Midlayer::V5_7);
    let record = rig.with_disk(|rig| async move {
        let kernel = rig.kernel.clone();
        rig.fake.cures.set([Failed, Success, Success, Success]);
        rig.mute(first_reads_after_probe());
        let (reads, goes) = (rig.sdev(0), rig.sdev(0));
        kernel.spawn(Context::User, 0, async move { sd_read_write(&reads, READ).await.map(|_| ()) });
        kernel.sleep_ms(1_000).await;
        kernel.spawn(Context::User, 0, async move { remove_device(&goes).await });
        kernel.wait_for_rest().await;
        assert_eq!(rig.fake.cures_tried(), ["abort", "target"]);
        assert!(rig.visible().is_empty());
        assert_eq!(rig.host.state(), HostState::Running);
        Ok(())
    });
    assert_eq!(record.end, None);
}

#[test]
fn commands_of_the_error_handler_wait_while_the_transport_blocks_the_device() {
    for (back_ms, offline) in [(Some(3_000), false), (None, true)] {
        let rig = Rig::of(Midlayer::V5_7);
        let record = rig.with_disk(move |rig| async move {
            let kernel = rig.kernel.clone();
            rig.fake.cures.set([Failed, Success, Success, Failed]);
            rig.fake.seen.borrow_mut().clear();
            rig.mute(first_reads(1));
            let sdev = rig.sdev(0);
            kernel.spawn(Context::User, 0, async move { sd_read_write(&sdev, READ).await.map(|_| ()) });
            kernel.sleep_ms(30_005).await;
            let rport = rig.host.rports()[0].clone();
            fc_remote_port_delete(&kernel, &rport);
            if let Some(ms) = back_ms {
                kernel.sleep_ms(ms).await;
                rig.add_port(rport.wwpn.get()).await?;
            }
            kernel.wait_for_rest().await;
            let tests = rig.fake.count(is_ready_test);
            assert_eq!((rig.sdev(0).state() == SdevState::Offline, tests), (offline, usize::from(!offline)));
            assert_eq!(rig.fake.cures_tried().contains(&"target"), offline);
            Ok(())
        });
        assert_eq!(record.end, None);
        rig.kernel.clear();
    }
}

#[test]
fn a_port_blocks_its_driver_until_it_is_back_lost_or_fails_fast() {
    for (fast_fail, back, steps, answer) in [(None, true, 3, true), (None, false, 60, true), (Some(5), false, 5, false)]
    {
        let rig = Rig::of(Midlayer::V5_7);
        let record = rig.with_disk(move |rig| async move {
            let kernel = rig.kernel.clone();
            let rport = rig.host.rports()[0].clone();
            if let Some(seconds) = fast_fail {
                assert_eq!(set_fast_io_fail_tmo(&rport, seconds), Ok(1));
            }
            fc_remote_port_delete(&kernel, &rport);
            let (start, waits, waiting) = (kernel.now_us(), kernel.clone(), rport.clone());
            kernel.spawn(Context::ScsiEh, 0, async move {
                assert_eq!(waiting.block(&waits).await, answer);
                assert_eq!((waits.now_us() - start) / 1_000_000, steps);
                Ok(())
            });
            if back {
                kernel.sleep_ms(2_500).await;
                rig.add_port(rport.wwpn.get()).await?;
            }
            kernel.wait_until_settled().await;
            Ok(())
        });
        assert_eq!(record.end, None);
        assert!(!rig.kernel.is_stuck(Context::ScsiEh, 0));
    }
}

#[test]
fn a_late_answer_does_not_count() {
    let rig = Rig::of(Midlayer::V5_7);
    let record = rig.with_disk(|rig| async move {
        rig.fake.cures.set([Failed, Success, Success, Success]);
        rig.mute(first_reads_after_probe());
        let sdev = rig.sdev(0);
        rig.kernel.spawn(Context::User, 0, async move {
            assert_eq!(sd_read_write(&sdev, READ).await?, Ok(1));
            Ok(())
        });
        rig.kernel.sleep_ms(30_005).await;
        let kept = rig.fake.kept.take().expect("one was not answered");
        kept.done(&rig.kernel, ScsiResult::host(HostByte::NoConnect));
        rig.kernel.wait_for_rest().await;
        assert_eq!(rig.fake.cures_tried(), ["abort", "device"], "the timer was faster");
        Ok(())
    });
    assert_eq!(record.end, None);
}
