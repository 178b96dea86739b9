//! One page about a folder of findings: self-contained, without network, without anything that runs from elsewhere.
//!
//! It shows what it finds in the folder, and leaves out what is not there:
//!
//! | what | shown as |
//! |---|---|
//! | `*/scenario.toml` (or what triage calls it), with `seen.jsonl`, the evidence of `regdiff confirm`, `*.md` beside it | findings |
//! | `campaign*.json`, as `regdiff fuzz` leaves it | campaigns, growth, uses of allowances |
//! | `inputs*.jsonl`, as `regdiff table inputs --json` prints it | the input space as a heat map |
//! | `series*.json`, `series*.jsonl`, as `regdiff series --json` prints it; any other list of flat objects as a plain table | the series table |

mod campaigns;
mod chart;
mod findings;
mod heat;
mod page;
mod series;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::args::AllowLevel;
use crate::error::Error;
use crate::strangers;

pub(crate) use page::render;

/// The oracles, the gravest first.
const KINDS: [&str; 4] = ["memory", "lifetime", "liveness", "divergence"];
/// Of files of data, what goes beyond this in all is not shown.
const MAX_BYTES: u64 = 64 << 20;
/// More columns and rows of a table of a stranger's are not shown.
const MAX_COLUMNS: usize = 64;
const MAX_ROWS: usize = 10_000;
/// More folders are not shown.
const MAX_FINDINGS: usize = 10_000;

/// Everything that the page shows.
pub(crate) fn gather(folder: &Path, allow: AllowLevel) -> Result<Value, Error> {
    let failed = |source| Error::Read { file: folder.to_owned(), source };
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(failed)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?
        .iter()
        .map(fs::DirEntry::path)
        .collect();
    paths.sort();
    let left = Cell::new(MAX_BYTES);
    let named = |start: &str| {
        let fits = move |path: &&PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.starts_with(start) && (name.ends_with(".json") || name.ends_with(".jsonl")) && path.is_file()
        };
        paths.iter().filter(fits).flat_map(|path| values(path, &left)).collect::<Vec<Value>>()
    };
    let folders = paths.iter().filter(|path| strangers::is_folder(path)).take(MAX_FINDINGS);
    let mut findings: Vec<Value> = folders.filter_map(|folder| findings::finding(folder, allow)).collect();
    findings.sort_by_key(findings::place);
    let campaigns = named("campaign");
    let series = named("series");
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "folder": folder.display().to_string(),
        "allow": allow.text(),
        "contract": contract(&findings, &campaigns),
        "growth": chart::growth(&campaigns),
        "campaigns": campaigns::rows(&campaigns),
        "kinds": kinds(&findings),
        "news": findings.iter().filter(|finding| finding["status"].is_null() && finding["gone"] != true).count(),
        "findings": findings,
        "inputs": heat::tables(&named("inputs")),
        "series": series::series(&series),
        "series_table": table(&series.iter().filter(|row| row["object"].is_null()).cloned().collect::<Vec<_>>()),
    }))
}

/// A file of JSON: one value, a list, or one a line. What is not JSON, or larger than what is left, is left out.
fn values(file: &Path, left: &Cell<u64>) -> Vec<Value> {
    let most = left.replace(0);
    let text = strangers::text(file, most).unwrap_or_default();
    left.set(most - (text.len() as u64).min(most));
    match serde_json::from_str(&text) {
        Ok(Value::Array(list)) => list,
        Ok(value) => vec![value],
        Err(_) => text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
    }
}

/// How many findings each oracle has.
fn kinds(findings: &[Value]) -> Vec<Value> {
    let count = |kind: &str| findings.iter().filter(|finding| finding["kind"] == kind).count();
    KINDS.map(|kind| json!({ "name": kind, "count": count(kind) })).to_vec()
}

/// The contract, with how often each allowance was used in campaigns and in the scenarios of the folder.
fn contract(findings: &[Value], campaigns: &[Value]) -> Vec<Value> {
    let today =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs() / 86_400);
    let entry = |(status, allowance): (regdiff_oracle::Status, &regdiff_oracle::Allowance)| {
        let used = |tally: &Value| tally["allowed"][allowance.id]["scenarios"].as_u64().unwrap_or(0);
        let both = |c: &Value| used(&c["compared"]).saturating_add(used(&c["harvested"]));
        let in_campaigns = campaigns.iter().map(both).fold(0, u64::saturating_add);
        let known = |finding: &&Value| finding["known"] == allowance.id;
        let days = day_number(allowance.review).map(|day| day - today as i64);
        json!({
            "id": allowance.id, "status": status.text(), "allows": allowance.allows, "why": allowance.why,
            "evidence": allowance.evidence, "review": allowance.review, "days": days, "scenario": allowance.scenario,
            "uses": in_campaigns, "findings": findings.iter().filter(known).count(),
        })
    };
    regdiff_oracle::contract::all().map(entry).collect()
}

/// Days from 1970-01-01 to a date as `YYYY-MM-DD`, by the usual count of the proleptic Gregorian calendar.
fn day_number(date: &str) -> Option<i64> {
    let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(days + (153 * month + 2) / 5 + day - 1 - 719_468)
}

/// Any list of objects as a table: columns in the order in which they first come.
fn table(rows: &[Value]) -> Value {
    let mut columns: Vec<String> = Vec::new();
    for key in rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys()) {
        if columns.len() < MAX_COLUMNS && !columns.contains(key) {
            columns.push(key.clone());
        }
    }
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            let parts: Vec<String> =
                list.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect();
            parts.join(", ")
        }
        other => other.to_string(),
    };
    let cells: Vec<Vec<String>> = rows
        .iter()
        .filter(|row| row.is_object())
        .take(MAX_ROWS)
        .map(|row| columns.iter().map(|column| text(&row[column])).collect())
        .collect();
    json!({ "columns": columns, "rows": cells })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_calendars_do() {
        assert_eq!(day_number("1970-01-01"), Some(0));
        assert_eq!(day_number("2000-03-01"), Some(11_017));
        assert_eq!(day_number("2026-02-28").zip(day_number("2026-03-01")).map(|(a, b)| b - a), Some(1));
        assert_eq!(day_number("soon"), None);
    }

    #[test]
    fn any_list_of_objects_is_a_table() {
        let rows = [json!({ "subset": [1, 2], "verdict": "safe" }), json!({ "subset": [], "note": null }), json!(3)];
        let table = table(&rows);
        assert_eq!(table["rows"].as_array().map(Vec::len), Some(2));
        assert_eq!(table["rows"][0].as_array().map(Vec::len), Some(3));
        assert!(table["rows"][0].as_array().is_some_and(|row| row.contains(&json!("1, 2"))));
    }
}
