//! `regdiff table memory`: what follows from the specification alone, without a scenario.

use clap::Args;
use regdiff_kernel::memory::table::{self, Outcome, Row, Written};
use regdiff_observation::{Region, RequestObject};
use regdiff_scenario::Layout;
use serde_json::{Value, json};

use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::output::Out;
use crate::style::{BAD, GOOD, HEADING, QUIET};

const EXAMPLES: &str = "\
Examples:
  regdiff table memory
  regdiff table memory --layout seed-5.6-rc2-debug-s390x
  regdiff table memory --json";

/// Arguments of `regdiff table memory`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// One layout only; `regdiff list layouts` names them
    #[arg(long, value_name = "NAME")]
    layout: Option<String>,
    /// Print one JSON object a line: every row
    #[arg(long)]
    json: bool,
}

/// Prints a table.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let wanted = |layout: &&Layout| arguments.layout.as_ref().is_none_or(|name| name == layout.text());
    let layouts: Vec<Layout> = Layout::ALL.iter().filter(wanted).copied().collect();
    if layouts.is_empty() {
        let name = arguments.layout.clone().unwrap_or_default();
        return Err(Error::Arguments(format!("there is no layout {name}"), "`regdiff list layouts` names them"));
    }
    if !arguments.json {
        out.text(LEGEND)?;
    }
    for layout in layouts {
        let rows = table::rows(layout);
        if arguments.json {
            for row in &rows {
                out.json(&object(row))?;
            }
        } else {
            out.text(&block(layout, &rows))?;
        }
    }
    Ok(ExitCode::Clean)
}

const LEGEND: &str = "\
The protection mask is read at three moments: SIZE, when the host is added; POINTER, when the request object is made; TOUCH, when a
command is prepared. + means that it is set then, - that it is not. Bytes are counted from the start of the request's slot.
";

/// The rows of a layout; policies that do the same share a line.
fn block(layout: Layout, rows: &[Row]) -> String {
    let mut block = format!("\n{HEADING}{}{HEADING:#}\n", layout.text());
    let mut done: Vec<&Row> = Vec::new();
    let same =
        |a: &Row, b: &Row| (a.object, a.history, a.command, a.place) == (b.object, b.history, b.command, b.place);
    let mut last = None;
    for row in rows {
        if done.iter().any(|other| same(other, row)) {
            continue;
        }
        done.push(row);
        if last.replace(row.object) != Some(row.object) {
            block.push_str(&format!("  {}\n", object_text(row.object)));
        }
        let policies: Vec<&str> = rows.iter().filter(|other| same(other, row)).map(|row| row.policy.text()).collect();
        let sign = |set: bool| if set { '+' } else { '-' };
        let history = row.history;
        let clocks = format!("{}{}{}", sign(history.size), sign(history.pointer), sign(history.touch));
        let (command, place) = (row.command.text(), row.place.text());
        let outcome = outcome(&row.outcome);
        let policies = policies.join(", ");
        block.push_str(&format!(
            "    {clocks}  {command:<18} {place:<19} {outcome}  {QUIET}elevator {policies}{QUIET:#}\n"
        ));
    }
    block
}

const fn object_text(object: RequestObject) -> &'static str {
    match object {
        RequestObject::DriverTag => "request of the tag set",
        RequestObject::SchedulerTag => "request of a scheduler",
        RequestObject::Flush => "flush request",
    }
}

const fn region_text(region: Region) -> &'static str {
    match region {
        Region::Slack => "slack",
        Region::Neighbour => "neighbour",
        Region::BlockTail => "block tail",
        Region::BucketRest => "bucket rest",
        Region::Beyond => "beyond",
    }
}

fn outcome(outcome: &Outcome) -> String {
    let written = |w: &Written| {
        let members = if w.members.is_empty() { String::new() } else { format!(" ({})", w.members.join(" ")) };
        format!("{} [{}, {}){members}", region_text(w.region), w.offset, w.offset + w.bytes)
    };
    match outcome {
        Outcome::Nothing => format!("{GOOD}stores nothing{GOOD:#}"),
        Outcome::InSlot => format!("{GOOD}in its slot{GOOD:#}"),
        Outcome::IoError => format!("{GOOD}I/O error: no header{GOOD:#}"),
        Outcome::Null { bytes } => format!("{BAD}null{BAD:#} [0, {bytes})"),
        Outcome::Outside(list) => {
            format!("{BAD}outside{BAD:#} {}", list.iter().map(written).collect::<Vec<_>>().join(", "))
        }
    }
}

fn object(row: &Row) -> Value {
    let written = |w: &Written| json!({ "region": region_text(w.region), "offset": w.offset, "bytes": w.bytes, "members": w.members });
    let (outcome, list) = match &row.outcome {
        Outcome::Nothing => ("nothing", Vec::new()),
        Outcome::InSlot => ("in_slot", Vec::new()),
        Outcome::IoError => ("io_error", Vec::new()),
        Outcome::Null { bytes } => {
            ("null", vec![json!({ "region": "null", "offset": 0, "bytes": bytes, "members": [] })])
        }
        Outcome::Outside(list) => ("outside", list.iter().map(written).collect()),
    };
    json!({
        "layout": row.layout.text(), "elevator": row.policy.text(), "object": object_text(row.object),
        "mask_at": { "size": row.history.size, "pointer": row.history.pointer, "touch": row.history.touch },
        "mask_stores": row.history.stores(), "command": row.command.text(), "place": row.place.text(),
        "outcome": outcome, "written": list,
    })
}
