//! Oracles know no driver: what they judge is in observations, and nothing else is within their reach.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Files that may name the model: the lane itself.
const LANE: &str = "lane";
/// Crates that an oracle may use. A finding written out as a test names this one.
const ALLOWED: &[&str] = &["regdiff_observation", "regdiff_scenario", "regdiff_oracle"];
/// Modules that exist only in tests.
const TESTS: &[&str] = &["tests", "near_misses", "testing"];
/// The modules that judge, with everything they import.
const ORACLES: &[&str] = &["memory", "lifetime", "liveness", "divergence", "contract", "sorting", "schedule"];

fn sources(folder: &Path, module: &str, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).expect("the source is there") {
        let path = entry.expect("it can be read").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        // Tests make observations by hand, with what suits them.
        if TESTS.contains(&name.as_str()) {
            continue;
        }
        let module = if module.is_empty() { name } else { module.to_owned() };
        if path.is_dir() {
            sources(&path, &module, found);
        } else {
            let text = std::fs::read_to_string(&path).expect("a text");
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            found.entry(module).or_default().push_str(text);
        }
    }
}

/// Words of a text that follow a prefix, up to the next character that is no part of a name.
fn names<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(prefix).skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

/// The modules of this crate that a text names: `crate::a`, and `crate::{a, b::c}`.
fn modules(text: &str) -> BTreeSet<String> {
    let grouped = text.split("crate::{").skip(1).flat_map(|rest| {
        let end = rest.find("};").unwrap_or(rest.len());
        rest[..end].split(',').map(|item| item.trim().split("::").next().unwrap_or_default())
    });
    names(text, "crate::").chain(grouped).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn no_oracle_reaches_a_driver() {
    let mut sources_of = BTreeMap::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut sources_of);
    for module in TESTS {
        let hidden = format!("#[cfg(test)]\nmod {module};");
        assert!(sources_of.values().any(|text| text.contains(&hidden)), "{module} is no module of tests alone");
    }
    for (module, text) in &sources_of {
        let crates: BTreeSet<String> = names(&code(text), "regdiff_").map(|name| format!("regdiff_{name}")).collect();
        let foreign: Vec<_> = crates.iter().filter(|name| !ALLOWED.contains(&name.as_str())).collect();
        assert!(foreign.is_empty() || module == LANE, "{module} names {foreign:?}; only {LANE}.rs may name a driver");
    }
    // Everything that an oracle imports, and what that imports.
    let mut reached: BTreeSet<String> = ORACLES.iter().map(|name| (*name).to_owned()).collect();
    let mut new: Vec<String> = reached.iter().cloned().collect();
    while let Some(module) = new.pop() {
        let text = sources_of.get(&module).unwrap_or_else(|| panic!("there is no module {module}"));
        for name in modules(&code(text)) {
            // A finding can be put into words, for people; nobody judges by them.
            if (module.as_str(), name.as_str()) == ("finding", "explain") {
                continue;
            }
            if sources_of.contains_key(&name) && reached.insert(name.clone()) {
                new.push(name);
            }
        }
    }
    assert!(reached.contains("pair") && reached.contains("signature"), "the graph is followed: {reached:?}");
    assert!(
        !reached.contains(LANE) && !reached.contains("explain"),
        "an oracle reaches the lane by way of {reached:?}"
    );
}

#[test]
fn the_crate_depends_on_no_part_of_a_driver() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).expect("a text");
    let dependencies = manifest.split("[dependencies]").nth(1).expect("there are some");
    // Those of tests too: a test that sees inside of a driver proves nothing about an oracle that may not.
    let ours: BTreeSet<&str> = names(dependencies, "regdiff-").collect();
    // The model comes as one lane; its kernel and its channel stay out of reach.
    assert_eq!(ours, BTreeSet::from(["observation", "scenario", "zfcp"]));
}
