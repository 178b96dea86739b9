//! When each planted fault was found, a line a fault, on a logarithmic axis of time. Misses are an open arrow at the limit.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::{Area, Drawn, EDGE, INK, Look, Paper, Plot, QUIET, legend, legend_height, number, on_both, size, text};
use crate::drill::{Drill, LIMIT, Row};
use crate::error::Error;
use crate::statistics::{median, median_interval};

/// Finds that were sooner are drawn here; the clock of a trial does not know them apart.
const SOONEST: f64 = 0.03;
/// Where the axis ends: room for arrows.
const END: f64 = 90.0;

/// A line for each of `faults`, the hardest at the top, with each of `rows`.
pub(crate) fn finds(words: &str, drill: &Drill, rows: &[(Row, String)], faults: &[&str]) -> Result<Plot, Error> {
    let mut faults: Vec<&str> =
        faults.iter().copied().filter(|fault| rows.iter().any(|(row, _)| drill.get(fault, row).is_some())).collect();
    let medians = |fault: &str| {
        let of = |(row, _): &(Row, String)| drill.get(fault, row).map_or(0.0, |trials| median(&trials.seconds));
        rows.iter().map(of).map(|median| median.min(END)).sum::<f64>()
    };
    faults.sort_by(|a, b| medians(b).total_cmp(&medians(a)).then(a.cmp(b)));
    let height = |paper| faults.len() as u32 * step(paper, rows.len()) + 66 + legend_height(paper, rows.len());
    on_both(words, height, |area, paper| draw(area, paper, drill, rows, &faults))
}

const fn step(paper: Paper, rows: usize) -> u32 {
    match paper {
        Paper::Wide => 8 + 9 * rows as u32,
        Paper::Narrow => 22 + 10 * rows as u32,
    }
}

fn draw(area: &Area<'_>, paper: Paper, drill: &Drill, rows: &[(Row, String)], faults: &[&str]) -> Drawn {
    let size = size(paper);
    let names: Vec<(Look, &str)> = rows.iter().map(|(row, name)| (Look::of(row), name.as_str())).collect();
    let below = legend(area, paper, &names)?;
    let count = faults.len() as f64;
    let mut chart = ChartBuilder::on(area)
        .margin_top(below + 14)
        .margin_right(14)
        .margin_left(8)
        .x_label_area_size(44)
        .y_label_area_size(if paper == Paper::Wide { 240 } else { 8 })
        .build_cartesian_2d((SOONEST..END).log_scale(), 0.0..count)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .x_labels(5)
        .x_label_formatter(&|value| number(*value))
        .x_desc("CPU seconds to the report")
        .light_line_style(TRANSPARENT)
        .bold_line_style(EDGE)
        .axis_style(QUIET)
        .label_style(("sans-serif", size).into_font().color(&QUIET))
        .draw()?;
    let plotting = chart.plotting_area();
    let at = |seconds: f64| plotting.map_coordinate(&(seconds.clamp(SOONEST, LIMIT), 0.0)).0;
    let (left, limit) = (at(SOONEST), at(LIMIT));
    let vertical = |value: f64| plotting.map_coordinate(&(1.0, value)).1;
    area.draw(&PathElement::new([(limit, vertical(count)), (limit, vertical(0.0))], QUIET.stroke_width(1)))?;
    // The plot is taller than a screen: its axis stands above it too.
    for seconds in [0.1, 1.0, 10.0, LIMIT] {
        let place = (at(seconds), vertical(count) - 8);
        area.draw(&Text::new(format!("{} s", number(seconds)), place, text(size, QUIET, HPos::Center)))?;
    }
    for (index, fault) in faults.iter().enumerate() {
        let (top, bottom) = (vertical(count - index as f64), vertical(count - index as f64 - 1.0));
        area.draw(&PathElement::new([(left, bottom), (at(LIMIT), bottom)], EDGE.stroke_width(1)))?;
        let (place, from, first) = match paper {
            Paper::Wide => ((left - 8, (top + bottom) / 2), HPos::Right, top + 8),
            Paper::Narrow => ((left + 2, top + 9), HPos::Left, top + 23),
        };
        area.draw(&Text::new((*fault).to_owned(), place, text(size, INK, from)))?;
        for (place, (row, _)) in rows.iter().enumerate() {
            let y = first + place as i32 * if paper == Paper::Wide { 9 } else { 10 };
            if let Some(trials) = drill.get(fault, row) {
                one(area, Look::of(row), &trials.seconds, y, &at)?;
            }
        }
    }
    Ok(())
}

/// The trials of a row: each as a tick, the interval as a line, the median as a mark.
fn one(area: &Area<'_>, look: Look, seconds: &[f64], y: i32, at: &impl Fn(f64) -> i32) -> Drawn {
    for trial in seconds.iter().filter(|trial| trial.is_finite()) {
        let x = at(*trial);
        area.draw(&PathElement::new([(x, y - 3), (x, y + 3)], look.color.mix(0.6).stroke_width(1)))?;
    }
    if let Some((low, high)) = median_interval(seconds) {
        area.draw(&PathElement::new([(at(low), y), (at(high), y)], look.color.stroke_width(2)))?;
    }
    let middle = median(seconds);
    if middle.is_finite() {
        look.draw(area, (at(middle), y))?;
    }
    if let Some(missed) = seconds.iter().find(|trial| trial.is_infinite()) {
        // Heavy where it is the median that was missed.
        look.draw_censored(area, (at(*missed), y), if middle.is_finite() { 1 } else { 2 })?;
    }
    Ok(())
}
