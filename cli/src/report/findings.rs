//! One finding of the page, from its folder. Its scenario is judged and told again, so that page and program agree.

use std::fs;
use std::path::Path;

use regdiff_oracle::explain::{self, About, Row, RowKind};
use regdiff_oracle::{Finding, Options, Status, judge};
use regdiff_scenario::{parts, text};
use serde_json::{Value, json};

use crate::args::AllowLevel;
use crate::input::{Input, Reading};
use crate::triage::Folder;
use crate::{confirmed, own_bug, repeat, strangers};

/// A finding that is gone as soon as what is known is allowed, though no allowance names it: what follows from another difference.
const FOLLOWS: &str = "follows";
/// Notes of a person that are shown in full.
const MAX_NOTE: usize = 20_000;
/// Larger files are no notes.
const MAX_NOTE_FILE: u64 = 1 << 20;
/// More files are not read.
const MAX_NOTES: usize = 20;
/// A larger verdict is not ours.
const MAX_VERDICT: u64 = 16 << 20;
/// Lines of a story that are shown; the end is what matters.
const MAX_ROWS: usize = 600;

/// The finding of a folder; `None` if there is no scenario in it.
pub(super) fn finding(path: &Path, allow: AllowLevel) -> Option<Value> {
    let folder = Folder::open(path.to_owned()).ok()?;
    let file = folder.scenario_file();
    let input = Reading::default().read_in_folder(&file).ok()?;
    let wanted = stored_signature(path);
    let told = own_bug::catch(|| told(&input, wanted.as_deref(), allow));
    let mut value = match told {
        Ok(Some(value)) => value,
        Ok(None) => json!({
            "signature": wanted, "gone": true, "kind": "", "sentence": "The scenario shows nothing any more.",
            "text": text::print(&input.scenario), "parts": parts::size(&input.scenario), "rows": [],
        }),
        Err(bug) => json!({
            "signature": wanted, "gone": true, "kind": "", "sentence": format!("A bug of regdiff itself: {}", bug.0),
            "text": text::print(&input.scenario), "parts": parts::size(&input.scenario), "rows": [],
        }),
    };
    let counts = folder.counts();
    let seen: Vec<Value> = counts
        .iter()
        .map(|((engine, version), files)| json!({ "engine": engine, "version": version, "files": files }))
        .collect();
    value["seen"] = json!(seen);
    value["files"] = json!(counts.values().sum::<usize>());
    value["folder"] = json!(path.display().to_string());
    value["anchor"] = json!(path.file_name().unwrap_or_default().to_string_lossy());
    value["notes"] = json!(notes(path));
    value["confirmed"] = json!(confirmed::inside(path));
    let others = confirmed::elsewhere(path, value["signature"].as_str().unwrap_or_default());
    value["elsewhere"] = json!(others.into_keys().collect::<Vec<_>>());
    Some(value)
}

fn told(input: &Input, wanted: Option<&str>, allow: AllowLevel) -> Option<Value> {
    // A folder's finding may be allowed at the level of the page; it is shown all the same, with its allowance.
    let wanted = wanted.map(regdiff_oracle::Signature::from);
    let levels = [allow, AllowLevel::Historical, AllowLevel::Intended];
    let fits = |level: &AllowLevel| {
        let report = judge(&input.scenario, &Options::allowing(level.allow()));
        wanted.as_ref().map_or(!report.findings.is_empty(), |wanted| report.finding(wanted).is_some())
    };
    let level = levels.into_iter().find(fits)?;
    let options = Options::allowing(level.allow());
    let story = explain::story(&input.scenario, &options, wanted.as_ref());
    let finding = story.finding.clone()?;
    let again = repeat::run(&input.file, level, false);
    let about = About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        repeat: again.clone(),
        kernels: confirmed::told_of(&input.file, &input.scenario, Some(finding.signature.as_str())),
        allow: level.text(),
    };
    let (known, status) = match finding.known {
        Some(known) => (Some(known.id), Some(known.status.text())),
        None => at_most(input, &finding),
    };
    let skipped = story.rows.len().saturating_sub(MAX_ROWS);
    let rows: Vec<Value> = story.rows.iter().skip(skipped).map(row).collect();
    Some(json!({
        "signature": finding.signature, "kind": finding.kind.text(), "side": finding.side.text(),
        "sentence": finding.sentence(), "known": known, "status": status, "trace": finding.trace(),
        "parts": parts::size(&input.scenario), "text": text::print(&input.scenario),
        "setting": explain::setting(&input.scenario), "words": explain::in_words(&input.scenario),
        "rows": rows, "skipped": skipped, "slot": story.slot.as_ref().map(slot),
        "mail": explain::mail(&input.scenario, &story, &finding, &about), "repeat": again, "gone": false,
    }))
}

