//! The series table of the page, from what `regdiff series --json` printed.

use serde_json::{Value, json};

/// Twice the subsets that there are; what goes beyond is not ours.
const MAX_OBJECTS: usize = 512;

/// The upstream series by subsets of its patches; null if the rows are something else.
pub(super) fn series(rows: &[Value]) -> Value {
    let of = |object: &'static str| rows.iter().filter(move |row| row["object"] == object).take(MAX_OBJECTS);
    let ways: Vec<Value> = of("failure").map(way).collect();
    let number = |signature: &Value| ways.iter().position(|way| way["signature"] == *signature).map(|at| at + 1);
    let mut cells: Vec<(u64, Value)> = of("subset").map(cell).collect();
    cells.sort_by_key(|(mask, _)| *mask);
    if cells.is_empty() {
        return Value::Null;
    }
    let safe = cells.iter().filter(|(_, cell)| cell["safe"] == true).count();
    let groups: Vec<Value> = of("group")
        .map(|group| {
            let signatures = list(&group["signatures"]).iter().take(MAX_OBJECTS);
            let cubes: Vec<String> = list(&group["cubes"]).iter().take(MAX_OBJECTS).map(cube).collect();
            json!({
                "safe": group["safe"], "subsets": list(&group["subsets"]).len(), "cubes": cubes,
                "ways": signatures.filter_map(number).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "safe": safe, "all": cells.len(), "titles": regdiff_oracle::series::TITLES, "groups": groups, "ways": ways,
        "cells": cells.into_iter().map(|(_, cell)| cell).collect::<Vec<_>>(),
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Numbers of patches as people say them.
fn patches(numbers: &Value) -> String {
    let numbers: Vec<String> = list(numbers).iter().map(ToString::to_string).collect();
    if numbers.is_empty() { "none".to_owned() } else { numbers.join(" ") }
}

/// A subset with its place: patch n is bit n - 1.
fn cell(subset: &Value) -> (u64, Value) {
    let bits = list(&subset["patches"]).iter().filter_map(Value::as_u64);
    let mask = bits.filter(|patch| (1..=63).contains(patch)).fold(0, |mask, patch| mask | 1 << (patch - 1));
    let state = if subset["safe"] == true { "safe" } else { "breaks" };
    (mask, json!({ "safe": subset["safe"], "title": format!("patches {}: {state}", patches(&subset["patches"])) }))
}

fn cube(cube: &Value) -> String {
    let part = |key: &str| (!list(&cube[key]).is_empty()).then(|| format!("{key} {}", patches(&cube[key])));
    let parts: Vec<String> = ["with", "without"].into_iter().filter_map(part).collect();
    if parts.is_empty() { "all".to_owned() } else { parts.join(", ") }
}

fn way(failure: &Value) -> Value {
    json!({
        "signature": failure["signature"], "sentence": failure["sentence"], "scenario": failure["scenario"],
        "from": failure["from"], "patches": patches(&failure["patches"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsets_stand_in_the_order_of_their_bits_and_groups_point_at_ways() {
        let rows = [
            json!({ "object": "subset", "patches": [1, 2], "safe": true }),
            json!({ "object": "subset", "patches": [], "safe": false }),
            json!({ "object": "subset", "patches": [1], "safe": false }),
            json!({ "object": "group", "safe": false, "signatures": ["b"], "subsets": [[], [1]], "cubes": [{ "with": [], "without": [2] }] }),
            json!({ "object": "failure", "signature": "a" }),
            json!({ "object": "failure", "signature": "b", "patches": [1] }),
        ];
        let told = series(&rows);
        assert_eq!((&told["safe"], &told["all"]), (&json!(1), &json!(3)));
        let titles: Vec<&Value> = list(&told["cells"]).iter().map(|cell| &cell["title"]).collect();
        assert_eq!(titles, ["patches none: breaks", "patches 1: breaks", "patches 1 2: safe"]);
        assert_eq!(told["groups"][0]["ways"], json!([2]));
        assert_eq!(told["groups"][0]["cubes"], json!(["without 2"]));
        assert_eq!(series(&[json!({ "subset": [1] })]), Value::Null);
    }
}
