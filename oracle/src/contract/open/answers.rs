//! Answers to the exchanges that were refused or never came, and what the FC host shows of them.

use regdiff_observation::{Attribute, Event, LogId, LogLine, Object};

use super::fc_host_value;
use crate::contract::context::Context;
use crate::contract::{Allowance, Reach};
use crate::finding::Finding;
use crate::pair::Side;

/// The entries.
pub(super) const LIST: &[Allowance] = &[
    Allowance {
        id: "redo-of-empty-port-data",
        allows: "deferred shows zeros where port data never came, eager shows the transport's defaults",
        why: "the redo copies a diagnostics buffer that was never filled",
        evidence: "FINDINGS.md 4; driver.md 10, 18, 19 step 3",
        review: "2027-03-01",
        scenario: "registration/port-data-refused",
        signatures: &["divergence/fc_host.maxframe_size", "divergence/fc_host.permanent_port_name"],
        reach: Reach::Difference,
        covers: redo_of_empty_port_data,
    },
    Allowance {
        id: "refused-configuration",
        allows: "versions and serial number of the FC host after a configuration answer that was refused: new on one side only",
        why: "the series gathered what was written to the host at several places, so that it comes before or after a refusal",
        evidence: "FINDINGS.md 7; driver.md 9.1 rows 1, 3b, 3c, 6",
        review: "2027-03-01",
        scenario: "registration/refused-configuration",
        signatures: &["divergence/fc_host.*"],
        reach: Reach::Difference,
        covers: refused_configuration,
    },
];

fn redo_of_empty_port_data(_: &Context<'_>, finding: &Finding) -> bool {
    fc_host_value(finding).is_some_and(|(_, attribute, values, _)| {
        let default = match attribute {
            Attribute::PermanentPortName => u64::MAX,
            Attribute::MaxframeSize => u64::from(u32::MAX),
            _ => return false,
        };
        values.eager == default && values.deferred == 0
    })
}

fn refused_configuration(context: &Context<'_>, finding: &Finding) -> bool {
    fc_host_value(finding).is_some_and(|(device, attribute, values, at)| match attribute {
        // The adapter's own attribute shows in both variants what eager's FC host shows.
        Attribute::FirmwareVersion => {
            context.reading(Side::Deferred, Object::Adapter(device), Attribute::LicVersion, at) == Some(values.eager)
        }
        // Deferred writes them before it looks at topology and QTCB size, eager after.
        Attribute::HardwareVersion | Attribute::SerialNumber => {
            let refused =
                |line: &LogLine| line.device == Some(device) && matches!(line.id, LogId::Topology | LogId::QtcbSmall);
            context.until(Side::Eager, at).iter().any(|s| matches!(&s.event, Event::Log(line) if refused(line)))
        }
        _ => false,
    })
}
