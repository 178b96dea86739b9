//! A kernel, a host, and a driver whose disks do what a test says.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::{Rc, Weak};

use regdiff_kernel::scsi::{
    Callback, Cdb, EhResult, Errno, HostDriver, HostTemplate, ProtOp, Queued, Rport, RportIdentifiers, ScsiCommand,
    ScsiData, ScsiDevice, ScsiHost, ScsiResult, Sense, fc_remote_port_add, scsi_add_host, scsi_host_alloc,
};
use regdiff_kernel::{Kernel, Record, Sim, Switches};
use regdiff_observation::{End, Event, LogId, Object, UeventAction, Watch};
use regdiff_scenario::{Context, Midlayer, Scenario};

/// The WWPN that tests use.
pub(crate) const WWPN: u64 = 0x5005_0763_0000_0001;
/// DIF type 1, and DIF with DIX type 1.
pub(crate) const DIF: u32 = 0x01;
pub(crate) const DIX: u32 = 0x11;

/// A LUN number as FCP writes it.
pub(crate) fn lun(number: u64) -> u64 {
    number << 48
}

pub(crate) const ATTENTION: Sense = Sense { key: 6, asc: 0x29, ascq: 0 };

/// A result with CHECK CONDITION.
pub(crate) fn check(sense: Sense) -> ScsiResult {
    ScsiResult { status: 2, sense: Some(sense), ..ScsiResult::default() }
}

type Mute = Box<dyn Fn(&ScsiCommand, usize) -> bool>;
type Answer = Box<dyn Fn(&ScsiCommand, usize) -> Option<ScsiResult>>;

/// A host driver with one target's worth of disks.
pub(crate) struct Fake {
    pub(crate) kernel: Rc<Kernel>,
    /// LUNs that REPORT LUNS lists; all but 0 answer INQUIRY only if they are here.
    pub(crate) luns: RefCell<Vec<u64>>,
    pub(crate) refused: RefCell<Vec<u64>>,
    pub(crate) version: Cell<u8>,
    pub(crate) byte5: Cell<u8>,
    pub(crate) byte12: Cell<u8>,
    pub(crate) report_luns: Cell<bool>,
    pub(crate) write_cache: Cell<bool>,
    /// No command is answered.
    pub(crate) silent: Cell<bool>,
    /// What the driver says to a command instead of taking it.
    pub(crate) busy: Cell<bool>,
    /// Answers that go before all others, by command and how many of the kind came before.
    pub(crate) answer: RefCell<Option<Answer>>,
    /// Commands that are not answered, by command and how many of the kind came before.
    pub(crate) mute: RefCell<Option<Mute>>,
    /// The last command that was not answered.
    pub(crate) kept: RefCell<Option<Rc<ScsiCommand>>>,
    /// What the error handlers say: abort, device, target, host.
    pub(crate) cures: Cell<[EhResult; 4]>,
    /// Error handlers that were called: name, LUN, ms.
    pub(crate) cured: RefCell<Vec<(&'static str, u64, u64)>>,
    pub(crate) seen: RefCell<Vec<(Cdb, u64, ProtOp)>>,
    pub(crate) destroyed: RefCell<Vec<u64>>,
    pub(crate) terminated: Cell<u32>,
    pub(crate) most_at_once: Cell<u32>,
    at_once: Cell<u32>,
    myself: RefCell<Weak<Fake>>,
}

impl Fake {
    /// How often a command of this kind was seen.
    pub(crate) fn count(&self, of: impl Fn(&Cdb) -> bool) -> usize {
        self.seen.borrow().iter().filter(|(cdb, ..)| of(cdb)).count()
    }

    fn reply(&self, command: &ScsiCommand) -> ScsiResult {
        let number = command.sdev.lun;
        let there = self.luns.borrow().contains(&number);
        let good = |data| ScsiResult { data, ..ScsiResult::default() };
        match command.cdb {
            Cdb::Inquiry { .. } => good(ScsiData::Inquiry {
                qualifier: if there { 0 } else { 3 },
                device_type: 0,
                version: self.version.get(),
                byte5: self.byte5.get(),
                length: 36,
                queues_commands: true,
            }),
            Cdb::InquiryVpd { page: 0 } => good(ScsiData::Vpd { pages: &[0x00, 0x80, 0x83, 0xb0, 0xb1] }),
            Cdb::ReportLuns { .. } if self.report_luns.get() => good(ScsiData::Luns(self.luns.borrow().clone())),
            Cdb::ReportLuns { .. } => check(Sense { key: 5, asc: 0x20, ascq: 0 }),
            Cdb::ReadCapacity { long } => {
                good(ScsiData::Capacity { blocks: 4096, byte12: if long { self.byte12.get() } else { 0 } })
            }
            Cdb::ModeSense { .. } => good(ScsiData::Mode { write_cache: self.write_cache.get() }),
            Cdb::Read { .. } => good(ScsiData::Digest(1)),
            Cdb::RequestSense => good(ScsiData::Sense(Sense { key: 0, asc: 0, ascq: 0 })),
            Cdb::InquiryVpd { .. }
            | Cdb::TestUnitReady
            | Cdb::Write { .. }
            | Cdb::SynchronizeCache
            | Cdb::StartUnit => ScsiResult::default(),
        }
    }

