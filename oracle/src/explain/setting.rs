//! A scenario in few lines and in words: parameters, hardware, what the firmware is told to say, what happens.

use regdiff_scenario::{Command, Scenario, Step, Trigger, When, text};

use super::words::ordinal;

/// What a section of the text form is called here, and its entries on one line, in the order of the scenario.
pub fn setting(scenario: &Scenario) -> Vec<(String, String)> {
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    let mut counts = [0usize; 6];
    for line in text::print(scenario).lines().filter(|line| !line.is_empty() && !line.starts_with("version")) {
        let label = match line {
            "[module]" => "parameters".to_owned(),
            "[kernel]" => "kernel".to_owned(),
            "[[device]]" => {
                (counts[1], counts[2]) = (0, 0);
                numbered("device", &mut counts[0], 0)
            }
            "[[device.port]]" => {
                counts[2] = 0;
                numbered("  port", &mut counts[1], 0)
            }
            "[[device.port.lun]]" => numbered("    LUN", &mut counts[2], 0),
            "[[answer]]" => numbered("answer", &mut counts[3], 1),
            "[[step]]" => numbered("step", &mut counts[4], 1),
            "[[choice]]" => numbered("choice", &mut counts[5], 1),
            entry => {
                if let Some((_, entries)) = lines.last_mut() {
                    entries.push(entry.replace('"', ""));
                }
                continue;
            }
        };
        lines.push((label, Vec::new()));
    }
    for (label, nothing) in [("parameters", "all at their defaults"), ("kernel", "the default profile")] {
        if !lines.iter().any(|(name, _)| name == label) {
            let at = usize::from(label == "kernel" && lines.first().is_some_and(|(name, _)| name == "parameters"));
            lines.insert(at, (label.to_owned(), vec![nothing.to_owned()]));
        }
    }
    if scenario.firmware.is_empty() {
        lines.push(("answers".to_owned(), vec!["nothing is scripted: the hardware answers as it is".to_owned()]));
    }
    let plain = |entries: Vec<String>| if entries.is_empty() { "plain".to_owned() } else { entries.join(", ") };
    lines.into_iter().map(|(label, entries)| (label, plain(entries))).collect()
}

fn numbered(name: &str, count: &mut usize, first: usize) -> String {
    let label = format!("{name} {}", *count + first);
    *count += 1;
    label
}

/// What happens, a sentence a step, from the documentation of the triggers.
pub fn in_words(scenario: &Scenario) -> Vec<String> {
    scenario.steps.iter().enumerate().map(|(index, step)| format!("{}. {}", index + 1, one_step(step))).collect()
}

fn one_step(step: &Step) -> String {
    let doc = Trigger::ALL.iter().zip(Trigger::NAMES).find(|(trigger, _)| **trigger == step.trigger);
    let what = doc.map_or(step.trigger.text(), |(_, name)| name.doc.trim());
    // The documentation marks names for its own readers.
    let what = what.trim_end_matches('.').replace('`', "");
    let operands: Vec<String> = step
        .trigger
        .operands()
        .iter()
        .map(|operand| {
            let raw = step.operand(operand.slot);
            format!("{} {}", operand.name, text::value(&operand.domain, raw).replace('"', ""))
        })
        .collect();
    format!("{what} ({}), {}", operands.join(", "), moment(step))
}

fn moment(step: &Step) -> String {
    let moment = &step.moment;
    let nth = ordinal(moment.nth.into());
    match moment.when {
        When::AtRest => "when everything is at rest".to_owned(),
        When::Outstanding => {
            format!("while the {nth} {} of device {} is outstanding", command(moment.command), moment.device)
        }
        When::AtPoint => format!("when device {} reaches {} for the {nth} time", moment.device, moment.point.text()),
        When::After => format!("{} ms after the step before it began", moment.ms),
    }
}

fn command(command: Command) -> String {
    super::words::command(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_says_everything_that_the_text_form_says() {
        for seed in 0..50 {
            let scenario = Scenario::generate(seed);
            let lines = setting(&scenario);
            let printed = text::print(&scenario);
            let entries = printed.lines().filter(|line| line.contains(" = ") && !line.starts_with("version"));
            for entry in entries {
                let entry = entry.replace('"', "");
                assert!(lines.iter().any(|(_, text)| text.contains(&entry)), "seed {seed}: {entry}");
            }
            assert_eq!(in_words(&scenario).len(), scenario.steps.len());
        }
    }
}
