//! `regdiff faults`: the planted faults, and how soon generated scenarios report them.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use regdiff_oracle::{FAULTS, Fault, fault};
use regdiff_scenario::{Language, Scenario};
use serde_json::json;

use crate::args::Jobs;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::output::Out;
use crate::parallel;
use crate::progress::Progress;
use crate::style::{HEADING, QUIET};

const EXAMPLES: &str = "\
Examples:
  regdiff faults
  regdiff run --fault scan-without-wait corpus/faults/scan-without-wait.toml
  regdiff faults --blind 10000
  regdiff faults --blind 10000 scan-without-wait rport-keeps-host
  regdiff faults --blind 20000 --seed 1000000 --no-swarm --json
  regdiff faults --blind 100000 --markdown > docs/faults.md

A fault is armed from outside of a scenario and judged against the same driver without it, no allowance counted.
The usual pair is eager and the faulted driver, under the whole contract.";

/// Most scenarios that a blind search takes.
const MOST: u64 = 1_000_000;
/// The last seed that a search may start at.
const MAX_SEED: u64 = u64::MAX - MOST;
/// Scenarios that are judged before faults that were found are taken out of the search.
const CHUNK: u64 = 256;

/// Arguments of `regdiff faults`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Only these; all unless told otherwise
    #[arg(value_name = "NAME", hide_possible_values = true, value_parser = names())]
    faults: Vec<&'static Fault>,
    /// Say after how many generated scenarios, from seed 0 on, each fault is reported first; N at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST))]
    blind: Option<u64>,
    /// The first seed of the generated scenarios
    #[arg(long, value_name = "N", default_value_t = 0, requires = "blind", value_parser = clap::value_parser!(u64).range(0..=MAX_SEED))]
    seed: u64,
    /// Generate scenarios that leave no part of the triggers out, to measure what leaving some out is worth
    #[arg(long, requires = "blind")]
    no_swarm: bool,
    /// Print one JSON object a line
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print the page docs/faults.md
    #[arg(long, conflicts_with_all = ["seed", "no_swarm"])]
    markdown: bool,
    #[command(flatten)]
    jobs: Jobs,
}

/// The names of planted faults.
pub(crate) fn names() -> impl TypedValueParser<Value = &'static Fault> {
    let names = PossibleValuesParser::new(FAULTS.iter().map(|fault| fault.name));
    names.try_map(|name| fault::by_name(&name).ok_or("no such fault"))
}

/// When generated scenarios report a fault first, counted from 1.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// Against the same driver without it, and as what.
    alone: Option<(u64, String)>,
    /// In the usual pair.
    usual: Option<(u64, String)>,
}

/// Lists, and searches if asked to.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let all: Vec<&Fault> = FAULTS.iter().collect();
    let faults = if arguments.faults.is_empty() { &all } else { &arguments.faults };
    let seen = arguments.blind.map(|most| search(faults, most, arguments));
    if arguments.markdown {
        out.text(&page(faults, arguments.blind.zip(seen.as_deref())))?;
        return Ok(ExitCode::Clean);
    }
    for (index, fault) in faults.iter().enumerate() {
        let found = seen.as_ref().map(|seen| &seen[index]);
        if arguments.json {
            let mut value = json!(fault);
            value["witness"] = json!(fault.witness());
            if let (Some(found), Some(most)) = (found, arguments.blind) {
                let of = |seen: &Option<(u64, String)>| {
                    seen.as_ref().map(|(after, signature)| json!({ "after": after, "signature": signature }))
                };
                value["blind"] = json!({ "most": most, "alone": of(&found.alone), "usual_pair": of(&found.usual) });
            }
            out.json(&value)?;
            continue;
        }
        out.line(format_args!("{HEADING}{}{HEADING:#}  {QUIET}{}{QUIET:#}", fault.name, fault.layer.text()))?;
        out.line(format_args!("    {}", fault.sentence()))?;
        out.line(format_args!("    reported as {}", fault.signature.unwrap_or("nothing: nobody can see it")))?;
        out.line(format_args!("    witness {}", fault.witness()))?;
        if let (Some(found), Some(most)) = (found, arguments.blind) {
            let (alone, usual) = (after(&found.alone, most), after(&found.usual, most));
            out.line(format_args!("    generated scenarios: {alone}; in the usual pair: {usual}"))?;
        }
    }
    Ok(ExitCode::Clean)
}

