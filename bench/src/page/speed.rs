//! The sections of what `scripts/bench` measured.

use super::{Section, figure};
use crate::error::Error;
use crate::lines::{Group, Line};
use crate::plots::{Bar, Plot, bars, growth};

/// A section for each group that has figures.
pub(super) fn sections(lines: &[Line]) -> Result<Vec<Section>, Error> {
    let of = |group: Group| lines.iter().filter(|line| line.group == group).cloned().collect::<Vec<_>>();
    let mut sections = Vec::new();
    let mut add = |section: Option<Section>| sections.extend(section);
    add(comparison(&of(Group::Comparison))?);
    add(targets(&of(Group::Target), &of(Group::TargetRatio))?);
    add(oracles(&of(Group::Oracle))?);
    let grown = of(Group::Growth);
    if !grown.is_empty() {
        let words = "A comparison's time divided by its steps, or by its LUNs, on logarithmic axes: flat means that nothing grows \
                     faster than the scenario. A step of recovery makes more than one of I/O.";
        let section = Section::new("growth", "Growth with steps and LUNs", vec![words.to_owned()], growth(&grown)?);
        add(Some(tabled(section, &grown)));
    }
    add(engines(&of(Group::Engine), &of(Group::EngineRatio))?);
    add(explorer(&of(Group::Explorer))?);
    Ok(sections)
}

fn tabled(section: Section, lines: &[Line]) -> Section {
    let row = |line: &Line| {
        let name = line.x.map_or_else(|| line.name.clone(), |x| format!("{x} {}", line.name));
        let unit = line.unit.clone();
        vec![name, figure(line.median), figure(line.low), figure(line.high), unit, line.rounds.to_string()]
    };
    section.table(&["what", "median", "from", "to", "unit", "rounds"], lines.iter().map(row).collect())
}

fn plot(words: &str, axis: &str, lines: &[Line], baseline: &str, mark: Option<f64>) -> Result<Plot, Error> {
    let bar = |line: &Line| Bar {
        name: line.name.clone(),
        value: line.median,
        low: line.low,
        high: line.high,
        is_baseline: line.name == baseline,
    };
    bars(words, axis, &lines.iter().map(bar).collect::<Vec<_>>(), mark)
}

fn comparison(lines: &[Line]) -> Result<Option<Section>, Error> {
    let (times, rest): (Vec<Line>, Vec<Line>) = lines.iter().cloned().partition(|line| line.unit == "times");
    if times.is_empty() {
        return Ok(None);
    }
    let words = "How long a comparison takes and what it is made of, as a multiple of two bare runs: the same scenario run in both \
                 variants with a null observer and no oracle. Behind an allowed crash a comparison takes a third run; the same \
                 runs bare have it too, so that what is left is what observing, judging and decoding cost.";
    let drawn =
        plot("A comparison as a multiple of two bare runs", "times two bare runs", &times, "two bare runs", Some(1.0))?;
    let section = Section::new("comparison", "A comparison over bare runs", vec![words.to_owned()], drawn);
    Ok(Some(tabled(section, &[times, rest].concat())))
}

fn targets(rates: &[Line], ratios: &[Line]) -> Result<Option<Section>, Error> {
    if ratios.is_empty() {
        return Ok(None);
    }
    let words = "What each target of the registry that compares does with scenarios of its own part of the language, as a multiple \
                 of two bare runs of the same scenarios. The contract's target judges each scenario with a planted fault too.";
    let drawn = plot("Each target as a multiple of two bare runs", "times two bare runs", ratios, "", Some(1.0))?;
    let section = Section::new("targets", "Targets", vec![words.to_owned()], drawn);
    Ok(Some(tabled(section, &[rates, ratios].concat())))
}

fn oracles(lines: &[Line]) -> Result<Option<Section>, Error> {
    if lines.is_empty() {
        return Ok(None);
    }
    let words = "What a part of judging costs: the time of judging with everything less the time without it, in percent of two bare \
                 runs, over the scenarios that take the same runs either way. An interval that reaches zero means that the cost is \
                 below what can be measured so.";
    let drawn = plot("What each oracle costs", "% of two bare runs", lines, "", Some(0.0))?;
    let section = Section::new("oracles", "What each oracle costs", vec![words.to_owned()], drawn);
    Ok(Some(tabled(section, lines)))
}

fn engines(rates: &[Line], ratios: &[Line]) -> Result<Option<Section>, Error> {
    if rates.is_empty() {
        return Ok(None);
    }
    let words = "How much longer an execution takes than an uninstrumented comparison of the inputs that the engine kept, all of its \
                 processes together, each from the same corpus: that is what instrumentation, feedback, mutation and bookkeeping \
                 add. The table has executions per CPU second too, beside uninstrumented comparisons of the corpus, and generate, \
                 the generator without an engine.";
    let drawn = match ratios {
        [] => plot("Executions per CPU second by engine", "executions per CPU second", rates, "uninstrumented", None)?,
        _ => plot(
            "Engines over uninstrumented comparisons",
            "times an uninstrumented comparison",
            ratios,
            "",
            Some(1.0),
        )?,
    };
    let section = Section::new("engines", "Engines", vec![words.to_owned()], drawn);
    Ok(Some(tabled(section, &[rates, ratios].concat())))
}

fn explorer(lines: &[Line]) -> Result<Option<Section>, Error> {
    let rates: Vec<Line> = lines.iter().filter(|line| line.unit == "/s").cloned().collect();
    if rates.is_empty() {
        return Ok(None);
    }
    let words = "How far regdiff explore comes in a minute of one core: scenarios of the space that are settled, scenarios that \
                 were judged for it, and runs. One judgement stands for many scenarios.";
    // Scenarios per second are a hundred times what is judged: bars would show one of them.
    let drawn = plot("Judgements and runs of the explorer per second", "per second", &rates, "", None)?;
    let section = Section::new("explorer", "Explorer", vec![words.to_owned()], drawn);
    Ok(Some(tabled(section, lines)))
}