/// What becomes of a finding when all that is known is allowed: an allowance covers it, it goes with what comes before it, or it is news.
fn at_most(input: &Input, finding: &Finding) -> (Option<&'static str>, Option<&'static str>) {
    let report = judge(&input.scenario, &Options::allowing(AllowLevel::Open.allow()));
    if report.finding(&finding.signature).is_some() {
        return (None, None);
    }
    match report.allowed.iter().find(|allowed| allowed.finding.signature == finding.signature) {
        Some(allowed) => (Some(allowed.id), Some(allowed.status.text())),
        None => (report.allowed.iter().find(|one| one.status == Status::Open).map(|one| one.id), Some(FOLLOWS)),
    }
}

/// The place in the list: what is new first, then by how bad it is, then by how often it was seen.
pub(super) fn place(finding: &Value) -> (usize, usize, std::cmp::Reverse<u64>) {
    let kind = finding["kind"].as_str().unwrap_or_default();
    let gravity = super::KINDS.iter().position(|one| *one == kind).unwrap_or(super::KINDS.len());
    let news = match finding["status"].as_str() {
        _ if finding["gone"] == true => 4,
        None => 0,
        Some("open") => 1,
        Some(FOLLOWS) => 3,
        Some(_) => 2,
    };
    (news, gravity, std::cmp::Reverse(finding["files"].as_u64().unwrap_or(0)))
}

fn row(row: &Row) -> Value {
    let kind = match row.kind {
        RowKind::Event => "event",
        RowKind::Note => "note",
        RowKind::Rest => "rest",
        RowKind::Stop => "stop",
        RowKind::Difference => "difference",
    };
    let seconds = |us: Option<u64>| us.map_or(String::new(), |us| format!("{}.{:06}", us / 1_000_000, us % 1_000_000));
    let (eager, deferred) = (seconds(row.time_us.eager), seconds(row.time_us.deferred));
    json!({
        "mark": row.mark.text(), "kind": kind, "first": row.is_first, "context": row.context,
        "time": if eager.is_empty() { &deferred } else { &eager }, "eager_time": eager, "deferred_time": deferred,
        "eager": row.text.eager, "deferred": row.text.deferred,
    })
}

/// A slot as boxes in a drawing of 900 units: payload, slack, next request.
fn slot(slot: &explain::SlotPicture) -> Value {
    let beyond = slot.hits.iter().map(|hit| hit.until).max().unwrap_or(0).saturating_sub(slot.slot).max(64);
    let slack = slot.slot - slot.payload;
    let mut boxes = vec![(0, slot.payload, 300.0, "payload")];
    if slack > 0 {
        boxes.push((slot.payload, slot.slot, 250.0, "slack"));
    }
    boxes.push((slot.slot, slot.slot + beyond, 350.0, "next request"));
    let mut drawn = Vec::new();
    let mut hits = Vec::new();
    let mut x = 0.0;
    for (from, until, width, name) in boxes {
        drawn.push(json!({ "x": x, "width": width, "middle": x + width / 2.0, "name": name, "from": from, "size": until - from }));
        for hit in &slot.hits {
            let (start, end) = (hit.from.max(from), hit.until.min(until));
            if start < end {
                let scale = width / f64::from(until - from);
                let left = x + f64::from(start - from) * scale;
                hits.push(json!({ "x": left, "width": (f64::from(end - start) * scale).max(4.0) }));
            }
        }
        x += width;
    }
    json!({ "boxes": drawn, "hits": hits, "list": slot.hits, "null": slot.null, "text": slot.draw(100), "what": slot.what })
}

/// The signature that the folder was made for.
fn stored_signature(path: &Path) -> Option<String> {
    let mut files: Vec<_> = fs::read_dir(path).ok()?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let verdict = |file: &&std::path::PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("verdict") && name.ends_with(".json")
    };
    let value: Value = serde_json::from_slice(&strangers::read(files.iter().find(verdict)?, MAX_VERDICT).ok()?).ok()?;
    value["signature"].as_str().map(str::to_owned)
}

/// What people wrote there.
fn notes(path: &Path) -> Vec<Value> {
    let mut files: Vec<_> = fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    let is_note = |file: &std::path::PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.ends_with(".md") || name.starts_with("notes") || name.starts_with("status")
    };
    files.retain(is_note);
    files.truncate(MAX_NOTES);
    let read = |file: &std::path::PathBuf| {
        let text = strangers::read(file, MAX_NOTE_FILE).ok()?;
        let text: String = String::from_utf8_lossy(&text).chars().take(MAX_NOTE).collect();
        Some(json!({ "name": file.file_name()?.to_string_lossy(), "text": text }))
    };
    files.iter().filter_map(read).collect()
}
