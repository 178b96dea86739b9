//! How a campaign grew, and what it took of the machine meanwhile, as lines of drawings.

use serde_json::{Value, json};

/// The drawing, in its own units.
const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 180.0;
/// In so many parts a campaign's speed is drawn: samples are a second apart at first, and engines tell of what they did now and then.
const PARTS: usize = 24;
/// More campaigns are not drawn.
const MAX_CAMPAIGNS: usize = 100;
/// More samples are not drawn; a campaign keeps fewer.
const MAX_SAMPLES: usize = 1000;

/// What a line shows: the name of its style, what it says, and its points, seconds and value.
type Line = (&'static str, &'static str, Vec<(f64, f64)>);

/// Up to two drawings a campaign that has samples: what it found, and what it took.
pub(super) fn growth(campaigns: &[Value]) -> Vec<Value> {
    let drawings = |campaign| {
        [("found", found as fn(&[Value]) -> Vec<Line>), ("took", took)].map(|(kind, lines)| draw(campaign, kind, lines))
    };
    campaigns.iter().take(MAX_CAMPAIGNS).flat_map(drawings).flatten().collect()
}

fn found(samples: &[Value]) -> Vec<Line> {
    let made = |sample: &Value| number(sample, "comparisons") + number(sample, "engine_comparisons");
    vec![
        ("comparisons", "comparisons", points(samples, made)),
        ("inputs", "inputs kept for their coverage", points(samples, |sample| number(sample, "inputs"))),
        ("signatures", "signatures", points(samples, |sample| number(sample, "signatures"))),
    ]
}

fn took(samples: &[Value]) -> Vec<Line> {
    vec![
        ("comparisons", "comparisons a second of a processor", speed(samples)),
        ("memory", "MiB of the campaign itself", points(samples, |sample| number(sample, "memory_kib") / 1024.0)),
        ("all-memory", "MiB of all its processes", points(samples, |sample| number(sample, "all_memory_kib") / 1024.0)),
        ("files", "open files", points(samples, |sample| number(sample, "files"))),
        ("processes", "processes", points(samples, |sample| number(sample, "processes"))),
    ]
}

fn number(sample: &Value, key: &str) -> f64 {
    sample[key].as_f64().unwrap_or(0.0)
}

fn points(samples: &[Value], value: impl Fn(&Value) -> f64) -> Vec<(f64, f64)> {
    samples.iter().map(|sample| (number(sample, "seconds"), value(sample))).collect()
}

/// Comparisons a second of a processor, from one part of the campaign to the next.
fn speed(samples: &[Value]) -> Vec<(f64, f64)> {
    let made = |sample: &Value| number(sample, "comparisons") + number(sample, "engine_comparisons");
    let step = samples.len().div_ceil(PARTS).max(1);
    let marks: Vec<&Value> = samples.iter().step_by(step).collect();
    let pairs = marks.iter().zip(marks.iter().skip(1));
    pairs
        .filter_map(|(from, to)| {
            let spent = number(to, "processor_seconds") - number(from, "processor_seconds");
            (spent > 0.0).then(|| (number(to, "seconds"), (made(to) - made(from)) / spent))
        })
        .collect()
}

fn draw(campaign: &Value, kind: &str, lines: fn(&[Value]) -> Vec<Line>) -> Option<Value> {
    let samples = campaign["growth"].as_array().filter(|samples| samples.len() > 1)?;
    let samples = &samples[..samples.len().min(MAX_SAMPLES)];
    let end = samples.last()?["seconds"].as_f64().filter(|seconds| *seconds > 0.0)?;
    let mut drawn = Vec::new();
    for (class, name, points) in lines(samples) {
        let most = points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        let Some((_, last)) = points.last().filter(|_| most > 0.0) else { continue };
        let place = |(at, value): &(f64, f64)| format!("{:.1},{:.1}", at / end * WIDTH, HEIGHT - value / most * HEIGHT);
        let points: Vec<String> = points.iter().map(place).collect();
        let mut told = format!("{last:.0} at the end");
        if format!("{most:.0}") != format!("{last:.0}") {
            told += &format!(", {most:.0} at most");
        }
        drawn.push(json!({ "name": name, "most": most, "told": told, "points": points.join(" "), "class": class }));
    }
    let (target, seed, engine) = (campaign["target"].as_str(), campaign["seed"].as_u64(), campaign["engine"].as_str());
    (!drawn.is_empty()).then(
        || json!({ "kind": kind, "target": target, "seed": seed, "engine": engine, "seconds": end, "lines": drawn }),
    )
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
        assert_eq!(drawn.len(), 1, "what older campaigns did not tell has no drawing");
        assert_eq!(drawn[0]["lines"].as_array().map(Vec::len), Some(1), "what never grew has no line");
        assert_eq!(drawn[0]["lines"][0]["points"], "0.0,180.0 430.0,90.0 860.0,0.0");
    }

    #[test]
    fn speed_is_what_was_made_for_the_time_of_processors() {
        let sample = |seconds: u32, here: u32, there: u32, spent: f64| json!({ "seconds": seconds, "comparisons": here, "engine_comparisons": there, "processor_seconds": spent, "files": 9 });
        let campaign = json!({ "growth": [sample(0, 0, 0, 0.0), sample(5, 100, 0, 2.0), sample(10, 150, 50, 2.5)] });
        let drawn = growth(&[campaign]);
        let took = &drawn[1];
        assert_eq!((&took["kind"], &took["lines"][0]["most"]), (&json!("took"), &json!(200.0)));
        assert_eq!(took["lines"][0]["points"], "430.0,135.0 860.0,0.0");
        assert_eq!(took["lines"][1]["class"], "files");
    }
}
