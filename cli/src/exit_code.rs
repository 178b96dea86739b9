//! How a command ends: few codes, documented, promised.
//!
//! Scripts rely on them. A new meaning is a new code; an old code never changes its meaning.

use std::process::{ExitCode as Process, Termination};

/// The exit codes of every command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum ExitCode {
    /// Everything was done, and nothing was found.
    #[default]
    Clean = 0,
    /// There are findings that no counted allowance covers.
    Findings = 1,
    /// The command cannot do its work: wrong usage, an input that is refused, an output that cannot be written.
    Usage = 2,
    /// A scenario was not judged to its end: a limit was hit, or it needs what is not modelled.
    Undecided = 3,
    /// What the command starts from does not hold: no finding to minimise, no engine or kernel to start, a drill that finds nothing.
    Baseline = 4,
    /// A bug of regdiff itself: a panic, or a verdict that changed on a second run.
    OwnBug = 70,
}

impl ExitCode {
    /// Every code, in ascending order.
    pub(crate) const ALL: &'static [Self] =
        &[Self::Clean, Self::Findings, Self::Usage, Self::Undecided, Self::Baseline, Self::OwnBug];

    /// The number.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }

    /// What it means, for `--help`.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Clean => "nothing found",
            Self::Findings => "findings that no counted allowance covers",
            Self::Usage => "wrong usage, an input that is refused, or an output that cannot be written",
            Self::Undecided => "not judged to the end: a limit was hit, or something is not modelled",
            Self::Baseline => {
                "the start does not hold: nothing to minimise, no engine or kernel to start, a drill that finds nothing"
            }
            Self::OwnBug => "a bug of regdiff itself; please report it with the command",
        }
    }

    /// The code of two results together: the one that a script must not overlook.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        std::cmp::max_by_key(self, other, |code| code.weight())
    }

    const fn weight(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Undecided => 1,
            Self::Findings => 2,
            Self::Baseline => 3,
            Self::Usage => 4,
            Self::OwnBug => 5,
        }
    }
}

impl Termination for ExitCode {
    fn report(self) -> Process {
        Process::from(self.code())
    }
}

/// The section of `--help`.
pub(crate) fn help() -> String {
    let mut text = String::from("Exit codes:\n");
    for code in ExitCode::ALL {
        text.push_str(&format!("  {:>2}  {}\n", code.code(), code.meaning()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_promised() {
        let numbers: Vec<u8> = ExitCode::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 70]);
    }

    #[test]
    fn help_lists_every_code() {
        let help = help();
        for code in ExitCode::ALL {
            assert!(help.contains(&format!("{:>4}  {}", code.code(), code.meaning())), "{help}");
        }
    }

    #[test]
    fn the_graver_code_wins_in_either_order() {
        let ranked = [
            ExitCode::Clean,
            ExitCode::Undecided,
            ExitCode::Findings,
            ExitCode::Baseline,
            ExitCode::Usage,
            ExitCode::OwnBug,
        ];
        for (index, low) in ranked.into_iter().enumerate() {
            for high in ranked.into_iter().skip(index) {
                assert_eq!((low.and(high), high.and(low)), (high, high));
            }
        }
    }
}
