//! Figures as bars from nothing, with their intervals.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::{Area, Drawn, EDGE, INK, OTHER, OURS, Paper, Plot, QUIET, number, on_both, size, text};
use crate::error::Error;

/// A figure.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    /// What it is of.
    pub(crate) name: String,
    /// Median, and the ends of its interval.
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Whether the others are held against it.
    pub(crate) is_baseline: bool,
}

/// Bars below each other; `axis` names what they are long of, `mark` is a value that gets a line of its own.
pub(crate) fn bars(words: &str, axis: &str, bars: &[Bar], mark: Option<f64>) -> Result<Plot, Error> {
    on_both(words, |paper| height(paper, bars.len()), |area, paper| draw(area, paper, axis, bars, mark))
}

const fn step(paper: Paper) -> u32 {
    match paper {
        Paper::Wide => 26,
        Paper::Narrow => 40,
    }
}

const fn height(paper: Paper, bars: usize) -> u32 {
    bars as u32 * step(paper) + 58
}

fn draw(area: &Area<'_>, paper: Paper, axis: &str, bars: &[Bar], mark: Option<f64>) -> Drawn {
    let size = size(paper);
    let names = if paper == Paper::Wide { 210 } else { 8 };
    let low = bars.iter().map(|bar| bar.low).fold(0.0, f64::min);
    let high = bars.iter().map(|bar| bar.high).chain(mark).fold(1e-9, f64::max) * 1.15;
    let count = bars.len() as f64;
    let mut chart = ChartBuilder::on(area)
        .margin_top(6)
        .margin_right(if paper == Paper::Wide { 60 } else { 14 })
        .margin_left(8)
        .x_label_area_size(44)
        .y_label_area_size(names)
        .build_cartesian_2d(low * 1.15..high, 0.0..count)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .x_labels(if paper == Paper::Wide { 9 } else { 5 })
        .x_label_formatter(&|value| number(*value))
        .x_desc(axis)
        .light_line_style(TRANSPARENT)
        .bold_line_style(EDGE)
        .axis_style(QUIET)
        .x_label_style(("sans-serif", size).into_font().color(&QUIET))
        .axis_desc_style(("sans-serif", size).into_font().color(&QUIET))
        .draw()?;
    let plotting = chart.plotting_area();
    let (left, _) = plotting.map_coordinate(&(low * 1.15, 0.0));
    let at = |value: f64| plotting.map_coordinate(&(value, 0.0)).0;
    for (index, bar) in bars.iter().enumerate() {
        let (_, top) = plotting.map_coordinate(&(0.0, count - index as f64));
        let (_, bottom) = plotting.map_coordinate(&(0.0, count - index as f64 - 1.0));
        let middle = if paper == Paper::Wide { (top + bottom) / 2 } else { bottom - 13 };
        let color = if bar.is_baseline { OTHER } else { OURS };
        let mut ends = [at(0.0), at(bar.value)];
        ends.sort_unstable();
        area.draw(&Rectangle::new([(ends[0], middle - 7), (ends[1], middle + 7)], color.mix(0.65).filled()))?;
        if let Some(mark) = mark.map(at) {
            // Beside the name, never through it.
            let from = if paper == Paper::Wide { top } else { middle - 9 };
            area.draw(&PathElement::new([(mark, from), (mark, bottom)], INK.stroke_width(1)))?;
        }
        let (low, high) = (at(bar.low), at(bar.high));
        area.draw(&PathElement::new([(low, middle), (high, middle)], INK.stroke_width(1)))?;
        for end in [low, high] {
            area.draw(&PathElement::new([(end, middle - 4), (end, middle + 4)], INK.stroke_width(1)))?;
        }
        let label = number(bar.value);
        area.draw(&Text::new(label, (ends[1].max(high) + 5, middle), text(size, INK, HPos::Left)))?;
        let (place, from) = match paper {
            Paper::Wide => ((left - 8, middle), HPos::Right),
            Paper::Narrow => ((left + 2, middle - 17), HPos::Left),
        };
        area.draw(&Text::new(bar.name.clone(), place, text(size, INK, from)))?;
    }
    Ok(())
}
