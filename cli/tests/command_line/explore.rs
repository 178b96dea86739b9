//! `explore`: every scenario up to a depth, counted, resumable, on any number of threads.

use crate::rig::{folder, regdiff};

/// Few steps, so that a test is quick.
const FEW: [&str; 4] = ["--steps", "set_online,remove,fail:host_tag_set", "--preemptions", "0"];

/// The exploration of depth `depth` with some more arguments, as JSON; without the time that it took.
fn explored(depth: &str, more: &[&str], code: i32) -> serde_json::Value {
    let fixed = ["explore", "--json", "--depth", depth].into_iter().chain(FEW);
    let arguments: Vec<&str> = fixed.chain(more.iter().copied()).collect();
    let mut object = regdiff(arguments).ends_with(code).json().remove(0);
    object.as_object_mut().expect("an object").remove("seconds");
    object
}

#[test]
fn explore_counts_what_the_formula_counts_on_any_number_of_threads() {
    let one = explored("1", &["--jobs", "1"], 1);
    assert_eq!(one["complete"], true);
    assert_eq!(one["scenarios"], one["space"]);
    let signatures: Vec<_> = one["findings"].as_array().expect("a list").iter().map(|f| &f["signature"]).collect();
    assert!(signatures.iter().any(|s| *s == "memory/eager/null-write/scsi_queue_rq/prot_sdb"), "{signatures:?}");
    assert_eq!(explored("1", &["--jobs", "2"], 1), one);
}

#[test]
fn explore_goes_on_where_it_stopped() {
    let whole = explored("2", &["--changes", "0"], 1);
    let folder = folder();
    let file = folder.path().join("state.json");
    let state = file.to_str().expect("a name");
    let part = explored("2", &["--changes", "0", "--state", state, "--units", "3"], 1);
    assert_eq!((&part["complete"], &part["units"]["done"]), (&false.into(), &3.into()));
    assert_ne!(part["scenarios"], whole["scenarios"]);
    assert_eq!(explored("2", &["--changes", "0", "--state", state], 1), whole);
    // Nothing is left to do; the result is still there.
    assert_eq!(explored("2", &["--changes", "0", "--state", state, "--jobs", "2"], 1), whole);
    // The state of another exploration is refused, and stays.
    let before = std::fs::read(&file).expect("the state");
    let refused = regdiff(["explore", "--depth", "1", "--state", state]).ends_with(2);
    assert!(refused.stderr.contains("another exploration") && refused.stderr.contains("cure:"), "{}", refused.stderr);
    assert_eq!(std::fs::read(&file).expect("the state"), before);
    std::fs::write(&file, "something else").expect("a file");
    regdiff(["explore", "--depth", "1", "--state", state]).ends_with(2);
}

#[test]
fn explore_keeps_what_it_found_and_replays_it() {
    let folder = folder();
    let keep = folder.path().join("kept");
    let keep = keep.to_str().expect("a name");
    let arguments = ["explore", "--depth", "1", "--changes", "0", "--keep", keep, "--check", "50"];
    let text = regdiff(arguments).ends_with(1).stdout;
    assert!(text.contains("50 drawn scenarios judged by themselves: 0 not found before"), "{text}");
    let last = text.lines().find(|line| line.starts_with("all ")).expect("the line at the end");
    for word in ["scenarios", "judged", "states", "signatures"] {
        assert!(last.contains(word), "{last}");
    }
    let seed = format!("{keep}/memory-eager-null-write-scsi_queue_rq-prot_sdb.toml");
    let again = regdiff(["run", &seed]).ends_with(1).stdout;
    assert!(again.contains("memory/eager/null-write/scsi_queue_rq/prot_sdb"), "{again}");
}

#[test]
fn explore_finds_planted_faults() {
    let arguments = ["explore", "--json", "--depth", "1", "--changes", "0", "--faults", "--fault", "f5-port-data"];
    let found = regdiff(arguments).ends_with(0).json();
    assert_eq!(found[0]["found"]["depth"], 1);
    let alone = regdiff(["explore", "--depth", "1", "--changes", "0", "--fault", "f5-port-data"]).ends_with(1).stdout;
    assert!(alone.contains("lifetime/deferred/null-write/zfcp_fsf_exchange_port_evaluate"), "{alone}");
}

#[test]
fn explore_prints_its_alphabet_and_refuses_unknown_steps() {
    let text = regdiff(["explore", "--alphabet"]).ends_with(0).stdout;
    assert!(text.contains("exchange_config_data#2") && text.contains("scenarios = 2^t"), "{text}");
    let refused = regdiff(["explore", "--steps", "set_onlin"]).ends_with(2);
    assert!(refused.stderr.contains("--alphabet"), "{}", refused.stderr);
}
