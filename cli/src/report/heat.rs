//! The input space as heat maps: rows, columns, and how many scenarios were there.

use serde_json::{Value, json};

/// Shades of a cell, from nothing to the most.
const SHADES: f64 = 6.0;
/// What goes beyond these is not drawn: ours are far smaller, and a stranger's could fill the memory.
const MAX_TABLES: usize = 32;
const MAX_ROWS: usize = 1000;
const MAX_COLUMNS: usize = 64;

/// One table, with rows and columns in the order in which they first come.
#[derive(Default)]
struct Table {
    name: String,
    rows: Vec<String>,
    columns: Vec<String>,
    /// Scenarios by row and column.
    counts: std::collections::BTreeMap<(usize, usize), u64>,
}

/// One map for each table of `regdiff table inputs --json`, those of two dimensions first, and the list of what nobody reached.
pub(super) fn tables(cells: &[Value]) -> Vec<Value> {
    let mut tables: Vec<Table> = Vec::new();
    let mut missing = Vec::new();
    for cell in cells {
        let (Some(name), row) = (cell["table"].as_str(), text(&cell["row"])) else { continue };
        if name == "missing" {
            if missing.len() < MAX_ROWS {
                missing.push(json!({ "row": row, "why": cell["why"] }));
            }
            continue;
        }
        let at = tables.iter().position(|table| table.name == name).unwrap_or_else(|| {
            if tables.len() == MAX_TABLES {
                return tables.len();
            }
            tables.push(Table { name: name.to_owned(), ..Table::default() });
            tables.len() - 1
        });
        if at == tables.len() {
            continue;
        }
        let place = (
            index(&mut tables[at].rows, row, MAX_ROWS),
            index(&mut tables[at].columns, text(&cell["column"]), MAX_COLUMNS),
        );
        let (Some(row), Some(column)) = place else { continue };
        let count = tables[at].counts.entry((row, column)).or_default();
        *count = count.saturating_add(cell["scenarios"].as_u64().unwrap_or(0));
    }
    tables.sort_by_key(|table| table.columns.len() < 2);
    let mut drawn: Vec<Value> = tables.iter().map(map).collect();
    if !missing.is_empty() {
        drawn.push(json!({ "name": "never reached", "missing": missing }));
    }
    drawn
}

/// The place of a name, which is put at the end if it is new.
fn index(names: &mut Vec<String>, name: String, most: usize) -> Option<usize> {
    let known = names.iter().position(|known| *known == name);
    if known.is_none() && names.len() < most {
        names.push(name);
        return Some(names.len() - 1);
    }
    known
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn map(table: &Table) -> Value {
    let most = table.counts.values().copied().max().unwrap_or(1).max(1) as f64;
    // Counts span several powers of ten: shades go by their logarithm.
    let shade = |count: u64| {
        if count == 0 { 0.0 } else { 1.0 + ((count as f64).ln() / most.ln().max(1e-9) * (SHADES - 1.0)).floor() }
    };
    let cell = |count: u64| json!({ "count": count, "shade": shade(count).min(SHADES) as u64 });
    let count = |row, column| table.counts.get(&(row, column)).copied().unwrap_or(0);
    let line = |(row, name): (usize, &String)| {
        let cells: Vec<Value> = (0..table.columns.len()).map(|column| cell(count(row, column))).collect();
        json!({ "row": name, "cells": cells })
    };
    let rows: Vec<Value> = table.rows.iter().enumerate().map(line).collect();
    let columns: Vec<&str> =
        table.columns.iter().map(|name| if name.is_empty() { "scenarios" } else { name.as_str() }).collect();
    json!({ "name": table.name, "columns": columns, "rows": rows })
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
