//! The contract of the minimiser's vocabulary.

use regdiff_scenario::parts::{parts, size, without};
use regdiff_scenario::{Part, Place, Scenario, Step, Trigger, text};

#[test]
fn taking_a_part_out_makes_a_smaller_canonical_scenario() {
    for seed in 0..2_000 {
        let scenario = Scenario::generate(seed);
        let before = size(&scenario);
        for part in parts(&scenario) {
            let rest = without(&scenario, &part).unwrap_or_else(|| panic!("seed {seed}: {part} changes nothing"));
            assert!(rest.is_canonical(), "seed {seed} without {part}");
            assert!(
                size(&rest) < before,
                "seed {seed} without {part}:\n{}\n{}",
                text::print(&scenario),
                text::print(&rest)
            );
        }
    }
}

#[test]
fn everything_can_be_taken_out() {
    for seed in 0..500 {
        let mut scenario = Scenario::generate(seed);
        while let Some(part) = parts(&scenario).pop() {
            scenario = without(&scenario, &part).expect("listed parts can be taken out");
        }
        assert_eq!(scenario, Scenario::default(), "seed {seed}");
    }
}

#[test]
fn a_part_that_is_not_there_changes_nothing() {
    let scenario = Scenario::default();
    assert!(parts(&scenario).is_empty());
    for place in [Place::Device(0), Place::Step(3), Place::Content(1, 1), Place::Module] {
        assert_eq!(without(&scenario, &Part::Record(place)), None);
    }
}

const MACHINE: &str = r#"
version = 1
[module]
init_device = "named"
init_device_index = 1
[[device]]
[[device]]
features = ["dif_prot_type1"]
[[device.port]]
[[device.port.lun]]
[[device.port]]
[[device.port.lun]]
[[device.port.lun]]
lun = "0x1"
[[answer]]
device = 0
[[answer]]
device = 1
command = "inquiry"
port = 1
lun = 1
[[step]]
do = "set_online"
device = 0
[[step]]
do = "set_online"
device = 1
[[step]]
do = "read"
device = 1
port = 1
lun = 1
when = { outstanding = "inquiry", device = 1 }
[[choice]]
device = 0
[[choice]]
device = 1
"#;

fn machine() -> Scenario {
    text::parse(MACHINE).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn what_belongs_to_a_device_goes_with_it_and_the_rest_moves_up() {
    let rest = without(&machine(), &Part::Record(Place::Device(0))).unwrap();
    assert_eq!(rest.devices.len(), 1);
    assert_eq!(rest.module.init_device_index, 0);
    assert_eq!(rest.firmware.iter().map(|answer| answer.device).collect::<Vec<_>>(), [0]);
    assert_eq!(rest.steps.iter().map(|step| step.device).collect::<Vec<_>>(), [0, 0]);
    assert_eq!(rest.steps[1].moment.device, 0);
    assert_eq!((rest.steps[1].port, rest.steps[1].lun), (1, 1));
    assert_eq!(rest.schedule.len(), 1);

    let rest = without(&machine(), &Part::Record(Place::Device(1))).unwrap();
    assert_eq!(rest.steps, [Step::new(Trigger::SetOnline)]);
}

#[test]
fn ports_and_luns_move_up() {
    let rest = without(&machine(), &Part::Record(Place::Port(1, 0))).unwrap();
    assert_eq!((rest.steps[2].port, rest.steps[2].lun), (0, 1));
    assert_eq!((rest.firmware[1].port.0, rest.firmware[1].lun.0), (Some(0), Some(1)));

    let rest = without(&machine(), &Part::Record(Place::Lun(1, 1, 0))).unwrap();
    assert_eq!((rest.steps[2].port, rest.steps[2].lun), (1, 0));
    assert_eq!(rest.firmware[1].lun.0, Some(0));

    let rest = without(&machine(), &Part::Record(Place::Lun(1, 1, 1))).unwrap();
    assert_eq!(rest.steps[2].lun, 0, "a step falls to the neighbour");
    assert_eq!(rest.firmware.len(), 1, "an answer about the LUN alone goes with it");
}

#[test]
fn flags_go_one_by_one() {
    let machine = machine();
    let features = |s: &Scenario| s.devices[1].features.0;
    let bits = parts(&machine).into_iter().filter(|part| matches!(part, Part::Bit { .. }));
    let results: Vec<u32> = bits.map(|part| features(&without(&machine, &part).unwrap())).collect();
    assert!(results.contains(&0), "DIF alone can be taken");
    assert!(results.contains(&0x1_0010), "HBA management alone can come back");
}
