//! What the progress line of a campaign says.

use std::time::Duration;

use super::Summary;

/// Where the campaign is.
pub(super) fn line(summary: &Summary, elapsed: Duration, minimising: usize) -> String {
    let (compared, seconds) = (&summary.compared, elapsed.as_secs_f64());
    let engine: String =
        summary.by_engine.iter().map(|(engine, count)| format!(", {} {count}", engine.text())).collect();
    let busy = if minimising == 0 { String::new() } else { format!(", {minimising} to minimise") };
    // What matters most comes first: a narrow terminal cuts the rest.
    format!(
        "{seconds:.0} s, {} comparisons, {:.0}/s, valid {}, {} signatures{busy}{engine}; {}",
        compared.scenarios,
        compared.scenarios as f64 / seconds.max(1e-9),
        compared.share(compared.valid()),
        summary.signatures(),
        compared.outcome_line(),
    )
}
