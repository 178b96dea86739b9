//! A simulated Linux: tasks and virtual time, work queues, blk-mq request memory, the SCSI midlayer, the FC transport.
//!
//! It knows no driver and no hardware. A driver implements [`scsi::HostDriver`] and calls what the kernel offers under the
//! kernel's own names. Facts come from `spec/midlayer.md`; none of the kernel's code is copied.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use regdiff_observation::{End, Given, Leftover, Noted, PointSet, Reached, Stamped, Violation, Watch};
use regdiff_scenario::{Context, Profile, Scenario};

mod attribute;
mod choice;
mod executor;
mod fault;
pub mod memory;
mod oops;
mod record;
pub mod scsi;
mod task;
mod wait;
mod wheel;
mod work;

pub use attribute::{AttributeUser, AttributeUsers};
pub use executor::{TaskId, TimerId};
pub use fault::MidlayerFault;
pub use oops::{Frame, Oops, Sim};
pub use task::{MAX_TIME_US, MAX_TURNS, TaskFuture};
pub use wait::{Completion, Mutex, MutexGuard, WaitQueue};
pub use work::{Work, WorkQueue};

/// Switches of a run that are not part of the scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// Requests always have room and a pointer for protection data: takes the historical defect out of both variants.
    pub protection_space_always_reserved: bool,
    /// A planted fault.
    pub fault: Option<MidlayerFault>,
    /// Delayed works, sleeps and time-outs run out when the kernel's timer wheel looks at their bucket, as they do on a real kernel;
    /// else at their time.
    pub timer_wheel: bool,
    /// Threads and queues take turns as on a real kernel with one processor: unbound queues share their workers, nodes in /dev are waited
    /// for, sharers of driver tags are frozen, a command that is put back waits for its queue's third run. Else each goes its own way,
    /// which is what scenarios and the contract were written for.
    pub real_turns: bool,
    /// How long rest lasts before anybody believes in it, in ms: who looks from outside must wait a while, and longer while somebody is
    /// stuck; who sees inside need not.
    pub rest_ms: u64,
}

/// One machine's kernel.
pub struct Kernel {
    /// The scenario that is run.
    pub scenario: Rc<Scenario>,
    /// Structure sizes.
    pub profile: &'static Profile,
    /// Switches of this run.
    pub switches: Switches,
    /// SCSI commands that reached a host driver.
    pub scsi_commands: Cell<u32>,
    /// Hosts added.
    pub hosts_added: Cell<u32>,
    /// How often a planted fault, or a missing fence, was come by.
    pub slips: Cell<u32>,
    watch: Watch,
    executor: RefCell<executor::Executor>,
    choices: RefCell<choice::Choices>,
    running: Cell<(Context, u8)>,
    frames: RefCell<Vec<&'static str>>,
    end: RefCell<Option<End>>,
    events: RefCell<Vec<Stamped>>,
    violations: RefCell<Vec<Violation>>,
    leftovers: RefCell<Vec<Leftover>>,
    notes: RefCell<Vec<Noted>>,
    failures_hit: RefCell<Vec<u32>>,
    inputs: RefCell<Vec<Given>>,
    points: Cell<PointSet>,
    reached: RefCell<Reached>,
    host_numbers: RefCell<Vec<bool>>,
    /// The kernel warned of a request without protection header: it does so once.
    warned_of_prot_sdb: Cell<bool>,
    /// Every host there ever was; taken apart when the run is over.
    hosts: RefCell<Vec<Weak<scsi::ScsiHost>>>,
}

/// What a run leaves for the observation.
#[derive(Default)]
pub struct Record {
    /// How it ended, if not at rest.
    pub end: Option<End>,
    /// Events in order.
    pub events: Vec<Stamped>,
    /// Memory violations in order.
    pub violations: Vec<Violation>,
    /// What was not given back.
    pub leftovers: Vec<Leftover>,
    /// What happened inside, in order.
    pub notes: Vec<Noted>,
    /// Steps whose injected failure happened, in order.
    pub failures_hit: Vec<u32>,
    /// What the run was given, in order.
    pub inputs: Vec<Given>,
    /// The named points that it passed.
    pub points: PointSet,
    /// Which open choices of the scenario it came to.
    pub reached: Reached,
}

impl Kernel {
    /// A kernel before anything happened.
    pub fn new(scenario: Rc<Scenario>, switches: Switches, watch: Watch) -> Rc<Self> {
        let profile = scenario.kernel.layout.profile();
        Rc::new(Self {
            scenario,
            profile,
            switches,
            scsi_commands: Cell::new(0),
            hosts_added: Cell::new(0),
            slips: Cell::new(0),
            watch,
            executor: RefCell::default(),
            choices: RefCell::default(),
            running: Cell::new((Context::User, 0)),
            frames: RefCell::default(),
            end: RefCell::default(),
            events: RefCell::default(),
            violations: RefCell::default(),
            leftovers: RefCell::default(),
            notes: RefCell::default(),
            failures_hit: RefCell::default(),
            inputs: RefCell::default(),
            points: Cell::default(),
            reached: RefCell::default(),
            host_numbers: RefCell::default(),
            warned_of_prot_sdb: Cell::new(false),
            hosts: RefCell::default(),
        })
    }

    /// Whether a planted fault is armed, where it matters.
    pub(crate) fn slips(&self, fault: MidlayerFault) -> bool {
        self.slipped(self.switches.fault == Some(fault))
    }

    /// Counts what was come by, if it is there.
    pub fn slipped(&self, slipped: bool) -> bool {
        if slipped {
            Self::count(&self.slips);
        }
        slipped
    }

    /// How many hosts hold a number, and so memory.
    pub fn hosts_allocated(&self) -> usize {
        self.host_numbers.borrow().iter().filter(|used| **used).count()
    }

    /// Whether the run is over early.
    pub fn has_ended(&self) -> bool {
        self.end.borrow().is_some()
    }

    /// How many events were recorded so far.
    pub fn events_so_far(&self) -> usize {
        self.events.borrow().len()
    }

    /// Takes what was recorded.
    pub fn take_record(&self) -> Record {
        Record {
            end: self.end.take(),
            events: self.events.take(),
            violations: self.violations.take(),
            leftovers: self.leftovers.take(),
            notes: self.notes.take(),
            failures_hit: self.failures_hit.take(),
            inputs: self.inputs.take(),
            points: self.points.take(),
            reached: self.reached.take(),
        }
    }
}
