//! One run of the model: kernel, channel and driver put together.

use std::cell::RefCell;
use std::rc::Rc;

use regdiff_channel::Channel;
use regdiff_kernel::{Kernel, Switches};
use regdiff_observation::{End, Input, Lane, Leftover, Observation, Rest, StepOutcome, Watch};
use regdiff_scenario::{Context, Scenario};

use crate::ccw::CcwDevice;
use crate::fault::DriverFault;
use crate::fence::Fences;
use crate::objects::Driver;
use crate::observe;
use crate::status::ADAPTER_ERP_PENDING;
use crate::steps::{self, Outcomes};

/// One implementation of the driver, and how its kernel is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// How registration works.
    pub fences: Fences,
    /// Switches of the kernel that are not part of a scenario.
    pub switches: Switches,
    /// A planted fault of the driver that is no missing fence.
    pub fault: Option<DriverFault>,
}

impl Variant {
    /// Registration when the adapter is enqueued.
    pub const EAGER: Self = Self::of(Fences::EAGER);
    /// Registration after the first complete discovery.
    pub const DEFERRED: Self = Self::of(Fences::DEFERRED);

    /// A variant on an ordinary kernel.
    pub const fn of(fences: Fences) -> Self {
        let switches = Switches {
            protection_space_always_reserved: false,
            fault: None,
            timer_wheel: false,
            real_turns: false,
            rest_ms: 0,
        };
        Self { fences, switches, fault: None }
    }
}

/// The model lane: our simulation of kernel, channel and driver.
#[derive(Clone, Copy, Debug, Default)]
pub struct Model;

impl Lane for Model {
    type Variant = Variant;

    fn run(&self, scenario: &Scenario, variant: &Variant, watch: Watch) -> Observation {
        let kernel = Kernel::new(Rc::new(scenario.clone()), variant.switches, watch);
        let driver = Rc::new(Driver {
            kernel: kernel.clone(),
            fences: variant.fences,
            fault: variant.fault,
            channel: RefCell::new(Channel::new(scenario)),
            module: RefCell::new(scenario.module.clone()),
        });
        let machine = Rc::new(Machine {
            kernel: kernel.clone(),
            driver,
            ccws: (0..scenario.devices.len()).map(|i| CcwDevice::new(i as u8)).collect(),
            outcomes: RefCell::new(vec![StepOutcome::Missed; scenario.steps.len()]),
            begun: RefCell::new(vec![None; scenario.steps.len()]),
            rests: RefCell::default(),
            watch,
        });
        kernel.spawn(Context::User, 0, steps::script(machine.clone()));
        kernel.run();
        let observation = machine.finish();
        // Tasks and timers hold the machine; without this it would never be freed.
        kernel.clear();
        for ccw in &machine.ccws {
            for adapter in ccw.adapter.take().into_iter().chain(ccw.orphan.take()) {
                adapter.dismantle();
            }
        }
        observation
    }
}

/// Everything that lives during a run.
pub(crate) struct Machine {
    pub(crate) kernel: Rc<Kernel>,
    pub(crate) driver: Rc<Driver>,
    pub(crate) ccws: Vec<Rc<CcwDevice>>,
    pub(crate) outcomes: Outcomes,
    begun: RefCell<Vec<Option<u32>>>,
    rests: RefCell<Vec<Rest>>,
    watch: Watch,
}

impl Machine {
    /// Looks at everything a user could see. A second look at the same moment replaces the first.
    pub(crate) fn observe(&self, steps_begun: u32) {
        if self.watch == Watch::Nothing {
            return;
        }
        let rest = Rest {
            time_us: self.kernel.now_us(),
            steps_begun,
            readings: observe::readings(self),
            events_end: self.kernel.events_so_far(),
        };
        self.rests.borrow_mut().push(rest);
    }

    fn finish(&self) -> Observation {
        let at_rest = !self.kernel.has_ended();
        if at_rest && self.watch != Watch::Nothing {
            self.leftovers();
        }
        let record = self.kernel.take_record();
        Observation {
            end: record.end.unwrap_or(End::Rest),
            steps: self.outcomes.take(),
            begun: self.begun.take(),
            rests: self.rests.take(),
            events: record.events,
            violations: record.violations,
            leftovers: record.leftovers,
            notes: record.notes,
            failures_hit: record.failures_hit,
            inputs: record.inputs,
            points: record.points,
            reached: record.reached,
            scsi_commands: self.kernel.scsi_commands.get(),
            hosts_added: self.kernel.hosts_added.get(),
            slips: self.kernel.slips.get(),
            turns: self.kernel.turns(),
        }
    }

    /// Writes down that a step begins.
    pub(crate) fn begins(&self, step: usize) {
        self.outcomes.borrow_mut()[step] = StepOutcome::Blocked;
        self.begun.borrow_mut()[step] = Some(self.rests.borrow().len() as u32);
        self.kernel.given(Input::Step(step as u32));
    }

    /// What should not be there when everything is at rest.
    fn leftovers(&self) {
        let mut referenced = 0;
        for ccw in &self.ccws {
            let Some(adapter) = ccw.adapter() else { continue };
            referenced += usize::from(!adapter.no_shost());
            if adapter.has(ADAPTER_ERP_PENDING) {
                self.kernel.leftover(Leftover {
                    device: ccw.index,
                    what: "recovery that never ends",
                    function: "zfcp_erp_thread",
                });
            }
        }
        if self.kernel.hosts_allocated() > referenced {
            self.kernel.leftover(Leftover { device: 0, what: "Scsi_Host", function: "scsi_host_put" });
        }
    }
}