    fn cure<'a>(&'a self, which: usize, lun: u64) -> Callback<'a, EhResult> {
        let name = ["abort", "device", "target", "host"][which];
        self.cured.borrow_mut().push((name, lun, self.kernel.now_us() / 1000));
        Box::pin(async move {
            self.kernel.yield_turn().await;
            Ok(self.cures.get()[which])
        })
    }

    /// Names of the error handlers that were called.
    pub(crate) fn cures_tried(&self) -> Vec<&'static str> {
        self.cured.borrow().iter().map(|c| c.0).collect()
    }
}

impl HostDriver for Fake {
    fn slave_alloc<'a>(&'a self, sdev: &'a Rc<ScsiDevice>) -> Callback<'a, Result<(), Errno>> {
        let refused = self.refused.borrow().contains(&sdev.lun);
        Box::pin(async move {
            self.kernel.yield_turn().await;
            Ok(if refused { Err(Errno::ENXIO) } else { Ok(()) })
        })
    }

    fn slave_configure(&self, sdev: &Rc<ScsiDevice>) -> Sim<()> {
        sdev.queue_depth.set(32);
        Ok(())
    }

    fn slave_destroy<'a>(&'a self, sdev: &'a Rc<ScsiDevice>) -> Callback<'a, ()> {
        Box::pin(async move {
            self.kernel.yield_turn().await;
            self.destroyed.borrow_mut().push(sdev.lun);
            Ok(())
        })
    }

    fn queuecommand(&self, command: &Rc<ScsiCommand>) -> Sim<Queued> {
        if self.busy.get() {
            return Ok(Queued::HostBusy);
        }
        let cdb = command.cdb;
        let before = self.count(|seen| seen.command() == cdb.command());
        self.seen.borrow_mut().push((cdb, command.sdev.lun, command.prot_op.get()));
        if self.silent.get() || self.mute.borrow().as_ref().is_some_and(|mute| mute(command, before)) {
            *self.kept.borrow_mut() = Some(command.clone());
            return Ok(Queued::Accepted);
        }
        let scripted = self.answer.borrow().as_ref().and_then(|answer| answer(command, before));
        let result = scripted.unwrap_or_else(|| self.reply(command));
        self.at_once.set(self.at_once.get() + 1);
        self.most_at_once.set(self.most_at_once.get().max(self.at_once.get()));
        let (command, myself) = (command.clone(), self.myself.borrow().clone());
        self.kernel.timer_us(100, false, Context::Response, 0, move |kernel| {
            if let Some(fake) = myself.upgrade() {
                fake.at_once.set(fake.at_once.get() - 1);
            }
            command.done(kernel, result);
            Ok(())
        });
        Ok(Queued::Accepted)
    }

    fn terminate_rport_io(&self, _: &Rc<Rport>) -> Sim<()> {
        self.terminated.set(self.terminated.get() + 1);
        Ok(())
    }

    fn eh_abort_handler<'a>(&'a self, command: &'a Rc<ScsiCommand>) -> Callback<'a, EhResult> {
        self.cure(0, command.sdev.lun)
    }

    fn eh_device_reset_handler<'a>(&'a self, sdev: &'a Rc<ScsiDevice>) -> Callback<'a, EhResult> {
        self.cure(1, sdev.lun)
    }

    fn eh_target_reset_handler<'a>(&'a self, sdev: &'a Rc<ScsiDevice>) -> Callback<'a, EhResult> {
        self.cure(2, sdev.lun)
    }

    fn eh_host_reset_handler<'a>(&'a self, sdev: &'a Rc<ScsiDevice>) -> Callback<'a, EhResult> {
        self.cure(3, sdev.lun)
    }
}

/// A kernel for a scenario that differs from the default.
pub(crate) fn kernel(change: impl FnOnce(&mut Scenario)) -> Rc<Kernel> {
    let mut scenario = Scenario::default();
    change(&mut scenario);
    Kernel::new(Rc::new(scenario), Switches::default(), Watch::Everything)
}

/// Runs a future as a user's, until nothing is left to run.
pub(crate) fn run(kernel: &Rc<Kernel>, future: impl Future<Output = Sim<()>> + 'static) -> Record {
    kernel.spawn(Context::User, 0, future);
    kernel.run();
    kernel.take_record()
}

/// As [`run`], where nothing may go wrong.
pub(crate) fn calm(kernel: &Rc<Kernel>, future: impl Future<Output = Sim<()>> + 'static) -> Record {
    let record = run(kernel, future);
    assert_eq!(record.end, None);
    record
}

/// A kernel with a host that is not added yet.
pub(crate) struct Rig {
    pub(crate) kernel: Rc<Kernel>,
    pub(crate) fake: Rc<Fake>,
    pub(crate) host: Rc<ScsiHost>,
}

