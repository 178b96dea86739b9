//! The plots, each for a screen and for a phone: SVG without script, style or anything to load.
//!
//! Colours are few and exact, because the page's style gives each its counterpart for the dark by its value. They differ in
//! brightness, and marks in shape, so that a print in grey says the same.

mod bars;
mod finds;
mod growth;
mod shares;

pub(crate) use bars::{Bar, bars};
pub(crate) use finds::finds;
pub(crate) use growth::growth;
pub(crate) use shares::shares;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::drill::Row;
use crate::error::Error;

/// Text and marks of no series.
pub(crate) const INK: RGBColor = RGBColor(0x1B, 0x1F, 0x24);
/// Axes' names and what is beside the point.
pub(crate) const QUIET: RGBColor = RGBColor(0x5B, 0x64, 0x70);
/// Lines of the grid.
pub(crate) const EDGE: RGBColor = RGBColor(0xD9, 0xDD, 0xE2);
/// The project's own figures.
pub(crate) const OURS: RGBColor = RGBColor(0x00, 0x50, 0x8A);
/// What they are held against.
pub(crate) const OTHER: RGBColor = RGBColor(0xE6, 0x9F, 0x00);
/// A third series.
pub(crate) const THIRD: RGBColor = RGBColor(0x00, 0x9E, 0x73);
/// A fourth one.
pub(crate) const FOURTH: RGBColor = RGBColor(0xCC, 0x79, 0xA7);

/// Where a plot is drawn.
pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// What drawing comes to.
pub(crate) type Drawn = Result<(), Box<dyn std::error::Error>>;

/// What a plot is made for, by its width in units of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paper {
    /// A screen: names are beside what they name.
    Wide,
    /// A phone: names are above it.
    Narrow,
}

impl Paper {
    /// Its width.
    pub(crate) const fn width(self) -> u32 {
        match self {
            Self::Wide => 880,
            Self::Narrow => 340,
        }
    }
}

/// Both forms of a plot.
#[derive(Debug)]
pub(crate) struct Plot {
    /// For a screen.
    pub(crate) wide: String,
    /// For a phone.
    pub(crate) narrow: String,
}

/// Draws a plot for each paper, with what it shows in words for those who do not see it.
fn on_both(
    words: &str,
    height: impl Fn(Paper) -> u32,
    draw: impl Fn(&Area<'_>, Paper) -> Drawn,
) -> Result<Plot, Error> {
    let on = |paper: Paper| -> Result<String, Error> {
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, (paper.width(), height(paper))).into_drawing_area();
        draw(&area, paper).and_then(|()| Ok(area.present()?)).map_err(|error| Error::Draw(error.to_string()))?;
        drop(area);
        let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        Ok(svg.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{words}\" "), 1))
    };
    Ok(Plot { wide: on(Paper::Wide)?, narrow: on(Paper::Narrow)? })
}

/// Text of a size and colour, from a side of its place.
fn text<'a>(size: u32, color: RGBColor, from: HPos) -> TextStyle<'a> {
    ("sans-serif", size).into_font().color(&color).pos(Pos::new(from, VPos::Center))
}

/// How a series looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    color: RGBColor,
    mark: Mark,
}

/// What stands for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Disc,
    Square,
    Triangle,
    Cross,
}

impl Look {
    /// The looks of up to four series.
    pub(crate) const ALL: [Self; 4] = [
        Self { color: OURS, mark: Mark::Disc },
        Self { color: OTHER, mark: Mark::Square },
        Self { color: THIRD, mark: Mark::Triangle },
        Self { color: FOURTH, mark: Mark::Cross },
    ];

    /// How an engine looks, everywhere alike.
    pub(crate) fn of(row: &Row) -> Self {
        match row.engine.as_str() {
            "plain" => Self::ALL[1],
            "afl" => Self::ALL[2],
            "honggfuzz" => Self::ALL[3],
            _ => Self::ALL[0],
        }
    }

    /// A mark at a place of the whole area.
    fn draw(self, area: &Area<'_>, at: (i32, i32)) -> Drawn {
        let color = self.color;
        match self.mark {
            Mark::Disc => area.draw(&Circle::new(at, 4, color.filled()))?,
            Mark::Square => area.draw(&Rectangle::new([(at.0 - 4, at.1 - 4), (at.0 + 4, at.1 + 4)], color.filled()))?,
            Mark::Triangle => area.draw(&TriangleMarker::new(at, 5, color.filled()))?,
            Mark::Cross => area.draw(&Cross::new(at, 4, color.stroke_width(2)))?,
        }
        Ok(())
    }

    /// An open arrow to the right: later than here.
    fn draw_censored(self, area: &Area<'_>, at: (i32, i32), stroke: u32) -> Drawn {
        let (x, y) = at;
        area.draw(&PathElement::new(
            [(x, y - 4), (x + 7, y), (x, y + 4), (x, y - 4)],
            self.color.stroke_width(stroke),
        ))?;
        Ok(())
    }
}

/// The line above a plot that says which mark is whose; how high it is.
fn legend(area: &Area<'_>, paper: Paper, names: &[(Look, &str)]) -> Result<i32, Box<dyn std::error::Error>> {
    let size = size(paper);
    let (mut x, mut y) = (10, 12);
    for (look, name) in names {
        // No engine of fonts is at hand: as wide as such letters are at most.
        let width = 24 + (name.len() as f64 * f64::from(size) * 0.52) as i32;
        if x > 10 && x + width > paper.width() as i32 {
            (x, y) = (10, y + 18);
        }
        look.draw(area, (x, y))?;
        area.draw(&Text::new((*name).to_owned(), (x + 10, y), text(size, INK, HPos::Left)))?;
        x += width;
    }
    Ok(y + 12)
}

/// How high the legend is.
fn legend_height(paper: Paper, names: usize) -> u32 {
    if paper == Paper::Narrow { 18 * names as u32 + 12 } else { 24 }
}

/// Letters of a paper.
fn size(paper: Paper) -> u32 {
    if paper == Paper::Narrow { 12 } else { 13 }
}

/// A number as people write it on an axis.
fn number(value: f64) -> String {
    let digits = digits(value);
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.').to_owned() } else { digits }
}

fn digits(value: f64) -> String {
    let value = if value.abs() < 1e-9 { 0.0 } else { value };
    match value.abs() {
        large if large >= 10_000.0 => format!("{:.0}k", value / 1000.0),
        large if large >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        large if large >= 10.0 => format!("{value:.1}"),
        large if large >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}
