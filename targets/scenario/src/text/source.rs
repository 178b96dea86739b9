//! The text that is read, and where in it something is.

use std::ops::Range;

use super::error::{TextError, TextErrorKind};

/// The text of a file.
#[derive(Clone, Copy)]
pub(super) struct Source<'a>(pub(super) &'a str);

impl Source<'_> {
    /// An error at the start of `span`.
    pub(super) fn error(
        self,
        kind: TextErrorKind,
        span: &Range<usize>,
        place: &str,
        problem: impl Into<String>,
        cure: impl Into<String>,
    ) -> Box<TextError> {
        let (line, column) = self.position(span.start);
        let (place, problem, cure) = (place.to_owned(), problem.into(), cure.into());
        Box::new(TextError { line, column, place, kind, problem, cure })
    }

    /// Line and column of a byte, both from 1.
    fn position(self, offset: usize) -> (usize, usize) {
        let before: Vec<char> = self.0.char_indices().take_while(|(at, _)| *at < offset).map(|(_, c)| c).collect();
        let line = before.iter().filter(|c| **c == '\n').count() + 1;
        let column = before.iter().rev().take_while(|c| **c != '\n').count() + 1;
        (line, column)
    }
}
