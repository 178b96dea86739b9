//! `regdiff list`: what there is, from the registries themselves.

use clap::{Args, ValueEnum};
use regdiff_oracle::{TARGETS, contract};
use regdiff_scenario::{Command, Layout, Trigger};
use regdiff_zfcp::Fence;
use serde_json::{Value, json};

use crate::args::AllowLevel;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::output::Out;
use crate::style::{HEADING, QUIET};

const EXAMPLES: &str = "\
Examples:
  regdiff list
  regdiff list allowances
  regdiff list triggers --json";

/// Arguments of `regdiff list`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What to list; everything unless told otherwise
    #[arg(value_enum)]
    topics: Vec<Topic>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Topic {
    /// Fuzz targets
    Targets,
    /// The contract: which differences are allowed
    Allowances,
    /// What the series guards, postpones or redoes
    Fences,
    /// What can happen in a scenario
    Triggers,
    /// Commands to which the firmware can be told an answer
    Commands,
    /// Measured structure layouts of kernels
    Layouts,
}

/// One entry of a list.
struct Entry {
    name: String,
    /// What tells it apart, in a few words.
    note: String,
    /// What it is.
    doc: String,
    /// Everything, for programs.
    value: Value,
}

/// Lists one topic, or all.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let topics = if arguments.topics.is_empty() { Topic::value_variants() } else { &arguments.topics };
    for (index, topic) in topics.iter().enumerate() {
        let name = topic.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        let entries = topic.entries();
        if arguments.json {
            for mut entry in entries {
                entry.value["list"] = json!(name);
                out.json(&entry.value)?;
            }
            continue;
        }
        let gap = if index == 0 { "" } else { "\n" };
        out.line(format_args!("{gap}{HEADING}{name}{HEADING:#} ({})", entries.len()))?;
        for Entry { name, note, doc, .. } in entries {
            let note = if note.is_empty() { note } else { format!("  {QUIET}{note}{QUIET:#}") };
            out.line(format_args!("  {name}{note}"))?;
            for line in doc.lines() {
                out.line(format_args!("      {line}"))?;
            }
        }
    }
    Ok(ExitCode::Clean)
}

impl Topic {
    fn entries(self) -> Vec<Entry> {
        match self {
            Self::Targets => targets(),
            Self::Allowances => allowances(),
            Self::Fences => fences(),
            Self::Triggers => triggers(),
            Self::Commands => commands(),
            Self::Layouts => layouts(),
        }
    }
}

fn targets() -> Vec<Entry> {
    let entry = |target: &regdiff_oracle::Target| {
        let value = json!(target);
        let allow = AllowLevel::from(target.allow).text();
        Entry {
            name: target.name.to_owned(),
            note: format!("{}, --allow {allow}", value["kind"].as_str().unwrap_or_default()),
            doc: format!("searches {}\nignores {}", target.searches, target.ignores),
            value,
        }
    };
    TARGETS.iter().map(entry).collect()
}

fn allowances() -> Vec<Entry> {
    let entry = |(status, allowance): (contract::Status, &contract::Allowance)| {
        let mut value = json!(allowance);
        value["status"] = json!(status);
        Entry {
            name: allowance.id.to_owned(),
            note: format!("{}, review {}", status.text(), allowance.review),
            doc: format!(
                "allows {}\nsince {}\ncovers at most {}\nsee {}; needed by corpus/{}.toml",
                allowance.allows,
                allowance.why,
                allowance.signatures.join(", "),
                allowance.evidence,
                allowance.scenario
            ),
            value,
        }
    };
    contract::all().map(entry).collect()
}

fn fences() -> Vec<Entry> {
    let entry = |fence: &Fence| {
        let name = format!("{fence:?}");
        let patch = fence.patch();
        let note = patch.map_or_else(|| "not of the series".to_owned(), |patch| format!("patch {patch}/8"));
        let doc = fence.sentence().to_owned();
        let value = json!({ "id": fence.id(), "name": name, "patch": patch, "doc": doc });
        Entry { name: format!("{:<4} {name}", fence.id()), note, doc, value }
    };
    Fence::ALL.iter().map(entry).collect()
}

fn triggers() -> Vec<Entry> {
    let names = Trigger::ALL.iter().zip(Trigger::NAMES);
    let entry = |(trigger, name): (&Trigger, &regdiff_scenario::Name)| {
        let operands: Vec<&str> = trigger.operands().iter().map(|operand| operand.name).collect();
        let actor = format!("{:?}", trigger.actor()).to_lowercase();
        Entry {
            name: name.text.to_owned(),
            note: format!("by {actor}: {}", operands.join(", ")),
            doc: name.doc.trim().to_owned(),
            value: json!({ "name": name.text, "actor": actor, "operands": operands, "doc": name.doc.trim() }),
        }
    };
    names.map(entry).collect()
}

fn commands() -> Vec<Entry> {
    let entry = |(command, name): (&Command, &regdiff_scenario::Name)| Entry {
        name: name.text.to_owned(),
        note: (if command.is_scsi() { "SCSI" } else { "FSF" }).to_owned(),
        doc: name.doc.trim().to_owned(),
        value: json!({ "name": name.text, "scsi": command.is_scsi(), "doc": name.doc.trim() }),
    };
    Command::ALL.iter().zip(Command::NAMES).map(entry).collect()
}

fn layouts() -> Vec<Entry> {
    let entry = |(layout, name): (&Layout, &regdiff_scenario::Name)| {
        let profile = layout.profile();
        let (request, command) = (profile.request_size, profile.scsi_cmnd_size);
        let header = profile.scsi_data_buffer_size;
        Entry {
            name: name.text.to_owned(),
            note: format!("{}, {}", profile.kernel_version, profile.confidence),
            doc: format!(
                "{}\nrequest {request}, scsi_cmnd {command}, protection header {header} bytes",
                name.doc.trim()
            ),
            value: json!({
                "name": name.text, "doc": name.doc.trim(), "kernel_version": profile.kernel_version,
                "arch": profile.arch, "confidence": profile.confidence, "request_size": request,
                "scsi_cmnd_size": command, "scsi_data_buffer_size": header, "page_size": profile.page_size,
            }),
        }
    };
    Layout::ALL.iter().zip(Layout::NAMES).map(entry).collect()
}
