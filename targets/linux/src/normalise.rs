//! A scenario as the kernel lane runs it, for the kernel and for the model that is held to it.
//!
//! What a real kernel of one version has cannot be chosen: its structures, its midlayer, its behaviours. The schedule is the one
//! that the kernel takes; the model runs its plain one.

use regdiff_scenario::kernel::{Behaviours, ElevatorAttach, Layout};
use regdiff_scenario::scalar::Scalar;
use regdiff_scenario::{Scenario, repair};

use crate::built::Version;
use crate::lane::midlayer;

/// The layout of User-Mode Linux of a version.
pub const fn layout(version: Version) -> Layout {
    match version {
        Version::V6_1 => Layout::Uml61X86_64,
        Version::V6_12 => Layout::Uml612X86_64,
    }
}

/// The scenario on a kernel of this version.
pub fn for_version(scenario: &Scenario, version: Version) -> Scenario {
    let mut scenario = scenario.clone();
    let kernel = &mut scenario.kernel;
    kernel.layout = layout(version);
    kernel.midlayer = midlayer(version);
    kernel.elevator_attach = ElevatorAttach::AtAddDisk;
    // User-Mode Linux has no crash-dump kernels.
    kernel.crash_dump = false;
    kernel.behaviours = behaviours();
    scenario.schedule.clear();
    repair(&mut scenario);
    scenario
}

/// All that driver.md 25 lists: both versions have them.
fn behaviours() -> Behaviours {
    Behaviours::from_raw(Behaviours::NAMES.iter().fold(0, |all, name| all | name.value))
}

#[cfg(test)]
mod tests {
    use regdiff_scenario::{property, strategy};

    use super::*;

    #[test]
    fn what_a_kernel_runs_is_canonical_and_stays_what_it_is() {
        let folder = std::env::temp_dir().join("regdiff-properties");
        property::hold("normal", &folder, strategy::scenario(), |scenario| {
            for version in Version::ALL {
                let normal = for_version(scenario, *version);
                if !normal.is_canonical() || for_version(&normal, *version) != normal {
                    return Err(format!("on {}", version.text()));
                }
                // What users and hardware do is left alone.
                if (&normal.devices, &normal.firmware) != (&scenario.devices, &scenario.firmware) {
                    return Err("the hardware is another".to_owned());
                }
            }
            Ok(())
        });
    }
}
