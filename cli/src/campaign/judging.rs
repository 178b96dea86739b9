//! Where a campaign's scenarios run.

use std::sync::Arc;

use regdiff_linux::Linux;
use regdiff_oracle::{Allow, Options, Report, explain, judge};
use regdiff_scenario::Scenario;

use crate::kernel_lane;
use crate::say;

/// A judgement in the kernel takes several boots: a minimiser may take this many.
const KERNEL_CAP: u32 = 300;

/// A lane, ready to judge.
#[derive(Clone, Debug, Default)]
pub(crate) enum Judging {
    /// The model.
    #[default]
    Model,
    /// A real kernel, shared by all searchers.
    Kernel(Arc<Linux>),
}

impl Judging {
    /// In a kernel.
    pub(crate) fn kernel(linux: Linux) -> Self {
        Self::Kernel(Arc::new(linux))
    }

    /// Whether it is the model.
    pub(crate) fn is_model(&self) -> bool {
        matches!(self, Self::Model)
    }

    /// Judges a scenario. Where the kernel lane fails, nothing is known of it: it counts as skipped.
    pub(super) fn judge(&self, scenario: &Scenario, allow: Allow) -> Report {
        match self {
            Self::Model => judge(scenario, &Options::allowing(allow)),
            Self::Kernel(linux) => {
                let (report, error) = kernel_lane::judge_or_skip(linux, scenario, allow);
                if let Some(error) = error {
                    say(format_args!("a run failed: {error}"));
                }
                report
            }
        }
    }

    /// How many judgements a minimisation may take.
    pub(super) fn cap(&self, model: u32) -> u32 {
        if self.is_model() { model } else { KERNEL_CAP }
    }

    /// Both sides' timelines, where the lane can show them.
    pub(super) fn timelines(&self, scenario: &Scenario, options: &Options) -> String {
        match self {
            Self::Model => explain::timelines(scenario, options),
            Self::Kernel(_) => "not shown for the kernel lane; `regdiff confirm` keeps facts and consoles\n".to_owned(),
        }
    }
}
