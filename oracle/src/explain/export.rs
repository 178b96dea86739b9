//! A finding in the forms that people paste elsewhere: an ordinary Rust test, a kernel log, a mail to a kernel list.

use std::fmt::Write;

use regdiff_observation::{Access, TrapKind};
use regdiff_scenario::{Scenario, text};

use super::columns::{HINT, draw, fold, wrap};
use super::setting::in_words;
use super::story::Story;
use super::{sentence, setting};
use crate::contract::{Status, by_id};
use crate::finding::{Evidence, Finding};
use crate::pair::Side;

/// Columns of a mail's text.
const MAIL: usize = 72;
/// Lines of both runs in a mail.
const MAIL_ROWS: usize = 20;

/// What is known about a finding outside this run.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The version of regdiff.
    pub version: String,
    /// The command that repeats it.
    pub repeat: String,
    /// Kernels on which it was tried, with what came of it; empty if none was.
    pub kernels: Vec<String>,
    /// Which allowances counted, as typed.
    pub allow: &'static str,
}

/// The scenario as a Rust test that fails as long as the finding is there.
pub fn test(scenario: &Scenario, finding: &Finding, about: &About) -> String {
    let name: String =
        finding.signature.as_str().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let allow = match about.allow {
        "historical" => "Historical",
        "open" => "Open",
        _ => "Intended",
    };
    let mut scenario_text = String::new();
    for line in text::print(scenario).lines() {
        let _ = writeln!(scenario_text, "{line}");
    }
    format!(
        "//! {}\n\nuse regdiff_oracle::{{Allow, Options, judge}};\nuse regdiff_scenario::Scenario;\n\n\
         const SCENARIO: &str = r#\"{scenario_text}\"#;\n\n/// {}\n#[test]\nfn {}() {{\n    \
         let scenario = Scenario::load(SCENARIO.as_bytes()).expect(\"the text form\");\n    \
         let report = judge(&scenario, &Options::allowing(Allow::{allow}));\n    \
         let signature = \"{}\".into();\n    \
         if let Some(finding) = report.finding(&signature) {{\n        panic!(\"{{}}\", finding.sentence());\n    }}\n}}\n",
        finding.signature,
        sentence(finding),
        name.to_lowercase(),
        finding.signature,
    )
}

/// What the log of a kernel would show: the lines of the run by name, since their texts are the kernel's, then the oops.
pub fn oops(story: &Story, finding: &Finding) -> String {
    let mut text =
        String::from("# Log lines are named as in the specification; addresses and registers are not modelled.\n");
    for row in &story.rows {
        let (shown, us) = match finding.side {
            Side::Deferred => (&row.text.deferred, row.time_us.deferred),
            _ => (&row.text.eager, row.time_us.eager),
        };
        if let (Some(line), Some(us)) = (shown.strip_prefix("log "), us) {
            let _ = writeln!(text, "[{}] {line}", stamp(us));
        }
    }
    match &finding.evidence {
        Evidence::Trap(trap) => {
            let at = stamp(trap.time_us);
            let mut line = |what: &str| {
                let _ = writeln!(text, "[{at}] {what}");
            };
            match trap.kind {
                TrapKind::NullAccess => {
                    line("Unable to handle kernel pointer dereference in virtual kernel address space");
                    let address = trap
                        .address
                        .map_or("unknown: an offset in a null structure".to_owned(), |a| format!("{a:016x}"));
                    line(&format!("Failing address: {address}"));
                }
                TrapKind::UseAfterFree => {
                    line(&format!("BUG: KASAN: use-after-free in {}", trap.function));
                    let does = if trap.access == Access::Read { "Read" } else { "Write" };
                    line(&format!("{does} of {}.{}", trap.object, trap.field));
                }
                TrapKind::OutOfBounds => {
                    line(&format!("BUG: KASAN: out-of-bounds in {}", trap.function));
                    let does = if trap.access == Access::Read { "Read" } else { "Write" };
                    line(&format!("{does} of {} bytes", trap.bytes));
                }
                TrapKind::ForeignFree => {
                    line(&format!("BUG: {} frees a {} that is not its own", trap.function, trap.object))
                }
                TrapKind::Bug => line(&format!("kernel BUG in {}", trap.function)),
                TrapKind::Panic => line(&format!("Kernel panic - not syncing: {}", trap.function)),
            }
            line(&format!("in {}", super::words::context(trap.context, &trap.trace)));
            line("Call Trace:");
            trap.trace.iter().for_each(|function| line(&format!(" {function}")));
        }
        Evidence::Violation(violation) => {
            let at = stamp(violation.time_us);
            let _ = writeln!(
                text,
                "# No kernel says so: the bytes belong to the same block of pages, and the run goes on."
            );
            let _ = writeln!(text, "[{at}] {}", sentence(finding));
            let _ = writeln!(text, "[{at}] Call Trace:");
            violation.trace.iter().for_each(|function| {
                let _ = writeln!(text, "[{at}]  {function}");
            });
        }
        _ => {
            let _ = writeln!(text, "# Nothing in the log tells it: {}", sentence(finding));
        }
    }
    text
}