/// Judges generated scenarios with every fault that was not reported yet, both ways.
fn search(faults: &[&Fault], most: u64, arguments: &Arguments) -> Vec<Seen> {
    let language = if arguments.no_swarm { Language::WHOLE.without_swarm() } else { Language::WHOLE };
    let jobs = arguments.jobs.number();
    let mut seen = vec![Seen::default(); faults.len()];
    let mut progress = Progress::new();
    let first = |fault: &Fault, usual: bool, scenario: &Scenario| {
        let found = if usual { fault.reported_in_usual_pair(scenario) } else { fault.reported(scenario) };
        found.first().map(|finding| finding.signature.to_string())
    };
    let mut start = 0;
    while start < most {
        let open: Vec<(usize, bool)> = (0..faults.len())
            .flat_map(|fault| [(fault, false), (fault, true)])
            .filter(|(fault, usual)| if *usual { seen[*fault].usual.is_none() } else { seen[*fault].alone.is_none() })
            .collect();
        if open.is_empty() {
            break;
        }
        let work = |index: u64| {
            let scenario = language.generate(arguments.seed + start + index);
            let found = open.iter().map(|(fault, usual)| first(faults[*fault], *usual, &scenario));
            found.collect::<Vec<_>>()
        };
        parallel::in_order(jobs, CHUNK.min(most - start), work, |index, found| {
            for ((fault, usual), signature) in open.iter().zip(found) {
                let place = if *usual { &mut seen[*fault].usual } else { &mut seen[*fault].alone };
                if let (None, Some(signature)) = (&place, signature) {
                    *place = Some((start + index + 1, signature));
                }
            }
            std::ops::ControlFlow::Continue(())
        });
        start += CHUNK;
        progress.show(|| format!("{start} of {most} scenarios, {} searches open", open.len()));
    }
    progress.finish();
    seen
}

fn after(seen: &Option<(u64, String)>, most: u64) -> String {
    match seen {
        Some((after, _)) => after.to_string(),
        None => format!("not in {most}"),
    }
}

/// The page `docs/faults.md`.
fn page(faults: &[&Fault], blind: Option<(u64, &[Seen])>) -> String {
    let mut page = String::from(
        "# Planted faults\n\n\
         Slips planted in the deferred driver and in the kernel below it, armed by name from outside of a scenario:\n\
         `regdiff run --fault NAME FILE`. Each has a witness, `corpus/faults/NAME.toml`, that must be reported as expected with\n\
         the fault and agree without it; `cargo test` holds both. The last fault changes nothing that anybody could see, and must\n\
         stay silent.\n\n",
    );
    if let Some((most, _)) = blind {
        page.push_str(&format!(
            "*Alone*: judged against the same driver without the fault, after how many generated scenarios (seeds from 0) it is\n\
             reported first. *Usual pair*: the same for eager and the faulted driver under the whole contract, beyond what that pair\n\
             shows without the fault. A dash: not in {most} scenarios. Repeat with\n\
             `regdiff faults --blind {most} --markdown`.\n\n",
        ));
    }
    page.push_str("| fault | layer | what is wrong | reported as | alone | usual pair |\n|---|---|---|---|---|---|\n");
    for (index, fault) in faults.iter().enumerate() {
        let number = |seen: &Option<(u64, String)>| seen.as_ref().map_or_else(|| "-".to_owned(), |s| s.0.to_string());
        let (alone, usual) =
            blind.map_or_else(Default::default, |(_, seen)| (number(&seen[index].alone), number(&seen[index].usual)));
        let (name, layer, sentence) = (fault.name, fault.layer.text(), fault.sentence());
        let signature = fault.signature.map_or_else(|| "nothing".to_owned(), |signature| format!("`{signature}`"));
        page.push_str(&format!("| {name} | {layer} | {sentence} | {signature} | {alone} | {usual} |\n"));
    }
    page
}
