//! The main job: the oops of Launchpad 1887124 from its own facts (midlayer.md 12).

use std::fs;

use serde_json::json;

use crate::rig::{folder, regdiff_on, regdiff_with_input, seed};

const SIGNATURE: &str = "memory/eager/null-write/scsi_queue_rq/prot_sdb";

/// midlayer.md 12.2, from the outermost to the innermost function.
const SEQUENCE: &[&str] = &[
    "fc_scsi_scan_rport",
    "scsi_scan_target",
    "__scsi_scan_target",
    "scsi_probe_and_add_lun",
    "__scsi_execute",
    "blk_execute_rq",
    "blk_execute_rq_nowait",
    "blk_mq_sched_insert_request",
    "blk_mq_run_hw_queue",
    "__blk_mq_delay_run_hw_queue",
    "__blk_mq_run_hw_queue",
    "blk_mq_sched_dispatch_requests",
    "blk_mq_dispatch_rq_list",
    "scsi_queue_rq",
];

#[test]
fn eager_oopses_as_in_the_bug_report_and_deferred_is_clean() {
    let run = regdiff_on(&["run"], &seed()).ends_with(1);
    let text = &run.stdout;
    assert!(text.contains("lp1887124.toml: findings"), "{text}");
    assert!(text.contains("deferred: clean"), "{text}");
    assert!(text.lines().any(|line| line == SIGNATURE), "{text}");
    for fact in ["stores 24 bytes at address 0 through a null prot_sdb", "first INQUIRY", "remote-port scan worker"] {
        assert!(text.contains(fact), "no `{fact}` in\n{text}");
    }
    let lines = text.lines().skip_while(|line| !line.contains("Call Trace:")).skip(1);
    let mut trace: Vec<&str> = lines.map(str::trim).take_while(|line| !line.contains(' ')).collect();
    trace.reverse();
    assert_eq!(trace, SEQUENCE);
    let repeat = text.lines().find(|line| line.starts_with("repeat: ")).expect("the command to repeat");
    assert!(repeat.ends_with("lp1887124.toml"), "{repeat}");
}

#[test]
fn the_facts_are_in_the_json() {
    let run = regdiff_on(&["run", "--json"], &seed()).ends_with(1);
    let objects = run.json();
    let [object] = &objects[..] else { panic!("one line: {}", run.stdout) };
    assert_eq!(object["verdict"], "findings");
    assert_eq!(object["exit_code"], 1);
    let findings = object["findings"].as_array().expect("a list");
    let [finding] = &findings[..] else { panic!("one finding: {findings:?}") };
    let trap = &finding["evidence"]["trap"];
    let facts =
        json!([trap["access"], trap["address"], trap["bytes"], trap["field"], trap["command"], trap["context"]]);
    assert_eq!(facts, json!(["write", 0, 24, "prot_sdb", "inquiry", "scsi_wq"]));
    assert_eq!((&finding["side"], &finding["ordinal"]), (&json!("eager"), &json!(1)));
    let trace: Vec<&str> = SEQUENCE.iter().rev().copied().collect();
    assert_eq!(finding["trace"], json!(trace));
}

#[test]
fn what_the_contract_allows_is_shown_and_is_no_finding() {
    for level in ["historical", "open"] {
        let run = regdiff_on(&["run", "--allow", level], &seed()).ends_with(0);
        let line = format!("  eager-null-prot-sdb (historical, 1x): {SIGNATURE}");
        assert!(run.stdout.lines().any(|printed| printed == line), "{}", run.stdout);
    }
}

#[test]
fn quiet_prints_verdict_and_signatures_only() {
    let run = regdiff_on(&["run", "--quiet"], &seed()).ends_with(1);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{}", run.stdout);
    assert_eq!(lines[1].trim(), SIGNATURE);
}

/// Nothing is hard-coded: without the parameters, the features or the late elevator there is no such oops.
#[test]
fn other_circumstances_have_another_outcome() {
    let text = fs::read_to_string(seed()).expect("the seed can be read");
    for (from, to) in [("dif = true\ndix = true", ""), (", \"dif_prot_type1\", \"dix_prot_tcpip\"", "")] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text);
        let run = regdiff_with_input(&["run", "-"], changed.as_bytes()).ends_with(0);
        assert!(run.stdout.contains("-: agree"), "{}", run.stdout);
    }
    let early = text.replace("at_add_disk", "at_queue_alloc");
    let run = regdiff_with_input(&["run", "--quiet", "-"], early.as_bytes()).ends_with(1);
    assert!(run.stdout.contains("memory/eager/overrun/W1/"), "{}", run.stdout);
    assert!(!run.stdout.contains("null-write"), "{}", run.stdout);
}

#[test]
fn the_byte_form_and_a_crash_file_have_the_same_verdict() {
    let folder = folder();
    for name in ["seed.bin", "crash-2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"] {
        let file = folder.path().join(name);
        let arguments = ["convert", "--to", "bytes", "-o", file.to_str().expect("a plain name")];
        regdiff_on(&arguments, &seed()).ends_with(0);
        let run = regdiff_on(&["run", "-q"], &file).ends_with(1);
        assert_eq!(run.stdout.lines().nth(1).map(str::trim), Some(SIGNATURE));
    }
}

#[test]
fn show_prints_the_scenario_and_both_timelines() {
    let run = regdiff_on(&["show"], &seed()).ends_with(0);
    for part in ["dix = true", "[[device.port]]", "exchange_config_data", "stops in scsi_queue_rq"] {
        assert!(run.stdout.contains(part), "no `{part}` in\n{}", run.stdout);
    }
    let json = regdiff_on(&["show", "--json"], &seed()).ends_with(0).json();
    assert_eq!(json[0]["scenario"]["module"]["dix"], true);
    assert!(json[0]["observations"]["deferred"]["events"].as_array().is_some_and(|events| !events.is_empty()));
}

#[test]
fn show_ends_at_what_is_not_allowed() {
    let file = seed().with_file_name("../regressions/scan-before-port-data-of-a-dead-link.toml");
    let rests =
        |level| regdiff_on(&["show", "--allow", level], &file).ends_with(0).stdout.matches("-- at rest").count();
    assert_eq!(rests("intended"), 2, "up to what the first open left behind");
    assert_eq!(rests("open"), 4, "to the end");
    let default = regdiff_on(&["show"], &file).ends_with(0).stdout.matches("-- at rest").count();
    assert_eq!(default, rests("intended"));
}

#[test]
fn the_seed_is_explained_on_one_screen() {
    let text = regdiff_on(&["explain"], &seed()).ends_with(0).stdout;
    assert!(text.lines().count() <= 60 && text.lines().all(|line| line.chars().count() <= 120), "{text}");
    assert!(text.lines().last().is_some_and(|line| line.starts_with("repeat ") && line.contains(" run ")), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("->")).count(), 1, "{text}");
    let json = &regdiff_on(&["explain", "--json"], &seed()).ends_with(0).json()[0];
    assert_eq!(json["slot"]["payload"], 856);
    assert_eq!(json["finding"]["signature"], "memory/eager/null-write/scsi_queue_rq/prot_sdb");
    for (form, says) in [("test", "#[test]"), ("oops", "Failing address"), ("mail", "Subject: ")] {
        let text = regdiff_on(&["explain", "--as", form], &seed()).ends_with(0).stdout;
        assert!(text.contains(says), "{text}");
    }
    let run = regdiff_on(&["explain", "--signature", "nothing"], &seed()).ends_with(4);
    assert!(run.stderr.contains("does not show nothing") && run.stderr.contains("cure: "), "{}", run.stderr);
}