pub(crate) const TEMPLATE: HostTemplate =
    HostTemplate { can_queue: 64, sg_tablesize: 538, sg_prot_tablesize: 0, max_sectors: 4304 };

impl Rig {
    pub(crate) fn new(change: impl FnOnce(&mut Scenario)) -> Rc<Self> {
        Self::on(kernel(change))
    }

    /// With the timers and turns of a real kernel.
    pub(crate) fn real() -> Rc<Self> {
        let mut scenario = Scenario::default();
        scenario.kernel.midlayer = Midlayer::V6_1;
        let switches = Switches { timer_wheel: true, real_turns: true, ..Switches::default() };
        Self::on(Kernel::new(Rc::new(scenario), switches, Watch::Everything))
    }

    fn on(kernel: Rc<Kernel>) -> Rc<Self> {
        let fake = Rc::new(Fake {
            kernel: kernel.clone(),
            luns: RefCell::new(vec![lun(0)]),
            refused: RefCell::default(),
            version: Cell::new(5),
            byte5: Cell::new(0),
            byte12: Cell::new(0),
            report_luns: Cell::new(true),
            write_cache: Cell::new(false),
            silent: Cell::new(false),
            busy: Cell::new(false),
            answer: RefCell::default(),
            mute: RefCell::default(),
            kept: RefCell::default(),
            cures: Cell::new([EhResult::Success; 4]),
            cured: RefCell::default(),
            seen: RefCell::default(),
            destroyed: RefCell::default(),
            terminated: Cell::new(0),
            most_at_once: Cell::new(0),
            at_once: Cell::new(0),
            myself: RefCell::default(),
        });
        *fake.myself.borrow_mut() = Rc::downgrade(&fake);
        let driver: Weak<dyn HostDriver> = Rc::<Fake>::downgrade(&fake);
        let host = scsi_host_alloc(&kernel, 0, TEMPLATE, driver).unwrap();
        host.max_lun.set(0xffff_ffff);
        Rc::new(Self { kernel, fake, host })
    }

    pub(crate) fn of(midlayer: Midlayer) -> Rc<Self> {
        Self::new(|s| s.kernel.midlayer = midlayer)
    }

    pub(crate) fn answer(&self, answer: impl Fn(&ScsiCommand, usize) -> Option<ScsiResult> + 'static) {
        *self.fake.answer.borrow_mut() = Some(Box::new(answer));
    }

    /// Commands that are not answered.
    pub(crate) fn mute(&self, mute: impl Fn(&ScsiCommand, usize) -> bool + 'static) {
        *self.fake.mute.borrow_mut() = Some(Box::new(mute));
    }

    /// Adds the host and one remote port, and waits for the scan and the disks' probes.
    pub(crate) async fn online(&self) -> Sim<Rc<Rport>> {
        assert_eq!(scsi_add_host(&self.host).await?, Ok(()));
        let rport = self.add_port(WWPN).await?;
        self.kernel.wait_for_rest().await;
        Ok(rport)
    }

    pub(crate) async fn add_port(&self, wwpn: u64) -> Sim<Rc<Rport>> {
        let ids = RportIdentifiers { node_name: 7, port_name: wwpn, port_id: 0x10203 };
        Ok(fc_remote_port_add(&self.host, ids).await?.expect("nothing fails"))
    }

    pub(crate) fn sdev(&self, number: u64) -> Rc<ScsiDevice> {
        self.host.devices.borrow().iter().find(|d| d.lun == lun(number)).cloned().expect("there is such a device")
    }

    /// LUN numbers of the devices in sysfs.
    pub(crate) fn visible(&self) -> Vec<u64> {
        self.host.devices.borrow().iter().filter(|d| d.is_visible()).map(|d| d.lun >> 48).collect()
    }

    /// Runs a test with the host online.
    pub(crate) fn with_disk<F>(self: &Rc<Self>, test: impl FnOnce(Rc<Self>) -> F + 'static) -> Record
    where
        F: Future<Output = Sim<()>> + 'static,
    {
        let rig = self.clone();
        run(&self.kernel, async move {
            rig.online().await?;
            test(rig).await
        })
    }
}

/// Log lines of a run.
pub(crate) fn logs(record: &Record) -> Vec<LogId> {
    let log = |event: &Event| if let Event::Log(line) = event { Some(line.id) } else { None };
    record.events.iter().filter_map(|e| log(&e.event)).collect()
}

/// Uevents of a run.
pub(crate) fn uevents(record: &Record) -> Vec<(UeventAction, Object)> {
    let uevent = |event: &Event| if let Event::Uevent(u) = event { Some((u.action, u.object)) } else { None };
    record.events.iter().filter_map(|e| uevent(&e.event)).collect()
}

/// Kind, function and field of the trap that ended a run.
pub(crate) fn trap(record: &Record) -> (regdiff_observation::TrapKind, String, String) {
    match &record.end {
        Some(End::Trap(trap)) => (trap.kind, trap.function.to_string(), trap.field.to_string()),
        other => panic!("{other:?} is no trap"),
    }
}
