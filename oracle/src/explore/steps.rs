//! Steps of the alphabet: at least one for every trigger.

use regdiff_scenario::scalar::Scalar;
use regdiff_scenario::step::{
    Attribute, HostResetKind, IncomingElsKind, NotifyEvent, Parameter, QueueErrorKind, ResetLevel, RscnRange,
    ScanTarget, SdevStateWrite,
};
use regdiff_scenario::{Elevator, FailPoint, Slot, Step, Trigger, device};

use super::alphabet::Letter;

/// Steps of the default alphabet.
pub const DEFAULT_STEPS: &[&str] = &[
    "set_online",
    "set_offline",
    "remove",
    "shutdown",
    "notify:gone",
    "port_rescan",
    "port_remove",
    "adapter_failed",
    "port_failed",
    "unit_add",
    "host_reset:adapter",
    "read_attribute:statistics",
    "scan:everything",
    "host_state:recovery",
    "read",
    "flush",
    "sg_reset:device",
    "port_closed",
    "rscn:fabric",
    "link_down",
    "link_up",
    "feature_update:plain",
    "bit_error_threshold",
    "queue_error:request",
    "fabric_port:offline",
    "fail:host_tag_set",
    "fail:erp_request",
    "fail:sysfs_adapter",
];

/// Every step there is.
pub fn all_steps() -> Vec<Letter> {
    let mut letters = Vec::new();
    for trigger in Trigger::ALL {
        match trigger {
            Trigger::Notify => named(
                &mut letters,
                *trigger,
                &[NotifyEvent::Gone, NotifyEvent::NoPath, NotifyEvent::Oper],
                NotifyEvent::text,
            ),
            Trigger::HostReset => {
                named(&mut letters, *trigger, &[HostResetKind::Adapter, HostResetKind::Firmware], HostResetKind::text)
            }
            Trigger::ReadAttribute => {
                named(&mut letters, *trigger, &[Attribute::Statistics, Attribute::Utilization], Attribute::text)
            }
            Trigger::Scan => {
                named(&mut letters, *trigger, &[ScanTarget::Everything, ScanTarget::Lun], ScanTarget::text)
            }
            Trigger::SdevState => {
                named(&mut letters, *trigger, &[SdevStateWrite::Running, SdevStateWrite::Offline], SdevStateWrite::text)
            }
            Trigger::SwitchElevator => {
                named(&mut letters, *trigger, &[Elevator::None, Elevator::MqDeadline], Elevator::text)
            }
            Trigger::SgReset => {
                named(&mut letters, *trigger, &[ResetLevel::Device, ResetLevel::Host], ResetLevel::text)
            }
            Trigger::IncomingEls => {
                named(&mut letters, *trigger, &[IncomingElsKind::Plogi, IncomingElsKind::Logo], IncomingElsKind::text)
            }
            Trigger::Rscn => named(&mut letters, *trigger, &[RscnRange::Port, RscnRange::Fabric], RscnRange::text),
            Trigger::QueueError => named(
                &mut letters,
                *trigger,
                &[QueueErrorKind::Request, QueueErrorKind::Response],
                QueueErrorKind::text,
            ),
            Trigger::Fail => named(&mut letters, *trigger, FailPoint::ALL, FailPoint::text),
            Trigger::SetParameter => {
                let b =
                    [("no_auto_port_rescan", Parameter::NoAutoPortRescan), ("allow_lun_scan", Parameter::AllowLunScan)];
                for (name, parameter) in b {
                    push(&mut letters, *trigger, name, &[(Slot::A, parameter.to_raw()), (Slot::B, 0)]);
                }
            }
            Trigger::HostState => {
                for (name, state) in [("running", 2), ("cancel", 3), ("recovery", 5)] {
                    push(&mut letters, *trigger, name, &[(Slot::A, state)]);
                }
            }
            Trigger::FeatureUpdate => {
                push(&mut letters, *trigger, "plain", &[(Slot::A, device::PLAIN_FEATURES.0.into())]);
                push(&mut letters, *trigger, "all", &[(Slot::A, 0x3_1b38)]);
            }
            Trigger::FabricPort => {
                push(&mut letters, *trigger, "offline", &[(Slot::A, 0)]);
                push(&mut letters, *trigger, "online", &[(Slot::A, 1)]);
            }
            Trigger::Cable => {
                push(&mut letters, *trigger, "pulled", &[(Slot::A, 0)]);
                push(&mut letters, *trigger, "plugged", &[(Slot::A, 1)]);
            }
            Trigger::Integrity => push(&mut letters, *trigger, "off", &[(Slot::A, 0)]),
            _ => push(&mut letters, *trigger, "", &[]),
        }
    }
    letters
}

fn push(letters: &mut Vec<Letter>, trigger: Trigger, name: &str, operands: &[(Slot, u64)]) {
    let mut step = Step::new(trigger);
    operands.iter().for_each(|(slot, value)| step.set_operand(*slot, *value));
    let colon = if name.is_empty() { "" } else { ":" };
    letters.push(Letter { name: format!("{}{colon}{name}", trigger.text()), step });
}

fn named<T: Scalar>(letters: &mut Vec<Letter>, trigger: Trigger, values: &[T], text: fn(T) -> &'static str) {
    for value in values {
        push(letters, trigger, text(*value), &[(Slot::A, value.to_raw())]);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_trigger_has_a_step_and_names_are_unique() {
        let all = all_steps();
        for trigger in Trigger::ALL {
            assert!(all.iter().any(|letter| letter.step.trigger == *trigger), "{}", trigger.text());
        }
        let names: BTreeSet<&str> = all.iter().map(|letter| letter.name.as_str()).collect();
        assert_eq!(names.len(), all.len());
        for name in DEFAULT_STEPS {
            assert!(names.contains(name), "{name}");
        }
    }
}
