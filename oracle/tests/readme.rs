//! The README's table of targets is the registry's.

use regdiff_oracle::{TARGETS, target};

#[test]
fn the_readme_lists_the_targets_of_the_registry() {
    let readme = include_str!("../../README.md");
    let rows: Vec<String> = TARGETS
        .iter()
        .map(|t| {
            let kind = match t.kind {
                target::Kind::Drill => "drill",
                target::Kind::Continuous => "continuous",
            };
            format!("| `{}` | {kind} | {} | {} |", t.name, t.searches, t.ignores)
        })
        .collect();
    let listed: Vec<&str> = readme
        .lines()
        .skip_while(|line| !line.starts_with("| target |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert_eq!(listed, rows, "the table in README.md should read:\n{}", rows.join("\n"));
}
