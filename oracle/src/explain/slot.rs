//! A request's memory as a drawing: payload, slack, neighbour, and the bytes that were hit.

use std::fmt::Write;

use regdiff_observation::{Access, Observation, RequestObject, Violation};
use serde::Serialize;

use super::columns::wrap;
use super::story::sizes;
use super::words;
use crate::finding::{Evidence, Finding, Kind};
use crate::memory::op_text;
use crate::pair::Side;

/// Bytes of the next request that are drawn at least.
const NEIGHBOUR: u32 = 64;
/// Accesses that are drawn; one slot may be hit by thousands.
const MAX_HITS: usize = 6;

/// Bytes that were hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// Operation of midlayer.md 8.4.
    pub op: &'static str,
    /// `loads` or `stores`.
    pub does: &'static str,
    /// Offset of the first byte from the start of the slot.
    pub from: u32,
    /// Offset behind the last byte.
    pub until: u32,
    /// Members of the next request that lie there.
    pub members: Vec<String>,
}

/// One request's memory. All sizes and offsets are in bytes from the start of the slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SlotPicture {
    /// Which kind of request, with its article.
    pub what: &'static str,
    /// Index of the slot, if the finding knows it.
    pub slot_index: Option<u32>,
    /// End of what the request may use.
    pub payload: u32,
    /// End of the slot.
    pub slot: u32,
    /// What was hit outside the payload; nothing if the pointer was null.
    pub hits: Vec<Hit>,
    /// A store or load through a null pointer, in a sentence.
    pub null: Option<String>,
}

impl SlotPicture {
    /// The picture of a memory finding; `None` for others, and where the lane tells no sizes.
    pub(super) fn of(finding: &Finding, seen: crate::pair::Pair<&Observation>) -> Option<Self> {
        if finding.kind != Kind::Memory {
            return None;
        }
        let seen = if finding.side == Side::Deferred { seen.deferred } else { seen.eager };
        let (payload, slot) = sizes(seen, finding.device())?;
        match &finding.evidence {
            Evidence::Violation(violation) => {
                let same = |v: &&Violation| {
                    (v.object, v.slot, v.device) == (violation.object, violation.slot, violation.device)
                };
                let mut hits: Vec<Hit> = Vec::new();
                for hit in seen.violations.iter().filter(same).map(hit) {
                    if hits.len() < MAX_HITS && !hits.contains(&hit) {
                        hits.push(hit);
                    }
                }
                let (what, slot_index) = (words::request(violation.object), Some(violation.slot));
                Some(Self { what, slot_index, payload, slot, hits, null: None })
            }
            Evidence::Trap(trap) if trap.address == Some(0) => {
                let does = if trap.access == Access::Read { "loads" } else { "stores" };
                let null =
                    format!("{} is null: {} {does} {} bytes at address 0", trap.field, trap.function, trap.bytes);
                let what = words::request(RequestObject::DriverTag);
                Some(Self { what, slot_index: None, payload, slot, hits: Vec::new(), null: Some(null) })
            }
            _ => None,
        }
    }

    /// The drawing, `width` columns wide at most.
    pub fn draw(&self, width: usize) -> String {
        let index = self.slot_index.map_or_else(String::new, |index| format!(", slot {index}"));
        let slack = self.slot - self.payload;
        let (payload, slot) = (self.payload, self.slot);
        let mut text = format!("{}{index}: payload {payload}, slack {slack}, then the next request\n", self.what);
        let last = self.hits.iter().map(|hit| hit.until).max().unwrap_or(0);
        let beyond = last.saturating_sub(slot).max(NEIGHBOUR);
        let inner = width.saturating_sub(6).clamp(40, 100);
        // Not to scale: the payload is long, and what matters lies behind it.
        let boxes = [
            (0, payload, inner * 3 / 10, "payload"),
            (payload, slot, if slack > 0 { inner * 3 / 10 } else { 0 }, "slack"),
            (slot, slot + beyond, inner * 4 / 10, "next request"),
        ];
        let (mut numbers, mut names) = (String::new(), String::new());
        for (from, _, cells, name) in boxes.iter().filter(|one| one.2 > 0) {
            let _ = write!(numbers, "{from:<width$}", width = cells + 1);
            let _ = write!(names, "|{:-^width$}", format!(" {name} "), width = *cells);
        }
        for line in [numbers.trim_end(), &format!("{names}|")] {
            let _ = writeln!(text, "  {line}");
        }
        for hit in &self.hits {
            let mut marks = String::new();
            for (from, until, cells, _) in boxes.iter().filter(|one| one.2 > 0) {
                marks.push(' ');
                let span = u64::from(until - from).max(1);
                for cell in 0..*cells as u64 {
                    let start = from + (cell * span / *cells as u64) as u32;
                    let end = (from + ((cell + 1) * span / *cells as u64) as u32).max(start + 1);
                    marks.push(if hit.from < end && hit.until > start { '#' } else { ' ' });
                }
            }
            let size = hit.until - hit.from;
            let members = if hit.members.is_empty() { String::new() } else { format!(": {}", hit.members.join(", ")) };
            let _ = writeln!(text, "  {}", marks.trim_end());
            let _ = writeln!(text, "  {} {} {size} bytes, [{}, {}){members}", hit.op, hit.does, hit.from, hit.until);
        }
        if let Some(null) = &self.null {
            for part in wrap(&format!("{null}, in no request"), width.saturating_sub(2)) {
                let _ = writeln!(text, "  {part}");
            }
        }
        text
    }
}

fn hit(violation: &Violation) -> Hit {
    Hit {
        op: op_text(violation.op),
        does: if violation.access == Access::Read { "loads" } else { "stores" },
        from: violation.offset,
        until: violation.offset + violation.bytes,
        members: violation.members.iter().map(ToString::to_string).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_into_the_next_request_is_drawn_there() {
        let hit = Hit { op: "W1", does: "stores", from: 856, until: 880, members: vec!["q".into()] };
        let picture = SlotPicture {
            what: "a driver tag's request",
            slot_index: Some(0),
            payload: 856,
            slot: 864,
            hits: vec![hit],
            null: None,
        };
        let text = picture.draw(80);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.iter().all(|line| line.len() <= 80), "{text}");
        let edges: Vec<usize> = lines[2].match_indices('|').map(|(at, _)| at).collect();
        let marks: Vec<usize> = lines[3].match_indices('#').map(|(at, _)| at).collect();
        assert_eq!(edges.len(), 4, "{text}");
        assert!(marks.iter().all(|at| *at > edges[1]) && marks.iter().any(|at| *at > edges[2]), "{text}");
        assert!(lines[4].contains("W1 stores 24 bytes, [856, 880): q"), "{text}");
    }
}
