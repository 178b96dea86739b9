//! How wide the terminal is.

use rustix::termios::tcgetwinsize;

/// Columns of the terminal that results go to; `None` if they go elsewhere.
pub(crate) fn width() -> Option<usize> {
    let size = tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0).then(|| usize::from(size.ws_col))
}
