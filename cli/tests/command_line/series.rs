//! `series` and `table`: the patches as switches, and the memory table.

use std::path::{Path, PathBuf};

use crate::rig::{folder, regdiff, regdiff_on};

fn seed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/registration/lp1887124.toml")
}

#[test]
fn series_judges_every_subset_and_says_so_three_ways() {
    let listed = regdiff_on(&["series", "--json"], &seed()).ends_with(0).json();
    let rows: Vec<_> = listed.iter().filter(|object| object["object"] == "subset").collect();
    assert_eq!(rows.len(), 256);
    let full = rows.iter().find(|row| row["patches"].as_array().is_some_and(|patches| patches.len() == 8));
    assert_eq!(full.expect("the full series")["safe"], true);
    let empty = rows.iter().find(|row| row["patches"].as_array().is_some_and(Vec::is_empty)).expect("the empty series");
    assert_eq!(empty["failures"][0]["signature"], "memory/deferred/null-write/scsi_queue_rq/prot_sdb");
    let failures: Vec<_> = listed.iter().filter(|object| object["object"] == "failure").collect();
    assert!(!failures.is_empty() && failures.iter().all(|failure| failure["finished"] == true), "{failures:?}");

    let folder = folder();
    let page = folder.path().join("series.html");
    let page_argument = page.to_str().expect("a name");
    let text = regdiff_on(&["series", "--html", page_argument], &seed()).ends_with(0).stdout;
    assert!(text.contains("safe (") && text.contains("breaks (") && text.contains("without 8"), "{text}");
    let html = std::fs::read_to_string(&page).expect("the page");
    assert!(html.contains("color-scheme: light dark") && html.contains("scsi_queue_rq"), "{html}");
    assert!(!html.contains("http"), "it needs nothing else");
    assert_eq!(html.matches("<span").count(), 256);
    // What is there already stays.
    regdiff_on(&["series", "--html", page_argument], &seed()).ends_with(2);
}

#[test]
fn series_says_the_same_whatever_the_threads_do() {
    let one = regdiff_on(&["series", "--jobs", "1"], &seed()).ends_with(0).stdout;
    assert_eq!(regdiff_on(&["series", "--jobs", "3"], &seed()).ends_with(0).stdout, one);
}

#[test]
fn table_memory_tells_the_seed() {
    let text = regdiff(["table", "memory", "--layout", "seed-5.6-rc2-debug-s390x"]).ends_with(0).stdout;
    let row =
        |start: &str| text.lines().any(|line| line.trim_start().starts_with(start) && line.contains("null [0, 24)"));
    assert!(row("--+  no integrity data  before a neighbour"), "{text}");
    assert!(text.contains("outside slack [856, 880)"), "{text}");
    let rows = regdiff(["table", "memory", "--json"]).ends_with(0).json();
    assert_eq!(rows.len(), 152 * regdiff_scenario::Layout::ALL.len());
    assert!(rows.iter().all(|row| row["mask_stores"].as_str().is_some_and(|stores| !stores.is_empty())));
    regdiff(["table", "memory", "--layout", "none"]).ends_with(2);
}