/// A plain-text report for a kernel mailing list.
pub fn mail(scenario: &Scenario, story: &Story, finding: &Finding, about: &About) -> String {
    let told = sentence(finding);
    let mut text = format!("Subject: [REPORT] scsi: zfcp: {}\n\n", subject(&told));
    let mut paragraph = |words: &str| {
        wrap(words, MAIL).iter().for_each(|line| {
            let _ = writeln!(text, "{line}");
        });
        text.push('\n');
    };
    paragraph(&format!("{told}."));
    paragraph(
        "Eager is zfcp as before the series of Linux 5.8 (Launchpad 1887124), which registers the Scsi_Host when the adapter is \
         enqueued; deferred is with the series, which registers it after the first complete discovery.",
    );
    if let Some((status, allowance)) = finding.known.and_then(|known| by_id(known.id)) {
        let kind = match status {
            Status::Intended => "What the series means to change",
            Status::Historical => "A known defect that the series repairs",
            Status::Open => "Known and not settled",
        };
        let see = public(allowance.evidence);
        paragraph(&format!("{kind}: {}. Why: {}.{see}", allowance.allows, allowance.why));
    }
    let mut list = |title: &str, lines: Vec<String>| listed(&mut text, title, lines);
    list(
        "Versions",
        vec![
            format!("regdiff {}, byte and text form {}", about.version, regdiff_scenario::bytes::VERSION),
            format!(
                "modelled: the midlayer of Linux {}, structure sizes of {}",
                scenario.kernel.midlayer.text(),
                scenario.kernel.layout.text()
            ),
        ],
    );
    let settings = setting(scenario).into_iter().filter(|(label, _)| !label.starts_with("step"));
    list("Setting", settings.map(|(label, entries)| format!("{}: {entries}", label.trim())).collect());
    list("What happens", in_words(scenario));
    let drawn = draw(&fold(&story.rows, MAIL_ROWS), MAIL);
    list("Both runs", Vec::new());
    text.push_str(&drawn.replace(HINT, ""));
    text.push('\n');
    let mut list = |title: &str, lines: Vec<String>| listed(&mut text, title, lines);
    if !finding.trace().is_empty() {
        list("Call Trace", finding.trace().iter().map(ToString::to_string).collect());
        let functions: Vec<&str> = finding.trace().iter().take(3).map(AsRef::as_ref).collect();
        list("Source functions to look at first", vec![functions.join(", ")]);
    }
    if let Some(slot) = &story.slot {
        let drawn = slot.draw(MAIL);
        text.push_str(&drawn);
        text.push('\n');
    }
    let confirmed = match about.kernels.is_empty() {
        true => {
            vec!["On no real kernel yet: it was seen in regdiff's model, which is held to public sources.".to_owned()]
        }
        false => about.kernels.clone(),
    };
    listed(&mut text, "Real kernels", confirmed);
    listed(
        &mut text,
        "Not modelled",
        vec![
            "real DMA, several processors at the same instant, other drivers. A difference in those would not be seen."
                .to_owned(),
        ],
    );
    let _ =
        writeln!(text, "Found by regdiff {}. Repeat with:\n\n  {}\n\nscenario.toml:\n", about.version, about.repeat);
    for line in regdiff_scenario::text::print(scenario).lines() {
        let _ = writeln!(text, "{}", format!("  {line}").trim_end());
    }
    text
}

/// The first part of a sentence, with its side at the end: what a list of subjects has room for.
fn subject(told: &str) -> String {
    let (side, what) = told.split_once(": ").map_or(("", told), |(side, what)| (side, what));
    let what = what.split(", ").next().unwrap_or(what);
    if side.is_empty() { what.to_owned() } else { format!("{what} ({side})") }
}

/// Where readers elsewhere can look: without sections of our own specification.
fn public(evidence: &str) -> String {
    let known: Vec<&str> = evidence.split("; ").filter(|one| !one.contains(".md")).collect();
    if known.is_empty() { String::new() } else { format!(" See {}.", known.join("; ")) }
}

/// A list under a title, with an empty line around it.
fn listed(text: &mut String, title: &str, lines: Vec<String>) {
    let _ = writeln!(text, "{title}:\n");
    for line in &lines {
        let mut parts = wrap(line, MAIL - 4).into_iter();
        let _ = writeln!(text, "  {}", parts.next().unwrap_or_default());
        parts.for_each(|part| {
            let _ = writeln!(text, "    {part}");
        });
    }
    if !lines.is_empty() {
        text.push('\n');
    }
}

fn stamp(us: u64) -> String {
    format!("{:5}.{:06}", us / 1_000_000, us % 1_000_000)
}
