// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether long campaigns stayed as they were: memory, open files, processes and speed, early against late. `scripts/soak` calls it.
//!
//! Takes files that `regdiff fuzz` left, one campaign each; prints a line each and exits 1 if one did not stay as it was.

use std::error::Error;
use std::process::ExitCode;

use serde_json::Value;

/// How much more memory late than early is still flat: an engine's inputs are known to the campaign by their hash, 32 bytes each.
const GROWTH: f64 = 1.10;
/// How much slower late than early is still as fast.
const SLOWER: f64 = 0.90;

/// Values of the part of a campaign from one share of its time to another.
struct Part<'a>(Vec<&'a Value>);

impl Part<'_> {
    fn most(&self, key: &str) -> f64 {
        self.0.iter().map(|sample| number(sample, key)).fold(0.0, f64::max)
    }

    /// Comparisons a second of a processor.
    fn speed(&self) -> f64 {
        let made = |sample: &Value| number(sample, "comparisons") + number(sample, "engine_comparisons");
        match (self.0.first(), self.0.last()) {
            (Some(first), Some(last)) => {
                (made(last) - made(first)) / (number(last, "processor_seconds") - number(first, "processor_seconds"))
            }
            _ => f64::NAN,
        }
    }
}

fn number(sample: &Value, key: &str) -> f64 {
    sample[key].as_f64().unwrap_or(0.0)
}

/// Prints the line of a campaign; what it spent in seconds of a processor, and whether it stayed as it was.
fn campaign(file: &str) -> Result<(f64, bool), Box<dyn Error>> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let campaign: Value =
        serde_json::from_str(&text).map_err(|error| format!("{file}: {error}; is it a campaign of `regdiff fuzz`?"))?;
    let samples = campaign["growth"].as_array().filter(|samples| samples.len() >= 8);
    let samples =
        samples.ok_or_else(|| format!("{file}: fewer than eight samples; let it run for a minute at least"))?;
    let end = number(&campaign, "seconds");
    let part = |from: f64, to: f64| {
        let within = |sample: &&Value| (from * end..=to * end).contains(&number(sample, "seconds"));
        Part(samples.iter().filter(within).collect())
    };
    // Engines start and read their corpus in the first eighth.
    let (early, late) = (part(0.125, 0.375), part(0.75, 1.0));
    let spent = samples.last().map_or(0.0, |sample| number(sample, "processor_seconds"));
    let made =
        samples.last().map_or(0.0, |sample| number(sample, "comparisons") + number(sample, "engine_comparisons"));
    let (memory, speed) = (late.most("memory_kib") / early.most("memory_kib"), late.speed() / early.speed());
    let stayed = memory <= GROWTH
        && speed >= SLOWER
        && late.most("files") <= early.most("files") * GROWTH
        && late.most("processes") <= early.most("processes") * GROWTH;
    println!(
        "| {} | {} | {:.0} | {:.0} | {:.0} | {:.0} → {:.0} | {:.0} → {:.0} | {:.0} → {:.0} | {:.0} → {:.0} | {:.0} → {:.0} | {} |",
        campaign["target"].as_str().unwrap_or("?"),
        campaign["engine"].as_str().unwrap_or("?"),
        end,
        spent,
        made,
        early.most("memory_kib") / 1024.0,
        late.most("memory_kib") / 1024.0,
        early.most("all_memory_kib") / 1024.0,
        late.most("all_memory_kib") / 1024.0,
        early.most("files"),
        late.most("files"),
        early.most("processes"),
        late.most("processes"),
        early.speed(),
        late.speed(),
        if stayed { "yes" } else { "**no**" },
    );
    Ok((spent, stayed))
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        return Err("name the files of campaigns, as `regdiff fuzz --keep` leaves them".into());
    }
    println!(
        "| target | engines beside the generator | seconds | of a processor | comparisons | MiB, campaign | MiB, all | open files | processes | comparisons a second of a processor | as it was |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let (mut spent, mut stayed) = (0.0, true);
    for file in &files {
        let (seconds, well) = campaign(file)?;
        spent += seconds;
        stayed &= well;
    }
    println!(
        "\n{:.2} hours of a processor in {} runs. Early is from an eighth to three eighths of a run, late its last quarter.",
        spent / 3600.0,
        files.len()
    );
    Ok(if stayed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
