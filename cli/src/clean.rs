//! What reaches a terminal: lines, and the few colours of [`crate::style`]. Names of files, messages of kernels and notes may hold
//! anything else, which a terminal could obey or show in another order.

use std::borrow::Cow;
use std::fmt::Write;

/// The sequences that our styles are made of.
const OURS: [&str; 6] = ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m"];

/// Whether a character is one that a terminal obeys, or that turns the direction of what follows.
fn is_obeyed(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text for people: what is obeyed is shown as `\u{1b}`.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    replaced(text, true, |clean, c| {
        let _ = write!(clean, "\\u{{{:x}}}", u32::from(c));
    })
}

/// JSON on a line: the same value, with what is obeyed as JSON's own escape.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    // None of them is beyond the first plane, and none is outside of a string.
    replaced(text, false, |clean, c| {
        let _ = write!(clean, "\\u{:04x}", u32::from(c));
    })
}

fn replaced(text: &str, has_styles: bool, replace: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let ours = OURS.iter().find(|ours| has_styles && rest.starts_with(**ours));
        let length = ours.map_or(c.len_utf8(), |ours| ours.len());
        if ours.is_some() || !is_obeyed(c) {
            clean.push_str(&rest[..length])
        } else {
            replace(&mut clean, c)
        }
        rest = &rest[length..];
    }
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::style::{BAD, GOOD, HEADING, QUIET, UNDECIDED};

    #[test]
    fn our_styles_stay() {
        for style in [BAD, GOOD, HEADING, QUIET, UNDECIDED] {
            let styled = format!("{style}x{style:#}\n");
            assert_eq!(text(&styled), styled);
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_shown() {
        assert_eq!(text("a\x1b]0;title\x07b\r\u{9b}2J\u{202e}"), "a\\u{1b}]0;title\\u{7}b\\u{d}\\u{9b}2J\\u{202e}");
        assert_eq!(text("\x1b[8mhidden\x1b[41m\t\n"), "\\u{1b}[8mhidden\\u{1b}[41m\t\n");
    }

    proptest! {
        #[test]
        fn json_means_the_same(value in any::<String>(), more in "[\\u{7f}-\\u{9f}\\u{2028}\\u{202e}]{0,4}") {
            let value = value + &more;
            let printed = serde_json::to_string(&value).expect("JSON");
            let clean = json(&printed);
            prop_assert_eq!(serde_json::from_str::<String>(&clean).expect("JSON"), value);
            prop_assert!(!clean.contains(is_obeyed));
        }
    }
}
