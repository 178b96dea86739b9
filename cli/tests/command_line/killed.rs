//! Campaigns that are killed at any moment, one after the other in the same folder: what was announced is there and whole, and
//! the next one goes on.
//!
//! `REGDIFF_KILLS` says how often; `scripts/trust` asks for 500.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use regdiff_oracle::{Allow, Options, judge};
use regdiff_scenario::Scenario;
use serde_json::Value;

use crate::rig::{command, folder, regdiff};

const FILES: [&str; 3] = ["report.txt", "scenario.toml", "verdict.json"];

/// A campaign that finds something every few milliseconds.
pub(crate) fn campaign(keep: &Path, seed: u64) -> Command {
    let seed = seed.to_string();
    let words = ["fuzz", "--engine", "generate", "--target", "rediscovery", "--seconds", "60", "--jobs", "2", "--seed"];
    let mut command = command(words);
    command.arg(seed).arg("--keep").arg(keep);
    command
}

/// What is wrong with a folder of findings; `announced` are signatures that were said to be there.
pub(crate) fn wrong(keep: &Path, announced: &BTreeSet<String>) -> Vec<String> {
    let (mut wrong, mut whole) = (Vec::new(), BTreeSet::new());
    for entry in fs::read_dir(keep).expect("the folder of findings").flatten() {
        let folder = entry.path();
        let name = entry.file_name();
        // A campaign that came to its end leaves its counts beside.
        if name.as_encoded_bytes().starts_with(b".regdiff-") || name == "campaign.json" {
            continue;
        }
        match is_whole(&folder) {
            Ok(signature) => drop(whole.insert(signature)),
            Err(why) => wrong.push(format!("{}: {why}", folder.display())),
        }
    }
    wrong.extend(announced.difference(&whole).map(|signature| format!("{signature} was announced, and is lost")));
    wrong
}

/// The signature of a folder, if its files are all there and tell of the same scenario.
fn is_whole(folder: &Path) -> Result<String, String> {
    let mut names: Vec<_> = fs::read_dir(folder).map_err(|e| e.to_string())?.flatten().map(|e| e.file_name()).collect();
    names.sort();
    if names != FILES {
        return Err(format!("holds {names:?}"));
    }
    let read = |name: &str| fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"));
    let scenario = Scenario::load(&read("scenario.toml")?).map_err(|error| format!("scenario.toml: {error}"))?;
    let verdict: Value = serde_json::from_slice(&read("verdict.json")?).map_err(|e| format!("verdict.json: {e}"))?;
    let report = judge(&scenario, &Options::allowing(Allow::Intended));
    if verdict["report"] != serde_json::to_value(&report).map_err(|error| error.to_string())? {
        return Err("verdict.json tells of another scenario".to_owned());
    }
    let signature = verdict["signature"].as_str().unwrap_or_default();
    if !report.findings.iter().any(|finding| finding.signature.as_str() == signature) {
        return Err(format!("the scenario does not show {signature}"));
    }
    let said = String::from_utf8_lossy(&read("report.txt")?).into_owned();
    if !said.contains(&format!("{} parts;", verdict["parts"])) {
        return Err("report.txt tells of another scenario".to_owned());
    }
    Ok(signature.to_owned())
}

#[test]
fn what_was_announced_is_there_and_whole_whenever_a_campaign_is_killed() {
    let kills: u64 = std::env::var("REGDIFF_KILLS").map_or(12, |kills| kills.parse().expect("a number"));
    let folder = folder();
    let keep = folder.path().join("findings");
    fs::create_dir(&keep).expect("a new folder");
    let mut announced = BTreeSet::new();
    let mut bad = Vec::new();
    for kill in 0..kills {
        let mut child = campaign(&keep, kill).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
        let mut said = BufReader::new(child.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
        let found = |line: String| line.strip_prefix("found ").map(str::to_owned);
        // Some moments from the start on, others from the first finding on, which a busy machine makes later.
        let moment = Duration::from_millis(kill * 7919 % 700);
        if kill % 3 > 0 {
            announced.extend(said.by_ref().find_map(found));
        }
        let killer = std::thread::spawn(move || {
            std::thread::sleep(moment);
            child.kill().and_then(|()| child.wait())
        });
        announced.extend(said.filter_map(found));
        killer.join().expect("no panic").expect("it was killed");
        bad.extend(wrong(&keep, &announced).into_iter().map(|what| format!("kill {kill}, {moment:?}: {what}")));
    }
    eprintln!("{kills} kills, {} signatures announced, {} things wrong", announced.len(), bad.len());
    assert!(announced.len() > 3, "too few to say anything");
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    // The next one takes away what was never finished, and the report can be made.
    let mut last = campaign(&keep, kills);
    last.args(["--comparisons", "50"]).output().expect("it starts");
    let unfinished = |name: &[u8]| name.starts_with(b".regdiff-");
    let left =
        fs::read_dir(&keep).expect("a folder").flatten().filter(|e| unfinished(e.file_name().as_encoded_bytes()));
    assert_eq!(left.count(), 0, "what was never finished is still there");
    regdiff(["report".as_ref(), keep.as_os_str(), "-o".as_ref(), "-".as_ref()]).ends_with(0);
}

#[test]
fn a_second_campaign_in_the_same_folder_is_refused() {
    let folder = folder();
    let mut first = campaign(folder.path(), 1).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
    let mut said = BufReader::new(first.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
    assert!(said.any(|line| line.starts_with("found ")), "it searches");
    let second = campaign(folder.path(), 2).output().expect("it starts");
    first.kill().and_then(|()| first.wait()).expect("it was killed");
    let complaint = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains("another regdiff writes there") && complaint.contains("--keep"), "{complaint}");
}
