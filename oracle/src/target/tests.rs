//! What holds of every target.

use std::panic::catch_unwind;

use regdiff_scenario::{Scenario, bytes};

use super::*;
use crate::fault::{self, FAULTS};

fn seed() -> Scenario {
    Scenario::load(include_bytes!("../../../corpus/registration/lp1887124.toml")).expect("the seed can be read")
}

/// What a target says of an input, if that is a finding.
fn said(target: &'static Target, data: Vec<u8>, fault: Option<&'static Fault>) -> Option<String> {
    let check = move || {
        let planted = fault.map(|fault| Planted { fault, told: &|_| () });
        target.check(&data, Asked { planted, ..Asked::default() })
    };
    let panic = catch_unwind(check).err()?;
    Some(panic.downcast_ref::<String>().expect("a formatted message").clone())
}

#[test]
fn names_are_unique_and_found() {
    for (index, target) in TARGETS.iter().enumerate() {
        assert!(TARGETS[..index].iter().all(|other| other.name != target.name));
        assert_eq!(by_name(target.name).map(|found| found.kind), Some(target.kind));
    }
    assert!(by_name("nothing").is_none());
}

#[test]
fn scenarios_are_searched_for_findings_and_other_inputs_are_not() {
    assert!(
        [&REDISCOVERY, &REGISTRATION, &RECOVERY, &PROTECTION, &LIFECYCLE].iter().all(|target| target.judges_the_pair())
    );
    assert!(![&CODEC, &TEXT].iter().any(|target| target.judges_the_pair()));
}

#[test]
fn nothing_is_no_finding() {
    for target in TARGETS {
        assert_eq!(said(target, Vec::new(), None), None, "{}", target.name);
    }
}

#[test]
fn the_seed_is_a_finding_of_the_drill_only() {
    let seed = seed();
    let bytes = bytes::encode(&seed);
    for target in TARGETS.iter().filter(|target| target.kind == Kind::Continuous) {
        assert_eq!(said(target, bytes.clone(), None), None, "{}", target.name);
    }
    let message = said(&REDISCOVERY, bytes, None).expect("the drill finds it");
    assert!(
        message.starts_with("memory/eager/null-write/scsi_queue_rq/prot_sdb\neager: scsi_queue_rq stores"),
        "{message}"
    );
    let (_, text) = message.split_once("\n\n").expect("a scenario follows");
    assert_eq!(Scenario::load(text.as_bytes()), Ok(seed));
}

#[test]
fn a_target_leaves_alone_what_is_not_its_own() {
    let mut plain = seed();
    plain.module.dif = false;
    plain.module.dix = false;
    let plain = bytes::encode(&plain);
    assert_eq!(REGISTRATION.check(&plain, Asked::default()), Checked::Judged);
    assert_eq!(PROTECTION.check(&plain, Asked::default()), Checked::Foreign);
    let mut unset = seed();
    unset.steps.clear();
    assert_eq!(RECOVERY.check(&bytes::encode(&unset), Asked::default()), Checked::Foreign);
    assert_eq!(LIFECYCLE.check(&bytes::encode(&unset), Asked::default()), Checked::Foreign);
}

#[test]
fn an_armed_fault_is_a_finding_of_its_witness_and_the_canary_is_none() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../");
    let witness = |fault: &Fault| {
        let file = std::fs::read(format!("{folder}{}", fault.witness())).expect("a witness");
        bytes::encode(&Scenario::load(&file).expect("a scenario"))
    };
    let fault = fault::by_name("f1-qdio-shost-update").expect("it is registered");
    let message = said(&REGISTRATION, witness(fault), Some(fault)).expect("a finding");
    assert_eq!(message.lines().next(), fault.signature);
    let canary = FAULTS.iter().find(|fault| fault.signature.is_none()).expect("a canary");
    assert_eq!(said(&REGISTRATION, witness(canary), Some(canary)), None);
}

#[test]
fn no_scenario_of_the_corpus_shows_an_allowance_that_is_too_generous() {
    for folder in ["registration", "recovery", "lifecycle", "protection", "faults"] {
        let folder = format!("{}/../corpus/{folder}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(folder).expect("the corpus") {
            let path = entry.expect("an entry").path();
            let scenario = Scenario::load(&std::fs::read(&path).expect("readable")).expect("a scenario");
            assert_eq!(said(&CONTRACT, bytes::encode(&scenario), None), None, "{}", path.display());
        }
    }
}

#[test]
fn decoders_take_whatever_comes() {
    let text = include_bytes!("../../../corpus/registration/lp1887124.toml");
    let encoded = bytes::encode(&seed());
    for cut in 0..encoded.len() {
        assert_eq!(said(&CODEC, encoded[..cut].to_vec(), None), None, "{cut} bytes");
    }
    for cut in (0..text.len()).step_by(3) {
        assert_eq!(said(&TEXT, text[..cut].to_vec(), None), None, "{cut} characters");
    }
    assert_eq!(said(&TEXT, vec![0xff; 40], None), None);
}
