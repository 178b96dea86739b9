//! What is written down of a run.

use std::cell::Cell;

use regdiff_observation::{
    Event, FcEvent, Given, Input, Leftover, LogId, LogLine, Note, Noted, Object, Pass, Stamped, TraceRecord, Uevent,
    UeventAction, Watch,
};
use regdiff_scenario::Point;
use regdiff_scenario::module::Toggle;

use crate::Kernel;

impl Kernel {
    /// Writes an event down.
    pub fn record(&self, event: Event) {
        if self.watch != Watch::Nothing {
            let (context, _) = self.current();
            self.events.borrow_mut().push(Stamped { time_us: self.now_us(), context, event });
        }
    }

    /// Writes down what no user can see, if the run is watched closely.
    pub fn note(&self, note: impl FnOnce() -> Note) {
        if self.watch == Watch::Closely {
            let (context, _) = self.current();
            let noted = Noted { time_us: self.now_us(), context, events_before: self.events_so_far(), note: note() };
            self.notes.borrow_mut().push(noted);
        }
    }

    /// Notes what the run is given.
    pub fn given(&self, input: Input) {
        if self.watch != Watch::Nothing {
            let events_before = self.events_so_far();
            self.inputs.borrow_mut().push(Given { events_before, input });
        }
    }

    /// Notes that a named point is passed.
    pub(crate) fn passed(&self, point: Point) {
        if self.watch != Watch::Nothing {
            let mut points = self.points.get();
            points.insert(point);
            self.points.set(points);
        }
    }

    /// Notes that a boolean module parameter is read.
    pub fn reads(&self, toggle: Toggle) {
        if self.watch != Watch::Nothing {
            self.reached.borrow_mut().read(toggle);
        }
    }

    /// Notes that an adapter is to be set up: from now on hardware and kernel matter.
    pub fn sets_up_adapter(&self) {
        if self.watch != Watch::Nothing {
            self.reached.borrow_mut().adapter = true;
        }
    }

    /// Notes that a step finds nothing to work on and leaves everything as it is.
    pub fn without_effect(&self, step: u32) {
        if self.watch != Watch::Nothing {
            self.reached.borrow_mut().without_effect.push(step);
        }
    }

    /// Notes that the schedule could let others go first here.
    pub(crate) fn passes(&self, point: Point) {
        if self.watch != Watch::Nothing {
            let (context, device) = self.current();
            let alone = !self.executor.borrow().others_can_run();
            self.reached.borrow_mut().passes.push(Pass { device, context, point, alone });
        }
    }

    /// A log line of a device.
    pub fn log(&self, id: LogId, device: u8, argument: u64) {
        self.record(Event::Log(LogLine { id, device: Some(device), argument }));
    }

    /// A log line of the driver as a whole.
    pub fn log_driver(&self, id: LogId) {
        self.record(Event::Log(LogLine { id, device: None, argument: 0 }));
    }

    /// A uevent.
    pub fn uevent(&self, action: UeventAction, object: Object) {
        self.record(Event::Uevent(Uevent { action, object }));
    }

    /// A record of the driver's recovery trace.
    pub fn trace(&self, record: TraceRecord) {
        self.record(Event::Trace(record));
    }

    /// An FC event.
    pub fn fc_event(&self, event: FcEvent) {
        self.record(Event::Fc(event));
    }

    /// Something was not given back.
    pub fn leftover(&self, leftover: Leftover) {
        let mut leftovers = self.leftovers.borrow_mut();
        if !leftovers.contains(&leftover) {
            leftovers.push(leftover);
        }
    }

    /// Adds one to a counter.
    pub fn count(counter: &Cell<u32>) {
        counter.set(counter.get().saturating_add(1));
    }
}
