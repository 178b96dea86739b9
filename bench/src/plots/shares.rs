//! What share of all trials had reported their fault by when, a line for each who searched.

use plotters::prelude::*;

use super::{Area, Drawn, EDGE, Look, Paper, Plot, QUIET, legend, legend_height, number, on_both, size};
use crate::drill::{Drill, LIMIT, Row};
use crate::error::Error;

/// Where the axis begins.
const SOONEST: f64 = 0.03;

/// Over the faults that all of `rows` tried: what one was spared must not make it look better.
pub(crate) fn shares(words: &str, drill: &Drill, rows: &[(Row, String)], faults: &[&str]) -> Result<Plot, Error> {
    let all_tried = |fault: &&str| rows.iter().all(|(row, _)| drill.get(fault, row).is_some());
    let faults: Vec<&str> = faults.iter().copied().filter(all_tried).collect();
    on_both(
        words,
        |paper| 300 + legend_height(paper, rows.len()),
        |area, paper| draw(area, paper, drill, rows, &faults),
    )
}

/// By when which share of the trials had reported: each fault has the same weight. As corners of a staircase.
fn staircase(drill: &Drill, row: &Row, faults: &[&str]) -> Vec<(f64, f64)> {
    let of = |fault: &&str| drill.get(fault, row).map(|trials| &trials.seconds).filter(|trials| !trials.is_empty());
    let weigh = |trials: &Vec<f64>| trials.iter().map(|at| (*at, 1.0 / trials.len() as f64)).collect::<Vec<_>>();
    let mut finds: Vec<(f64, f64)> = faults.iter().filter_map(of).flat_map(weigh).collect();
    finds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut corners, mut share) = (vec![(SOONEST, 0.0)], 0.0);
    for (at, weight) in finds.into_iter().filter(|(at, _)| *at <= LIMIT) {
        corners.push((at.max(SOONEST), 100.0 * share));
        share += weight / faults.len() as f64;
        corners.push((at.max(SOONEST), 100.0 * share));
    }
    corners.push((LIMIT, 100.0 * share));
    corners
}

fn draw(area: &Area<'_>, paper: Paper, drill: &Drill, rows: &[(Row, String)], faults: &[&str]) -> Drawn {
    let size = size(paper);
    let names: Vec<(Look, &str)> = rows.iter().map(|(row, name)| (Look::of(row), name.as_str())).collect();
    let below = legend(area, paper, &names)?;
    let mut chart = ChartBuilder::on(area)
        .margin_top(below)
        .margin_right(16)
        .margin_left(8)
        .x_label_area_size(44)
        .y_label_area_size(58)
        .build_cartesian_2d((SOONEST..LIMIT).log_scale(), 0.0..102.0)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(EDGE)
        .axis_style(QUIET)
        .x_labels(5)
        .y_labels(6)
        .x_label_formatter(&|value| number(*value))
        .y_label_formatter(&|value| format!("{value:.0} %"))
        .x_desc("CPU seconds")
        .y_desc("trials that reported")
        .label_style(("sans-serif", size).into_font().color(&QUIET))
        .draw()?;
    let plotting = chart.plotting_area();
    for (row, _) in rows {
        let look = Look::of(row);
        let corners = staircase(drill, row, faults);
        let places: Vec<(i32, i32)> = corners.iter().map(|corner| plotting.map_coordinate(corner)).collect();
        area.draw(&PathElement::new(places.clone(), look.color.stroke_width(2)))?;
        // Marks tell lines apart where colours do not.
        for place in places.iter().skip(1).step_by((places.len() / 6).max(1)) {
            look.draw(area, *place)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_weighs_the_same_and_misses_stay_below() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("drill.jsonl");
        let trial = |fault: &str, trial: u32, seconds: f64, signature: &str| {
            format!(
                "{{\"fault\":\"{fault}\",\"engine\":\"plain\",\"target\":\"registration\",\"start\":\"empty\",\"trial\":{trial},\"comparisons\":1,\"cpu_seconds\":{seconds},\"reached\":true,\"triggered\":true,\"signature\":\"{signature}\"}}\n"
            )
        };
        let text = [trial("a", 1, 1.0, "x"), trial("a", 2, 60.2, ""), trial("b", 1, 2.0, "x")].concat();
        std::fs::write(&file, text).expect("written");
        let drill = Drill::read(&file).expect("trials");
        let row = Row::new("plain", "registration", "empty");
        let corners = staircase(&drill, &row, &["a", "b"]);
        assert_eq!(corners, [(SOONEST, 0.0), (1.0, 0.0), (1.0, 25.0), (2.0, 25.0), (2.0, 75.0), (LIMIT, 75.0)]);
    }
}
