//! What campaigns left, of whichever version: the few things that the page shows, each of the kind that the page expects.
//!
//! | files of | tell of engines by |
//! |---|---|
//! | one engine a campaign | `libfuzzer_executions` |
//! | several side by side | `by_engine` |

use serde_json::{Value, json};

/// More campaigns are not listed.
const MAX_CAMPAIGNS: usize = 1000;
/// More names of outcomes or engines are not listed.
const MAX_NAMES: usize = 32;

/// A row for each.
pub(super) fn rows(campaigns: &[Value]) -> Vec<Value> {
    campaigns.iter().filter(|campaign| campaign.is_object()).take(MAX_CAMPAIGNS).map(row).collect()
}

fn row(campaign: &Value) -> Value {
    let mut engines = counts(&campaign["by_engine"]);
    if let Some(executions) = campaign["libfuzzer_executions"].as_u64().filter(|count| *count > 0) {
        engines.push(format!("libfuzzer {executions}"));
    }
    json!({
        "target": campaign["target"].as_str(), "engine": campaign["engine"].as_str(), "seed": campaign["seed"].as_u64(),
        "seconds": campaign["seconds"].as_f64().map(|seconds| format!("{seconds:.1}")),
        "comparisons": campaign["comparisons"].as_u64(), "engines": engines.join(", "),
        "outcomes": counts(&campaign["compared"]["verdicts"]).join(", "),
    })
}

fn counts(value: &Value) -> Vec<String> {
    let names = value.as_object().into_iter().flatten();
    names.filter_map(|(name, count)| Some(format!("{name} {}", count.as_u64()?))).take(MAX_NAMES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_files_tell_of_their_engines() {
        let old = json!({ "target": "a", "seconds": 2, "libfuzzer_executions": 5, "compared": { "verdicts": { "same": 3 } } });
        let new = json!({ "target": "b", "by_engine": { "afl": 7, "libfuzzer": 8 } });
        let rows = rows(&[old, new, json!(3)]);
        let told = |row: &Value| [row["engines"].clone(), row["outcomes"].clone(), row["seconds"].clone()];
        assert_eq!(told(&rows[0]), [json!("libfuzzer 5"), json!("same 3"), json!("2.0")]);
        assert_eq!(told(&rows[1]), [json!("afl 7, libfuzzer 8"), json!(""), Value::Null]);
        assert_eq!(rows.len(), 2);
    }
}
