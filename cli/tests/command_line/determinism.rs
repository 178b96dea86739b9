//! The same input always gives the same verdict.

use crate::rig::{regdiff, regdiff_on, seed};

#[test]
fn two_hundred_generated_scenarios_come_out_the_same_twice() {
    let run = regdiff(["check", "--twice", "--seed", "0", "--count", "200", "--json"]).ends_with(0);
    let json = &run.json()[0];
    assert_eq!((json["scenarios"].as_u64(), json["different"].as_u64()), (Some(200), Some(0)));
}

#[test]
fn files_are_checked_as_well() {
    let run = regdiff_on(&["check", "--twice"], &seed()).ends_with(0);
    assert!(run.stdout.contains("1 scenarios judged twice, 0 came out in two ways"), "{}", run.stdout);
    assert!(run.stdout.contains("1 at rest, 0 with a step that hangs, 1 in a trap"), "{}", run.stdout);
}

#[test]
fn the_number_of_threads_changes_no_count() {
    let stats = |jobs| {
        let run =
            regdiff(["stats", "--seed", "100", "--count", "300", "--allow", "intended", "--json", "--jobs", jobs]);
        (run.code, run.stdout)
    };
    assert_eq!(stats("1"), stats("3"));
}

#[test]
fn statistics_count_every_scenario_once() {
    let run = regdiff(["stats", "--seed", "0", "--count", "300", "--json"]);
    let json = &run.json()[0];
    let verdicts = json["verdicts"].as_object().expect("a map");
    assert_eq!(verdicts.values().filter_map(serde_json::Value::as_u64).sum::<u64>(), 300);
    assert_eq!(json["scenarios"], 300);
    assert_eq!(json["own_bugs"], serde_json::json!({}), "no panic of ours");
}

#[test]
fn each_scenario_has_a_line_that_tells_it_from_others() {
    let each = || regdiff(["check", "--twice", "--each", "--count", "20", "--seed", "7"]).ends_with(0).stdout;
    let lines = each();
    assert_eq!(lines, each());
    let hash = |line: &str| line.rsplit_once(' ').map(|(_, hash)| hash.to_owned());
    let hashes: std::collections::BTreeSet<_> = lines.lines().take(20).filter_map(hash).collect();
    assert!(hashes.len() == 20 && hashes.iter().all(|hash| hash.len() == 64), "{lines}");
    assert!(lines.starts_with("seed 7: ") && lines.contains("\n20 scenarios judged twice, 0 "), "{lines}");
}
