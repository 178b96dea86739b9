//! The few colours that carry meaning. [`crate::output`] takes them out where nobody wants them.

use anstyle::{AnsiColor, Style};

/// A heading.
pub(crate) const HEADING: Style = Style::new().bold();
/// Nothing to worry about.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// Something to look at.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Neither: not judged to the end.
pub(crate) const UNDECIDED: Style = AnsiColor::Yellow.on_default();
/// What most readers skip.
pub(crate) const QUIET: Style = Style::new().dimmed();
