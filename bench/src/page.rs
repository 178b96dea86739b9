//! The page: plots, and below each the figures that it shows. No script, nothing loaded, nothing of a file but as text.

mod drill;
mod speed;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::drill::Drill;
use crate::error::Error;
use crate::lines::Line;
use crate::plots::Plot;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// A plot with its words and its figures.
#[derive(Debug, Serialize)]
struct Section {
    anchor: &'static str,
    title: &'static str,
    /// What the plot shows, and what to make of it.
    words: Vec<String>,
    /// SVG, for a screen and for a phone.
    wide: String,
    narrow: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Section {
    fn new(anchor: &'static str, title: &'static str, words: Vec<String>, plot: Plot) -> Self {
        let Plot { wide, narrow } = plot;
        Self { anchor, title, words, wide, narrow, head: Vec::new(), rows: Vec::new() }
    }

    fn table(self, head: &[&str], rows: Vec<Vec<String>>) -> Self {
        Self { head: head.iter().map(|name| (*name).to_owned()).collect(), rows, ..self }
    }
}

/// The page of figures and trials; what is not there has no section.
pub fn render(lines: &[Line], drill: Option<&Drill>) -> Result<String, Error> {
    let mut sections = speed::sections(lines)?;
    if let Some(drill) = drill {
        sections.extend(drill::sections(drill)?);
    }
    let failed = |error: minijinja::Error| Error::Draw(format!("{error:#}"));
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_template("page", TEMPLATE).map_err(failed)?;
    let policy =
        format!("default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'", digest(STYLE));
    let page = environment.get_template("page").map_err(failed)?;
    page.render(context! {
        policy, style => Value::from_safe_string(STYLE.to_owned()),
        sections => Value::from(minijinja::value::Serde(sections)),
    })
    .map_err(failed)
}

/// A digest as a content-security policy wants it: base64 with padding (RFC 4648, 4).
fn digest(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut coded = String::new();
    for chunk in Sha256::digest(text).chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = (word >> (18 - 6 * place)) & 63;
            coded.push(if place <= chunk.len() { char::from(DIGITS[digit as usize]) } else { '=' });
        }
    }
    coded
}

/// A figure of a table.
fn figure(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        large if large >= 1.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digest of nothing, as FIPS 180-4's examples have it, in base64.
    #[test]
    fn a_digest_is_one() {
        assert_eq!(digest(""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn nothing_measured_is_a_page_too() {
        let page = render(&[], None).expect("a page");
        assert!(page.contains("Nothing was measured"), "{page}");
    }
}
