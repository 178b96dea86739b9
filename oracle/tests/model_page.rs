//! `docs/model.md` has a row for every section of both texts, and names only what exists.

use std::path::{Path, PathBuf};

/// Sections of driver.md.
const DRIVER: &str = "1 1.1 1.2 1.3 2 3 3.1 4 4.1 4.2 4.3 4.4 5 5.1 5.2 5.3 5.4 6 6.1 6.2 6.3 6.4 6.5 6.6 6.7 6.8 6.9 6.10 6.11 6.12 7 7.1 7.2 7.3 7.4 8 8.1 8.2 8.3 8.4 8.5 9 9.1 9.2 9.3 9.4 10 11 12 13 13.1 13.2 13.3 13.4 13.5 13.6 13.7 14 15 16 16.1 16.2 16.3 16.4 16.5 16.6 16.7 17 18 19 20 21 22 23 24 24.1 24.2 24.3 24.4 24.5 25 26";
/// Sections of midlayer.md.
const MIDLAYER: &str = "1 2 2.1 2.2 2.3 2.4 2.5 3 3.1 3.2 3.3 3.4 3.5 3.6 3.7 3.8 4 4.1 4.2 4.3 4.4 4.5 4.6 4.7 4.8 5 6 6.1 6.2 6.3 6.4 6.5 6.6 6.7 6.8 7 8 8.1 8.2 8.3 8.4 8.5 9 9.1 9.2 9.3 10 10.1 10.2 10.3 10.4 10.5 10.6 11 11.1 11.2 11.3 11.4 12 12.1 12.2 13 13.1 13.2 13.3 13.4 13.5 13.6 13.7 14 14.1 14.2 14.3 14.4 15 16 17";

/// A row of the page.
struct Row<'a> {
    section: &'a str,
    code: Vec<&'a str>,
    tests: Vec<&'a str>,
    left_out: &'a str,
}

/// What stands between back quotes.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The rows of the table below a heading.
fn rows<'a>(page: &'a str, heading: &str) -> Vec<Row<'a>> {
    let table = page.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with("## "));
    let cells = table.filter(|line| line.starts_with('|')).skip(2).map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 5, "{line}");
        Row { section: cells[0], code: quoted(cells[2]), tests: quoted(cells[3]), left_out: cells[4] }
    });
    cells.collect()
}

fn targets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../targets")
}

/// Splits `crate/rest`.
fn in_crate(name: &str) -> (&str, &str) {
    name.split_once('/').unwrap_or_else(|| panic!("{name} names no crate"))
}

fn assert_code(section: &str, name: &str) {
    let (package, file) = in_crate(name);
    assert!(targets().join(package).join("src").join(file).is_file(), "{section}: there is no {name}");
}

fn assert_test(section: &str, name: &str) {
    let (package, test) = in_crate(name);
    let (file, function) = test.split_once("::").unwrap_or_else(|| panic!("{section}: {name} names no function"));
    let path = targets().join(package).join("tests").join(file).with_extension("rs");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{section}: there is no file of {name}"));
    assert!(text.contains(&format!("#[test]\nfn {function}() {{")), "{section}: there is no test {name}");
}

#[test]
fn every_section_has_a_row_that_names_what_exists() {
    let page = include_str!("../../docs/model.md");
    for (heading, sections) in [("## driver.md", DRIVER), ("## midlayer.md", MIDLAYER)] {
        let rows = rows(page, heading);
        let listed: Vec<_> = rows.iter().map(|row| row.section).collect();
        assert_eq!(listed, sections.split(' ').collect::<Vec<_>>(), "{heading}");
        for Row { section, code, tests, left_out } in rows {
            assert!(code.is_empty() == tests.is_empty(), "{section}: code and tests come together");
            assert!(!code.is_empty() || !left_out.is_empty(), "{section}: neither covered nor left out");
            code.iter().for_each(|name| assert_code(section, name));
            tests.iter().for_each(|name| assert_test(section, name));
        }
    }
}
