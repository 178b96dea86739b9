//! A bug of regdiff itself: a panic in the model or the oracle.
//!
//! A campaign must not stop at one, and a person must see at once that it is our bug and not the driver's.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};

thread_local! {
    static CAUGHT: RefCell<Option<String>> = const { RefCell::new(None) };
    static CATCHING: RefCell<u32> = const { RefCell::new(0) };
}

/// A panic, as text: where and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnBug(pub(crate) String);

/// Makes panics inside [`catch`] silent; they are reported by whoever catches them. Call it once, at the start.
pub(crate) fn install() {
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if CATCHING.with_borrow(|depth| *depth == 0) {
            return default(info);
        }
        let why = info.payload_as_str().unwrap_or("no message");
        let place = info.location().map_or_else(|| "?".to_owned(), ToString::to_string);
        CAUGHT.set(Some(format!("{place}: {why}")));
    }));
}

/// Runs `work`; a panic in it comes back as a value.
///
/// What the closure captures may be left half changed: give it nothing that is used afterwards.
pub(crate) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, OwnBug> {
    CATCHING.with_borrow_mut(|depth| *depth += 1);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    CATCHING.with_borrow_mut(|depth| *depth -= 1);
    result.map_err(|_| OwnBug(CAUGHT.take().unwrap_or_else(|| "a panic without a message".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_comes_back_with_its_place() {
        install();
        assert_eq!(catch(|| 1), Ok(1));
        let bug = catch(|| panic!("ring {} is empty", 3)).expect_err("it panics");
        assert!(bug.0.contains("own_bug.rs") && bug.0.ends_with("ring 3 is empty"), "{bug:?}");
    }
}
