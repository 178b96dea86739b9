//! How a campaign's findings and comparisons grew, as lines of a drawing.

use serde_json::{Value, json};

/// The drawing, in its own units.
const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 180.0;

/// One drawing a campaign that has samples.
pub(super) fn growth(campaigns: &[Value]) -> Vec<Value> {
    campaigns.iter().filter_map(one).collect()
}

fn one(campaign: &Value) -> Option<Value> {
    let samples = campaign["growth"].as_array().filter(|samples| samples.len() > 1)?;
    let end = samples.last()?["seconds"].as_f64().filter(|seconds| *seconds > 0.0)?;
    let mut lines = Vec::new();
    for (key, name) in
        [("comparisons", "comparisons"), ("inputs", "inputs kept for their coverage"), ("signatures", "signatures")]
    {
        let value = |sample: &Value| sample[key].as_f64().unwrap_or(0.0);
        let most = samples.iter().map(value).fold(0.0, f64::max);
        if most <= 0.0 {
            continue;
        }
        let point = |sample: &Value| {
            let x = sample["seconds"].as_f64().unwrap_or(0.0) / end * WIDTH;
            format!("{x:.1},{:.1}", HEIGHT - value(sample) / most * HEIGHT)
        };
        let points: Vec<String> = samples.iter().map(point).collect();
        lines.push(json!({ "name": name, "most": most, "points": points.join(" "), "class": key }));
    }
    Some(json!({ "target": campaign["target"], "seed": campaign["seed"], "seconds": end, "lines": lines }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_sample_is_at_the_top() {
        let sample =
            |seconds: u32, signatures: u32| json!({ "seconds": seconds, "signatures": signatures, "comparisons": 0 });
        let campaign = json!({ "growth": [sample(0, 0), sample(5, 2), sample(10, 4)] });
        let drawn = growth(&[campaign, json!({}), json!({ "growth": [] })]);
        assert_eq!(drawn.len(), 1);
        assert_eq!(drawn[0]["lines"].as_array().map(Vec::len), Some(1), "what never grew has no line");
        assert_eq!(drawn[0]["lines"][0]["points"], "0.0,180.0 430.0,90.0 860.0,0.0");
    }
}
