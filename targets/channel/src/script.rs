//! Which scripted answer a command gets.
//!
//! Every answer counts for itself the commands that fit its device, command and selectors, whether or not an earlier
//! answer of the list takes them. So its occurrences depend on nothing but the commands it is about: not on other kinds of
//! commands, other ports, or other answers.

use regdiff_scenario::{Answer, Command};

/// The scripted answers of one device, and how far each has counted.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    entries: Vec<Entry>,
    /// Occurrences by command, without selectors.
    total: [u32; COMMANDS],
}

/// One more than the largest tag of [`Command`].
const COMMANDS: usize = 64;

#[derive(Clone, Debug)]
struct Entry {
    answer: Answer,
    seen: u32,
}

impl Script {
    /// The answers of `device`, in list order.
    pub(crate) fn new(device: u8, answers: &[Answer]) -> Self {
        let entries = answers
            .iter()
            .filter(|answer| answer.device == device)
            .map(|answer| Entry { answer: answer.clone(), seen: 0 })
            .collect();
        Self { entries, total: [0; COMMANDS] }
    }

    /// Counts a command to `port` and `lun`. Returns its occurrence, from 1, and the index of the first answer that takes it.
    pub(crate) fn count(&mut self, command: Command, port: Option<u8>, lun: Option<u8>) -> (u32, Option<usize>) {
        let total = &mut self.total[command as usize];
        *total = total.saturating_add(1);
        let mut first = None;
        for (index, entry) in self.entries.iter_mut().enumerate() {
            if entry.answer.command != command
                || !selects(entry.answer.port.0, port)
                || !selects(entry.answer.lun.0, lun)
            {
                continue;
            }
            entry.seen = entry.seen.saturating_add(1);
            if first.is_none() && entry.is_due() {
                first = Some(index);
            }
        }
        (*total, first)
    }

    /// The answer with the index that [`Self::count`] returned.
    pub(crate) fn answer(&self, index: usize) -> &Answer {
        &self.entries[index].answer
    }
}

impl Entry {
    /// Whether the command just counted is one of those it answers.
    fn is_due(&self) -> bool {
        let nth = u32::from(self.answer.nth);
        let count = u32::from(self.answer.count);
        self.seen >= nth && (count == 0 || self.seen - nth < count)
    }
}

/// Whether a selector takes a command about `index`. A selector never takes a command that is about nothing.
fn selects(selector: Option<u8>, index: Option<u8>) -> bool {
    selector.is_none() || selector == index
}

#[cfg(test)]
mod tests {
    use regdiff_scenario::Selector;

    use super::*;

    fn take(script: &mut Script, command: Command, port: Option<u8>, lun: Option<u8>) -> Option<usize> {
        script.count(command, port, lun).1
    }

    #[test]
    fn every_command_fits_the_table() {
        assert!(Command::ALL.iter().all(|command| (*command as usize) < COMMANDS));
    }

    #[test]
    fn nth_and_count_make_a_window() {
        let answer = Answer { nth: 2, count: 2, ..Answer::default() };
        let mut script = Script::new(0, &[answer]);
        let hits: Vec<_> =
            (0..5).map(|_| take(&mut script, Command::ExchangeConfigData, None, None).is_some()).collect();
        assert_eq!(hits, [false, true, true, false, false]);
    }

    #[test]
    fn count_zero_is_all_that_follow() {
        let answer = Answer { nth: 2, count: 0, ..Answer::default() };
        let mut script = Script::new(0, &[answer]);
        let hits: Vec<_> =
            (0..4).map(|_| take(&mut script, Command::ExchangeConfigData, None, None).is_some()).collect();
        assert_eq!(hits, [false, true, true, true]);
    }

    #[test]
    fn the_first_of_the_list_wins_and_the_others_count_on() {
        let broad = Answer { nth: 1, count: 2, ..Answer::default() };
        let late = Answer { nth: 2, count: 2, ..Answer::default() };
        let mut script = Script::new(0, &[broad, late]);
        let hits: Vec<_> = (0..4).map(|_| take(&mut script, Command::ExchangeConfigData, None, None)).collect();
        assert_eq!(hits, [Some(0), Some(0), Some(1), None]);
    }

    #[test]
    fn commands_and_devices_are_counted_apart() {
        let mine = Answer { command: Command::ExchangePortData, ..Answer::default() };
        let other = Answer { device: 1, ..Answer::default() };
        let mut script = Script::new(0, &[mine, other]);
        assert_eq!(script.count(Command::ExchangeConfigData, None, None), (1, None));
        assert_eq!(script.count(Command::ExchangeConfigData, None, None), (2, None));
        assert_eq!(script.count(Command::ExchangePortData, None, None), (1, Some(0)));
    }

    #[test]
    fn selectors_count_their_own_port_and_lun() {
        let port = Answer { command: Command::Inquiry, port: Selector(Some(1)), nth: 2, ..Answer::default() };
        let both =
            Answer { command: Command::Inquiry, port: Selector(Some(0)), lun: Selector(Some(3)), ..Answer::default() };
        let mut script = Script::new(0, &[port, both]);
        assert_eq!(take(&mut script, Command::Inquiry, Some(0), Some(0)), None);
        assert_eq!(take(&mut script, Command::Inquiry, Some(1), Some(0)), None);
        assert_eq!(take(&mut script, Command::Inquiry, None, None), None, "a selector takes nothing without a port");
        assert_eq!(take(&mut script, Command::Inquiry, Some(0), Some(3)), Some(1));
        assert_eq!(take(&mut script, Command::Inquiry, Some(1), Some(5)), Some(0));
    }
}
