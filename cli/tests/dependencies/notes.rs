//! `docs/dependencies.md` says what is true: which crates there are, who uses them, what of them can do more than safe code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{array, manifests, metadata, packages, root, text};

/// A row without what a person wrote.
#[derive(Debug, Default, PartialEq, Eq)]
struct Facts {
    used_by: BTreeSet<String>,
    /// In tests and benchmarks alone.
    tests_only: bool,
    has_unsafe: bool,
    has_build_script: bool,
}

fn has_kind(package: &Value, kind: &str) -> bool {
    array(&package["targets"]).any(|target| array(&target["kind"]).any(|one| one == kind))
}

/// Whether a line of code below a folder opens an unsafe block, function, implementation or foreign section.
fn opens_unsafe_code(folder: &Path) -> bool {
    let opens = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        ["{", "fn", "impl", "extern", "trait"].iter().any(|what| code.contains(&["unsafe ", what].concat()))
    };
    let entries = fs::read_dir(folder).expect("the source of a crate").flatten();
    entries.into_iter().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return opens_unsafe_code(&path);
        }
        let is_rust = path.extension().is_some_and(|end| end == "rs");
        is_rust && fs::read_to_string(&path).is_ok_and(|code| code.lines().any(opens))
    })
}

/// Every dependency that a crate of ours names, in either workspace.
fn facts() -> BTreeMap<String, Facts> {
    let mut all: BTreeMap<String, Facts> = BTreeMap::new();
    for manifest in manifests() {
        let metadata = metadata(&manifest);
        let named: BTreeMap<&str, &Value> = packages(&metadata).map(|one| (text(&one["name"]), one)).collect();
        let members: Vec<&Value> = array(&metadata["workspace_members"]).collect();
        for ours in packages(&metadata).filter(|package| members.contains(&&package["id"])) {
            for dependency in array(&ours["dependencies"]).filter(|one| one["path"].is_null()) {
                let name = text(&dependency["name"]);
                let facts = all.entry(name.to_owned()).or_insert_with(|| {
                    let package = named[name];
                    let source = Path::new(text(&package["manifest_path"])).with_file_name("src");
                    Facts {
                        tests_only: true,
                        has_unsafe: opens_unsafe_code(&source),
                        has_build_script: has_kind(package, "custom-build"),
                        ..Facts::default()
                    }
                });
                facts.used_by.insert(text(&ours["name"]).to_owned());
                facts.tests_only &= dependency["kind"] == "dev" || dependency["optional"] == true && name == "proptest";
            }
        }
    }
    all
}

fn page() -> String {
    fs::read_to_string(root().join("docs/dependencies.md")).expect("a readable page")
}

/// What the first table of the page says.
fn rows(page: &str) -> BTreeMap<String, Facts> {
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows = page.lines().filter(|line| line.starts_with("| `")).map(cells);
    rows.map(|row| {
        let [_, name, used_by, _, more, _] = &row[..] else { panic!("a row has four cells: {row:?}") };
        let facts = Facts {
            used_by: used_by.trim_start_matches("tests: ").split(", ").map(str::to_owned).collect(),
            tests_only: used_by.starts_with("tests: "),
            has_unsafe: more.contains("unsafe"),
            has_build_script: more.contains("build script"),
        };
        (name.trim_matches('`').to_owned(), facts)
    })
    .collect()
}

/// The names in the paragraph of the page that begins with these words.
fn paragraph(page: &str, beginning: &str) -> BTreeSet<String> {
    let found = page.split("\n\n").find(|paragraph| paragraph.starts_with(beginning));
    let found = found.unwrap_or_else(|| panic!("no paragraph begins with {beginning:?}"));
    found.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_page_has_a_row_for_each_direct_dependency() {
    let (facts, rows) = (facts(), rows(&page()));
    for (name, facts) in &facts {
        assert_eq!(rows.get(name), Some(facts), "{name}: the row in docs/dependencies.md");
    }
    for name in rows.keys() {
        assert!(facts.contains_key(name), "{name}: nobody uses it any more; cure: remove its row");
    }
}

#[test]
fn the_page_names_what_runs_while_building() {
    let (mut scripts, mut macros) = (BTreeSet::new(), BTreeSet::new());
    for manifest in manifests() {
        let metadata = metadata(&manifest);
        for package in packages(&metadata) {
            let name = text(&package["name"]).to_owned();
            if has_kind(package, "custom-build") {
                scripts.insert(name);
            } else if has_kind(package, "proc-macro") {
                macros.insert(name);
            }
        }
    }
    let page = page();
    assert_eq!(paragraph(&page, "Build scripts"), scripts);
    assert_eq!(paragraph(&page, "Procedural macros"), macros);
}

/// A library takes what it needs, so that who embeds the judge does not take the program's tree.
#[test]
fn the_page_names_all_that_the_judge_brings() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "-q", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .args(["-p", "regdiff-oracle", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8(output.stdout).expect("a text");
    let names = tree.lines().filter_map(|line| line.split(' ').next()).filter(|name| !name.is_empty());
    let brought: BTreeSet<String> = names.filter(|name| !name.starts_with("regdiff")).map(str::to_owned).collect();
    assert_eq!(paragraph(&page(), "The judge"), brought);
}
