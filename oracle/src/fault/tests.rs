use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::contract::Allow;
use crate::judge::judge;

fn witness(fault: &Fault) -> Scenario {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(fault.witness());
    let text = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    Scenario::load(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn signatures(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.signature.as_str()).collect()
}

#[test]
fn each_witness_is_reported_with_its_fault_as_expected() {
    let mut bad = Vec::new();
    for fault in FAULTS {
        let found = fault.reported(&witness(fault));
        let found = signatures(&found);
        let right = match fault.signature {
            Some(expected) => found.contains(&expected),
            None => found.is_empty(),
        };
        if !right {
            bad.push(format!("{}: {found:#?}", fault.name));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// Reached is what the driver came by; triggered, what went another way for it. Without the fault neither happens.
#[test]
fn each_witness_reaches_and_triggers_its_fault_and_nothing_without_it() {
    for fault in FAULTS {
        let (progress, _) = fault.tried(&witness(fault));
        // The canary is come by and changes nothing at all.
        let expected = Progress { reached: true, triggered: fault.signature.is_some() };
        assert_eq!(progress, expected, "{}", fault.name);
        let clean = judge(&witness(fault), &Options { right: Variant::DEFERRED, ..fault.options() });
        assert_eq!((clean.slips.eager, clean.slips.deferred, clean.alike), (0, 0, true), "{}", fault.name);
        assert!(!fault.tried(&Scenario::default()).0.triggered, "{}", fault.name);
    }
}

#[test]
fn each_witness_agrees_without_its_fault() {
    for fault in FAULTS {
        let clean = Options { right: Variant::DEFERRED, ..fault.options() };
        let report = judge(&witness(fault), &clean);
        assert_eq!((report.verdict.text(), signatures(&report.findings)), ("agree", vec![]), "{}", fault.name);
        let report = judge(&witness(fault), &Options::allowing(Allow::Open));
        assert_eq!(signatures(&report.findings), [""; 0], "{}", fault.name);
    }
}

#[test]
fn every_fault_of_a_layer_is_registered_once() {
    let names: BTreeSet<&str> = FAULTS.iter().map(|fault| fault.name).collect();
    assert_eq!(names.len(), FAULTS.len(), "each name once");
    let count = |plant: Plant| FAULTS.iter().filter(|fault| fault.plant == plant).count();
    Fence::ALL.iter().for_each(|fence| assert_eq!(count(Plant::Fence(*fence)), 1, "{fence:?}"));
    DriverFault::ALL.iter().for_each(|fault| assert_eq!(count(Plant::Driver(*fault)), 1, "{fault:?}"));
    MidlayerFault::ALL.iter().for_each(|fault| assert_eq!(count(Plant::Midlayer(*fault)), 1, "{fault:?}"));
    for fault in FAULTS {
        let sentence = fault.sentence();
        assert!(sentence.len() > 30 && sentence.ends_with('.'), "{}: {sentence}", fault.name);
        assert!(by_name(fault.name).is_some_and(|found| found.plant == fault.plant));
        assert_ne!(fault.variant(), Variant::DEFERRED, "{}", fault.name);
    }
    assert!(by_name("nothing").is_none());
}

#[test]
fn the_usual_pair_is_eager_and_the_faulted_driver() {
    let fault = by_name("f1-qdio-shost-update").expect("a fault");
    let found = fault.reported_in_usual_pair(&witness(fault));
    assert!(signatures(&found).iter().any(|signature| Some(*signature) == fault.signature), "{found:?}");
}

#[test]
fn the_folder_of_witnesses_holds_the_registry_and_nothing_else() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/faults");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the witnesses are part of the repository")
        .map(|file| file.expect("it can be read").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(files, FAULTS.iter().map(|fault| format!("{}.toml", fault.name)).collect());
}

#[test]
fn the_canary_stays_silent() {
    const SCENARIOS: u64 = 300;
    let canaries: Vec<&Fault> = FAULTS.iter().filter(|fault| fault.signature.is_none()).collect();
    assert!(!canaries.is_empty());
    for canary in canaries {
        let generated = (0..SCENARIOS).map(Scenario::generate);
        for scenario in FAULTS.iter().map(witness).chain(generated) {
            assert_eq!(signatures(&canary.reported(&scenario)), [""; 0], "{}", canary.name);
            assert_eq!(signatures(&canary.reported_in_usual_pair(&scenario)), [""; 0], "{}", canary.name);
        }
    }
}
