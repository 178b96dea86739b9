use std::path::Path;

use super::*;
use crate::target::SEED;

/// The curated corpus, in the order of names.
fn corpus() -> Vec<Scenario> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus");
    let mut files = Vec::new();
    for folder in ["faults", "registration"] {
        for file in std::fs::read_dir(root.join(folder)).expect("the corpus is part of the repository") {
            files.push(file.expect("it can be read").path());
        }
    }
    files.sort();
    files.iter().map(|file| Scenario::load(&std::fs::read(file).expect("a text")).expect("a scenario")).collect()
}

fn without(patch: u8) -> Subset {
    Subset(!(1 << (patch - 1)))
}

/// The seed's signature in the role of the variant under test.
fn seed() -> Signature {
    Signature::from(SEED.replace("/eager/", "/deferred/").as_str())
}

#[test]
fn the_full_series_is_safe_and_the_empty_one_crashes_as_the_seed_did() {
    let corpus = corpus();
    assert_eq!(Subset::FULL.options().right, Variant::DEFERRED);
    assert!(judge_subset(Subset::FULL, &corpus).is_empty());
    assert_eq!(Subset(0).options().right, Variant::EAGER);
    assert!(judge_subset(Subset(0), &corpus).contains_key(&seed()));
}

#[test]
fn each_patch_is_needed() {
    let corpus = corpus();
    for (patch, function) in [
        (1, "zfcp_qdio_shost_update"),
        (2, "zfcp_fsf_exchange_config_data_handler"),
        (3, "zfcp_fsf_exchange_port_evaluate"),
        (4, "zfcp_fsf_fc_host_link_down"),
        (5, "zfcp_erp_adapter_strategy_open_fsf_xconf"),
        (6, "zfcp_erp_set_adapter_status"),
        (7, "zfcp_fc_scan_ports"),
        (8, "scsi_queue_rq"),
    ] {
        let failures = judge_subset(without(patch), &corpus);
        let named = failures.keys().any(|signature| signature.as_str().contains(function));
        assert!(named, "without patch {patch}: {:?}", failures.keys());
    }
    // Without its last patch the series changes nothing that matters: the host is there too early as ever.
    assert!(judge_subset(without(8), &corpus).contains_key(&seed()));
}

#[test]
fn each_of_the_256_has_a_verdict_and_one_group() {
    // A few scenarios are enough to tell that nothing is left out; `regdiff series` takes them all.
    let corpus: Vec<Scenario> = corpus().into_iter().step_by(9).collect();
    let judged: Vec<(Subset, Failures)> = Subset::all().map(|s| (s, judge_subset(s, &corpus))).collect();
    assert_eq!(judged.len(), 256);
    let groups = groups(&judged);
    assert_eq!(groups.iter().map(|group| group.subsets.len()).sum::<usize>(), 256);
    assert!(groups[0].signatures.is_empty() && groups[0].subsets.contains(&Subset::FULL));
    assert!(groups[1..].iter().all(|group| !group.signatures.is_empty() && !group.cubes.is_empty()));
}

#[test]
fn the_smallest_scenario_still_shows_it_and_nothing_can_go() {
    let corpus = corpus();
    let judged = [(without(8), judge_subset(without(8), &corpus))];
    let found = smallest(&seed(), &judged, &corpus).expect("it was shown");
    assert!(found.finished && found.sentence.contains("scsi_queue_rq"), "{}", found.sentence);
    assert!(judge_subset(found.subset, std::slice::from_ref(&found.scenario)).contains_key(&seed()));
    assert_eq!(smallest(&seed(), &judged, &corpus), Some(found));
    assert_eq!(smallest(&Signature::from("memory/deferred/nothing"), &judged, &corpus), None);
}
