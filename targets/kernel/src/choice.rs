//! Choices that a scenario makes: who runs next, random draws, injected failures, and moments of steps.

use regdiff_observation::{Event, SentCommand};
use regdiff_scenario::{Command, FailPoint, Moment, Point, Turn, When};

use crate::Kernel;
use crate::TaskId;

/// A failure that will happen.
struct ArmedFailure {
    device: u8,
    point: FailPoint,
    remaining: u16,
    step: u32,
}

/// A step that waits for its moment.
struct ArmedStep {
    moment: Moment,
    remaining: u16,
    task: TaskId,
}

/// How often each choice of the schedule was passed, what waits for a moment, and what will fail.
#[derive(Default)]
pub(crate) struct Choices {
    passed: Vec<u16>,
    failures: Vec<ArmedFailure>,
    step: Option<ArmedStep>,
}

impl Kernel {
    /// A named place where another context may run, and where steps may wait.
    pub async fn point(&self, point: Point) {
        self.passed(point);
        if self.moment_comes(|m| m.when == When::AtPoint && m.point == point) {
            // The step goes first: it was to happen while this context stands here.
            let me = self.current_task();
            self.wake_after_next(me);
            self.park().await;
        }
        self.passes(point);
        match self.choice(point) {
            Some((Turn::Yield, 0)) => self.yield_until_idle().await,
            Some((Turn::Yield, turns)) => {
                for _ in 0..turns.min(1000) {
                    self.yield_turn().await;
                }
            }
            Some((Turn::Sleep, ms)) => self.sleep_us(u64::from(ms) * 1000).await,
            Some((Turn::Draw, _)) | None => {}
        }
    }

    /// A random draw below or at `bound`; 0 unless the schedule names it.
    pub fn draw(&self, point: Point, bound: u32) -> u32 {
        self.passed(point);
        match self.choice(point) {
            Some((Turn::Draw, amount)) if bound < u32::MAX => amount % (bound + 1),
            Some((Turn::Draw, amount)) => amount,
            _ => 0,
        }
    }

    fn choice(&self, point: Point) -> Option<(Turn, u32)> {
        let schedule = &self.scenario.schedule;
        if schedule.is_empty() {
            return None;
        }
        let (context, device) = self.current();
        let mut choices = self.choices.borrow_mut();
        choices.passed.resize(schedule.len(), 0);
        let mut found = None;
        // Each choice counts its own key's occurrences, so no key's count depends on what else is in the list.
        for (choice, passed) in schedule.iter().zip(&mut choices.passed) {
            if choice.context == context && choice.device == device && choice.point == point {
                *passed = passed.saturating_add(1);
                if *passed == choice.nth && found.is_none() {
                    found = Some((choice.turn, choice.amount));
                }
            }
        }
        found
    }

    /// Arms a failure, for a step: the `nth` time from now that the device passes the point.
    pub fn arm_failure(&self, device: u8, point: FailPoint, nth: u16, step: u32) {
        self.choices.borrow_mut().failures.push(ArmedFailure { device, point, remaining: nth.max(1), step });
    }

    /// Whether an allocation or registration fails this time.
    pub fn fails(&self, device: u8, point: FailPoint) -> bool {
        let mut choices = self.choices.borrow_mut();
        if choices.failures.is_empty() {
            return false;
        }
        let mut failed = false;
        choices.failures.retain_mut(|f| {
            if f.device == device && f.point == point {
                f.remaining -= 1;
                if f.remaining == 0 {
                    failed = true;
                    self.failures_hit.borrow_mut().push(f.step);
                }
            }
            f.remaining > 0
        });
        failed
    }

    /// Waits for a step's moment; false if the machine comes to rest first.
    pub async fn wait_for_moment(&self, moment: &Moment) -> bool {
        let task = self.current_task();
        self.choices.borrow_mut().step = Some(ArmedStep { moment: moment.clone(), remaining: moment.nth.max(1), task });
        self.wait_for_rest().await;
        self.choices.borrow_mut().step.take().is_none()
    }

    /// Notes that a command reached the firmware.
    pub fn command_sent(&self, sent: SentCommand) {
        self.record(Event::Command(sent));
        self.moment_comes(|m| m.when == When::Outstanding && m.device == sent.device && m.command == sent.command);
    }

    fn moment_comes(&self, matches: impl FnOnce(&Moment) -> bool) -> bool {
        let device = self.current().1;
        let task = {
            let mut choices = self.choices.borrow_mut();
            let Some(step) = &mut choices.step else { return false };
            let here = step.moment.when != When::AtPoint || step.moment.device == device;
            if !here || !matches(&step.moment) {
                return false;
            }
            step.remaining -= 1;
            if step.remaining > 0 {
                return false;
            }
            let task = step.task;
            choices.step = None;
            task
        };
        self.wake_next(task);
        true
    }

    /// Whether any command of this kind would be a moment; lets senders skip work.
    pub fn awaits_command(&self, command: Command) -> bool {
        self.choices.borrow().step.as_ref().is_some_and(|s| s.moment.command == command)
    }
}
