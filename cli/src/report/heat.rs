//! The input space as heat maps: rows, columns, and how many scenarios were there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// Shades of a cell, from nothing to the most.
const SHADES: f64 = 6.0;

/// One map for each table of `regdiff table inputs --json`, and the list of what nobody reached.
pub(super) fn tables(cells: &[Value]) -> Vec<Value> {
    let mut tables: BTreeMap<&str, BTreeMap<String, BTreeMap<String, u64>>> = BTreeMap::new();
    let mut missing = Vec::new();
    for cell in cells {
        let (Some(table), row) = (cell["table"].as_str(), text(&cell["row"])) else { continue };
        if table == "missing" {
            missing.push(json!({ "row": row, "why": cell["why"] }));
            continue;
        }
        let count = cell["scenarios"].as_u64().unwrap_or(0);
        *tables.entry(table).or_default().entry(row).or_default().entry(text(&cell["column"])).or_default() += count;
    }
    let mut drawn: Vec<Value> = tables.into_iter().map(|(name, rows)| map(name, &rows)).collect();
    if !missing.is_empty() {
        drawn.push(json!({ "name": "never reached", "missing": missing }));
    }
    drawn
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn map(name: &str, rows: &BTreeMap<String, BTreeMap<String, u64>>) -> Value {
    let columns: BTreeSet<&String> = rows.values().flat_map(BTreeMap::keys).collect();
    let most = rows.values().flat_map(BTreeMap::values).copied().max().unwrap_or(1).max(1) as f64;
    // Counts span several powers of ten: shades go by their logarithm.
    let shade = |count: u64| {
        if count == 0 { 0.0 } else { 1.0 + ((count as f64).ln() / most.ln().max(1e-9) * (SHADES - 1.0)).floor() }
    };
    let cell = |count: u64| json!({ "count": count, "shade": shade(count).min(SHADES) as u64 });
    let line = |(row, counts): (&String, &BTreeMap<String, u64>)| {
        let cells: Vec<Value> = columns.iter().map(|column| cell(counts.get(*column).copied().unwrap_or(0))).collect();
        json!({ "row": row, "cells": cells })
    };
    json!({ "name": name, "columns": columns, "rows": rows.iter().map(line).collect::<Vec<Value>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_shades_and_gaps_are_told() {
        let cell = |row: &str, column: &str, scenarios: u64| json!({ "table": "answer", "row": row, "column": column, "scenarios": scenarios });
        let cells = [
            cell("a", "x", 1),
            cell("a", "y", 1000),
            cell("b", "x", 30),
            json!({ "table": "missing", "row": "c", "why": null }),
        ];
        let drawn = tables(&cells);
        assert_eq!(drawn[0]["columns"], json!(["x", "y"]));
        let shades = |row: usize| {
            drawn[0]["rows"][row]["cells"].as_array().map(|c| c.iter().map(|c| c["shade"].as_u64()).collect::<Vec<_>>())
        };
        assert_eq!(shades(0), Some(vec![Some(1), Some(6)]));
        assert_eq!(shades(1), Some(vec![Some(3), Some(0)]));
        assert_eq!(drawn[1]["missing"][0]["row"], "c");
    }
}
