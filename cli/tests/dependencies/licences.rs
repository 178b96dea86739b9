//! `deny.toml` holds for both lock files: licences, sources, crates that are refused, and one version of each.
//!
//! cargo-deny reads the same file and knows more (texts of licences, advisories), but takes longer to install than all of this
//! takes to build; `scripts/nightly` runs it.

use std::collections::BTreeMap;
use std::fs;

use super::{manifests, metadata, packages, root, text};

/// The parts of `deny.toml` that are held to here.
struct Policy(toml::Table);

impl Policy {
    fn read() -> Self {
        let file = fs::read_to_string(root().join("deny.toml")).expect("a readable file");
        Self(file.parse().expect("it is TOML"))
    }

    fn list(value: &toml::Value) -> Vec<&str> {
        value.as_array().expect("a list").iter().map(|one| one.as_str().expect("a text")).collect()
    }

    fn refused(&self) -> Vec<&str> {
        Self::list(&self.0["bans"]["deny"])
    }

    fn allows(&self, name: &str, licence: &str) -> bool {
        let exceptions = self.0["licenses"]["exceptions"].as_array().expect("a list");
        let mut excepted = exceptions.iter().filter(|one| one["crate"].as_str() == Some(name));
        Self::list(&self.0["licenses"]["allow"]).contains(&licence)
            || excepted.any(|one| Self::list(&one["allow"]).contains(&licence))
    }
}

/// Whether an SPDX expression can be met. `AND` binds tighter than `OR`; `/` is what `OR` once was.
fn is_met(expression: &str, allows: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ").replace(" WITH ", "-WITH-");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = &words[..];
    let met = either(&mut rest, allows);
    assert!(rest.is_empty(), "{expression}: what is {rest:?}?");
    met
}

fn either(words: &mut &[&str], allows: &dyn Fn(&str) -> bool) -> bool {
    let mut met = both(words, allows);
    while let ["OR", rest @ ..] = *words {
        *words = rest;
        met |= both(words, allows);
    }
    met
}

fn both(words: &mut &[&str], allows: &dyn Fn(&str) -> bool) -> bool {
    let mut met = one(words, allows);
    while let ["AND", rest @ ..] = *words {
        *words = rest;
        met &= one(words, allows);
    }
    met
}

fn one(words: &mut &[&str], allows: &dyn Fn(&str) -> bool) -> bool {
    let [first, rest @ ..] = *words else { panic!("an expression ends early") };
    *words = rest;
    if *first != "(" {
        return allows(first);
    }
    let met = either(words, allows);
    let [")", rest @ ..] = *words else { panic!("a bracket is not closed") };
    *words = rest;
    met
}

#[test]
fn expressions_mean_what_they_say() {
    let allows = |licence: &str| matches!(licence, "MIT" | "Unicode-3.0");
    for met in ["MIT", "MIT/Apache-2.0", "GPL-2.0 OR MIT", "(MIT OR X) AND Unicode-3.0", "X AND Y OR MIT"] {
        assert!(is_met(met, &allows), "{met}");
    }
    for unmet in ["GPL-2.0-only", "MIT AND X", "(MIT OR X) AND Y", "MIT WITH X"] {
        assert!(!is_met(unmet, &allows), "{unmet}");
    }
}

#[test]
fn every_licence_is_allowed() {
    let policy = Policy::read();
    for manifest in manifests() {
        for package in packages(&metadata(&manifest)) {
            let name = text(&package["name"]);
            let licence = package["license"].as_str().unwrap_or("none");
            assert!(
                is_met(licence, &|one| policy.allows(name, one)),
                "{name}: {licence}; cure: another crate, or deny.toml"
            );
        }
    }
}

#[test]
fn every_source_is_this_repository_or_the_registry() {
    for manifest in manifests() {
        for package in packages(&metadata(&manifest)) {
            let name = text(&package["name"]);
            match package["source"].as_str() {
                None => assert!(name.starts_with("regdiff"), "{name} comes from a path"),
                Some(source) => {
                    assert!(source.starts_with("registry+https://github.com/rust-lang/crates"), "{name}: {source}")
                }
            }
        }
    }
}

#[test]
fn nothing_is_there_that_is_refused_or_twice() {
    let policy = Policy::read();
    for manifest in manifests() {
        let metadata = metadata(&manifest);
        let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
        for package in packages(&metadata) {
            *versions.entry(text(&package["name"])).or_default() += 1;
        }
        for refused in policy.refused() {
            assert!(!versions.contains_key(refused), "{refused}: deny.toml refuses it");
        }
        versions.retain(|_, count| *count > 1);
        assert!(versions.is_empty(), "in several versions: {versions:?}; cure: cargo update -p NAME --precise VERSION");
    }
}
