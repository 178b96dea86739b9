//! The memory table against a second, small computation: arithmetic on the numbers of layouts.json alone.

use regdiff_kernel::memory::table::{Command, Outcome, Place, Policy, Row, rows};
use regdiff_observation::{Region, RequestObject};
use regdiff_scenario::Layout;
use serde_json::Value;

const LAYOUTS: &str = include_str!("../../scenario/src/layouts.json");

/// What lies at one byte, counted from the start of the slot; None inside the payload.
fn label(at: u64, payload: u64, slot: u64, row: &Row) -> Option<Region> {
    // A heap object is rounded up again, to the next bucket: of those that matter, powers of two.
    let bucket = slot.next_power_of_two();
    match row.place {
        _ if at < payload => None,
        _ if at < slot => Some(Region::Slack),
        Place::BeforeNeighbour => Some(Region::Neighbour),
        Place::LastOfBlock if (65536 / slot - 1) * slot + at < 65536 => Some(Region::BlockTail),
        Place::Heap if at < bucket => Some(Region::BucketRest),
        Place::LastOfBlock | Place::Heap => Some(Region::Beyond),
    }
}

/// Region, first byte, number of bytes, members.
type Run = (Region, u32, u32, Vec<String>);

fn expected(profile: &Value, row: &Row) -> Result<Vec<Run>, Outcome> {
    let number = |name: &str| profile[name].as_u64().expect("a number");
    let history = row.history;
    let header = number("request_size")
        + number("scsi_cmnd_size")
        + number("hostt_cmd_size")
        + number("inline_sg_count") * number("scatterlist_size");
    let protection = number("scsi_data_buffer_size") + number("inline_prot_sg_count") * number("scatterlist_size");
    let payload = header + if history.size { protection } else { 0 };
    let slot = payload.div_ceil(number("cache_line")) * number("cache_line");
    let entry = 24 + number("scatterlist_size");
    let stores: &[(u64, u64)] = match (history.pointer, history.touch, row.command) {
        (false, true, _) => return Err(Outcome::Null { bytes: 24 }),
        (false, false, Command::NoData) | (true, false, Command::NoData) => return Err(Outcome::Nothing),
        (false, false, _) => return Err(Outcome::IoError),
        (true, true, Command::NoData | Command::ManySegments) => &[(0, 24)],
        (true, true, Command::OneSegment) => &[(0, 24), (24, entry)],
        // Nobody pointed the header at its inline entry: even one segment takes a list of the pool.
        (true, false, _) => &[(0, 16)],
    };
    let mut runs: Vec<Run> = Vec::new();
    for at in stores.iter().flat_map(|(from, to)| header + from..header + to) {
        let Some(region) = label(at, payload, slot, row) else { continue };
        let hit = |member: &&Value| {
            let (offset, size) =
                (member["offset"].as_u64().expect("a number"), member["size"].as_u64().expect("a number"));
            at >= slot && (offset..offset + size).contains(&(at - slot))
        };
        let members = profile["next_request_first_members"].as_array().expect("a list");
        let member = members.iter().find(hit).filter(|_| region == Region::Neighbour).map(|member| &member["name"]);
        let member = member.and_then(Value::as_str).filter(|name| !name.starts_with('('));
        match runs.last_mut().filter(|run| run.0 == region && u64::from(run.1 + run.2) == at) {
            Some(run) => run.2 += 1,
            None => runs.push((region, at as u32, 1, Vec::new())),
        }
        let names = &mut runs.last_mut().expect("there is one").3;
        if let Some(member) = member.filter(|member| names.last().is_none_or(|last| last != member)) {
            names.push(member.to_owned());
        }
    }
    Ok(runs)
}

#[test]
fn every_row_follows_from_the_numbers_of_its_profile() {
    let profiles: Vec<Value> = serde_json::from_str(LAYOUTS).expect("JSON");
    assert_eq!(profiles.len(), Layout::ALL.len());
    let mut counts = [0; 3];
    for (layout, profile) in Layout::ALL.iter().zip(&profiles) {
        for row in rows(*layout) {
            let seen = match &row.outcome {
                Outcome::InSlot => Ok(Vec::new()),
                Outcome::Outside(written) => {
                    let names = |members: &[&str]| {
                        let named = members.iter().filter(|name| !name.starts_with('('));
                        named.map(|name| (*name).to_owned()).collect()
                    };
                    Ok(written.iter().map(|w| (w.region, w.offset, w.bytes, names(&w.members))).collect())
                }
                other => Err(other.clone()),
            };
            assert_eq!(seen, expected(profile, &row), "{row:?}");
            counts[match &row.outcome {
                Outcome::Outside(_) => 0,
                Outcome::Null { .. } => 1,
                _ => 2,
            }] += 1;
        }
    }
    assert!(counts.iter().all(|count| *count > 100), "each kind of outcome is there: {counts:?}");
}

#[test]
fn only_a_mask_that_is_set_too_late_does_harm() {
    for row in Layout::ALL.iter().flat_map(|layout| rows(*layout)) {
        let (size, pointer, touch) = (row.history.size, row.history.pointer, row.history.touch);
        match &row.outcome {
            Outcome::Outside(_) => assert!(!size && pointer, "{row:?}"),
            Outcome::Null { .. } => assert!(!pointer && touch, "{row:?}"),
            Outcome::InSlot => assert!(size && pointer, "{row:?}"),
            Outcome::IoError => assert!(!pointer && !touch && row.command != Command::NoData, "{row:?}"),
            Outcome::Nothing => assert!(!touch && row.command == Command::NoData, "{row:?}"),
        }
    }
}

#[test]
fn the_worked_examples_of_the_specification_are_rows() {
    let outcome = |layout: Layout, policy, object, history: [bool; 3], command, place| {
        let found = rows(layout).into_iter().find(|row| {
            (row.policy, row.object, row.command, row.place) == (policy, object, command, place)
                && [row.history.size, row.history.pointer, row.history.touch] == history
        });
        found.expect("such a row").outcome
    };
    let seed = Layout::Seed56Rc2DebugS390x;
    let (tag, scheduler) = (RequestObject::DriverTag, RequestObject::SchedulerTag);
    let first = outcome(seed, Policy::AtAddDisk, tag, [false, false, true], Command::NoData, Place::BeforeNeighbour);
    assert_eq!(first, Outcome::Null { bytes: 24 });
    let Outcome::Outside(silent) =
        outcome(seed, Policy::AtQueueAlloc, scheduler, [false, true, true], Command::NoData, Place::BeforeNeighbour)
    else {
        panic!("it is silent")
    };
    assert_eq!(silent.iter().map(|w| (w.region, w.offset, w.bytes)).collect::<Vec<_>>(), [(Region::Slack, 856, 24)]);
}
