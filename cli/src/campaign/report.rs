//! The files of one finding.

use std::path::Path;

use regdiff_oracle::{Report, Signature, explain};
use regdiff_scenario::{Scenario, parts, text};
use serde_json::json;

use super::Settings;
use crate::args::AllowLevel;
use crate::repeat;

/// Names and contents, in the order in which they are written.
pub(super) fn files(
    settings: &Settings,
    signature: &Signature,
    scenario: &Scenario,
    report: &Report,
    origin: &str,
    minimal: bool,
) -> [(&'static str, String); 3] {
    let size = parts::size(scenario);
    let state = if minimal { "no single part can go" } else { "not minimised to the end" };
    let allow = AllowLevel::from(settings.target.allow);
    // Run where the file lies, by whoever has it: no path of the machine that found it.
    let lane: &[&str] = if settings.judging.is_model() { &[] } else { &["--lane", "linux"] };
    let words = [&["regdiff", "run"][..], lane, &["--allow", allow.text(), "scenario.toml"]].concat();
    let again = repeat::join(&words.into_iter().map(str::to_owned).collect::<Vec<_>>());
    let scenario_file = format!("# {signature}\n# {size} parts; {state}\n# {again}\n{}", text::print(scenario));
    let report_file = format!(
        "{}\ntimelines\n{}\nfound by target {} (--allow {}), campaign seed {}: {origin}\n{size} parts; {state}\nrepeat: {again}\n",
        explain::report(report),
        settings.judging.timelines(scenario, &settings.options()),
        settings.target.name,
        allow.text(),
        settings.seed,
    );
    let sentences: Vec<String> = report.findings.iter().map(|finding| finding.sentence()).collect();
    let verdict = json!({
        "signature": signature,
        "sentences": sentences,
        "report": report,
        "target": settings.target.name,
        "allow": allow.text(),
        "campaign_seed": settings.seed,
        "origin": origin,
        "parts": size,
        "minimal": minimal,
        "repeat": again,
        "version": env!("CARGO_PKG_VERSION"),
    });
    [("scenario.toml", scenario_file), ("report.txt", report_file), ("verdict.json", format!("{verdict:#}\n"))]
}

/// The command that judges a kept finding again, from where the campaign ran.
pub(super) fn repeat(settings: &Settings, folder: &Path) -> String {
    repeat::run(&folder.join("scenario.toml"), AllowLevel::from(settings.target.allow), false)
}
