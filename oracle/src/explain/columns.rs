//! A story as text: two columns where there is room, one with marks where there is not.

use std::fmt::Write;

use super::story::{Mark, Row, RowKind};

/// From here on both sides fit beside each other.
const WIDE: usize = 100;
/// Columns before the text: arrow, time, context.
const LEFT: usize = 2 + 10 + 1 + 12;
/// How to see what is left out.
pub(super) const HINT: &str = " (--full shows them)";
/// The line of a log that says that a host is there.
const HOST_ADDED: &str = "log HOST_ADDED";

/// A row that is told, or how many were left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told<'a> {
    /// A row.
    Row(&'a Row),
    /// So many rows between two that are told.
    Gap(usize),
}

/// The rows that matter most, `room` at most: the first difference and what is around it, notes, what one side has alone.
pub fn fold(rows: &[Row], room: usize) -> Vec<Told<'_>> {
    let first = rows.iter().position(|row| row.is_first).unwrap_or(rows.len());
    let touched = rows.iter().take(first + 1).rev().find_map(|row| requests(row, "TOUCH "));
    let weight = |index: usize, row: &Row| match row.kind {
        _ if index == first => 0,
        RowKind::Stop | RowKind::Difference => 0,
        // Requests of another kind than those that were touched last.
        RowKind::Note if touched.is_some() && requests(row, "POINTER ").is_some_and(|of| Some(of) != touched) => 4,
        RowKind::Note => 1,
        // What registration is about, and what led to the end.
        _ if row.text.eager == HOST_ADDED || row.text.deferred == HOST_ADDED => 2,
        _ if index + 4 > first => 3,
        RowKind::Event if matches!(row.mark, Mark::Eager | Mark::Deferred) => 4,
        RowKind::Rest => 5,
        RowKind::Event => 6,
    };
    let mut order: Vec<usize> = (0..rows.len()).collect();
    // Of equal weight, the later tells more about the end.
    order.sort_by_key(|index| (weight(*index, &rows[*index]), std::cmp::Reverse(*index)));
    let mut is_told = vec![false; rows.len()];
    order.into_iter().take(room).for_each(|index| is_told[index] = true);
    // To say that one line is left out takes a line.
    let alone = |index: usize| {
        let told = |at: Option<usize>| at.and_then(|at| is_told.get(at)).is_none_or(|told| *told);
        !is_told[index] && told(index.checked_sub(1)) && told(Some(index + 1))
    };
    let is_told: Vec<bool> = (0..rows.len()).map(|index| is_told[index] || alone(index)).collect();
    let mut told = Vec::new();
    let mut gap = 0;
    for (row, is_told) in rows.iter().zip(is_told) {
        if !is_told {
            gap += 1;
            continue;
        }
        if gap > 0 {
            told.push(Told::Gap(gap));
            gap = 0;
        }
        told.push(Told::Row(row));
    }
    // What is left out behind the first difference is another story.
    if gap > 0 && first >= rows.len() {
        told.push(Told::Gap(gap));
    }
    told
}

/// Of which kind of requests a line tells that begins so.
pub(super) fn requests<'a>(row: &'a Row, begins: &str) -> Option<&'a str> {
    let told = [&row.text.eager, &row.text.deferred].into_iter().find_map(|text| text.strip_prefix(begins))?;
    told.split(" mask ").next()?.split(' ').next_back()
}

/// Draws rows in `width` columns, 60 at least. `->` marks the first difference.
pub fn draw(rows: &[Told<'_>], width: usize) -> String {
    let width = width.max(60);
    let wide = width >= WIDE;
    let cell = if wide { (width - LEFT - 3) / 2 } else { width - LEFT - 2 };
    let mut text = String::new();
    let head = |text: &mut String, rest: &str| {
        let _ = writeln!(text, "{}", format!("  {:>10} {:<12}{rest}", "time s", "context").trim_end());
    };
    if wide {
        head(&mut text, &format!("{:<cell$}   deferred", "eager"));
    } else {
        head(&mut text, "= both  < eager  > deferred");
    }
    // Once, and where there is room.
    let mut hint = if width < 70 { "" } else { HINT };
    for told in rows {
        let line = match told {
            Told::Gap(count) => format!("{:LEFT$}… {count} lines left out{}", "", std::mem::take(&mut hint)),
            Told::Row(row) => {
                let arrow = if row.is_first { "->" } else { "  " };
                let time = row.time_us.eager.or(row.time_us.deferred).map_or(String::new(), seconds);
                let left = format!("{arrow}{time:>10} {:<12}", cut(&row.context, 11));
                let mark = row.mark.text();
                if wide {
                    wide_lines(&left, mark, row, cell)
                } else if row.kind == RowKind::Difference {
                    narrow_lines(&left, row, cell)
                } else {
                    let shown = if row.text.eager.is_empty() { &row.text.deferred } else { &row.text.eager };
                    format!("{left}{mark} {}", cut(shown, cell))
                }
            }
        };
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// Both cells; only the first difference may take several lines.
fn wide_lines(left: &str, mark: &str, row: &Row, cell: usize) -> String {
    if !row.is_first {
        let (eager, deferred) = (cut(&row.text.eager, cell), cut(&row.text.deferred, cell));
        return format!("{left}{eager:<cell$} {mark} {deferred}");
    }
    let (eager, deferred) = (wrap(&row.text.eager, cell), wrap(&row.text.deferred, cell));
    let mut lines = Vec::new();
    for index in 0..eager.len().max(deferred.len()) {
        let of = |lines: &[String]| lines.get(index).cloned().unwrap_or_default();
        let (left, mark) = if index == 0 { (left.to_owned(), mark) } else { (" ".repeat(LEFT), " ") };
        lines.push(format!("{left}{:<cell$} {mark} {}", of(&eager), of(&deferred)).trim_end().to_owned());
    }
    lines.join("\n")
}

fn narrow_lines(left: &str, row: &Row, cell: usize) -> String {
    let mut lines = Vec::new();
    for (mark, text) in [("<", &row.text.eager), (">", &row.text.deferred)] {
        for (index, part) in wrap(text, cell).into_iter().enumerate() {
            let mark = if index == 0 { mark } else { " " };
            let left = if lines.is_empty() { left.to_owned() } else { " ".repeat(LEFT) };
            lines.push(format!("{left}{mark} {part}"));
        }
    }
    lines.join("\n")
}

/// Words in lines of `width` characters; a longer word is cut into pieces.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let pieces: Vec<char> = word.chars().collect();
        for piece in pieces.chunks(width.max(1)) {
            let piece: String = piece.iter().collect();
            match lines.last_mut() {
                Some(line) if line.chars().count() + 1 + piece.chars().count() <= width => {
                    line.push(' ');
                    line.push_str(&piece);
                }
                _ => lines.push(piece),
            }
        }
    }
    lines
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

fn seconds(us: u64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}
