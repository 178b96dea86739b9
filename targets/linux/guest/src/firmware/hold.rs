//! Moments of steps: which command or point a step waits for, and the answer that is held until the step has begun.

use regdiff_observation::SentCommand;
use regdiff_scenario::{Moment, Point, When};

/// At most one step waits at a time.
#[derive(Debug, Default)]
pub(super) struct Hold {
    armed: Option<Armed>,
    /// Records for the door.
    held: Vec<Vec<u8>>,
    /// Those that came since, which queue up behind the held ones.
    behind: Option<Vec<Vec<u8>>>,
}

#[derive(Debug)]
struct Armed {
    moment: Moment,
    remaining: u16,
}

impl Hold {
    /// A step waits; occurrences count from now.
    pub(super) fn arm(&mut self, moment: &Moment) {
        self.armed = Some(Armed { moment: moment.clone(), remaining: moment.nth.max(1) });
    }

    pub(super) fn disarm(&mut self) {
        self.armed = None;
    }

    /// A command reached the firmware; tells whether the step's moment has come.
    pub(super) fn command_sent(&mut self, sent: &SentCommand) -> bool {
        self.count(|m| m.when == When::Outstanding && m.device == sent.device && m.command == sent.command)
    }

    /// A context stands at a point.
    pub(super) fn point_reached(&mut self, device: u8, point: Point) -> bool {
        self.count(|m| m.when == When::AtPoint && m.device == device && m.point == point)
    }

    /// A context stands at the armed occurrence of a point, as somebody else counted.
    pub(super) fn point_armed(&mut self, device: u8, point: Point) -> bool {
        let fits = |m: &Moment| m.when == When::AtPoint && m.device == device && m.point == point;
        self.armed.take_if(|armed| fits(&armed.moment)).is_some()
    }

    fn count(&mut self, fits: impl FnOnce(&Moment) -> bool) -> bool {
        let Some(armed) = self.armed.as_mut().filter(|armed| fits(&armed.moment)) else { return false };
        armed.remaining -= 1;
        let came = armed.remaining == 0;
        if came {
            self.armed = None;
        }
        came
    }

    /// Holds an answer; those that follow queue up behind it.
    pub(super) fn keep(&mut self, record: Vec<u8>) {
        self.held.push(record);
        self.behind.get_or_insert_default();
    }

    /// What queued up; from now on answers go at once.
    pub(super) fn queued(&mut self) -> Vec<Vec<u8>> {
        self.behind.take().unwrap_or_default()
    }

    /// An answer that nobody waits for: what goes to the door at once.
    pub(super) fn pass(&mut self, record: Vec<u8>) -> Option<Vec<u8>> {
        match &mut self.behind {
            Some(behind) => {
                behind.push(record);
                None
            }
            None => Some(record),
        }
    }

    pub(super) fn release(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use regdiff_scenario::Command;

    use super::*;

    #[test]
    fn answers_queue_up_behind_those_that_are_due() {
        let mut hold = Hold::default();
        assert_eq!(hold.pass(vec![1]), Some(vec![1]));
        hold.keep(vec![0]);
        assert_eq!(hold.pass(vec![2]), None);
        assert_eq!((hold.release(), hold.queued()), (vec![vec![0]], vec![vec![2]]));
        assert_eq!(hold.pass(vec![3]), Some(vec![3]));
    }

    #[test]
    fn the_nth_fit_counts_once() {
        let mut hold = Hold::default();
        hold.arm(&Moment { when: When::AtPoint, point: Point::ErpOpen, nth: 2, ..Moment::default() });
        assert!(!hold.point_reached(0, Point::ErpOpen));
        assert!(!hold.point_reached(1, Point::ErpOpen), "another device");
        assert!(!hold.point_reached(0, Point::ErpClose), "another point");
        let sent = SentCommand { device: 0, command: Command::ExchangeConfigData, port: 0, lun: 0 };
        assert!(!hold.command_sent(&sent), "another kind of moment");
        assert!(hold.point_reached(0, Point::ErpOpen));
        assert!(!hold.point_reached(0, Point::ErpOpen));
        hold.arm(&Moment { when: When::AtPoint, point: Point::ErpOpen, nth: 2, ..Moment::default() });
        assert!(!hold.point_armed(1, Point::ErpOpen));
        assert!(hold.point_armed(0, Point::ErpOpen), "counted by the module");
        assert!(!hold.point_armed(0, Point::ErpOpen));
    }
}
