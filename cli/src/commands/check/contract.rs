//! `regdiff check --contract`: every entry of the contract is looked at in time, and needed.
//!
//! An entry is *expired* when its review date is before the day given, *unused* when no scenario given uses it, and *idle* when
//! the scenario it names says the same without it. All three end the command with the code of findings.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regdiff_oracle::contract::{Allow, Allowance, all};
use regdiff_oracle::{Options, judge, judge_without};
use regdiff_scenario::Scenario;
use serde_json::json;

use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::Reading;
use crate::output::Out;
use crate::style::{BAD, GOOD};
use crate::{complain, corpus};

/// Takes a date that exists in the calendar.
pub(super) fn date(text: &str) -> Result<String, String> {
    const CURE: &str = "write it as YYYY-MM-DD, for example 2026-11-01";
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<u32>().ok());
    let (true, Some(year), Some(month), Some(day)) = (shape, number(0..4), number(5..7), number(8..10)) else {
        return Err(CURE.to_owned());
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    if (1..=days).contains(&day) { Ok(text.to_owned()) } else { Err(format!("there is no such day; {CURE}")) }
}

/// Whether a file is the one that an entry names, as `folder/name`.
fn is_named(file: &Path, allowance: &Allowance) -> bool {
    file.with_extension("").ends_with(allowance.scenario)
}

/// What is wrong with an entry.
fn faults(
    allowance: &'static Allowance,
    today: &str,
    used: &BTreeSet<&str>,
    read: &[(PathBuf, Scenario)],
) -> Vec<String> {
    let mut faults = Vec::new();
    if allowance.review < today {
        faults.push(format!("expired: its review was due on {}", allowance.review));
    }
    if !used.contains(allowance.id) {
        faults.push("unused: none of the scenarios uses it".to_owned());
    }
    match read.iter().find(|(file, _)| is_named(file, allowance)) {
        None => faults.push(format!("unused: its scenario {} is not among those given", allowance.scenario)),
        Some((file, scenario)) => {
            if judge_without(scenario, &Options::allowing(Allow::Open), allowance.id).findings.is_empty() {
                faults.push(format!("idle: {} is explained without it", file.display()));
            }
        }
    }
    faults
}

/// Looks through the contract.
pub(super) fn check(
    today: &str,
    paths: &[PathBuf],
    reading: Reading,
    json: bool,
    out: &mut Out,
) -> Result<ExitCode, Error> {
    let mut code = ExitCode::Clean;
    let mut read = Vec::new();
    for file in corpus::files(paths)? {
        match reading.read(&file) {
            Ok(input) => read.push((file, input.scenario)),
            Err(error) => code = code.and(complain(&error)),
        }
    }
    let options = Options::allowing(Allow::Open);
    let used: BTreeSet<&str> =
        read.iter().flat_map(|(_, scenario)| judge(scenario, &options).allowed).map(|allowed| allowed.id).collect();
    let (mut entries, mut wrong) = (0, 0);
    for (status, allowance) in all() {
        entries += 1;
        for fault in faults(allowance, today, &used, &read) {
            wrong += 1;
            if json {
                out.json(&json!({ "id": allowance.id, "status": status, "fault": fault }))?;
            } else {
                out.line(format_args!("{BAD}{}{BAD:#}: {fault}", allowance.id))?;
            }
        }
    }
    if wrong > 0 {
        code = code.and(ExitCode::Findings);
    }
    if json {
        out.json(&json!({ "entries": entries, "faults": wrong, "today": today, "exit_code": code.code() }))?;
    } else {
        let style = if wrong == 0 { GOOD } else { BAD };
        out.line(format_args!("{entries} entries on {today}, {style}{wrong} faults{style:#}"))?;
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for good in ["2026-11-01", "2024-02-29", "2000-02-29", "2026-12-31", "2026-04-30"] {
            assert_eq!(date(good).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "2026-11-1",
            "2026/11/01",
            "2026-13-01",
            "2026-00-10",
            "2026-02-29",
            "1900-02-29",
            "2026-04-31",
            "2026-11-00",
            "20261-1-01",
            "२026-11-1",
        ] {
            assert!(date(bad).is_err_and(|error| error.contains("YYYY-MM-DD")), "{bad}");
        }
    }
}
