//! What one more step or LUN costs, as scenarios grow.

use std::collections::BTreeMap;

use plotters::prelude::*;

use super::{Area, Drawn, EDGE, Look, Paper, Plot, QUIET, legend, legend_height, number, on_both, size};
use crate::error::Error;
use crate::lines::Line;

/// A line for each name.
pub(crate) fn growth(lines: &[Line]) -> Result<Plot, Error> {
    let mut series: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    for line in lines {
        series.entry(&line.name).or_default().push((line.x.unwrap_or(1.0).max(1.0), line.median));
    }
    let words = "Microseconds of a comparison for each step or LUN, as their number grows";
    on_both(words, |paper| 280 + legend_height(paper, series.len()), |area, paper| draw(area, paper, &series))
}

fn draw(area: &Area<'_>, paper: Paper, series: &BTreeMap<&str, Vec<(f64, f64)>>) -> Drawn {
    let size = size(paper);
    let names: Vec<(Look, &str)> = Look::ALL.into_iter().cycle().zip(series.keys().copied()).collect();
    let below = legend(area, paper, &names)?;
    let points = || series.values().flatten();
    let most = points().map(|(x, _)| *x).fold(10.0, f64::max) * 1.2;
    let high = points().map(|(_, y)| *y).fold(0.1, f64::max) * 2.0;
    let low = points().map(|(_, y)| *y).fold(f64::INFINITY, f64::min).max(1e-3) / 2.0;
    let mut chart = ChartBuilder::on(area)
        .margin_top(below)
        .margin_right(16)
        .margin_left(8)
        .x_label_area_size(44)
        .y_label_area_size(58)
        .build_cartesian_2d((0.9..most).log_scale(), (low..high).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(EDGE)
        .axis_style(QUIET)
        .x_labels(5)
        .y_labels(5)
        .x_label_formatter(&|value| number(*value))
        .y_label_formatter(&|value| number(*value))
        .x_desc("steps or LUNs of a scenario")
        .y_desc("µs for each")
        .label_style(("sans-serif", size).into_font().color(&QUIET))
        .draw()?;
    let plotting = chart.plotting_area();
    for (look, points) in names.iter().map(|(look, name)| (*look, &series[name])) {
        let mut places: Vec<(i32, i32)> = points.iter().map(|point| plotting.map_coordinate(point)).collect();
        places.sort_unstable();
        area.draw(&PathElement::new(places.clone(), look.color.stroke_width(2)))?;
        for place in places {
            look.draw(area, place)?;
        }
    }
    Ok(())
}
